package arena

import "math/bits"

// Trim gives the memory behind all free chunks back to the system, also what is
// kept in reserve for slabs to come.
func (p *Pool) Trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.regions {
		for word, set := range r.dirty {
			for set != 0 {
				first := bits.TrailingZeros64(set)
				n := bits.TrailingZeros64(^(set >> first))
				run := (uint64(1)<<n - 1) << first
				set &^= run
				at := uint64(word*64 + first)
				if unmapPages(r.base+at<<chunkShift, uint64(n)<<chunkShift) == nil {
					r.dirty[word] &^= run
					p.dirtyChunks.Add(-int64(n))
				}
			}
		}
	}
}
