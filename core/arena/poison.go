package arena

import "fmt"

// Poisoning. Each blob ends with two guard words that are not the caller's:
//
//	live:    liveMark ^ address, liveMark
//	retired: liveMark ^ address, retiredMark
//	free:    freeMark ^ address, link to the next free blob
//
// The rest of a free blob is filled with poisonByte. A write after the free is found
// when the blob is handed out again, when its slab empties, or when the pool closes.

const (
	guardSize   = 16
	poisonByte  = 0xDB
	liveMark    = 0x5AFEB10B5AFEB10B
	retiredMark = 0x0FF5E7E20FF5E7E2
	freeMark    = 0xDEADB10BDEADB10B
)

func guardOf(ref Ref, s *slab) (first, second *uint64) {
	end := uint64(ref) + s.size
	return word(end - 16), word(end - 8)
}

func markLive(ref Ref) {
	first, second := guardOf(ref, slabOf(ref))
	*first, *second = liveMark^uint64(ref), liveMark
}

func markFree(ref Ref, s *slab) {
	body := Bytes(ref, int(s.size)-guardSize)
	for i := range body {
		body[i] = poisonByte
	}
	first, _ := guardOf(ref, s)
	*first = freeMark ^ uint64(ref)
}

func markRetired(ref Ref) {
	_, second := guardOf(ref, slabOf(ref))
	*second = retiredMark
}

// checkLive panics unless ref is a blob in use with its guard intact.
func (p *Pool) checkLive(ref Ref) { p.checkGuard(ref, liveMark) }

// checkRetired panics unless ref is a retired blob with its guard intact.
func (p *Pool) checkRetired(ref Ref) { p.checkGuard(ref, retiredMark) }

func (p *Pool) checkGuard(ref Ref, mark uint64) {
	s := p.checkAddress(ref)
	first, second := guardOf(ref, s)
	switch {
	case *first == freeMark^uint64(ref), *second == retiredMark && mark == liveMark:
		panic(fmt.Sprintf("arena: blob %#x freed twice", uint64(ref)))
	case *first != liveMark^uint64(ref) || *second != mark:
		panic(fmt.Sprintf("arena: blob %#x of %d bytes was written beyond its end", uint64(ref), s.size-guardSize))
	}
}

// checkAddress panics unless ref is the start of a blob, in use or free.
func (p *Pool) checkAddress(ref Ref) *slab {
	base := uint64(ref) &^ regionMask
	p.mu.Lock()
	known := p.byBase[base] != nil || p.huge[base].base != 0
	p.mu.Unlock()
	if !known || uint64(ref)-base < chunkSize {
		panic(fmt.Sprintf("arena: %#x is not memory of this pool", uint64(ref)))
	}
	s := slabOf(ref)
	start := s.start()
	switch {
	case s.kind == kindNone:
		panic(fmt.Sprintf("arena: blob %#x freed twice (its slab is gone)", uint64(ref)))
	case (uint64(ref)-start)%s.size != 0 || s.kind == kindSlab && uint64(ref) >= s.bump:
		panic(fmt.Sprintf("arena: %#x is not the start of a blob", uint64(ref)))
	}
	return s
}

// checkPoison panics if the free blob ref was written to.
func checkPoison(ref Ref, s *slab) {
	body := Bytes(ref, int(s.size)-guardSize)
	for i, b := range body {
		if b != poisonByte {
			panic(fmt.Sprintf("arena: blob %#x was written at offset %d after it was freed", uint64(ref), i))
		}
	}
}

// checkSlab checks all free blobs of a slab.
func checkSlab(s *slab) {
	for ref := s.free; ref != 0; ref = *word(ref + uint64(s.link)) {
		checkPoison(Ref(ref), s)
	}
}

// checkAll checks the free blobs of all slabs.
func (p *Pool) checkAll() {
	for _, r := range p.regions {
		for i := uint64(1); i < chunkCount; i++ {
			if r.free[i/64]>>(i%64)&1 != 0 {
				continue
			}
			s := slabAt(r.base + i<<slabShift)
			if s.kind == kindSlab && uint64(s.head) == i {
				checkSlab(s)
			}
		}
	}
}
