package stream

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// The stream against a model. A random history of all changes runs while snapshots come and go, each of which has
// to stay as it was; the arenas are poisoned, and nothing is left in them at the end.

type modelEntry struct {
	id   ID
	args []string
}

type modelPending struct {
	consumer string
	time     int64
	count    uint64
}

type modelGroup struct {
	last      ID
	read      int64
	consumers map[string][2]int64
	pending   map[ID]modelPending
}

type model struct {
	entries       []modelEntry
	last, deleted ID
	added         uint64
	groups        map[string]*modelGroup
}

func (m *model) clone() *model {
	c := *m
	c.entries = slices.Clone(m.entries)
	c.groups = map[string]*modelGroup{}
	for name, g := range m.groups {
		x := *g
		x.consumers, x.pending = maps.Clone(g.consumers), maps.Clone(g.pending)
		c.groups[name] = &x
	}
	return &c
}

func ids(pending map[ID]modelPending) []ID {
	return slices.SortedFunc(maps.Keys(pending), ID.Compare)
}

func textOf(e Entry) (args []string) {
	p := e.Pairs()
	for range e.Fields {
		f, v := p.Next()
		args = append(args, string(f.Append(nil)), string(v.Append(nil)))
	}
	return args
}

// differs compares a view with what it should be.
func differs(v View, m *model) error {
	if v.Len() != len(m.entries) || v.Last() != m.last || v.MaxDeleted() != m.deleted || v.Added() != m.added {
		return fmt.Errorf("%d entries, last %v, deleted %v, added %d; not %d, %v, %v, %d",
			v.Len(), v.Last(), v.MaxDeleted(), v.Added(), len(m.entries), m.last, m.deleted, m.added)
	}
	if err := walk(v.Range(ID{}, MaxID), m.entries); err != nil {
		return err
	}
	backwards := slices.Clone(m.entries)
	slices.Reverse(backwards)
	if err := walk(v.Reverse(ID{}, MaxID), backwards); err != nil {
		return fmt.Errorf("backwards: %w", err)
	}
	names := slices.Sorted(maps.Keys(m.groups))
	for name, g := range v.AllGroups() {
		if len(names) == 0 || name != names[0] {
			return fmt.Errorf("group %q where %q should be", name, names)
		}
		names = names[1:]
		if err := groupDiffers(g, m.groups[name]); err != nil {
			return fmt.Errorf("group %q: %w", name, err)
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("no groups %q", names)
	}
	return nil
}

func walk(c Cursor, want []modelEntry) error {
	for i := 0; ; i++ {
		e, ok := c.Next()
		if !ok {
			if i < len(want) {
				return fmt.Errorf("%d entries, not %d", i, len(want))
			}
			return nil
		}
		if i == len(want) || e.ID != want[i].id || !slices.Equal(textOf(e), want[i].args) {
			return fmt.Errorf("entry %d is %v %q", i, e.ID, textOf(e))
		}
	}
}

func groupDiffers(g Group, m *modelGroup) error {
	if g.Last() != m.last || g.Read() != m.read || g.Pending() != len(m.pending) || g.Consumers() != len(m.consumers) {
		return fmt.Errorf("last %v, read %d, %d pending, %d consumers; not %v, %d, %d, %d",
			g.Last(), g.Read(), g.Pending(), g.Consumers(), m.last, m.read, len(m.pending), len(m.consumers))
	}
	names := slices.Sorted(maps.Keys(m.consumers))
	for n, s := range g.AllConsumers() {
		if s.Name != names[0] || m.consumers[s.Name] != [2]int64{s.Seen, s.Active} {
			return fmt.Errorf("consumer %v, not %q %v", s, names[0], m.consumers[names[0]])
		}
		names = names[1:]
		mine := maps.Clone(m.pending)
		maps.DeleteFunc(mine, func(_ ID, p modelPending) bool { return p.consumer != s.Name })
		c := g.PendingFrom(ID{})
		c.Of(n)
		if err := pendingDiffers(g, &c, mine); err != nil {
			return fmt.Errorf("consumer %q: %w", s.Name, err)
		}
		if s.Pending != len(mine) {
			return fmt.Errorf("consumer %q has %d, not %d", s.Name, s.Pending, len(mine))
		}
	}
	c := g.PendingFrom(ID{})
	if err := pendingDiffers(g, &c, m.pending); err != nil {
		return err
	}
	old := maps.Clone(m.pending)
	maps.DeleteFunc(old, func(_ ID, p modelPending) bool { return p.time > 1000 })
	c = g.PendingFrom(ID{})
	c.Until(1000)
	return pendingDiffers(g, &c, old)
}

func pendingDiffers(g Group, c *PendingCursor, want map[ID]modelPending) error {
	for _, id := range ids(want) {
		w := want[id]
		p, ok := c.Next()
		if !ok || p.ID != id || p.Time != w.time || p.Count != w.count || g.State(p.Consumer).Name != w.consumer {
			return fmt.Errorf("%v %v pending, not %v %v", p, ok, id, w)
		}
		if f, ok := g.Find(id); !ok || f != p {
			return fmt.Errorf("found %v %v, not %v", f, ok, p)
		}
	}
	if p, ok := c.Next(); ok {
		return fmt.Errorf("%v is pending, too", p)
	}
	return nil
}

type machine struct {
	ks    *keyspace.Keyspace
	db    *keyspace.DB
	key   []byte
	m     *model
	rng   *rand.Rand
	now   int64
	snaps []snap
	wild  map[ID]bool // made pending though there may be no entry
}

type snap struct {
	s *keyspace.Snapshot
	m *model
}

func newMachine(seed uint64) *machine {
	ks := keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	x := &machine{ks: ks, db: ks.DB(0), key: []byte("k"), rng: rand.New(rand.NewPCG(seed, 1)), now: 1000}
	x.ks.SetPacked(keyspace.Stream, []keyspace.PackedLimits{
		{Entries: 100, Bytes: 4096}, {Entries: 3}, {Bytes: 200}, {Entries: 300, Bytes: 100000}, {},
	}[x.rng.IntN(5)])
	return x
}

func (x *machine) entry() keyspace.Entry { return x.db.Find(x.key, x.now, 0) }

func (x *machine) editor() Editor { return Edit(x.db, x.key, x.entry(), x.now) }

func (x *machine) view() View {
	if e := x.entry(); e.OK() {
		return Of(e.Value())
	}
	return View{}
}

func (x *machine) id() ID { // of an entry, or near to one
	if n := len(x.m.entries); n > 0 && x.rng.IntN(4) > 0 {
		return x.m.entries[x.rng.IntN(n)].id
	}
	return ID{x.m.last.Ms - min(x.m.last.Ms, x.rng.Uint64N(10)), x.rng.Uint64N(5)}
}

func (x *machine) text() string {
	switch x.rng.IntN(4) {
	case 0:
		return fmt.Sprint(x.rng.Int64N(1 << x.rng.IntN(62)))
	case 1:
		return string(bytes.Repeat([]byte{'x'}, x.rng.IntN(100)))
	}
	return fmt.Sprint("text", x.rng.IntN(100))
}

func (x *machine) add() {
	id := x.m.last
	switch x.rng.IntN(4) {
	case 0:
		id.Seq += 1 + x.rng.Uint64N(1<<x.rng.IntN(40))
	case 1:
		id.Ms += 1 + x.rng.Uint64N(1<<x.rng.IntN(34))
		id.Seq = x.rng.Uint64N(1 << x.rng.IntN(20))
	default:
		id.Seq++
	}
	if !x.m.last.Less(id) {
		return
	}
	var args []string
	var raw [][]byte
	for i := range 1 + x.rng.IntN(3) {
		field := fmt.Sprint("f", i)
		if x.rng.IntN(10) == 0 {
			field = x.text()
		}
		args = append(args, field, x.text())
	}
	for _, a := range args {
		raw = append(raw, []byte(a))
	}
	ed := x.editor()
	ed.Append(id, raw, lengthOf(raw))
	x.m.entries = append(x.m.entries, modelEntry{id, args})
	x.m.last = id
	x.m.added++
}

func (x *machine) drop(keep func(i int, e modelEntry) bool) (n int) {
	var left []modelEntry
	for i, e := range x.m.entries {
		if keep(i, e) {
			left = append(left, e)
		}
	}
	n = len(x.m.entries) - len(left)
	x.m.entries = left
	return n
}

func (x *machine) referenced(id ID) bool {
	for _, g := range x.m.groups {
		if _, ok := g.pending[id]; ok || g.last.Less(id) {
			return true
		}
	}
	return false
}

// deleteMany deletes a stretch of entries, or some of them, together with IDs of which there are none.
func (x *machine) deleteMany(ed *Editor) error {
	var list []ID
	wanted := map[ID]bool{}
	if n := len(x.m.entries); n > 0 {
		from, every := x.rng.IntN(n), 1+x.rng.IntN(3)
		for _, e := range x.m.entries[from:min(n, from+x.rng.IntN(400))] {
			if x.rng.IntN(every) == 0 {
				list = append(list, e.id)
			}
		}
	}
	for range x.rng.IntN(4) {
		list = append(list, x.id())
	}
	slices.SortFunc(list, ID.Compare)
	for _, id := range list {
		wanted[id] = true
	}
	deleted := x.m.deleted
	n := x.drop(func(_ int, e modelEntry) bool {
		if wanted[e.id] && deleted.Less(e.id) {
			deleted = e.id
		}
		return !wanted[e.id]
	})
	x.m.deleted = deleted
	if got := ed.DeleteAll(list); got != n {
		return fmt.Errorf("%d are deleted, not %d", got, n)
	}
	return nil
}

func (x *machine) change() error {
	ed := x.editor()
	switch r := x.rng.IntN(100); {
	case r < 35:
		for range 1 + x.rng.IntN(40) {
			x.add()
		}
	case r < 42:
		id := x.id()
		n := x.drop(func(_ int, e modelEntry) bool { return e.id != id })
		if ed.View().OK() && ed.Delete(id) != (n == 1) {
			return fmt.Errorf("deleting %v: not %d", id, n)
		}
		if n == 1 && x.m.deleted.Less(id) {
			x.m.deleted = id
		}
	case r < 44:
		return x.deleteMany(&ed)
	case r < 52:
		return x.trim(&ed)
	case r < 55:
		if x.m.groups == nil {
			x.m.groups = map[string]*modelGroup{}
		}
		ed.Make()
		name := fmt.Sprint("g", x.rng.IntN(4))
		_, known := x.m.groups[name]
		last := x.id()
		if ed.AddGroup([]byte(name), last, 7) == known {
			return fmt.Errorf("adding group %q: known %v", name, known)
		}
		if !known {
			x.m.groups[name] = &modelGroup{last, 7, map[string][2]int64{}, map[ID]modelPending{}}
		}
	case r < 56:
		name := fmt.Sprint("g", x.rng.IntN(4))
		_, known := x.m.groups[name]
		if ed.View().OK() && ed.DeleteGroup([]byte(name)) != known {
			return fmt.Errorf("deleting group %q: known %v", name, known)
		}
		delete(x.m.groups, name)
	case r < 58 && len(x.snaps) < 3:
		x.snaps = append(x.snaps, snap{x.ks.Capture(), x.m.clone()})
	case r < 60 && len(x.snaps) > 0:
		return x.endSnapshot()
	case r < 61 && x.entry().OK():
		return x.copies()
	default:
		return x.changeGroup(&ed)
	}
	return nil
}

func (x *machine) trim(ed *Editor) error {
	t := Trim{Refs: Refs(x.rng.IntN(3)), Approx: x.rng.IntN(2) == 0}
	if x.rng.IntN(2) == 0 {
		t.ByID, t.Min = true, x.id()
	} else {
		t.Max = max(len(x.m.entries)-x.rng.IntN(100), 0)
	}
	if !ed.View().OK() {
		return nil
	}
	over := func(e modelEntry) bool { // is there to be removed
		return t.ByID && e.id.Less(t.Min) || !t.ByID
	}
	got := ed.Trim(t)
	if t.Approx && t.Refs == KeepRefs { // whole blocks: any number that is not too large
		n := x.drop(func(i int, e modelEntry) bool { return i >= got })
		if n != got {
			return fmt.Errorf("trimmed %d", got)
		}
		if !t.ByID && got > 0 && len(x.m.entries) < t.Max {
			return fmt.Errorf("trimmed to %d, not %d", len(x.m.entries), t.Max)
		}
		return nil
	}
	left := len(x.m.entries)
	var gone []ID
	n := x.drop(func(i int, e modelEntry) bool {
		switch {
		case !over(e) || !t.ByID && left <= t.Max || t.Refs == OnlyAcked && x.referenced(e.id):
			return true
		case t.Refs == OnlyAcked && len(gone) == got: // it may stop in a block of which only a part is over
			return true
		}
		left--
		gone = append(gone, e.id)
		return false
	})
	if n != got {
		return fmt.Errorf("trimmed %d, not %d, by %+v", got, n, t)
	}
	if t.Refs == DropRefs {
		for _, g := range x.m.groups {
			for _, id := range gone {
				delete(g.pending, id)
			}
		}
	}
	return nil
}

func (x *machine) changeGroup(ed *Editor) error {
	if len(x.m.groups) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(x.m.groups))
	name := names[x.rng.IntN(len(names))]
	m := x.m.groups[name]
	g, ok := ed.Group([]byte(name))
	if !ok {
		return fmt.Errorf("no group %q", name)
	}
	consumer := fmt.Sprint("c", x.rng.IntN(1+x.rng.IntN(100)))
	take := func() Consumer {
		n, made := g.Consumer([]byte(consumer), x.now)
		if _, known := m.consumers[consumer]; made == known {
			panic(fmt.Sprintf("consumer %q: made %v", consumer, made))
		}
		if made {
			m.consumers[consumer] = [2]int64{x.now, -1}
		}
		return n
	}
	x.now += x.rng.Int64N(100)
	switch r := x.rng.IntN(24); {
	case r >= 22:
		list := ids(m.pending)
		if n := len(list); n > 0 {
			from := x.rng.IntN(n)
			list = list[from:min(n, from+x.rng.IntN(400))]
		}
		every := 1 + x.rng.IntN(3)
		list = slices.DeleteFunc(list, func(ID) bool { return x.rng.IntN(every) > 0 })
		want := len(list)
		for _, id := range list {
			delete(m.pending, id)
		}
		if id := x.id(); x.rng.IntN(2) == 0 {
			if _, ok := m.pending[id]; !ok {
				list = append(list, id)
				slices.SortFunc(list, ID.Compare)
			}
		}
		if n := g.RemoveAll(list); n != want {
			return fmt.Errorf("%d are removed, not %d", n, want)
		}
	case r >= 20:
		return x.changeMany(g, m, consumer, take())
	case r < 1:
		dropped, ok := g.DeleteConsumer([]byte(consumer))
		n := len(m.pending)
		maps.DeleteFunc(m.pending, func(_ ID, p modelPending) bool { return p.consumer == consumer })
		if _, known := m.consumers[consumer]; ok != known || dropped != n-len(m.pending) {
			return fmt.Errorf("deleted consumer %q with %d, %v", consumer, dropped, ok)
		}
		delete(m.consumers, consumer)
	case r < 8:
		n := take()
		g.Served(n, x.now)
		g.Saw(n, x.now)
		m.consumers[consumer] = [2]int64{x.now, x.now}
		most := x.rng.IntN(200)
		var heard []ID
		if got := g.Take(n, x.now, most, true, func(id ID) { heard = append(heard, id) }); got != len(heard) || got > most {
			return fmt.Errorf("%d entries are taken, %d heard of, %d were wanted", got, len(heard), most)
		}
		g.SetRead(m.read) // how it goes on is another test's
		next, _ := m.last.Next()
		c := ed.View().Range(next, MaxID)
		for range most { // which are those that follow, as many as there are
			e, ok := c.Next()
			if !ok {
				break
			}
			if len(heard) == 0 || heard[0] != e.ID {
				return fmt.Errorf("%v is not taken", e.ID)
			}
			heard = heard[1:]
			m.last = e.ID
			m.pending[e.ID] = modelPending{consumer, x.now, 1}
		}
		if len(heard) > 0 {
			return fmt.Errorf("%v are taken, too", heard)
		}
	case r < 12:
		n := take()
		p := Pending{x.id(), x.now, 1 + x.rng.Uint64N(1<<x.rng.IntN(20)), n}
		if x.rng.IntN(10) == 0 {
			p.Time = x.rng.Int64() - math.MaxInt64/2
		}
		if list := ids(m.pending); len(list) > 0 && x.rng.IntN(3) > 0 {
			p.ID = list[x.rng.IntN(len(list))]
		}
		if _, there := ed.View().Get(p.ID); !there {
			x.wild[p.ID] = true
		}
		g.Put(p)
		m.pending[p.ID] = modelPending{consumer, p.Time, p.Count}
	default:
		list := ids(m.pending)
		for i := range x.rng.IntN(100) {
			if len(list) == 0 {
				break
			}
			at := 0
			if i%3 > 0 {
				at = x.rng.IntN(len(list))
			}
			id := list[at]
			list = slices.Delete(list, at, at+1)
			if !g.Remove(id) || g.Remove(id) {
				return fmt.Errorf("removing %v", id)
			}
			delete(m.pending, id)
		}
	}
	return nil
}

