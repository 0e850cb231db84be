package dict

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
)

// world drives tables, as the keyspace does with its shards, next to a Go map.
type world struct {
	t      *rapid.T
	pool   *arena.Pool
	arena  *arena.Arena
	tables []*Table // chosen by the first bits of the hash
	skip   uint8
	model  map[string]item
	stamp  uint64
	scans  []*scan
	views  []*frozen
	checks int
	late   *frozen // a snapshot whose tables are not frozen yet
}

type item struct {
	value  []byte
	expire int64
}

// scan is a scan in flight: what was there all the time must be in seen at its end.
type scan struct {
	cursor  uint64
	present map[string]bool
	seen    map[string]bool
}

// frozen is a live snapshot with all that was in it, in order, byte for byte.
type frozen struct {
	epoch arena.Epoch
	views []View
	refs  [][]arena.Ref
	blobs [][][]byte
	model map[string]item
}

func newWorld(t *rapid.T, skip uint8, poison bool) *world {
	w := &world{t: t, skip: skip, model: map[string]item{}}
	w.pool = arena.NewPool(arena.Options{Poison: poison})
	w.arena = w.pool.NewArena()
	seed := maphash.MakeSeed()
	for range 1 << skip {
		w.tables = append(w.tables, New(w.arena, seed, skip))
	}
	return w
}

const worldKeys = 6000

func worldKey(i int) string {
	key := fmt.Sprint("key:", i)
	if i%97 == 0 {
		key += string(bytes.Repeat([]byte{'x'}, i%400))
	}
	return key
}

func (w *world) table(h uint64) *Table { return w.tables[h>>1>>(63-w.skip)] }

func (w *world) find(key string) (*Table, uint64, Pos, bool) {
	h := w.tables[0].Hash([]byte(key))
	t := w.table(h)
	p, ok := t.Find(h, []byte(key))
	if _, want := w.model[key]; ok != want {
		w.t.Fatalf("Find(%q) = %v", key, ok)
	}
	return t, h, p, ok
}

// newItem makes a value that was never there before.
func (w *world) newItem(i int) item {
	w.stamp++
	value := make([]byte, 8+(w.stamp*7+uint64(i))%40)
	binary.LittleEndian.PutUint64(value, w.stamp)
	it := item{value: value, expire: NoExpire}
	if w.stamp%3 == 0 {
		it.expire = int64(w.stamp * 7919 % 1000)
	}
	return it
}

func (w *world) entry(key string, it item) arena.Ref {
	layout := Layout(w.stamp % 2 * uint64(WithClock))
	if it.expire >= 0 || w.stamp%5 == 0 {
		layout |= WithExpire
	}
	ref := w.arena.Alloc(Size(len(key), len(it.value), layout))
	Write(ref, 7, []byte(key), it.value, layout)
	if layout&WithExpire != 0 {
		SetExpire(ref, it.expire)
	}
	return ref
}

// put writes a key in one of the ways that there are.
func (w *world) put(i int) {
	w.freeze()
	key, it := worldKey(i), w.newItem(i)
	t, h, p, ok := w.find(key)
	switch {
	case !ok:
		t.Insert(h, w.entry(key, it))
	case t.Private(p) && HasExpire(t.At(p)) && len(Value(t.At(p))) >= len(it.value):
		ref := t.At(p)
		if !SetValueLen(ref, len(it.value), w.arena.Cap(ref)) {
			w.t.Fatalf("SetValueLen refused to make a value shorter")
		}
		copy(Value(ref), it.value)
		t.SetExpire(p, it.expire)
	default:
		t.ReplaceFree(p, w.entry(key, it))
	}
	w.model[key] = it
	if p, ok := t.Find(h, []byte(key)); !ok || !t.Private(p) {
		w.t.Fatalf("%q is not private after it was written", key)
	}
}

func (w *world) del(i int) {
	w.freeze()
	key := worldKey(i)
	if t, _, p, ok := w.find(key); ok {
		t.DeleteFree(p)
		w.forget(key)
	}
}

func (w *world) forget(key string) {
	delete(w.model, key)
	for _, s := range w.scans {
		delete(s.present, key)
	}
}

// some draws a run of keys.
func (w *world) some(fn func(i int)) {
	from := rapid.IntRange(0, worldKeys-1).Draw(w.t, "from")
	n := rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, worldKeys)).Draw(w.t, "n")
	for i := range n {
		fn((from + i) % worldKeys)
	}
}

