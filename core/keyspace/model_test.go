package keyspace

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
)

// The keyspace against a model of maps. A random history of every operation
// runs while snapshots come and go; all the time
//
//   - every key holds what the model says, and Len, Expires, Scan, Each agree,
//   - no snapshot moves: each is compared with the model as it was,
//   - keys vanish by themselves only when their time has come,
//
// and when everything is deleted and swept no byte is left in the arenas, which
// are poisoned, so that a use after a free is found.

// modelValue is what a key holds in the model.
type modelValue struct {
	kind    Kind
	data    string
	numbers []uint64 // of a toy
	expire  int64
}

func (v modelValue) equal(o modelValue) bool {
	return v.kind == o.kind && v.data == o.data && slices.Equal(v.numbers, o.numbers) && v.expire == o.expire
}

type modelDB map[string]modelValue

func cloneDBs(dbs []modelDB) []modelDB {
	var all []modelDB
	for _, db := range dbs {
		c := maps.Clone(db)
		for k, v := range c {
			v.numbers = slices.Clone(v.numbers)
			c[k] = v
		}
		all = append(all, c)
	}
	return all
}

type modelSnapshot struct {
	snap *Snapshot
	dbs  []modelDB
}

// modelFrozen is a value that was frozen by itself.
type modelFrozen struct {
	value   Value
	want    modelValue
	release func()
}

type machine struct {
	ks      *Keyspace
	now     int64
	dbs     []modelDB
	snaps   []modelSnapshot
	frozen  []modelFrozen
	keys    []string
	created int
	fail    func(format string, args ...any)
}

const modelDatabases = 3

// Expired implements Events: the only way in which a key may vanish.
func (m *machine) Expired(db int, key []byte) {
	v, ok := m.dbs[db][string(key)]
	if !ok || v.expire == 0 || v.expire >= m.now {
		m.fail("key %q of database %d expired at %d: present %v, its time is %d", key, db, m.now, ok, v.expire)
	}
	delete(m.dbs[db], string(key))
}

func newMachine(keys int, slots bool) *machine {
	m := &machine{now: 1_700_000_000_000}
	m.ks = New(Options{Databases: modelDatabases, Arena: arena.Options{Poison: true}, Events: m, Slots: slots})
	for range modelDatabases {
		m.dbs = append(m.dbs, modelDB{})
	}
	for i := range keys {
		name := fmt.Sprintf("key:%d", i)
		if i%7 == 3 {
			name += string(bytes.Repeat([]byte("long"), 80)) // a key whose length takes four bytes
		}
		m.keys = append(m.keys, name)
	}
	return m
}

// Created implements Events: no key comes into being that is there.
func (m *machine) Created(db int, key []byte) {
	if _, ok := m.dbs[db][string(key)]; ok {
		m.fail("key %q of database %d was created though it is there", key, db)
	}
	m.created++
}

// MemberExpired and MembersExpired implement Events; toys have no members that expire.
func (m *machine) MemberExpired(int, []byte, Value, []byte) { m.fail("a member expired") }
func (m *machine) MembersExpired(int, []byte, Value, bool)  { m.fail("members expired") }

// live returns the model's value of a key unless its time has come, in which
// case it drops it as the keyspace is about to.
func (m *machine) live(db int, key string) (modelValue, bool) {
	v, ok := m.dbs[db][key]
	return v, ok && (v.expire == 0 || v.expire >= m.now)
}

func (m *machine) check(e Entry, db int, key string) {
	v, ok := m.live(db, key)
	if e.OK() != ok {
		m.fail("key %q of database %d: found %v, want %v", key, db, e.OK(), ok)
	}
	if ok {
		if got := viewOf(e.Value(), e.Expire()); !got.equal(v) || string(e.Key()) != key {
			m.fail("key %q of database %d holds %v, want %v", key, db, got, v)
		}
	}
}

func viewOf(v Value, expire int64) modelValue {
	got := modelValue{kind: v.Kind, data: string(v.Data), expire: expire}
	if v.Object != nil {
		got.numbers = v.Object.(*toy).numbers()
	}
	return got
}

// find opens a key and checks it.
func (m *machine) find(db int, key string) (Entry, modelValue) {
	mode := []Mode{0, ForRead, ForWrite}[len(key)%3]
	e := m.ks.DB(db).Find([]byte(key), m.now, mode)
	m.check(e, db, key)
	return e, m.dbs[db][key]
}