// changeMany changes what is pending from somewhere on, in all ways.
func (x *machine) changeMany(g GroupEditor, m *modelGroup, consumer string, n Consumer) error {
	from, seed := x.id(), x.rng.Uint64()
	verdicts := 1 + x.rng.IntN(4)
	verdict := func(id ID) (v Verdict, p Pending) { // the same for both
		rng := rand.New(rand.NewPCG(seed, id.Ms^id.Seq))
		p = Pending{ID: id, Time: x.now, Count: 1 + rng.Uint64N(1<<rng.IntN(20)), Consumer: n}
		if rng.IntN(100) == 0 {
			p.Time = rng.Int64() - math.MaxInt64/2
		}
		if v = Verdict(rng.IntN(verdicts)); v == Stop && rng.IntN(50) > 0 {
			v = Leave
		}
		return v, p
	}
	list := ids(m.pending)
	at, _ := slices.BinarySearchFunc(list, from, ID.Compare) // of what is still to come
	list = list[at:]
	stamp := Stamp{Time: x.now, Consumer: n, More: uint64(x.rng.IntN(2))}
	only := x.rng.IntN(3) == 0 // the runs in which the consumer may have something
	stopped := false
	var bad error
	set := func(id ID, v Verdict, p modelPending) {
		if v == Set {
			m.pending[id] = p
		} else if v == Drop {
			delete(m.pending, id)
		}
	}
	whole := func(r *Run) Verdict {
		if len(list) < r.Len || list[0] != r.First {
			bad = fmt.Errorf("a run of %d from %v, not from %v", r.Len, r.First, list)
			return Leave
		}
		all, last := true, int64(math.MinInt64)
		for _, id := range list[:r.Len] {
			p := m.pending[id]
			all, last = all && p.consumer == consumer, max(last, p.time)
			if p.time < r.Least || p.consumer == consumer && !r.MayHave(n) {
				bad = fmt.Errorf("the run of %v knows nothing of %v", r.First, id)
			}
		}
		if r.AllOf(n) != all || r.Latest() != last {
			bad = fmt.Errorf("the run of %v: %v, %v", r.First, r.AllOf(n), r.Latest())
		}
		v := [...]Verdict{Each, Each, Set, Leave, Drop}[(r.First.Ms^r.First.Seq^seed)%5]
		switch {
		case only && !r.MayHave(n):
			v = Leave
		case v == Set && !r.Takes(stamp):
			v = Each
		}
		if v == Each {
			return v
		}
		for _, id := range list[:r.Len] {
			set(id, v, modelPending{consumer, stamp.Time, m.pending[id].count + stamp.More})
		}
		list = list[r.Len:]
		return v
	}
	if x.rng.IntN(3) == 0 {
		whole = nil
	}
	g.Change(from, stamp, whole, func(p *Pending) Verdict {
		if stopped || len(list) == 0 || list[0] != p.ID {
			bad = fmt.Errorf("%v is visited, not %v", p.ID, list)
			return Stop
		}
		v, to := verdict(p.ID)
		if stopped = v == Stop; !stopped {
			set(p.ID, v, modelPending{consumer, to.Time, to.Count})
			list = list[1:]
		}
		if v == Set {
			*p = to
		}
		return v
	})
	if bad == nil && !stopped && len(list) > 0 {
		bad = fmt.Errorf("%v are not visited", list)
	}
	return bad
}

