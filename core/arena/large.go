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

// MaxSmall is the size up to which blobs share slabs; what is larger is large.
const MaxSmall = maxSmall

// Adopt makes a the owner of a large blob that belongs to another arena of the
// pool, in no time whatever its size. The locks of both are held.
func (a *Arena) Adopt(from *Arena, ref Ref) {
	s := slabOf(ref)
	from.account(-int64(s.size))
	s.owner = a.id
	a.account(int64(s.size))
}

// freed is added to the pins of a large blob that was freed.
const freed = -1 << 30

// Pin keeps the bytes of a large blob where and as they are until Pool.Unpin,
// even if it is freed meanwhile, and Pinned tells its owner not to change it in
// place. The lock of its arena is held. It reports false, and has done nothing,
// if the blob is not large.
func Pin(ref Ref) bool {
	if slabOf(ref).kind == kindSlab {
		return false
	}
	slabOf(ref).pins.Add(1)
	return true
}

// Pinned reports whether a blob is pinned. Small ones never are, and for nearly
// all of them their address says so.
func Pinned(ref Ref) bool { return ref%chunkSize == 0 && slabOf(ref).pins.Load() != 0 }

// Unpin ends what Pin has begun. It takes no lock of an arena.
func (p *Pool) Unpin(ref Ref) {
	if s := slabOf(ref); s.pins.Add(-1) == freed {
		p.freeLarge(ref, s)
	}
}

// dropLarge frees a large blob, when nobody has pinned it any more.
func (p *Pool) dropLarge(ref Ref, s *slab) {
	if s.pins.Add(freed) == freed {
		p.freeLarge(ref, s)
	}
}

func (p *Pool) freeLarge(ref Ref, s *slab) {
	if p.opts.Poison {
		markFree(ref, s)
	}
	kind := s.kind
	s.kind = kindNone
	if kind == kindHuge {
		p.freeHuge(uint64(ref))
		return
	}
	p.freeChunks(uint64(ref), int(s.chunks))
}

// piece is how much is moved in one step. Go cannot interrupt a copy, and a
// collection that begins meanwhile waits for it with everything stopped.
const piece = 1 << 20

// Copy is the built-in copy, of slices that do not overlap, in steps that may be
// interrupted.
func Copy(dst, src []byte) int {
	n := min(len(dst), len(src))
	for at := 0; at < n; at += piece {
		copy(dst[at:min(at+piece, n)], src[at:])
	}
	return n
}

// Clear is the built-in clear in such steps.
func Clear(b []byte) {
	for len(b) > piece {
		clear(b[:piece])
		b = b[piece:]
	}
	clear(b)
}

// Append is the built-in append in such steps.
func Append(b, more []byte) []byte {
	if len(b) <= piece && len(more) <= piece {
		return append(b, more...)
	}
	n := len(b)
	if cap(b)-n < len(more) {
		grown := make([]byte, n, n+len(more)+(n+len(more))/8)
		Copy(grown, b)
		b = grown
	}
	b = b[:n+len(more)]
	Copy(b[n:], more)
	return b
}