// checkAll compares all that there is.
func (m *machine) checkAll() {
	for i, want := range m.dbs {
		db := m.ks.DB(i)
		expires := 0
		for _, v := range want {
			if v.expire != 0 {
				expires++
			}
		}
		if db.Len() != len(want) || db.Expires() != expires {
			m.fail("database %d has %d keys, %d with expiry; want %d and %d", i, db.Len(), db.Expires(), len(want), expires)
		}
		seen := map[string]bool{}
		db.Each(func(e Entry) bool {
			key := string(e.Key())
			if got := viewOf(e.Value(), e.Expire()); seen[key] || !got.equal(want[key]) {
				m.fail("Each: key %q holds %v, want %v (seen %v)", key, got, want[key], seen[key])
			}
			seen[key] = true
			return true
		})
		if len(seen) != len(want) {
			m.fail("Each visited %d of %d keys", len(seen), len(want))
		}
		clear(seen)
		for cursor, calls := uint64(0), 0; cursor != 0 || calls == 0; calls++ {
			sh := ShardOfCursor(cursor)
			cursor = db.Scan(cursor, func(e Entry) {
				if h := m.ks.Hash(e.Key()); ShardOf(h) != sh {
					m.fail("Scan left its shard")
				}
				seen[string(e.Key())] = true
			})
		}
		if len(seen) != len(want) {
			m.fail("Scan visited %d of %d keys", len(seen), len(want))
		}
		if e := db.Random(uint64(m.now)); e.OK() != (len(want) > 0) {
			m.fail("Random found %v in a database of %d keys", e.OK(), len(want))
		}
	}
}

// checkSnapshot proves that a snapshot has not moved.
func (m *machine) checkSnapshot(s modelSnapshot) {
	for db, want := range s.dbs {
		n := 0
		for sh := range Shards {
			walked := 0
			s.snap.Walk(db, sh, func(f Frozen) bool {
				if got := viewOf(f.Value, f.Expire); !got.equal(want[string(f.Key)]) {
					m.fail("snapshot %d: key %q holds %v, want %v", s.snap.epoch, f.Key, got, want[string(f.Key)])
				}
				walked++
				return true
			})
			if walked != s.snap.Len(db, sh) {
				m.fail("snapshot %d: %d keys walked, Len says %d", s.snap.epoch, walked, s.snap.Len(db, sh))
			}
			n += walked
		}
		if n != len(want) {
			m.fail("snapshot %d: %d keys in database %d, want %d", s.snap.epoch, n, db, len(want))
		}
	}
}

// checkFrozen proves that a value that was frozen by itself has not moved.
func (m *machine) checkFrozen(f modelFrozen) {
	if got := viewOf(f.value, f.want.expire); !got.equal(f.want) {
		m.fail("a frozen value is %v, want %v", got, f.want)
	}
}

// sweepAll sweeps until nothing is left to do.
func (m *machine) sweepAll() {
	for sh := range Shards {
		for rounds := 0; m.ks.Sweep(sh, m.now, 100, true); rounds++ {
			if rounds > 100_000 {
				m.fail("Sweep of shard %d does not come to an end", sh)
			}
		}
	}
}

// drawing is a machine with a source of decisions.
type drawing struct {
	*machine
	t *rapid.T
}

func (d drawing) key() string { return rapid.SampledFrom(d.keys).Draw(d.t, "key") }
func (d drawing) db() int     { return rapid.IntRange(0, modelDatabases-1).Draw(d.t, "db") }
func (d drawing) size() int {
	return rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 400), rapid.SampledFrom([]int{0, 255, 256, 70_000})).Draw(d.t, "size")
}

// text makes n bytes that differ from call to call.
func (d drawing) text(n int) string {
	seed := rapid.Byte().Draw(d.t, "byte")
	b := make([]byte, n)
	for i := range b {
		b[i] = seed + byte(i)
	}
	return string(b)
}

func (d drawing) expire(old int64) int64 {
	switch rapid.IntRange(0, 4).Draw(d.t, "expiry") {
	case 0:
		return KeepTTL
	case 1:
		return d.now + int64(rapid.IntRange(1, 3000).Draw(d.t, "soon"))
	case 2:
		return d.now + int64(rapid.IntRange(1, 1<<40).Draw(d.t, "late"))
	}
	return 0
}

func kept(expire, old int64) int64 {
	if expire == KeepTTL {
		return old
	}
	return expire
}

func (d drawing) numbers() []uint64 {
	n := rapid.OneOf(rapid.IntRange(0, 10), rapid.IntRange(0, 200)).Draw(d.t, "members")
	all := make([]uint64, n)
	for i := range all {
		all[i] = uint64(d.now) + uint64(i)
	}
	return all
}