func (w *world) beginScan() {
	s := &scan{present: map[string]bool{}, seen: map[string]bool{}}
	for key := range w.model {
		s.present[key] = true
	}
	w.scans = append(w.scans, s)
	w.stepScan(len(w.scans)-1, 1)
}

func (w *world) stepScan(at, steps int) {
	s := w.scans[at]
	for range steps {
		shard := s.cursor >> (CursorBits - w.skip)
		s.cursor = w.tables[shard].Scan(s.cursor, func(ref arena.Ref) {
			s.seen[string(Key(ref))] = true
		})
		if s.cursor == 0 {
			for key := range s.present {
				if !s.seen[key] {
					w.t.Fatalf("the scan missed %q", key)
				}
			}
			w.scans = slices.Delete(w.scans, at, at+1)
			return
		}
	}
}

func (w *world) begin() {
	f := &frozen{epoch: w.pool.Epochs().Begin(), model: map[string]item{}}
	for key, it := range w.model {
		f.model[key] = item{bytes.Clone(it.value), it.expire}
	}
	for i, t := range w.tables {
		f.views = append(f.views, t.Freeze())
		f.refs = append(f.refs, nil)
		f.blobs = append(f.blobs, nil)
		f.views[i].Walk(func(ref arena.Ref) bool {
			f.refs[i] = append(f.refs[i], ref)
			f.blobs[i] = append(f.blobs[i], bytes.Clone(arena.Bytes(ref, w.arena.Cap(ref))))
			return true
		})
	}
	w.views = append(w.views, f)
	w.checkView(f)
	w.late = f
}

// freeze takes the views of the newest snapshot again: before the first change after
// it began that must make no difference.
func (w *world) freeze() {
	if w.late == nil {
		return
	}
	for i, t := range w.tables {
		w.late.views[i] = t.Freeze()
	}
	w.late = nil
}

func (w *world) checkView(f *frozen) {
	total := 0
	for i, v := range f.views {
		n := 0
		v.Walk(func(ref arena.Ref) bool {
			if n >= len(f.refs[i]) || f.refs[i][n] != ref {
				w.t.Fatalf("a frozen view moved")
			}
			if !bytes.Equal(f.blobs[i][n], arena.Bytes(ref, len(f.blobs[i][n]))) {
				w.t.Fatalf("entry %q changed in a frozen view", Key(ref))
			}
			it, ok := f.model[string(Key(ref))]
			if !ok || !bytes.Equal(it.value, Value(ref)) || it.expire != Expire(ref) {
				w.t.Fatalf("entry %q is wrong in a frozen view", Key(ref))
			}
			if v.Find(w.tables[0].Hash(Key(ref)), Key(ref)) != ref {
				w.t.Fatalf("%q is not found in a frozen view", Key(ref))
			}
			n++
			return true
		})
		if n != v.Len() || n != len(f.refs[i]) {
			w.t.Fatalf("a frozen view has %d entries, had %d", n, len(f.refs[i]))
		}
		total += n
	}
	if total != len(f.model) {
		w.t.Fatalf("frozen views have %d entries, want %d", total, len(f.model))
	}
}

func (w *world) end(at int) {
	w.checkView(w.views[at])
	w.pool.Epochs().End(w.views[at].epoch)
	w.views = slices.Delete(w.views, at, at+1)
	w.arena.Reclaim(1 << 30)
}

// expire runs a whole expiry cycle in steps.
func (w *world) expire(now int64, step int, refuse bool) {
	w.freeze()
	for _, t := range w.tables {
		fn := func(ref arena.Ref) bool {
			key := string(Key(ref))
			it, ok := w.model[key]
			if !ok || it.expire != Expire(ref) || it.expire < 0 || it.expire > now {
				w.t.Fatalf("%q of %d is not due at %d", key, it.expire, now)
			}
			if refuse && it.expire%3 == 0 {
				return false
			}
			_, _, p, _ := w.find(key)
			t.DeleteFree(p)
			w.forget(key)
			return true
		}
		for before := -1; t.Len() != before; { // passes, until one finds nothing
			before = t.Len()
			for from, begun := uint64(0), false; !begun || from != 0; begun = true {
				from = t.Due(now, from, step, fn)
			}
		}
	}
	for key, it := range w.model {
		if it.expire >= 0 && it.expire <= now && !(refuse && it.expire%3 == 0) {
			w.t.Fatalf("%q of %d was not expired at %d", key, it.expire, now)
		}
	}
}

