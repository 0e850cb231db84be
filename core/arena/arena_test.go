package arena

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// bothModes runs a test with and without poisoning.
func bothModes(t *testing.T, test func(t *testing.T, opts Options)) {
	t.Run("plain", func(t *testing.T) { test(t, Options{}) })
	t.Run("poison", func(t *testing.T) { test(t, Options{Poison: true}) })
}

func newPool(t testing.TB, opts Options) *Pool {
	p := NewPool(opts)
	t.Cleanup(p.Close)
	return p
}

func TestClassOfIsTheSmallestThatFits(t *testing.T) {
	c := 0
	for n := 0; n <= maxSmall; n++ {
		for int(classes[c].size) < n {
			c++
		}
		if got := classOf(n); got != c {
			t.Fatalf("classOf(%d) = %d of %d bytes, want %d of %d bytes",
				n, got, classes[got].size, c, classes[c].size)
		}
	}
	if c != numClass-1 {
		t.Fatalf("the largest class used is %d of %d", c, numClass)
	}
}

func TestClassesWasteLittle(t *testing.T) {
	for i, c := range classes {
		if c.size%8 != 0 {
			t.Errorf("class %d: %d bytes is not a multiple of 8", i, c.size)
		}
		if i > 0 && c.size > 72 && float64(c.size) > float64(classes[i-1].size)*1.13 {
			t.Errorf("class %d: %d bytes after %d is too large a step", i, c.size, classes[i-1].size)
		}
		total := c.chunks * chunkSize
		if rest := total - c.count*c.size; rest*100 >= total*3 {
			t.Errorf("class %d: slabs of %d chunks lose %d bytes", i, c.chunks, rest)
		}
		if c.chunks > 32 {
			t.Errorf("class %d: slabs of %d chunks are too long", i, c.chunks)
		}
	}
}

func TestHeadersFitTheFirstChunk(t *testing.T) {
	if size := int(unsafe.Sizeof(slab{})); size != 1<<slabShift {
		t.Fatalf("a slab header is %d bytes", size)
	}
	if chunkCount<<slabShift > chunkSize {
		t.Fatal("a region's headers do not fit its first chunk")
	}
}

// blob is what the model knows of one allocation.
type blob struct {
	ref    Ref
	owner  int
	size   int // Cap
	stamp  byte
	epochs []Epoch // snapshots that see it, once freed
}

func (b blob) fill() {
	for i := range Bytes(b.ref, b.size) {
		Bytes(b.ref, b.size)[i] = b.stamp + byte(i)
	}
}

func (b blob) check(t *rapid.T) {
	for i, c := range Bytes(b.ref, b.size) {
		if c != b.stamp+byte(i) {
			t.Fatalf("blob %#x of %d bytes changed at %d", b.ref, b.size, i)
		}
	}
}

// model drives several arenas of one pool and knows what must be in every blob.
type model struct {
	pool   *Pool
	arenas []*Arena
	live   []blob
	frozen []blob // freed while snapshots lived
	begun  []Epoch
	stamp  byte
}

func (m *model) alloc(t *rapid.T) {
	n := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, maxSmall+100),
		rapid.IntRange(maxSmall, 300<<10)).Draw(t, "n")
	owner := rapid.IntRange(0, len(m.arenas)-1).Draw(t, "arena")
	a := m.arenas[owner]
	ref := a.Alloc(n)
	if ref == 0 || ref%8 != 0 || ref >= 1<<48 {
		t.Fatalf("Alloc(%d) = %#x", n, ref)
	}
	m.stamp++
	b := blob{ref: ref, owner: owner, size: a.Cap(ref), stamp: m.stamp}
	if b.size < n {
		t.Fatalf("Alloc(%d) has a capacity of %d", n, b.size)
	}
	b.fill()
	m.live = append(m.live, b)
}

func (m *model) pick(t *rapid.T) (blob, bool) {
	if len(m.live) == 0 {
		return blob{}, false
	}
	i := rapid.IntRange(0, len(m.live)-1).Draw(t, "blob")
	b := m.live[i]
	m.live[i] = m.live[len(m.live)-1]
	m.live = m.live[:len(m.live)-1]
	b.check(t)
	return b, true
}

func (m *model) free(t *rapid.T) {
	b, ok := m.pick(t)
	if !ok {
		return
	}
	m.arenas[rapid.IntRange(0, len(m.arenas)-1).Draw(t, "through")].Free(b.ref)
	if len(m.begun) > 0 {
		b.epochs = append([]Epoch(nil), m.begun...)
		m.frozen = append(m.frozen, b)
	}
}