// probe asks for ranges.
func (x *machine) probe() error {
	v := x.view()
	first := ID{}
	if len(x.m.entries) > 0 {
		first = x.m.entries[0].id
	}
	if v.First() != first {
		return fmt.Errorf("%v is the first, not %v", v.First(), first)
	}
	for range 5 {
		from, to := x.id(), x.id()
		var want []modelEntry
		for _, e := range x.m.entries {
			if !e.id.Less(from) && !to.Less(e.id) {
				want = append(want, e)
			}
		}
		if n := v.Count(from, to); n != len(want) {
			return fmt.Errorf("%d from %v to %v, not %d", n, from, to, len(want))
		}
		if err := walk(v.Range(from, to), want); err != nil {
			return fmt.Errorf("from %v to %v: %w", from, to, err)
		}
		slices.Reverse(want)
		if err := walk(v.Reverse(from, to), want); err != nil {
			return fmt.Errorf("back from %v to %v: %w", to, from, err)
		}
	}
	kept := v.Kept()
	for _, g := range x.m.groups {
		for id := range g.pending {
			if _, there := v.Get(id); kept.Has(id) && !there && !x.wild[id] {
				return fmt.Errorf("%v is not kept", id)
			}
		}
	}
	m := v.Merge()
	for _, e := range x.m.entries {
		if x.rng.IntN(3) > 0 {
			continue
		}
		if prev, ok := e.id.Prev(); ok && x.rng.IntN(2) == 0 {
			_, there := v.Get(prev)
			if m.Has(prev) != there {
				return fmt.Errorf("merge: %v", prev)
			}
		}
		if !m.Has(e.id) {
			return fmt.Errorf("merge: no %v", e.id)
		}
	}
	return nil
}