// actions are what may happen.
func (d drawing) actions() map[string]func() {
	return map[string]func(){
		"find": func() { d.find(d.db(), d.key()) },
		"put": func() {
			db, key, kind := d.db(), d.key(), MakeKind(Type(d.size()%3), uint8(d.size()%3))
			e, old := d.find(db, key)
			if !e.OK() {
				old.expire = 0
			}
			v := modelValue{kind: kind, data: d.text(d.size()), expire: d.expire(old.expire)}
			before, isNew := d.created, !e.OK()
			defer func() {
				if d.created != before && !isNew || d.created != before+1 && isNew {
					d.fail("Put of a key that is new: %v, was created %d times", isNew, d.created-before)
				}
			}()
			copy(d.ks.DB(db).Put([]byte(key), kind, len(v.data), v.expire, d.now), v.data)
			v.expire = kept(v.expire, old.expire)
			d.dbs[db][key] = v
		},
		"put object": func() {
			db, key, numbers := d.db(), d.key(), d.numbers()
			e, old := d.find(db, key)
			if !e.OK() {
				old.expire = 0
			}
			expire := d.expire(old.expire)
			d.ks.DB(db).PutObject([]byte(key), Set, newToy(d.arenaOf(key), numbers), expire, d.now)
			d.dbs[db][key] = modelValue{kind: ObjectKind(Set), numbers: numbers, expire: kept(expire, old.expire)}
		},
		"grow": func() {
			db, key := d.db(), d.key()
			e, v := d.find(db, key)
			if !e.OK() || e.Kind().IsObject() {
				return
			}
			for range rapid.IntRange(1, 3).Draw(d.t, "times") {
				n := d.size()
				keep := min(n, len(v.data))
				v.data = v.data[:keep] + d.text(n-keep)
				v.kind = MakeKind(v.kind.Type(), uint8(n%3))
				place := e.Grow(v.kind, n, rapid.IntRange(0, 100).Draw(d.t, "spare"))
				if len(place) != n || string(place[:keep]) != v.data[:keep] {
					d.fail("Grow lost what was there")
				}
				copy(place[keep:], v.data[keep:])
				d.dbs[db][key] = v
				d.check(e, db, key)
			}
		},
		"write": func() {
			db, key := d.db(), d.key()
			e, v := d.find(db, key)
			if e.OK() && !e.Kind().IsObject() {
				v.data = d.text(len(v.data))
				copy(e.Writable(), v.data)
				d.dbs[db][key] = v
				d.check(e, db, key)
			}
		},
		"open object": func() {
			db, key := d.db(), d.key()
			e, v := d.find(db, key)
			if !e.OK() {
				return
			}
			o, ok := e.OpenObject().(*toy)
			if ok != e.Kind().IsObject() {
				d.fail("OpenObject of kind %x gives an object: %v", e.Kind(), ok)
			}
			if !ok {
				return
			}
			v.numbers = slices.Clone(v.numbers)
			for range rapid.IntRange(1, 5).Draw(d.t, "changes") {
				n := rapid.Uint64().Draw(d.t, "number")
				if i := int(n % 7); i < len(v.numbers) {
					o.set(i, n)
					v.numbers[i] = n
				} else {
					o.add(n)
					v.numbers = append(v.numbers, n)
				}
			}
			d.dbs[db][key] = v
			d.check(e, db, key)
		},
		"set expire": func() {
			db, key := d.db(), d.key()
			e, v := d.find(db, key)
			if e.OK() {
				v.expire = max(d.expire(v.expire), 0)
				e.SetExpire(v.expire)
				d.dbs[db][key] = v
				d.check(e, db, key)
			}
		},
		"delete": func() {
			db, key := d.db(), d.key()
			if e, _ := d.find(db, key); e.OK() {
				e.Delete()
				delete(d.dbs[db], key)
			}
		},
		"rename": func() {
			db, key, to, name := d.db(), d.key(), d.db(), d.key()
			e, v := d.find(db, key)
			if e.OK() && (db != to || key != name) {
				delete(d.dbs[to], name) // what stood there is gone before the new key comes
				before := d.created
				e.Rename(d.ks.DB(to), []byte(name), d.now)
				if d.created != before+1 {
					d.fail("a renamed key is created once, not %d times", d.created-before)
				}
				delete(d.dbs[db], key)
				d.dbs[to][name] = v
				d.find(to, name)
			}
		},
		"copy": func() {
			db, key, to, name := d.db(), d.key(), d.db(), d.key()
			e, v := d.find(db, key)
			if !e.OK() || e.Kind().IsObject() || db == to && key == name {
				return
			}
			old, there := d.find(to, name)
			if !old.OK() {
				there.expire = 0
			}
			e, _ = d.find(db, key) // it may have moved
			v.expire = d.expire(v.expire)
			d.ks.DB(to).PutCopy([]byte(name), e, v.expire, d.now)
			v.expire = kept(v.expire, there.expire)
			d.dbs[to][name] = v
			d.find(to, name)
		},
		"hold": func() {
			e, v := d.find(d.db(), d.key())
			if !e.OK() || e.Kind().IsObject() || len(d.frozen) >= 3 {
				return
			}
			if release, ok := e.Hold(); ok {
				d.frozen = append(d.frozen, modelFrozen{e.Value(), v, release})
			}
		},
		"swap": func() {
			a, b := d.db(), d.db()
			d.ks.DB(a).Swap(d.ks.DB(b))
			d.dbs[a], d.dbs[b] = d.dbs[b], d.dbs[a]
		},
		"flush": func() {
			if rapid.IntRange(0, 4).Draw(d.t, "rarely") == 0 {
				db := d.db()
				d.ks.DB(db).Flush()
				d.dbs[db] = modelDB{}
			}
		},
		"fill": func() { // many keys at once: segments split
			db := d.db()
			for i, n := 0, rapid.IntRange(0, len(d.keys)).Draw(d.t, "n"); i < n; i++ {
				key := d.keys[i]
				v := modelValue{kind: MakeKind(String, Raw), data: fmt.Sprint("value ", i, d.now)}
				copy(d.ks.DB(db).Put([]byte(key), v.kind, len(v.data), 0, d.now), v.data)
				d.dbs[db][key] = v
			}
		},
		"tick":  func() { d.now += int64(rapid.IntRange(0, 2000).Draw(d.t, "ms")) },
		"sweep": func() { d.ks.Sweep(rapid.IntRange(0, Shards-1).Draw(d.t, "shard"), d.now, d.size()+1, true) },
		"freeze": func() {
			if len(d.snaps) < 3 {
				d.snaps = append(d.snaps, modelSnapshot{d.ks.Freeze(), cloneDBs(d.dbs)})
			}
		},
		"freeze one": func() {
			db, key := d.db(), d.key()
			if e, v := d.find(db, key); e.OK() && len(d.frozen) < 3 {
				v.numbers = slices.Clone(v.numbers)
				release := e.Freeze()
				d.frozen = append(d.frozen, modelFrozen{e.Value(), v, release})
				d.check(e, db, key)
			}
		},
		"release": func() {
			if n := len(d.frozen); n > 0 {
				i := rapid.IntRange(0, n-1).Draw(d.t, "frozen")
				d.checkFrozen(d.frozen[i])
				d.frozen[i].release()
				d.frozen = slices.Delete(d.frozen, i, i+1)
			}
		},
		"end": func() {
			if n := len(d.snaps); n > 0 {
				i := rapid.IntRange(0, n-1).Draw(d.t, "snapshot")
				d.checkSnapshot(d.snaps[i])
				d.snaps[i].snap.End()
				d.snaps = slices.Delete(d.snaps, i, i+1)
			}
		},
	}
}