func (m *model) freeNow(t *rapid.T) {
	if b, ok := m.pick(t); ok {
		m.arenas[rapid.IntRange(0, len(m.arenas)-1).Draw(t, "through")].FreeNow(b.ref)
	}
}

func (m *model) end(t *rapid.T) {
	if len(m.begun) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.begun)-1).Draw(t, "snapshot")
	e := m.begun[i]
	m.begun = append(m.begun[:i:i], m.begun[i+1:]...)
	m.pool.Epochs().End(e)
	var still []blob
	for _, b := range m.frozen {
		b.check(t)
		var rest []Epoch
		for _, x := range b.epochs {
			if x != e {
				rest = append(rest, x)
			}
		}
		if b.epochs = rest; len(rest) > 0 {
			still = append(still, b)
		}
	}
	m.frozen = still
}

// check compares accounting and contents with the model.
func (m *model) check(t *rapid.T) {
	used := int64(0)
	for _, b := range m.live {
		b.check(t)
		used += int64(b.size + m.arenas[0].guard)
	}
	for _, b := range m.frozen {
		b.check(t)
	}
	got := int64(0)
	for _, a := range m.arenas {
		bytes := a.RetiredBytes()
		got += a.Used() - bytes
	}
	if got != used {
		t.Fatalf("accounted %d bytes, want %d", got, used)
	}
	// The pool's figure is out by the step for each arena at most, whatever is
	// retired or on its way between arenas.
	exact, slack := int64(0), int64(0)
	for _, a := range m.arenas {
		exact += a.Used() - a.RetiredBytes()
		slack += a.step
	}
	if off := m.pool.Used() - exact; off > slack || off < -slack {
		t.Fatalf("the pool's figure is out by %d bytes, at most %d are allowed", off, slack)
	}
	if len(m.begun) == 0 {
		for _, a := range m.arenas {
			if retired := a.Retired(); a.Reclaim(retired+1) != retired {
				t.Fatal("Reclaim did not free what was retired")
			}
		}
		total := int64(0)
		for _, a := range m.arenas {
			total += a.Used()
			a.drainRemote()
			a.publish()
		}
		if total != used || m.pool.Used() != used {
			t.Fatalf("after Reclaim %d bytes are accounted, %d in the pool, want %d", total, m.pool.Used(), used)
		}
	}
}

func TestArenaAgainstModel(t *testing.T) {
	bothModes(t, func(t *testing.T, opts Options) {
		rapid.Check(t, func(t *rapid.T) {
			m := &model{pool: NewPool(opts)}
			defer m.pool.Close()
			for range 3 {
				m.arenas = append(m.arenas, m.pool.NewArena())
			}
			t.Repeat(map[string]func(*rapid.T){
				"alloc":   m.alloc,
				"alloc2":  m.alloc,
				"free":    m.free,
				"freeNow": m.freeNow,
				"end":     m.end,
				"begin": func(t *rapid.T) {
					if len(m.begun) < 3 {
						m.begun = append(m.begun, m.pool.Epochs().Begin())
					}
				},
				"precision": func(t *rapid.T) {
					m.arenas[rapid.IntRange(0, len(m.arenas)-1).Draw(t, "arena")].Publish(rapid.SampledFrom([]int64{0, 1, 100, PublishStep}).Draw(t, "step"))
				},
				"burst": func(t *rapid.T) { // fill and empty whole slabs
					n := rapid.IntRange(0, 9000).Draw(t, "n")
					var refs []Ref
					for range 70000 / (n + 16) * 3 {
						refs = append(refs, m.arenas[0].Alloc(n))
					}
					for _, ref := range refs {
						m.arenas[0].FreeNow(ref)
					}
				},
				"": m.check,
			})
			for len(m.begun) > 0 {
				m.end(t)
			}
			for _, b := range m.live {
				m.arenas[0].Free(b.ref)
			}
			for _, a := range m.arenas {
				a.Reclaim(1 << 30)
			}
			for _, a := range m.arenas {
				a.Trim()
			}
			if s := m.pool.Stats(); s.UsedChunks != 0 || s.Used != 0 || s.Huge != 0 {
				t.Fatalf("all is freed, but %+v", s)
			}
		})
	})
}

