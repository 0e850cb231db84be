package zset

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// The sorted set against a model: a map of scores, sorted when it is looked at. A
// random history of all changes runs while snapshots come and go and are read by
// goroutines of their own; the arenas are poisoned, and nothing is left in them at
// the end.

type pair struct {
	member string
	score  float64
}

type model map[string]float64

func (m model) sorted() []pair {
	var all []pair
	for member, score := range m {
		all = append(all, pair{member, score})
	}
	slices.SortFunc(all, func(a, b pair) int {
		if a.score != b.score {
			return cmp.Compare(a.score, b.score)
		}
		return strings.Compare(a.member, b.member)
	})
	return all
}

// differs compares a view, read in several ways, with what it should be.
func differs(v View, want []pair) error {
	if v.Len() != len(want) {
		return fmt.Errorf("length %d, not %d", v.Len(), len(want))
	}
	i := 0
	for c := v.At(0); c.OK(); c.Next() {
		if p := (pair{string(c.Member()), c.Score()}); p != want[i] || c.Rank() != i {
			return fmt.Errorf("%v at %d, not %v", p, i, want[i])
		}
		i++
	}
	for c := v.At(v.Len() - 1); c.OK(); c.Prev() {
		i--
		if p := (pair{string(c.Member()), c.Score()}); p != want[i] {
			return fmt.Errorf("backwards %v at %d, not %v", p, i, want[i])
		}
	}
	if i != 0 {
		return fmt.Errorf("the way back ended at %d", i)
	}
	scanned := model{}
	for cursor, calls := uint64(0), 0; cursor != 0 || calls == 0; calls++ {
		cursor = v.Scan(cursor, 10, func(member []byte, score float64) { scanned[string(member)] = score })
	}
	if !slices.Equal(scanned.sorted(), want) {
		return fmt.Errorf("the scan found something else")
	}
	return nil
}

// probe asks about single members, ranks and bounds.
func probe(v View, want []pair, rng *rand.Rand) error {
	if _, ok := v.Score([]byte("absent")); ok {
		return fmt.Errorf("an absent member has a score")
	}
	if _, _, ok := v.Rank([]byte("absent")); ok {
		return fmt.Errorf("an absent member has a rank")
	}
	if c := v.At(len(want)); c.OK() {
		return fmt.Errorf("a cursor beyond the end")
	}
	if c := v.At(-1); c.OK() {
		return fmt.Errorf("a cursor before the beginning")
	}
	if len(want) == 0 {
		return nil
	}
	i := rng.IntN(len(want))
	p := want[i]
	if s, ok := v.Score([]byte(p.member)); !ok || s != p.score {
		return fmt.Errorf("score %v %v of %v", s, ok, p)
	}
	if rank, s, ok := v.Rank([]byte(p.member)); !ok || s != p.score || rank != i {
		return fmt.Errorf("rank %d, score %v, %v of %v at %d", rank, s, ok, p, i)
	}
	if c := v.At(i); string(c.Member()) != p.member {
		return fmt.Errorf("%q at %d", c.Member(), i)
	}
	score, inclusive := p.score, rng.IntN(2) == 0
	if rng.IntN(2) == 0 {
		score += 0.5
	}
	n := 0
	for n < len(want) && (want[n].score < score || want[n].score == score && inclusive) {
		n++
	}
	if got := v.Below(score, inclusive); got != n {
		return fmt.Errorf("%d below %v (%v), not %d", got, score, inclusive, n)
	}
	return nil
}

type machine struct {
	ks    *keyspace.Keyspace
	db    *keyspace.DB
	key   []byte
	m     model
	snaps []*snapshot
}

func newMachine() *machine {
	ks := keyspace.New(keyspace.Options{Arena: arena.Options{Poison: true}})
	ks.SetPacked(keyspace.ZSet, keyspace.PackedLimits{Entries: 16, Bytes: 20})
	return &machine{ks: ks, db: ks.DB(0), key: []byte("key"), m: model{}}
}

func (m *machine) entry() keyspace.Entry { return m.db.Find(m.key, 1, keyspace.ForWrite) }

