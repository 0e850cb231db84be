package hash

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Hashes against a model of maps. A random history of every change runs while
// snapshots come and go, fields expire and keys are renamed, moved, copied and
// flushed, in poisoned arenas; all the time
//
//   - every way to read a hash agrees with the model,
//   - no snapshot moves,
//   - fields vanish by themselves only when their time is past, and are told of,
//   - the sweeper knows of all of them,
//
// and when everything is deleted and swept no byte is left in the arenas.

type modelField struct {
	value  string
	expire int64
}

type modelHash map[string]modelField

// live is what a reader sees at a time.
func (h modelHash) live(now int64) modelHash {
	alive := modelHash{}
	for f, v := range h {
		if v.expire == 0 || v.expire >= now {
			alive[f] = v
		}
	}
	return alive
}

type machine struct {
	t      *rapid.T
	ks     *keyspace.Keyspace
	now    int64
	dbs    [2]map[string]modelHash
	snaps  []*keyspace.Snapshot
	frozen [][2]map[string]modelHash
}

func (m *machine) Expired(int, []byte) { m.t.Fatal("a key expired") }
func (m *machine) Created(int, []byte) {}

func (m *machine) MemberExpired(db int, key []byte, _ keyspace.Value, field []byte) {
	h := m.dbs[db][string(key)]
	f, ok := h[string(field)]
	if !ok || f.expire == 0 || f.expire >= m.now {
		m.t.Fatalf("field %q of %q expired at %d: present %v, its time is %d", field, key, m.now, ok, f.expire)
	}
	delete(h, string(field))
}

func (m *machine) MembersExpired(db int, key []byte, _ keyspace.Value, emptied bool) {
	if emptied != (len(m.dbs[db][string(key)]) == 0) && emptied {
		m.t.Fatalf("%q is not empty", key)
	}
	if emptied {
		delete(m.dbs[db], string(key))
	}
}

var testLimits = keyspace.PackedLimits{Entries: 8, Bytes: 20}

func newMachine(t *rapid.T) *machine {
	m := &machine{t: t, now: 1_700_000_000_000}
	m.ks = keyspace.New(keyspace.Options{Databases: 2, Arena: arena.Options{Poison: true}, Events: m})
	m.ks.SetPacked(keyspace.Hash, testLimits)
	for i := range m.dbs {
		m.dbs[i] = map[string]modelHash{}
	}
	return m
}

var testKeys = []string{"h", "another", "third"}

func (m *machine) pick() (db int, key string) {
	return rapid.IntRange(0, 1).Draw(m.t, "db"), rapid.SampledFrom(testKeys).Draw(m.t, "key")
}

func (m *machine) entry(db int, key string) keyspace.Entry {
	return m.ks.DB(db).Find([]byte(key), m.now, 0)
}

func drawField(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "a", "b", "7", "-1234567", "x1", "x2", "x3", "x4", "x5", "x6", "field of some length"}).Draw(t, "field")
}

func drawValue(t *rapid.T) string {
	if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
		return string(bytes.Repeat([]byte("long "), rapid.IntRange(4, 60).Draw(t, "times")))
	}
	return rapid.SampledFrom([]string{"", "v", "12", "99999999999", "value", "another val"}).Draw(t, "value")
}

// change makes a few changes of one hash through one Editor.
func (m *machine) change() {
	db, key := m.pick()
	h := m.dbs[db][key]
	if h == nil {
		h = modelHash{}
		m.dbs[db][key] = h
	}
	ed := Edit(m.ks.DB(db), []byte(key), m.entry(db, key), m.now)
	for range rapid.IntRange(1, 6).Draw(m.t, "changes") {
		m.changeOne(&ed, h)
	}
	gone := ed.Done()
	if gone && len(h) > 0 {
		m.t.Fatalf("%q is gone with %d fields", key, len(h))
	}
	if len(h) == 0 {
		delete(m.dbs[db], key)
	}
}

func (m *machine) changeOne(ed *Editor, h modelHash) {
	field := drawField(m.t)
	old, ok := h.live(m.now)[field]
	check := func(got, want bool) {
		if got != want {
			m.t.Fatalf("field %q: got %v, want %v", field, got, want)
		}
	}
	at := m.now + rapid.Int64Range(0, 30).Draw(m.t, "ttl")
	switch rapid.IntRange(0, 5).Draw(m.t, "what") {
	case 0:
		value := drawValue(m.t)
		check(ed.SetUntil([]byte(field), []byte(value), at), !ok)
		h[field] = modelField{value, at}
	case 1:
		value := drawValue(m.t)
		check(ed.Update([]byte(field), []byte(value)), !ok)
		h[field] = modelField{value, old.expire}
	case 2:
		check(ed.Delete([]byte(field)), ok)
		if ok {
			delete(h, field)
		}
	case 3:
		if rapid.Bool().Draw(m.t, "persist") {
			at = 0
		}
		check(ed.SetExpire([]byte(field), at), ok)
		if ok {
			h[field] = modelField{old.value, at}
		}
	default:
		value := drawValue(m.t)
		check(ed.Set([]byte(field), []byte(value)), !ok)
		h[field] = modelField{value, 0}
	}
}