// compact runs a whole cycle of compaction in steps.
func (w *world) compact(step int) {
	w.freeze()
	for _, t := range w.tables {
		for from, begun := uint64(0), false; !begun || from != 0; begun = true {
			from, _ = t.Compact(from, step)
		}
	}
}

func (w *world) check() {
	if w.checks++; w.checks%3 != 0 {
		return
	}
	total := 0
	for _, t := range w.tables {
		t.check(w.t)
		total += t.Len()
	}
	if total != len(w.model) {
		w.t.Fatalf("%d entries, want %d", total, len(w.model))
	}
	for key, it := range w.model {
		t, _, p, _ := w.find(key)
		if ref := t.At(p); !bytes.Equal(Value(ref), it.value) || Expire(ref) != it.expire {
			w.t.Fatalf("%q has another value than it should", key)
		}
	}
	if w.checks%9 == 0 { // and each once more when it ends
		for _, f := range w.views {
			w.checkView(f)
		}
	}
}

// finish ends all that is in flight and takes the tables apart; nothing may be left.
func (w *world) finish() {
	w.freeze()
	for len(w.scans) > 0 {
		w.stepScan(0, 1<<30)
	}
	if len(w.views) > 0 { // one snapshot outlives the tables
		for len(w.views) > 1 {
			w.end(0)
		}
	}
	freed := 0
	for _, t := range w.tables {
		for !t.Drain(100, func(ref arena.Ref) { freed++; w.arena.Free(ref) }) {
		}
		t.check(w.t)
	}
	if freed != len(w.model) {
		w.t.Fatalf("Drain freed %d of %d entries", freed, len(w.model))
	}
	for len(w.views) > 0 {
		w.end(0)
	}
	w.arena.Reclaim(1 << 30)
	w.arena.Trim()
	if s := w.pool.Stats(); w.arena.Used() != 0 || s.UsedChunks != 0 {
		w.t.Fatalf("%d bytes are left: %+v", w.arena.Used(), s)
	}
	w.pool.Close()
}

func testAgainstModel(t *testing.T, skip uint8, poison bool) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, skip, poison)
		at := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }
		t.Repeat(map[string]func(*rapid.T){
			"put":  func(*rapid.T) { w.some(w.put) },
			"put2": func(*rapid.T) { w.some(w.put) },
			"del":  func(*rapid.T) { w.some(w.del) },
			"scan": func(*rapid.T) {
				if len(w.scans) < 3 {
					w.beginScan()
				}
			},
			"step": func(*rapid.T) {
				if n := len(w.scans); n > 0 {
					w.stepScan(at(n, "scan"), at(300, "steps"))
				}
			},
			"begin": func(*rapid.T) {
				if len(w.views) < 3 {
					w.begin()
				}
			},
			"end": func(*rapid.T) {
				if n := len(w.views); n > 0 {
					w.end(at(n, "view"))
				}
			},
			"expire": func(*rapid.T) {
				w.expire(int64(at(1000, "now")), 1+at(5, "step"), at(2, "refuse") == 1)
			},
			"compact": func(*rapid.T) { w.compact(1 + at(5, "step")) },
			"":        func(*rapid.T) { w.check() },
		})
		w.finish()
	})
}

func TestTableAgainstModel(t *testing.T)       { testAgainstModel(t, 0, false) }
func TestTableAgainstModelPoison(t *testing.T) { testAgainstModel(t, 0, true) }
func TestShardsAgainstModel(t *testing.T)      { testAgainstModel(t, 2, true) }

func newTable(t testing.TB, skip uint8) *Table {
	p := arena.NewPool(arena.Options{})
	t.Cleanup(p.Close)
	return New(p.NewArena(), maphash.MakeSeed(), skip)
}

func (t *Table) add(key string, expire int64) arena.Ref {
	layout := Layout(0)
	if expire >= 0 {
		layout = WithExpire
	}
	ref := t.arena.Alloc(Size(len(key), 0, layout))
	Write(ref, 0, []byte(key), nil, layout)
	if expire >= 0 {
		SetExpire(ref, expire)
	}
	t.Insert(t.Hash([]byte(key)), ref)
	return ref
}