func (m *machine) view() View {
	e := m.entry()
	if !e.OK() {
		return View{}
	}
	return Of(e.Value())
}

type snapshot struct {
	snap *keyspace.Snapshot
	want []pair
	done chan error
}

func (m *machine) freeze() {
	s := &snapshot{m.ks.Freeze(), m.m.sorted(), make(chan error, 1)}
	m.snaps = append(m.snaps, s)
	go func() { s.done <- s.check() }()
}

func (s *snapshot) check() (err error) {
	found := len(s.want) == 0
	for sh := range keyspace.Shards {
		s.snap.Walk(0, sh, func(f keyspace.Frozen) bool {
			v := Of(f.Value)
			found = true
			for range 2 {
				if err == nil {
					err = differs(v, s.want)
				}
			}
			if err == nil {
				err = probe(v, s.want, rand.New(rand.NewPCG(1, 2)))
			}
			return true
		})
	}
	if !found {
		return fmt.Errorf("the snapshot lost the key")
	}
	return err
}

func (m *machine) end(t *rapid.T, i int) {
	s := m.snaps[i]
	m.snaps = slices.Delete(m.snaps, i, i+1)
	if err := <-s.done; err != nil {
		t.Fatal("in a snapshot: ", err)
	}
	if err := s.check(); err != nil {
		t.Fatal("later in a snapshot: ", err)
	}
	s.snap.End()
}

// sweep does all housekeeping that there is.
func (m *machine) sweep() {
	for sh := range keyspace.Shards {
		for m.ks.Sweep(sh, 1, 100, true) {
		}
	}
}

func (m *machine) used() int64 {
	m.ks.Lock(keyspace.AllShards)
	defer m.ks.Unlock(keyspace.AllShards)
	return m.ks.ExactMemory()
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		defer m.ks.Close()
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
		span := rapid.SampledFrom([]int{1, 4, 300}).Draw(t, "scores")
		names := rapid.SampledFrom([]int{8, 30, 700}).Draw(t, "names")
		score := func() float64 {
			switch rng.IntN(20) {
			case 0:
				return math.Inf(1)
			case 1:
				return math.Inf(-1)
			case 2:
				return 1e300
			case 3:
				return -0.1
			}
			return float64(rng.IntN(span))
		}
		name := func() string {
			n := rng.IntN(names)
			switch n % 5 {
			case 0:
				return strconv.Itoa(n - 100)
			case 1:
				if n > 20 {
					return strings.Repeat("long", 6) + strconv.Itoa(n)
				}
			}
			return "m" + strconv.Itoa(n)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			n := rapid.IntRange(1, 60).Draw(t, "n")
			switch rapid.IntRange(0, 8).Draw(t, "what") {
			case 0, 1, 2:
				ed := Edit(m.db, m.key, m.entry(), 1)
				if n > 50 {
					ed.Expect(n)
				}
				for range n {
					member, s := name(), score()
					old, existed := ed.Set([]byte(member), s)
					want, ok := m.m[member]
					if existed != ok || old != want {
						t.Fatalf("%q had %v %v, not %v %v", member, old, existed, want, ok)
					}
					m.m[member] = s
				}
				if ed.Done() {
					t.Fatal("deleted with members in it")
				}
			case 3:
				ed := Edit(m.db, m.key, m.entry(), 1)
				for range n {
					member := name()
					s, ok := ed.Remove([]byte(member))
					if want, had := m.m[member]; ok != had || s != want {
						t.Fatalf("removed %q %v %v, not %v %v", member, s, ok, want, had)
					}
					delete(m.m, member)
				}
				if ed.Done() != (len(m.m) == 0 && m.entry().OK()) && len(m.m) > 0 {
					t.Fatal("deleted with members in it")
				}
			case 4:
				all := m.m.sorted()
				if len(all) == 0 {
					break
				}
				from := rng.IntN(len(all))
				n := rng.IntN(len(all) - from + 1)
				ed := Edit(m.db, m.key, m.entry(), 1)
				i := from
				ed.RemoveRange(from, n, func(member []byte, s float64) {
					if all[i] != (pair{string(member), s}) {
						t.Fatalf("removed %q at %d", member, i)
					}
					delete(m.m, all[i].member)
					i++
				})
				if i != from+n {
					t.Fatal("removed", i-from, "not", n)
				}
				if ed.Done() != (len(m.m) == 0) {
					t.Fatal("Done is wrong")
				}
			case 5:
				m.freeze()
			case 6:
				if len(m.snaps) > 0 {
					m.end(t, rng.IntN(len(m.snaps)))
				}
			case 7:
				m.sweep()
			case 8: // a copy takes the place of the original
				if e := m.entry(); e.OK() {
					v := Copy(e.Value(), m.ks.Arena(m.ks.Hash(m.key)), nil)
					v.Data = slices.Clone(v.Data)
					m.db.PutValue(m.key, v, keyspace.KeepTTL, 1)
				}
			}
			want := m.m.sorted()
			if len(want) == 0 && m.entry().OK() {
				t.Fatal("an empty key")
			}
			if err := differs(m.view(), want); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				if err := probe(m.view(), want, rng); err != nil {
					t.Fatal(err)
				}
			}
			checkMemory(t, m)
		}
		for len(m.snaps) > 0 {
			m.end(t, 0)
		}
		if e := m.entry(); e.OK() {
			e.Delete()
		}
		m.sweep()
		if used := m.used(); used != 0 {
			t.Fatal(used, "bytes leaked")
		}
	})
}