// move renames, moves, copies, overwrites or deletes a key.
func (m *machine) move() {
	db, key := m.pick()
	to, name := m.pick()
	e := m.entry(db, key)
	if !e.OK() || db == to && key == name {
		return
	}
	h := m.dbs[db][key]
	switch rapid.IntRange(0, 3).Draw(m.t, "how") {
	case 0:
		e.Rename(m.ks.DB(to), []byte(name), m.now)
		delete(m.dbs[db], key)
		m.dbs[to][name] = h
	case 1:
		v := Copy(e.Value(), m.ks.Arena(m.ks.Hash([]byte(name))), nil)
		m.ks.DB(to).PutValue([]byte(name), v, 0, m.now)
		m.dbs[to][name] = maps.Clone(h)
	case 2:
		e.Delete()
		delete(m.dbs[db], key)
	case 3:
		m.reload(to, name, e.Value())
		m.dbs[to][name] = maps.Clone(h)
	}
}

// reload makes a key of the dump of a value.
func (m *machine) reload(db int, key string, v keyspace.Value) {
	opcode, b := saved(v, true)
	got, err := Load(opcode, rdb.NewReader(b), m.ks.Arena(m.ks.Hash([]byte(key))), testLimits)
	if err != nil {
		m.t.Fatalf("%d %q: %v", opcode, b, err)
	}
	m.ks.DB(db).PutValue([]byte(key), got, 0, m.now)
}

func (m *machine) step() {
	switch rapid.IntRange(0, 14).Draw(m.t, "step") {
	case 0, 1:
		m.move()
	case 2:
		if len(m.snaps) < 3 {
			m.snaps = append(m.snaps, m.ks.Freeze())
			m.frozen = append(m.frozen, [2]map[string]modelHash{cloneDB(m.dbs[0]), cloneDB(m.dbs[1])})
		}
	case 3:
		if n := len(m.snaps); n > 0 {
			m.endSnapshot(rapid.IntRange(0, n-1).Draw(m.t, "snapshot"))
		}
	case 4:
		m.now += rapid.Int64Range(1, 20).Draw(m.t, "time")
	case 5:
		m.sweep()
	case 6:
		m.ks.DB(0).Swap(m.ks.DB(1))
		m.dbs[0], m.dbs[1] = m.dbs[1], m.dbs[0]
	case 7:
		if rapid.IntRange(0, 3).Draw(m.t, "flush") == 0 {
			m.ks.DB(0).Flush()
			m.dbs[0] = map[string]modelHash{}
		}
	default:
		m.change()
	}
}

// sweep lets the sweeper remove all that is due; nothing of it may be left.
func (m *machine) sweep() {
	for sh := range keyspace.Shards {
		for m.ks.Sweep(sh, m.now, 64, true) {
		}
	}
	for db := range m.dbs {
		for key, h := range m.dbs[db] {
			if alive := h.live(m.now); len(alive) != len(h) || len(h) == 0 {
				m.t.Fatalf("%q has %d fields of which %d live after a sweep", key, len(h), len(alive))
			}
		}
	}
}

func cloneDB(db map[string]modelHash) map[string]modelHash {
	c := map[string]modelHash{}
	for key, h := range db {
		c[key] = maps.Clone(h)
	}
	return c
}

func (m *machine) endSnapshot(i int) {
	m.snaps[i].End()
	m.snaps = slices.Delete(m.snaps, i, i+1)
	m.frozen = slices.Delete(m.frozen, i, i+1)
}

func (m *machine) check() {
	for db := range m.dbs {
		for _, key := range testKeys {
			h, ok := m.dbs[db][key]
			e := m.entry(db, key)
			if e.OK() != ok {
				m.t.Fatalf("%q: found %v, want %v", key, e.OK(), ok)
			}
			if ok {
				m.checkView(Of(e.Value(), m.now), h.live(m.now))
				m.checkView(Of(e.Value(), 0), h)
			}
		}
	}
	for i, snap := range m.snaps {
		for db := range m.dbs {
			n := 0
			for sh := range keyspace.Shards {
				snap.Walk(db, sh, func(f keyspace.Frozen) bool {
					n++
					m.checkView(Of(f.Value, 0), m.frozen[i][db][string(f.Key)])
					return true
				})
			}
			if n != len(m.frozen[i][db]) {
				m.t.Fatalf("a snapshot has %d keys, want %d", n, len(m.frozen[i][db]))
			}
		}
	}
}