func (t *Table) remove(key string) bool {
	p, ok := t.Find(t.Hash([]byte(key)), []byte(key))
	if ok {
		t.DeleteFree(p)
	}
	return ok
}

// TestGrowAndShrink goes far enough for segments to split and merge many times over,
// which exhausts the spare bits of their slots.
func TestGrowAndShrink(t *testing.T) {
	const n = 300_000
	tb := newTable(t, 0)
	for round := range 2 {
		for i := range n {
			tb.add(fmt.Sprint(i), NoExpire)
			if i%70_000 == 0 {
				tb.check(t)
			}
		}
		tb.check(t)
		if tb.depth < 8 {
			t.Fatalf("%d entries have a directory of depth %d", n, tb.depth)
		}
		if got := float64(tb.MemoryUsed()) / n; got > 14 {
			t.Errorf("the table takes %.1f bytes for each entry", got)
		}
		for i := range n - 100 {
			if !tb.remove(fmt.Sprint(i)) {
				t.Fatalf("%d is missing", i)
			}
			if i%70_000 == 0 {
				tb.check(t)
			}
		}
		tb.check(t)
		if tb.depth > 3 || tb.MemoryUsed() > 100*50 {
			t.Errorf("100 entries are left; round %d: depth %d, %d bytes", round, tb.depth, tb.MemoryUsed())
		}
		for i := n - 100; i < n; i++ {
			tb.remove(fmt.Sprint(i))
		}
		if tb.MemoryUsed() != 0 || tb.arena.Used() != 0 {
			t.Fatalf("an empty table takes %d bytes", tb.MemoryUsed())
		}
	}
}

// TestHysteresis: inserting and deleting around any size does not reshape the table
// each time.
func TestHysteresis(t *testing.T) {
	tb := newTable(t, 0)
	for i := range 3000 {
		tb.add(fmt.Sprint(i), NoExpire)
		changes := 0
		for range 10 {
			before, depth := tb.MemoryUsed(), tb.depth
			tb.add("more", NoExpire)
			tb.remove("more")
			if tb.MemoryUsed() != before || tb.depth != depth {
				changes++
			}
		}
		if i > 0 && changes > 1 {
			t.Fatalf("at %d entries the table changed its shape %d times", i+1, changes)
		}
	}
}

func TestReserve(t *testing.T) {
	for _, n := range []int{0, 1, 100, 1000, 5000, 100_000} {
		tb := newTable(t, 0)
		tb.Reserve(n)
		tb.check(t)
		reserved := tb.MemoryUsed()
		for i := range n {
			tb.add(fmt.Sprint(i), NoExpire)
		}
		tb.check(t)
		if n > 0 && tb.MemoryUsed() > reserved+reserved/10 {
			t.Errorf("Reserve(%d) took %d bytes, the full table takes %d", n, reserved, tb.MemoryUsed())
		}
		for i := range n {
			tb.remove(fmt.Sprint(i))
		}
		tb.Clear(nil)
		if tb.MemoryUsed() != 0 {
			t.Errorf("Clear left %d bytes", tb.MemoryUsed())
		}
	}
}

func TestRandomIsNearlyUniform(t *testing.T) {
	for _, n := range []int{1, 5, 40, 3000} {
		tb := newTable(t, 0)
		for i := range n {
			tb.add(fmt.Sprint(i), NoExpire)
		}
		hits := map[arena.Ref]int{}
		const each = 200
		r := uint64(1)
		for range n * each {
			r = mix(r)
			hits[tb.Random(r)]++
		}
		if len(hits) != n || hits[0] != 0 {
			t.Fatalf("%d of %d entries were drawn", len(hits), n)
		}
		for ref, h := range hits { // the deviation is about 14, and segments differ a little
			if h < each/3 || h > each*3 {
				t.Errorf("n=%d: %q was drawn %d times, want about %d", n, Key(ref), h, each)
			}
		}
	}
	if newTable(t, 0).Random(1) != 0 {
		t.Error("Random in an empty table")
	}
}