func TestBlobsDoNotOverlap(t *testing.T) {
	bothModes(t, func(t *testing.T, opts Options) {
		a := newPool(t, opts).NewArena()
		seen := map[Ref]int{}
		for round := range 3 {
			for i, n := range []int{16, 24, 88, 1000, 5000, 33000} {
				for range 400000 / n {
					ref := a.Alloc(n)
					if seen[ref] != 0 {
						t.Fatalf("%#x handed out twice", ref)
					}
					seen[ref] = i + 1
					b := Bytes(ref, a.Cap(ref))
					for k := range b {
						b[k] = byte(i + 1)
					}
				}
			}
			for ref, stamp := range seen {
				for _, c := range Bytes(ref, a.Cap(ref)) {
					if c != byte(stamp) {
						t.Fatalf("%#x was overwritten", ref)
					}
				}
				if len(seen)%(round+2) != 0 {
					a.Free(ref)
					delete(seen, ref)
				}
			}
		}
	})
}

func TestLargeAndHugeBlobs(t *testing.T) {
	bothModes(t, func(t *testing.T, opts Options) {
		p := newPool(t, opts)
		a, other := p.NewArena(), p.NewArena()
		for _, n := range []int{maxSmall + 1, 64 << 10, 65<<10 + 1, 1 << 20, 20 << 20, hugeMinimum, 100 << 20} {
			ref := a.Alloc(n)
			b := Bytes(ref, n)
			b[0], b[n/2], b[n-1] = 1, 2, 3
			if c := a.Cap(ref); c < n || c > n+pageSize+guardSize {
				t.Errorf("a blob of %d bytes has a capacity of %d", n, c)
			}
			if u := a.Used(); u != int64(a.Cap(ref)+a.guard) {
				t.Errorf("a blob of %d bytes is accounted as %d", n, u)
			}
			other.Free(ref)
			if u := a.Used(); u != 0 {
				t.Errorf("after a foreign free of %d bytes %d are accounted", n, u)
			}
			a.Trim()
			if s := p.Stats(); s.UsedChunks != 0 || s.Huge != 0 {
				t.Errorf("after a free of %d bytes: %+v", n, s)
			}
		}
	})
}

func TestOutOfMemoryIsATypedPanic(t *testing.T) {
	a := newPool(t, Options{}).NewArena()
	defer func() {
		err, _ := recover().(error)
		var oom *OutOfMemory
		if !errors.As(err, &oom) || oom.Size < 1<<50 || oom.Unwrap() == nil {
			t.Fatalf("panic is %v", err)
		}
		if a.Used() != 0 {
			t.Fatal("the failed allocation is accounted")
		}
	}()
	a.Alloc(1 << 50)
}

func TestEmptySlabsReturnToThePool(t *testing.T) {
	a := newPool(t, Options{}).NewArena()
	var refs []Ref
	for range 100_000 {
		refs = append(refs, a.Alloc(100))
	}
	full := a.pool.Stats().UsedChunks
	for _, ref := range refs {
		a.Free(ref)
	}
	if n := a.pool.Stats().UsedChunks; full < 100 || n > 1 {
		t.Fatalf("%d chunks in use, %d after all was freed", full, n)
	}
	a.Trim()
	if n := a.pool.Stats().UsedChunks; n != 0 {
		t.Fatalf("%d chunks in use after Trim", n)
	}
}

// TestMemoryReturnsToTheSystem looks at the process's real memory.
func TestMemoryReturnsToTheSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	const size = 256 << 20
	p := newPool(t, Options{})
	a := p.NewArena()
	before := resident(t)
	var refs []Ref
	for range size / 1024 {
		ref := a.Alloc(1024)
		clear(Bytes(ref, 1024))
		refs = append(refs, ref)
	}
	full := resident(t)
	if full-before < size*9/10 {
		t.Fatalf("%d bytes of blobs made only %d bytes resident", size, full-before)
	}
	if est := p.Stats().Resident; est < size || est > size*11/10 {
		t.Fatalf("%d bytes of blobs are estimated as %d resident", size, est)
	}
	for _, ref := range refs {
		a.Free(ref)
	}
	p.Rest(true)
	if now := resident(t); now-before > size/8 {
		t.Fatalf("%d of %d bytes are still resident after all was freed", now-before, size)
	}
	if s := p.Stats(); s.Regions > 2 || s.Resident > size/8 {
		t.Fatalf("after all was freed: %+v", s)
	}
}

func resident(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, rss int64
	if _, err := fmt.Sscan(string(text), &size, &rss); err != nil {
		t.Fatal(err)
	}
	return rss * int64(os.Getpagesize())
}

