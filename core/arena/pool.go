package arena

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

// Options of a Pool.
type Options struct {
	// Poison makes every arena of the pool check its blobs: freed memory is filled and
	// must be found unchanged when it is reused, guard bytes end each blob, and freeing
	// twice or freeing what is no blob panics. For tests: it is slow.
	Poison bool
	// HugePages advises the system to back regions with huge pages. Random access
	// gets faster, memory is taken in steps of 2 MiB.
	HugePages bool
}

// OutOfMemory is what Alloc panics with when the system gives no memory.
type OutOfMemory struct {
	Size uint64 // bytes of the mapping that failed
	Err  error  // the system's answer
}

func (e *OutOfMemory) Error() string {
	return fmt.Sprintf("arena: cannot map %d bytes: %v", e.Size, e.Err)
}

func (e *OutOfMemory) Unwrap() error { return e.Err }

// Pool maps memory and hands it to arenas in chunks. It is safe for concurrent use.
type Pool struct {
	opts   Options
	epochs Epochs
	seed   maphash.Seed

	// Every change looks into epochs, and what follows is written by all that allocate.
	_     [64]byte
	used  atomic.Int64 // sum of what arenas published
	holes atomic.Int64 // likewise
	_     [64]byte

	usedChunks  atomic.Int64
	dirtyChunks atomic.Int64 // free, but perhaps still backed by memory
	loosePages  atomic.Int64 // in use, backed by memory, and behind the ends of large blobs

	mu      sync.Mutex
	arenas  []*Arena
	regions []*region // address order is not kept; earlier ones are filled first
	first   int       // regions before this one have no free chunk
	byBase  map[uint64]*region
	huge    map[uint64]mapping // by base
	hugeSum uint64
	dying   []mapping // of blobs that were freed: Rest unmaps them
	hint    uint64    // where the next region might go
}

// mapping is memory taken from the system, at a multiple of regionSize.
type mapping struct {
	base   uint64
	length uint64
	//lint:ignore U1000 used where memory comes from the Go heap
	heap []byte // keeps the memory alive where it comes from the Go heap
}

// region tracks the free chunks of one mapping.
type region struct {
	mapping
	index int                     // in Pool.regions
	free  [chunkCount / 64]uint64 // one bit for each chunk
	dirty [chunkCount / 64]uint64 // free and perhaps backed by memory
	count int                     // free chunks
	nofit int                     // no run of this length (or more) is free

	// touched is how many pages of each chunk, from its beginning, may be backed by memory.
	touched [chunkCount]uint8
}

// NewPool returns a pool that has mapped nothing yet. Close it when all its arenas are
// out of use.
func NewPool(opts Options) *Pool {
	return &Pool{opts: opts, seed: maphash.MakeSeed(), byBase: map[uint64]*region{}, huge: map[uint64]mapping{}}
}

// NewArena adds an arena. It lives as long as the pool.
func (p *Pool) NewArena() *Arena {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := &Arena{pool: p, epochs: &p.epochs, id: uint32(len(p.arenas)), step: PublishStep}
	if p.opts.Poison {
		a.guard = guardSize
	}
	p.arenas = append(p.arenas, a)
	return a
}

func (p *Pool) arena(id uint32) *Arena {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.arenas[id]
}

// Epochs is shared by all arenas of the pool.
func (p *Pool) Epochs() *Epochs { return &p.epochs }

// Seed is that of all hash tables in the pool: one computation of a key's hash serves
// them all.
func (p *Pool) Seed() maphash.Seed { return p.seed }

// Used is the sum of Arena.Used over all arenas without what is retired: the bytes that
// are of use to anybody but a snapshot. It is out by PublishStep for each arena at most,
// or by what Arena.Publish says. It takes no lock.
func (p *Pool) Used() int64 { return p.used.Load() }

// Stats describes the memory of a pool, in bytes unless named otherwise.
type Stats struct {
	Mapped     int64 // address space taken from the system
	Resident   int64 // estimate of the memory behind it: of slabs the part that blobs have been in
	Used       int64 // in blobs, as Pool.Used
	Holes      int64 // between blobs: given back, in slabs that others keep in use
	Regions    int   // number of regions
	UsedChunks int   // chunks of 64 KiB held by arenas
	FreeChunks int   // chunks of 64 KiB free in the regions
	Huge       int   // blobs with a mapping of their own
}

