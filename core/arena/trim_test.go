package arena

import (
	"bytes"
	"testing"
)

// TestPoolTrim: the memory of free chunks goes back, and what is in use stays as
// it is, whether freed memory is checked or not.
func TestPoolTrim(t *testing.T) {
	for _, poison := range []bool{false, true} {
		p := NewPool(Options{Poison: poison})
		a := p.NewArena()
		var refs []Ref
		for round := range 3 {
			for i := range 20_000 {
				ref := a.Alloc(200)
				copy(Bytes(ref, 200), bytes.Repeat([]byte{byte(i)}, 200))
				refs = append(refs, ref)
			}
			kept := refs[:0]
			for i, ref := range refs {
				if i%1000 == 0 {
					kept = append(kept, ref)
				} else {
					a.Free(ref)
				}
			}
			refs = kept
			a.Trim()
			before := p.Stats()
			p.Trim()
			after := p.Stats()
			if p.dirtyChunks.Load() != 0 || after.Resident > before.Resident || after.UsedChunks != before.UsedChunks {
				t.Fatalf("poison %t, round %d: %+v, before %+v, %d dirty", poison, round, after, before, p.dirtyChunks.Load())
			}
			for _, ref := range refs {
				b := Bytes(ref, 200)
				if !bytes.Equal(b, bytes.Repeat(b[:1], 200)) {
					t.Fatalf("poison %t, round %d: a blob has changed", poison, round)
				}
			}
		}
		p.Close()
	}
}