func (x *machine) endSnapshot() error {
	i := x.rng.IntN(len(x.snaps))
	s := x.snaps[i]
	x.snaps = slices.Delete(x.snaps, i, i+1)
	found, err := false, error(nil)
	for shard := range keyspace.Shards {
		s.s.Walk(0, shard, func(f keyspace.Frozen) bool {
			found = true
			if err = differs(Of(f.Value), s.m); err == nil {
				err = x.reload(f.Value, s.m)
			}
			return true
		})
	}
	s.s.End()
	if !found && s.m.last != (ID{}) {
		return fmt.Errorf("the snapshot is empty")
	}
	return err
}

// reload saves and loads a value.
func (x *machine) reload(v keyspace.Value, want *model) error {
	out := saved(v, x.rng.IntN(2) == 0)
	loaded, err := Load(rdb.TypeStreamListpacks3, rdb.NewReader(out), x.ks.Arena(x.ks.Hash(x.key)))
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	defer loaded.Release()
	if err := differs(Of(loaded), want); err != nil {
		return fmt.Errorf("loaded: %w", err)
	}
	if again := saved(loaded, false); !bytes.Equal(again, saved(v, false)) {
		return fmt.Errorf("saved anew it is something else")
	}
	return nil
}

// copies makes the key a copy of itself, by copying or by a dump.
func (x *machine) copies() error {
	v := x.entry().Value()
	if err := x.reload(v, x.m); err != nil {
		return err
	}
	x.db.PutValue(x.key, Copy(v, x.ks.Arena(x.ks.Hash(x.key)), nil), 0, x.now)
	return nil
}

