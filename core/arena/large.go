package arena

// Blobs above maxSmall get a run of chunks of their own, from hugeMinimum on a mapping
// of their own. Both are accounted in pages: the end of a run that the blob does not
// reach has never been touched, but for a bounded sum over all.

func (a *Arena) allocLarge(n int) Ref {
	a.drainRemote()
	size := uint64(n+pageSize-1) &^ (pageSize - 1)
	var start uint64
	var s *slab
	if size >= hugeMinimum {
		start = a.pool.allocHuge(size)
		s = a.format(start, 1, kindHuge)
	} else {
		start = a.pool.allocChunks(size)
		s = a.format(start, chunksOf(size), kindRun)
	}
	s.size, s.used, s.total, s.prev = size, 1, 1, uint64(a.Epoch())
	s.has.Store(1)
	if !a.scratch {
		a.account(int64(size))
	}
	if a.guard != 0 {
		markLive(Ref(start))
	}
	return Ref(start)
}

// MaxSmall is the size up to which blobs share slabs; what is larger is large.
const MaxSmall = maxSmall

// NewScratch adds an arena for large blobs that are not anybody's data yet, and are
// counted from when another arena adopts them.
func (p *Pool) NewScratch() *Arena {
	a := p.NewArena()
	a.scratch = true
	return a
}

// Adopt makes a the owner of a large blob that belongs to another arena of the
// pool, and that no snapshot sees, in no time whatever its size. The locks of both
// are held.
func (a *Arena) Adopt(from *Arena, ref Ref) {
	s := slabOf(ref)
	if !from.scratch {
		from.account(-int64(s.size))
	}
	s.owner, s.prev = a.id, uint64(a.Epoch())
	a.account(int64(s.size))
}

// Large reports whether a blob is one of those that Keep is for.
func Large(ref Ref) bool { return slabOf(ref).kind != kindSlab }

// Keep makes one more have a large blob: several keys, and who reads it without a
// lock. Each gives it back, by Free, FreeNow, or Release; it is freed with the last.
// The caller has it, or holds the lock under which somebody does.
func Keep(ref Ref) { slabOf(ref).has.Add(1) }

// Release gives back what Keep has been given, whatever locks are held.
func (p *Pool) Release(ref Ref) { p.drop(ref, slabOf(ref), nil) }

// Alone reports whether nobody else has a large blob, who has asked, and no
// snapshot of the arena sees it: it may be changed in place.
func (a *Arena) Alone(ref Ref) bool { return slabOf(ref).has.Load() == 1 && !a.Seen(ref) }

// Seen reports whether a snapshot that the arena takes part in may see a large blob.
func (a *Arena) Seen(ref Ref) bool { return a.Live() && slabOf(ref).prev != uint64(a.Epoch()) }

// Shared reports whether others have a large blob, too.
func Shared(ref Ref) bool { return slabOf(ref).has.Load() > 1 }

// drop is for one who does not have a large blob any more, and holds the lock of
// the arena by, if it is not nil.
func (p *Pool) drop(ref Ref, s *slab, by *Arena) {
	if s.has.Add(-1) != 0 {
		return
	}
	if owner := p.arena(s.owner); owner == by {
		by.dropped(int64(s.size))
	} else {
		owner.goneRemote(int64(s.size))
	}
	p.freeLarge(ref, s)
}

func (a *Arena) dropped(size int64) {
	if !a.scratch {
		a.account(-size)
	}
}

// goneRemote is called on the owner of a large blob that was freed without its lock.
func (a *Arena) goneRemote(size int64) {
	if a.scratch {
		return
	}
	a.remote.mu.Lock()
	a.remote.gone += size
	a.remote.bytes.Add(size)
	a.pool.used.Add(-size)
	a.remote.mu.Unlock()
}

// Extends reports whether Extend of a large blob is likely to succeed.
func Extends(ref Ref) bool { return canExtend && slabOf(ref).kind == kindHuge }

// Extend makes room for n bytes in a large blob that the caller is alone in having,
// without moving a byte of it, if the system can do that. The blob may have another
// address afterwards.
func (a *Arena) Extend(ref Ref, n int) (Ref, bool) {
	s := slabOf(ref)
	size := uint64(n+a.guard+pageSize-1) &^ (pageSize - 1)
	if s.kind != kindHuge || size <= s.size {
		return ref, false
	}
	at, ok := a.pool.extendHuge(uint64(ref), size)
	if !ok {
		return ref, false
	}
	ref = Ref(at)
	s = slabOf(ref)
	more := int64(size - s.size)
	s.size = size
	if owner := a.pool.arena(s.owner); owner == a {
		a.account(more)
	} else {
		owner.goneRemote(-more)
	}
	if a.guard != 0 {
		markLive(ref)
	}
	return ref, true
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
	p.freeChunks(uint64(ref), s.size)
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