// Stats returns current figures.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := p.usedChunks.Load()
	regions := len(p.regions)
	holes := max(p.holes.Load(), 0)
	return Stats{
		Mapped:     int64(regions)*regionSize + int64(p.hugeSum),
		Resident:   int64(regions+int(p.dirtyChunks.Load()))*chunkSize + p.reached(used*chunkSize, holes) + int64(p.hugeSum),
		Used:       p.used.Load(),
		Holes:      holes,
		Regions:    regions,
		UsedChunks: int(used),
		FreeChunks: regions*(chunkCount-1) - int(used),
		Huge:       len(p.huge),
	}
}

// reached estimates how many of the bytes of chunks in use have ever been written to. The pool is locked.
func (p *Pool) reached(chunks, holes int64) int64 {
	n := p.used.Load() + holes
	for _, a := range p.arenas {
		n += a.retired.bytes.Load()
	}
	for _, m := range p.huge {
		n -= int64(m.length) // those are in no chunk
	}
	return min(max(n, 0), chunks)
}

// Close unmaps everything. No arena of the pool, no blob and no view into one may be
// used any more.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.opts.Poison {
		p.checkAll()
	}
	for _, r := range p.regions {
		r.unmap()
	}
	for _, m := range p.huge {
		m.unmap()
	}
	for _, m := range p.dying {
		m.unmap()
	}
	p.regions, p.byBase, p.huge, p.dying, p.hugeSum, p.first = nil, nil, nil, nil, 0, 0
}

// allocChunks returns the address of a run of free chunks for size bytes, less than a
// region's. What may be backed by memory behind them is given back, or is little (loose).
func (p *Pool) allocChunks(size uint64) (addr uint64) {
	addr, loose := p.takeChunks(size)
	if loose > 0 {
		_ = unmapPages(addr+size, uint64(loose)*pageSize) // advice: failing only costs memory
	}
	return addr
}

// takeChunks is allocChunks but for the pages that are to be given back, whose number it
// returns.
func (p *Pool) takeChunks(size uint64) (addr uint64, loose int) {
	n := chunksOf(size)
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.first < len(p.regions) && p.regions[p.first].count == 0 {
		p.first++
	}
	var r *region
	at := -1
	for i := p.first; i < len(p.regions) && at < 0; i++ {
		r = p.regions[i]
		at = r.find(n)
	}
	if at < 0 {
		r = p.addRegion()
		at = r.find(n)
	}
	was := r.take(at, n)
	p.dirtyChunks.Add(-int64(was))
	p.usedChunks.Add(int64(n))
	loose = r.touch(at, size)
	if all := p.loosePages.Add(int64(loose)); loose > 0 && all > p.reserve()*chunkPages {
		p.loosePages.Add(-int64(loose))
		r.touched[at+n-1] -= uint8(loose)
	} else {
		loose = 0
	}
	return r.base + uint64(at)<<chunkShift, loose
}

// chunksOf is how many chunks there are to size bytes.
func chunksOf(size uint64) int { return int((size + chunkSize - 1) >> chunkShift) }

