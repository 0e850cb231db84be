package arena

// Blobs above maxSmall get a run of chunks of their own, from hugeMinimum on a mapping
// of their own. Both are accounted in pages: the end of a run that the blob does not
// reach has either never been touched or is given back to the system here.

func (a *Arena) allocLarge(n int) Ref {
	a.drainRemote()
	size := uint64(n+pageSize-1) &^ (pageSize - 1)
	var start uint64
	var s *slab
	if size >= hugeMinimum {
		start = a.pool.allocHuge(size)
		s = a.format(start, 1, kindHuge)
	} else {
		chunks := int((size + chunkSize - 1) >> chunkShift)
		var dirty bool
		start, dirty = a.pool.allocChunks(chunks)
		if tail := uint64(chunks)<<chunkShift - size; dirty && tail >= chunkSize/4 {
			_ = unmapPages(start+size, tail) // advice: failing only costs memory
		}
		s = a.format(start, chunks, kindRun)
	}
	s.size, s.used, s.total = size, 1, 1
	a.account(int64(size))
	if a.guard != 0 {
		markLive(Ref(start))
	}
	return Ref(start)
}

func (a *Arena) freeLarge(ref Ref, s *slab) {
	if a.guard != 0 {
		markFree(ref, s)
	}
	kind := s.kind
	s.kind = kindNone
	if kind == kindHuge {
		a.pool.freeHuge(uint64(ref))
		return
	}
	a.pool.freeChunks(uint64(ref), int(s.chunks))
}