func (m *machine) arenaOf(key string) *arena.Arena {
	return m.ks.shards[ShardOf(m.ks.Hash([]byte(key)))].arena
}

func TestAgainstModel(t *testing.T) {
	for _, keys := range []int{12, 60, 3000} {
		t.Run(fmt.Sprint(keys, " keys"), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { runModel(t, newMachine(keys, rapid.Bool().Draw(t, "by slots"))) })
		})
	}
}

func runModel(t *rapid.T, m *machine) {
	m.fail = t.Fatalf
	d := drawing{m, t}
	actions := map[string]func(*rapid.T){"": func(*rapid.T) {}}
	for name, fn := range d.actions() {
		actions[name] = func(*rapid.T) { fn() }
	}
	for range 4 { // long histories: it takes a few turns until values are old
		t.Repeat(actions)
	}
	m.checkAll()
	for _, s := range m.snaps {
		m.checkSnapshot(s)
	}
	// Delete in both ways, with the snapshots still there, then without.
	for key := range m.dbs[0] {
		if e := m.ks.DB(0).Find([]byte(key), m.now, KeepExpired); e.OK() {
			e.Delete()
		}
	}
	for i := range m.dbs {
		m.ks.DB(i).Flush()
		m.dbs[i] = modelDB{}
	}
	m.checkAll()
	m.sweepAll()
	for _, s := range m.snaps {
		m.checkSnapshot(s)
		s.snap.End()
	}
	m.sweepAll()
	for _, f := range m.frozen {
		m.checkFrozen(f)
		f.release()
	}
	m.sweepAll()
	if n := m.ks.ExactMemory(); n != 0 {
		t.Fatalf("%d bytes are left of an empty keyspace", n)
	}
	m.ks.Close()
}