func TestSampleFrom(t *testing.T) {
	tb := newTable(t, 0)
	for i := range 3000 {
		if i == 0 || i == 10 || i == 2999 {
			for _, n := range []int{1, 5, i, 5000} {
				seen := map[arena.Ref]bool{}
				calls := 0
				tb.SampleFrom(mix(uint64(n)), n, func(ref arena.Ref) { seen[ref] = true; calls++ })
				if want := min(n, i); calls != want || len(seen) != want {
					t.Fatalf("SampleFrom(%d) of %d entries: %d calls, %d entries", n, i, calls, len(seen))
				}
			}
		}
		tb.add(fmt.Sprint(i), NoExpire)
	}
}

func TestFirstTagOfEachBucket(t *testing.T) {
	for n := uint64(1); n <= maxBuckets; n++ {
		for b := uint64(1); b < n; b++ {
			if tag := firstTag(b, n); home(tag, n) != b || home(tag-1, n) != b-1 {
				t.Fatalf("the first tag of bucket %d of %d is not %d", b, n, tag)
			}
		}
	}
}

// TestCompactEmptiesSparseSlabs deletes nine of ten entries all over the arena.
func TestCompactEmptiesSparseSlabs(t *testing.T) {
	tb := newTable(t, 0)
	const n = 100_000
	for i := range n {
		tb.add(fmt.Sprint(i), NoExpire)
	}
	for i := range n {
		if i%10 != 0 {
			tb.remove(fmt.Sprint(i))
		}
	}
	chunks := func() float64 {
		tb.arena.Trim()
		return float64(tb.arena.Pool().Stats().UsedChunks) * (64 << 10) / float64(tb.arena.Used())
	}
	before := chunks()
	for from, begun := uint64(0), false; !begun || from != 0; begun = true {
		from, _ = tb.Compact(from, 3)
	}
	tb.check(t)
	if after := chunks(); before < 3 || after > 1.6 {
		t.Fatalf("slabs take %.1f times what is in use, after compaction %.1f times", before, after)
	}
	for i := 0; i < n; i += 10 {
		if !tb.remove(fmt.Sprint(i)) {
			t.Fatalf("%d is missing", i)
		}
	}
}

// TestScanVisitsFew: each step of a scan is short, and steps are few.
func TestScanVisitsFew(t *testing.T) {
	tb := newTable(t, 0)
	const n = 50_000
	for i := range n {
		tb.add(fmt.Sprint(i), NoExpire)
	}
	steps, total, most := 0, 0, 0
	for cursor, begun := uint64(0), false; !begun || cursor != 0; begun = true {
		visited := 0
		cursor = tb.Scan(cursor, func(arena.Ref) { visited++ })
		if cursor >= 1<<CursorBits {
			t.Fatalf("cursor %#x is too long", cursor)
		}
		steps++
		total += visited
		most = max(most, visited)
	}
	if total != n || steps > n/4 || most > 40 {
		t.Fatalf("%d entries in %d steps, at most %d in one", total, steps, most)
	}
}

func TestDueLooksOnlyWhereItMust(t *testing.T) {
	tb := newTable(t, 0)
	const n = 20_000
	for i := range n {
		tb.add(fmt.Sprint(i), int64(1000+i))
	}
	if tb.NextDue() != 1000 {
		t.Fatalf("NextDue is %d", tb.NextDue())
	}
	if next := tb.Due(999, 0, 1<<30, func(arena.Ref) bool { t.Fatal("nothing is due"); return true }); next != 0 {
		t.Fatal("nothing is due but Due wants to go on")
	}
	var due []string
	for from, begun := uint64(0), false; !begun || from != 0; begun = true {
		from = tb.Due(1009, from, 2, func(ref arena.Ref) bool {
			due = append(due, string(Key(ref)))
			return tb.remove(string(Key(ref)))
		})
	}
	if len(due) != 10 || tb.Expires() != n-10 || tb.NextDue() != 1010 {
		t.Fatalf("due are %v, %d expire, the next at %d", due, tb.Expires(), tb.NextDue())
	}
	p, _ := tb.Find(tb.Hash([]byte("10")), []byte("10"))
	tb.SetExpire(p, NoExpire)
	tb.Due(1010, 0, 1<<30, func(arena.Ref) bool { t.Fatal("nothing is due"); return true })
	if tb.NextDue() != 1011 {
		t.Fatalf("the next is due at %d", tb.NextDue())
	}
	p, _ = tb.Find(tb.Hash([]byte("11")), []byte("11"))
	tb.SetExpire(p, math.MaxInt64) // beyond what a segment can note
	tb.check(t)
	if got := tb.Due(math.MaxInt64-1, 0, 1<<30, func(ref arena.Ref) bool {
		return tb.remove(string(Key(ref)))
	}); got != 0 || tb.Len() != 2 {
		t.Fatalf("%d entries are left of the 2 that do not expire", tb.Len())
	}
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	tb := newTable(t, 0)
	keys := make([][]byte, 900)
	for i := range keys {
		keys[i] = fmt.Append(nil, "key", i)
		tb.add(string(keys[i]), NoExpire)
	}
	i := 0
	next := func() []byte { i = (i + 7) % len(keys); return keys[i] }
	find := func(key []byte) Pos { p, _ := tb.Find(tb.Hash(key), key); return p }
	entry := func(key []byte) arena.Ref {
		ref := tb.arena.Alloc(Size(len(key), 0, 0))
		Write(ref, 0, key, nil, 0)
		return ref
	}
	for name, op := range map[string]func(){
		"Find":    func() { find(next()) },
		"Replace": func() { key := next(); tb.ReplaceFree(find(key), entry(key)) },
		"Delete and Insert": func() {
			key := next()
			tb.DeleteFree(find(key))
			tb.Insert(tb.Hash(key), entry(key))
		},
		"Due": func() { tb.Due(1, 0, 10, func(arena.Ref) bool { return false }) },
	} {
		if n := testing.AllocsPerRun(5000, op); n != 0 {
			t.Errorf("%s makes %v allocations", name, n)
		}
	}
}