func (x *machine) run(steps int) error {
	x.m, x.wild = &model{}, map[ID]bool{}
	for i := range steps {
		if err := x.change(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		v := x.view()
		if !v.OK() {
			continue
		}
		if err := differs(v, x.m); err != nil {
			return fmt.Errorf("after step %d: %w", i, err)
		}
		if err := x.probe(); err != nil {
			return fmt.Errorf("after step %d: %w", i, err)
		}
	}
	for len(x.snaps) > 0 {
		if err := x.endSnapshot(); err != nil {
			return err
		}
	}
	if e := x.entry(); e.OK() {
		e.Delete()
	}
	for sh := range keyspace.Shards {
		for x.ks.Sweep(sh, x.now, 1000, true) {
		}
	}
	if n := x.ks.Arena(x.ks.Hash(x.key)).Used(); n > 2048 { // a segment of the table stays
		return fmt.Errorf("%d bytes are left", n)
	}
	return nil
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newMachine(rapid.Uint64().Draw(t, "seed"))
		defer x.ks.Close()
		if err := x.run(60); err != nil {
			t.Fatal(err)
		}
	})
}

// lengthOf is how long fields and values are together.
func lengthOf(args [][]byte) (n int) {
	for _, a := range args {
		n += len(a)
	}
	return n
}