// freeChunks takes the run of a blob of size bytes back. Beyond a small reserve its memory returns to the
// system, which happens before the run is marked free and so needs no lock.
func (p *Pool) freeChunks(addr, size uint64) {
	n := chunksOf(size)
	dirty := true
	if p.dirtyChunks.Load()+int64(n) > p.reserve()+comeAndGo {
		dirty = unmapPages(addr, uint64(n)<<chunkShift) != nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.byBase[addr&^regionMask]
	at := int(addr & regionMask >> chunkShift)
	p.loosePages.Add(-int64(r.touch(at, size)))
	r.put(at, n, dirty)
	p.usedChunks.Add(-int64(n))
	if dirty {
		p.dirtyChunks.Add(int64(n))
	}
	p.first = min(p.first, r.index)
	if r.count == chunkCount-1 {
		p.dropRegion(r)
	}
}

// reserve is how many free chunks may stay backed by memory: enough to spare slabs
// that come and go the way through the system, little against what is in use. As much
// may be loose: of blobs that are not as large as those before them.
func (p *Pool) reserve() int64 { return 64 + p.usedChunks.Load()/32 }

// comeAndGo is how many more stay until Rest, for large blobs that do.
const comeAndGo = 32 << 20 / chunkSize

func (p *Pool) addRegion() *region {
	m, err := mapAligned(regionSize, p.hint, p.opts.HugePages)
	if err != nil {
		panic(&OutOfMemory{regionSize, err})
	}
	p.hint = m.base - regionSize
	r := &region{mapping: m, index: len(p.regions), count: chunkCount - 1, nofit: chunkCount}
	for i := range r.free {
		r.free[i] = ^uint64(0)
	}
	r.free[0] &^= 1 // the headers
	p.regions = append(p.regions, r)
	p.byBase[m.base] = r
	return r
}

// dropRegion unmaps a wholly free region if another region's worth of chunks is free.
func (p *Pool) dropRegion(r *region) {
	free := len(p.regions)*(chunkCount-1) - int(p.usedChunks.Load())
	if free < 2*(chunkCount-1) {
		return
	}
	for _, w := range r.dirty {
		p.dirtyChunks.Add(-int64(bits.OnesCount64(w)))
	}
	last := p.regions[len(p.regions)-1]
	last.index = r.index
	p.regions[r.index] = last
	p.regions = p.regions[:len(p.regions)-1]
	delete(p.byBase, r.base)
	r.unmap()
}

// allocHuge maps a blob of size bytes with room for headers before it.
func (p *Pool) allocHuge(size uint64) uint64 {
	length := size + chunkSize
	m, err := mapAligned(length, 0, p.opts.HugePages)
	if err != nil {
		panic(&OutOfMemory{length, err})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.huge[m.base] = m
	p.hugeSum += length
	return m.base + chunkSize
}

// extendHuge makes a mapping that allocHuge has made larger, and returns where its
// blob is now.
func (p *Pool) extendHuge(addr, size uint64) (uint64, bool) {
	base, length := addr-chunkSize, size+chunkSize
	p.mu.Lock()
	old := p.huge[base]
	p.mu.Unlock()
	m, ok := old.extend(length)
	if !ok {
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.huge, base)
	p.huge[m.base] = m
	p.hugeSum += length - old.length
	return m.base + chunkSize, true
}

func (p *Pool) freeHuge(addr uint64) {
	base := addr - chunkSize
	p.mu.Lock()
	m := p.huge[base]
	delete(p.huge, base)
	p.dying = append(p.dying, m)
	p.mu.Unlock()
}

// find returns the first run of n free chunks, or -1.
func (r *region) find(n int) int {
	if r.count < n || n >= r.nofit {
		return -1
	}
	run := 0
	for i := 0; i < chunkCount; {
		rest := r.free[i/64] >> (i % 64)
		if rest&1 == 0 {
			run = 0
			i += min(bits.TrailingZeros64(rest), 64-i%64)
			continue
		}
		ones := bits.TrailingZeros64(^rest)
		if run += ones; run >= n {
			return i + ones - run
		}
		i += ones
	}
	r.nofit = n
	return -1
}

// take marks n chunks from at as used and returns how many of them were dirty.
func (r *region) take(at, n int) (dirty int) {
	for i := at; i < at+n; i++ {
		bit := uint64(1) << (i % 64)
		if r.dirty[i/64]&bit != 0 {
			dirty++
		}
		r.free[i/64] &^= bit
		r.dirty[i/64] &^= bit
	}
	r.count -= n
	return dirty
}

// touch notes that size bytes of a run of chunks may be backed by memory now, and returns
// how many pages behind them may be: those of the last chunk.
func (r *region) touch(at int, size uint64) (loose int) {
	last := at + chunksOf(size) - 1
	for i := at; i < last; i++ {
		r.touched[i] = chunkPages
	}
	need := uint8(((size-1)&(chunkSize-1))/pageSize) + 1
	r.touched[last] = max(r.touched[last], need)
	return int(r.touched[last] - need)
}

func (r *region) put(at, n int, dirty bool) {
	for i := at; i < at+n; i++ {
		bit := uint64(1) << (i % 64)
		r.free[i/64] |= bit
		if dirty {
			r.dirty[i/64] |= bit
		} else {
			r.touched[i] = 0
		}
	}
	r.count += n
	r.nofit = chunkCount
}