func TestRetiredFunctionsRunWhenTheirSnapshotsEnd(t *testing.T) {
	p := newPool(t, Options{})
	a, e := p.NewArena(), p.Epochs()
	var ran []int
	retire := func(i int) { a.RetireFunc(func() { ran = append(ran, i) }) }
	retire(0)
	first := e.Begin()
	retire(1)
	second := e.Begin()
	retire(2)
	e.End(second)
	a.Reclaim(10)
	if fmt.Sprint(ran) != "[0]" {
		t.Fatalf("ran %v while the first snapshot is live", ran)
	}
	e.End(first)
	a.Reclaim(10)
	if fmt.Sprint(ran) != "[0 1 2]" {
		t.Fatalf("ran %v", ran)
	}
}

// A younger snapshot does not hold back what was freed before it began.
func TestYoungSnapshotDoesNotHoldOldFrees(t *testing.T) {
	p := newPool(t, Options{})
	a, e := p.NewArena(), p.Epochs()
	first := e.Begin()
	a.Free(a.Alloc(100))
	second := e.Begin()
	a.Free(a.Alloc(100))
	if n := a.Reclaim(10); n != 0 {
		t.Fatalf("reclaimed %d blobs that the first snapshot sees", n)
	}
	e.End(first)
	if n := a.Reclaim(10); n != 1 {
		t.Fatalf("reclaimed %d blobs, want 1", n)
	}
	e.End(second)
	if n := a.Reclaim(10); n != 1 {
		t.Fatalf("reclaimed %d blobs, want 1", n)
	}
}

func TestAllocDoesNotAllocate(t *testing.T) {
	a := newPool(t, Options{}).NewArena()
	n := 0
	if got := testing.AllocsPerRun(20000, func() {
		n = (n + 37) % 5000
		a.Free(a.Alloc(n))
	}); got != 0 {
		t.Fatalf("Alloc and Free make %v allocations", got)
	}
	e := a.Epochs().Begin()
	defer a.Epochs().End(e)
	if got := testing.AllocsPerRun(20000, func() { a.Free(a.Alloc(100)) }); got != 0 {
		t.Fatalf("retiring makes %v allocations", got)
	}
}

// TestArenasInParallel moves blobs between arenas, each under its own lock, while
// snapshots come and go under all of them.
func TestArenasInParallel(t *testing.T) {
	bothModes(t, func(t *testing.T, opts Options) {
		const shards, rounds = 4, 3000
		p := newPool(t, opts)
		var locks [shards]sync.Mutex
		var arenas [shards]*Arena
		var boxes [shards][]Ref // handed over, under the lock
		for i := range arenas {
			arenas[i] = p.NewArena()
		}
		var wg sync.WaitGroup
		for i := range shards {
			wg.Go(func() {
				for r := range rounds {
					locks[i].Lock()
					ref := arenas[i].Alloc(16 + (r*31)%400)
					for _, got := range boxes[i] {
						arenas[i].Free(got)
					}
					boxes[i] = boxes[i][:0]
					locks[i].Unlock()

					to := (i + r) % shards
					locks[to].Lock()
					boxes[to] = append(boxes[to], ref)
					locks[to].Unlock()
				}
			})
		}
		wg.Go(func() {
			for range 50 {
				for i := range locks {
					locks[i].Lock()
				}
				e := p.Epochs().Begin()
				for i := range locks {
					locks[i].Unlock()
				}
				runtime.Gosched()
				p.Epochs().End(e)
			}
		})
		wg.Wait()
		used := int64(0)
		for i, a := range arenas {
			for _, ref := range boxes[i] {
				a.Free(ref)
			}
			a.Reclaim(1 << 30)
		}
		for _, a := range arenas {
			a.Trim()
			used += a.Used()
		}
		if s := p.Stats(); used != 0 || s.UsedChunks != 0 || s.Used != 0 {
			t.Fatalf("all is freed, but %d bytes are in use: %+v", used, s)
		}
	})
}

func BenchmarkAllocFree(b *testing.B) {
	for _, n := range []int{16, 100, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := newPool(b, Options{}).NewArena()
			for b.Loop() {
				a.Free(a.Alloc(n))
			}
		})
	}
}

// BenchmarkChurn frees and allocates among many blobs of various sizes.
func BenchmarkChurn(b *testing.B) {
	const n = 1 << 20
	a := newPool(b, Options{}).NewArena()
	refs := make([]Ref, n)
	for i := range refs {
		refs[i] = a.Alloc(40 + i%100)
	}
	x := uint32(1)
	for b.Loop() {
		x = x*1664525 + 1013904223
		i := x >> 12
		a.Free(refs[i])
		refs[i] = a.Alloc(40 + int(x>>20)%100)
	}
}