// TestViewsAreReadWithoutLocks reads a view in other goroutines while the table
// changes. With the race detector and poisoning on it would find shared state.
func TestViewsAreReadWithoutLocks(t *testing.T) {
	p := arena.NewPool(arena.Options{Poison: true})
	defer p.Close()
	tb := New(p.NewArena(), maphash.MakeSeed(), 0)
	const n = 20_000
	for i := range n {
		tb.add(fmt.Sprint(i), int64(i))
	}
	e := p.Epochs().Begin()
	view := tb.Freeze()
	done := make(chan int)
	const readers = 2
	for r := range readers {
		go func() {
			sum := 0
			for i := r; i < view.Segments(); i += readers {
				view.WalkSegment(i, func(ref arena.Ref) bool {
					sum += int(Expire(ref)) + 1
					return true
				})
			}
			done <- sum
		}()
	}
	for i := range n {
		if i%3 == 0 {
			tb.remove(fmt.Sprint(i))
		}
		tb.add(fmt.Sprint("new", i), NoExpire)
	}
	sum := 0
	for range readers {
		sum += <-done
	}
	if want := n * (n + 1) / 2; sum != want {
		t.Fatalf("the view's entries sum up to %d, want %d", sum, want)
	}
	p.Epochs().End(e)
	tb.check(t)
}

// A Walker meets every entry once, in tables of any depth and in views, and CountDue
// counts what Due would visit.
func TestWalkAndCountDue(t *testing.T) {
	for _, n := range []int{0, 1, 7, 1000, 20000} {
		a := arena.NewPool(arena.Options{}).NewArena()
		tab := New(a, maphash.MakeSeed(), 0)
		due := 0
		for i := range n {
			key := fmt.Append(nil, i)
			ref := a.Alloc(Size(len(key), 0, WithExpire))
			Write(ref, 0, key, nil, WithExpire)
			if i%3 == 0 {
				SetExpire(ref, int64(1000+i%2))
				due += i % 2
			}
			tab.Insert(tab.Hash(key), ref)
		}
		view := tab.Freeze()
		for name, it := range map[string]Walker{"table": tab.Walker(), "view": view.Walker()} {
			seen, visits := map[string]bool{}, 0
			for ref := it.Next(); ref != 0; ref = it.Next() {
				seen[string(Key(ref))] = true
				visits++
			}
			if len(seen) != n || visits != n {
				t.Errorf("%s: %d of %d entries seen by %d visits", name, len(seen), n, visits)
			}
		}
		if got := tab.CountDue(1001); got != (n+2)/3 {
			t.Errorf("%d due at 1001, want %d", got, (n+2)/3)
		}
		if got := tab.CountDue(1000); got != (n+2)/3-due {
			t.Errorf("%d due at 1000, want %d", got, (n+2)/3-due)
		}
	}
}
