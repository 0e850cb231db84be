package arena

import "math/bits"

// Trim gives the memory behind all free chunks back to the system, also what is
// kept in reserve for slabs to come.
func (p *Pool) Trim() {
	p.unmapDying()
	p.giveBack(0)
}

// Rest is called now and then by whoever has time, under no lock. It gives back the
// mappings of huge blobs that were freed and, if quiet, what is kept for large blobs
// that come and go.
func (p *Pool) Rest(quiet bool) {
	p.unmapDying()
	if quiet {
		p.giveBack(p.reserve())
	}
}

// unmapDying unmaps what freeHuge has left: the system takes the memory back a
// piece at a time, else it would hold up every thread that needs a page.
func (p *Pool) unmapDying() {
	for {
		p.mu.Lock()
		n := len(p.dying)
		if n == 0 {
			p.mu.Unlock()
			return
		}
		m := p.dying[n-1]
		p.dying = p.dying[:n-1]
		p.mu.Unlock()
		for at := uint64(0); at < m.length; at += 4 * piece {
			_ = unmapPages(m.base+at, min(4*piece, m.length-at))
		}
		m.unmap()
		p.mu.Lock()
		p.hugeSum -= m.length
		p.mu.Unlock()
	}
}

// giveBack gives free chunks back to the system until no more than keep of them are
// backed by memory. What is on its way there is nobody's meanwhile.
func (p *Pool) giveBack(keep int64) {
	for p.dirtyChunks.Load() > keep {
		p.mu.Lock()
		addr, n := p.takeDirty()
		p.mu.Unlock()
		if n == 0 {
			return
		}
		clean := unmapPages(addr, uint64(n)<<chunkShift) == nil
		p.mu.Lock()
		r := p.byBase[addr&^regionMask]
		r.put(int(addr&regionMask>>chunkShift), n, !clean)
		p.usedChunks.Add(-int64(n))
		if !clean {
			p.dirtyChunks.Add(int64(n))
		}
		p.first = min(p.first, r.index)
		if r.count == chunkCount-1 {
			p.dropRegion(r)
		}
		p.mu.Unlock()
		if !clean {
			return
		}
	}
}

// takeDirty takes a run of free chunks that are backed by memory, at most a word's.
func (p *Pool) takeDirty() (addr uint64, n int) {
	for _, r := range p.regions {
		for word, set := range r.dirty {
			if set == 0 {
				continue
			}
			first := bits.TrailingZeros64(set)
			n = bits.TrailingZeros64(^(set >> first))
			at := word*64 + first
			p.dirtyChunks.Add(-int64(r.take(at, n)))
			p.usedChunks.Add(int64(n))
			return r.base + uint64(at)<<chunkShift, n
		}
	}
	return 0, 0
}