// checkMemory compares what a large set says that it takes with what it takes.
func checkMemory(t *rapid.T, m *machine) {
	z := m.view().large
	if z == nil {
		if e := m.entry(); e.OK() {
			if n, err := listpack.Validate(e.Data()); err != nil || n != 2*len(m.m) {
				t.Fatal(n, err)
			}
		}
		return
	}
	var sum int64
	view := z.index.Freeze()
	view.Walk(func(ref arena.Ref) bool {
		sum += int64(z.index.Arena().Cap(ref))
		if len(dict.Value(ref)) != 8 {
			t.Fatal("an entry without a score")
		}
		return true
	})
	if sum != z.entries || z.index.Len() != z.tree.Len() {
		t.Fatal(sum, "bytes in entries, not", z.entries)
	}
}

// The members of BelowLex are of equal score.
func TestBelowLex(t *testing.T) {
	for _, n := range []int{0, 5, 300} {
		m := newMachine()
		ed := Edit(m.db, m.key, m.entry(), 1)
		var all []string
		for i := range n {
			member := strconv.Itoa(i * 7919 % 1000)
			ed.Set([]byte(member), 3)
			all = append(all, member)
		}
		slices.Sort(all)
		for _, member := range append(all, "", "0", "5000", "z", "33") {
			at, found := slices.BinarySearch(all, member)
			if got := ed.View().BelowLex([]byte(member), false); got != at {
				t.Errorf("%d below %q, not %d", got, member, at)
			}
			if found {
				at++
			}
			if got := ed.View().BelowLex([]byte(member), true); got != at {
				t.Errorf("%d up to %q, not %d", got, member, at)
			}
		}
		m.ks.Close()
	}
}

// A set becomes large by one member too many, by a long one, or by expectation,
// and keeps its expiry.
func TestConversion(t *testing.T) {
	long := strings.Repeat("x", 21)
	for name, c := range map[string]struct {
		members []string
		expect  int
		want    string
	}{
		"packed":    {[]string{"a", "b"}, 16, "listpack"},
		"as many":   {slices.Collect(maps.Keys(numbered(16))), 0, "listpack"},
		"too many":  {slices.Collect(maps.Keys(numbered(17))), 0, "skiplist"},
		"long":      {[]string{"a", long}, 0, "skiplist"},
		"long only": {[]string{long}, 0, "skiplist"},
		"expected":  {[]string{"a"}, 17, "skiplist"},
	} {
		m := newMachine()
		ed := Edit(m.db, m.key, m.entry(), 1)
		ed.Set([]byte("first"), 1)
		e := m.entry()
		e.SetExpire(500)
		ed = Edit(m.db, m.key, m.entry(), 1)
		ed.Remove([]byte("first"))
		ed.Expect(c.expect)
		for _, member := range c.members {
			ed.Set([]byte(member), 1)
		}
		e = m.entry()
		if got := Encoding(e.Value()); got != c.want || e.Expire() != 500 || Of(e.Value()).Len() != len(c.members) {
			t.Errorf("%s: %s, not %s; expiry %d", name, got, c.want, e.Expire())
		}
		m.ks.Close()
	}
}