// checkView compares every way of reading with the model.
func (m *machine) checkView(v View, want modelHash) {
	if v.Len() != len(want) {
		m.t.Fatalf("%d fields, want %d", v.Len(), len(want))
	}
	got := modelHash{}
	for c := v.Fields(); c.Next(); {
		got[string(c.Field())] = modelField{string(c.Value()), c.Expire()}
	}
	if !maps.Equal(got, want) {
		m.t.Fatalf("holds %v, want %v", got, want)
	}
	scanned := map[string]bool{}
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		cursor = v.Scan(cursor, 3, func(field, value []byte) {
			scanned[string(field)] = true
			if want[string(field)].value != string(value) {
				m.t.Fatalf("scan: %q is %q", field, value)
			}
		})
	}
	if len(scanned) != len(want) {
		m.t.Fatalf("scan met %d fields of %d", len(scanned), len(want))
	}
	var room [20]byte
	for _, field := range []string{"", "7", "x1", "absent", "99"} {
		value, ok := v.Get([]byte(field), room[:])
		f, has := want[field]
		at, ok2 := v.Expire([]byte(field))
		if ok != has || string(value) != f.value || ok2 != has || at != f.expire || v.Has([]byte(field)) != has {
			m.t.Fatalf("%q is %q (%v) until %d (%v), want %v", field, value, ok, at, ok2, f)
		}
	}
	c, ok := v.Random(rapid.Uint64().Draw(m.t, "random"))
	if ok != (len(want) > 0) || ok && want[string(c.Field())].value != string(c.Value()) {
		m.t.Fatalf("random: %v", ok)
	}
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		defer m.ks.Close()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			m.step()
			m.check()
		}
		for len(m.snaps) > 0 {
			m.endSnapshot(0)
		}
		for db := range m.dbs {
			m.ks.DB(db).Flush()
			m.dbs[db] = map[string]modelHash{}
		}
		m.sweep()
		if n := m.ks.ExactMemory(); n != 0 {
			t.Fatalf("%d bytes are left", n)
		}
	})
}

// A hash of many fields that are due at once is swept in steps, and every field is
// told of.
func TestSweepManyFields(t *testing.T) {
	told := &counter{}
	ks := keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}, Events: told})
	defer ks.Close()
	key := []byte("h")
	ed := Edit(ks.DB(0), key, keyspace.Entry{}, 1)
	const n = 20000
	for i := range n {
		ed.SetUntil(fmt.Append(nil, i), []byte("value"), 1000)
	}
	ed.Done()
	steps := 0
	for sh := range keyspace.Shards {
		for more := true; more; steps++ {
			before := told.fields
			more = ks.Sweep(sh, 2000, 256, true)
			if got := told.fields - before; got > 1024 {
				t.Fatalf("%d fields in one step", got)
			}
		}
	}
	if told.fields != n || told.emptied != 1 || ks.DB(0).Len() != 0 {
		t.Errorf("%d fields were told of, %d keys emptied, %d keys left", told.fields, told.emptied, ks.DB(0).Len())
	}
	if steps < 80 {
		t.Errorf("only %d steps", steps)
	}
}

type counter struct{ fields, emptied int }

func (*counter) Expired(int, []byte)                                 {}
func (*counter) Created(int, []byte)                                 {}
func (c *counter) MemberExpired(int, []byte, keyspace.Value, []byte) { c.fields++ }
func (c *counter) MembersExpired(_ int, _ []byte, _ keyspace.Value, e bool) {
	if e {
		c.emptied++
	}
}

// While data are loaded, and on a replica, an Editor removes nothing by itself.
func TestOtherExpiryModes(t *testing.T) {
	for _, mode := range []keyspace.ExpiryMode{keyspace.HideExpired, keyspace.ShowExpired} {
		ks := keyspace.New(keyspace.Options{Databases: 1, Events: &counter{}})
		ks.SetExpiry("test", mode)
		key := []byte("h")
		ed := Edit(ks.DB(0), key, keyspace.Entry{}, 1)
		ed.SetUntil([]byte("f"), []byte("v"), 10)
		ed.Done()
		ed = Edit(ks.DB(0), key, ks.DB(0).Find(key, 100, 0), 100)
		if ed.Update([]byte("f"), []byte("w")) {
			t.Error("an expired field was new")
		}
		ed.Done()
		if at, ok := Of(ks.DB(0).Find(key, 100, 0).Value(), 0).Expire([]byte("f")); at != 10 || !ok {
			t.Error("the expiry was lost")
		}
		ks.Close()
	}
}
