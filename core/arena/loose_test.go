package arena

import (
	"math/rand/v2"
	"os"
	"testing"
)

// TestLoosePages: large blobs that take the place of larger ones keep little of the memory
// behind their ends, and what they keep is counted to the page.
func TestLoosePages(t *testing.T) {
	p := newPool(t, Options{})
	a := p.NewArena()
	rng := rand.New(rand.NewPCG(5, 6))
	write := func(n int) Ref {
		ref := a.Alloc(n)
		for b := Bytes(ref, n); len(b) > 0; b = b[min(pageSize, len(b)):] {
			b[0] = 1
		}
		return ref
	}
	refs := make([]Ref, 2000)
	for i := range refs { // every page of the run
		refs[i] = write(2*chunkSize - pageSize)
	}
	for round := range 20 {
		for range len(refs) / 4 {
			i := rng.IntN(len(refs))
			a.Free(refs[i])
			if round%5 == 4 {
				p.Rest(true)
			}
			refs[i] = write(chunkSize + rng.IntN(chunkSize-2*pageSize))
		}
		if loose, most := p.loosePages.Load(), p.reserve()*chunkPages; loose < 0 || loose > most {
			t.Fatalf("round %d: %d pages are loose, %d may be", round, loose, most)
		}
		if loose, counted := p.loosePages.Load(), p.countLoose(t, refs); loose != counted {
			t.Fatalf("round %d: %d pages are loose, %d are counted as such", round, counted, loose)
		}
	}
	for _, ref := range refs {
		a.Free(ref)
	}
	if loose := p.loosePages.Load(); loose != 0 {
		t.Fatalf("%d pages are loose behind nothing", loose)
	}
}

// countLoose asks the system which pages behind the ends of blobs are backed by memory.
func (p *Pool) countLoose(t *testing.T, refs []Ref) (loose int64) {
	t.Helper()
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		t.Skip("which pages are backed by memory cannot be asked here:", err)
	}
	defer f.Close()
	if os.Getpagesize() != pageSize {
		t.Skip("pages are of another size")
	}
	for _, ref := range refs {
		s := slabOf(ref)
		from := uint64(ref) + s.size
		entries := make([]byte, (uint64(ref)+uint64(s.chunks)<<chunkShift-from)/pageSize*8)
		if _, err := f.ReadAt(entries, int64(from/pageSize*8)); err != nil {
			t.Fatal(err)
		}
		for i := 7; i < len(entries); i += 8 {
			if entries[i]>>6 != 0 { // present, or swapped
				loose++
			}
		}
	}
	return loose
}