// A key that is missing comes into being in the form that is expected.
func TestExpect(t *testing.T) {
	for n, want := range map[int]string{16: "listpack", 17: "skiplist"} {
		m := newMachine()
		ed := Edit(m.db, m.key, m.entry(), 1)
		ed.Expect(n)
		if ed.Done() || m.entry().OK() {
			t.Error("the expectation made a key")
		}
		ed.Set([]byte("a"), 1)
		ed.Set([]byte("b"), 2)
		if e := m.entry(); Encoding(e.Value()) != want || Of(e.Value()).Len() != 2 {
			t.Errorf("%d expected: %s", n, Encoding(e.Value()))
		}
		m.ks.Close()
	}
}

func numbered(n int) model {
	m := model{}
	for i := range n {
		m[strconv.Itoa(i)] = float64(i)
	}
	return m
}

// Moving a key to another shard keeps its members where they are, and gives all
// of them back at the end.
func TestRename(t *testing.T) {
	m := newMachine()
	defer m.ks.Close()
	ed := Edit(m.db, m.key, m.entry(), 1)
	for i := range 500 {
		ed.Set([]byte(strconv.Itoa(i)), float64(i%7))
		m.m[strconv.Itoa(i)] = float64(i % 7)
	}
	for i := range 5 {
		to := []byte("other" + strconv.Itoa(i))
		m.entry().Rename(m.db, to, 1)
		m.key = to
		ed := Edit(m.db, m.key, m.entry(), 1)
		for k := range 100 {
			ed.Set([]byte(strconv.Itoa(k*3)), float64(i))
			m.m[strconv.Itoa(k*3)] = float64(i)
		}
		if err := differs(m.view(), m.m.sorted()); err != nil {
			t.Fatal(err)
		}
	}
	m.entry().Delete()
	m.sweep()
	for sh := range keyspace.Shards {
		_ = sh
		m.ks.Defrag(sh)
	}
	if used := m.used(); used != 0 {
		t.Error(used, "bytes leaked")
	}
}

// Nothing is allocated for looking, nor for changing a member that is there.
func TestAllocations(t *testing.T) {
	for _, n := range []int{10, 1000} {
		ks := keyspace.New(keyspace.Options{})
		ks.SetPacked(keyspace.ZSet, keyspace.PackedLimits{Entries: 128, Bytes: 64})
		db, key := ks.DB(0), []byte("key")
		ed := Edit(db, key, keyspace.Entry{}, 1)
		var members [][]byte
		for i := range n {
			members = append(members, []byte("member:"+strconv.Itoa(i)))
			ed.Set(members[i], float64(i)/2)
		}
		i := 0
		for name, fn := range map[string]func(member []byte){
			"score": func(member []byte) { Of(db.Find(key, 1, 0).Value()).Score(member) },
			"rank":  func(member []byte) { Of(db.Find(key, 1, 0).Value()).Rank(member) },
			"below": func([]byte) { Of(db.Find(key, 1, 0).Value()).Below(7, true) },
			"walk": func([]byte) {
				sum := 0
				for c := Of(db.Find(key, 1, 0).Value()).At(0); c.OK(); c.Next() {
					sum += len(c.Member()) + int(c.Score())
				}
			},
			"add": func(member []byte) {
				ed := Edit(db, key, db.Find(key, 1, 0), 1)
				p, _ := ed.Find(member)
				ed.Update(p, p.Score()+3.5)
				ed.Done()
			},
		} {
			if got := testing.AllocsPerRun(200, func() {
				i++
				fn(members[i*31%n])
			}); got != 0 {
				t.Errorf("%d members: %s allocates %v times", n, name, got)
			}
		}
		ks.Close()
	}
}
