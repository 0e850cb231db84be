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

// TestResidentIsWhatBlobsHaveReached: large classes have large slabs, of which most has
// never been touched while there are few blobs.
func TestResidentIsWhatBlobsHaveReached(t *testing.T) {
	p := newPool(t, Options{})
	var used int64
	for range 64 {
		a := p.NewArena()
		for size := 9 << 10; size <= maxSmall; size += 1 << 10 {
			a.Alloc(size)
		}
		a.Publish(1)
		used += a.Used()
	}
	p.NewArena().Alloc(hugeMinimum)
	s := p.Stats()
	if chunks := int64(s.UsedChunks) * chunkSize; chunks < 3*used {
		t.Fatalf("%d bytes of chunks for %d of blobs: the test shows nothing", chunks, used)
	}
	if want := used + hugeMinimum; s.Resident < want || s.Resident > want*11/10 {
		t.Errorf("%d bytes are told as resident for %d", s.Resident, want)
	}
}

func TestTrimSome(t *testing.T) {
	a := newPool(t, Options{}).NewArena()
	for size := 1 << 10; size < 2<<10; size += 128 {
		a.Free(a.Alloc(size))
	}
	spares := a.pool.Stats().UsedChunks
	a.TrimSome(3)
	if n := a.pool.Stats().UsedChunks; n >= spares || n == 0 {
		t.Errorf("%d chunks of %d after three slabs were given back", n, spares)
	}
	a.TrimSome(numClass)
	if n := a.pool.Stats().UsedChunks; n != 0 {
		t.Errorf("%d chunks are left", n)
	}
}
