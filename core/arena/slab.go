package arena

import (
	"sync/atomic"
	"unsafe"
)

// Ref is the address of a blob: below 1<<48, a multiple of 8, zero for none.
type Ref uint64

const (
	regionSize  = 64 << 20
	regionMask  = regionSize - 1
	chunkSize   = 64 << 10
	chunkShift  = 16
	chunkCount  = regionSize / chunkSize // in a region, the first included
	slabShift   = 6                      // log2 of the size of a slab header
	pageSize    = 4 << 10                // granule in which large blobs are accounted
	chunkPages  = chunkSize / pageSize
	hugeMinimum = regionSize / 2 // from here a blob gets a mapping of its own
)

// What a chunk is used for.
const (
	kindNone = iota // free
	kindSlab        // blobs of one class
	kindRun         // one large blob in a run of chunks
	kindHuge        // one blob in a mapping of its own
)

// slab is the header of a slab or of a run, kept in chunk 0 of its region. The
// headers of a slab's further chunks use only head. It is off the Go heap, so links
// are addresses and not pointers: pointers would cost write barriers.
type slab struct {
	free  uint64 // blobs given back, linked through the word at offset link
	bump  uint64 // address of the first blob never handed out
	size  uint64 // bytes of each blob
	used  uint32 // blobs handed out
	total uint32 // blobs the slab holds
	next  uint64 // neighbours in the owner's circular list of slabs with room
	prev  uint64 // of a large blob: its owner's Epoch when it was made, see Seen

	owner  uint32 // Arena.id
	chunks uint16 // length (kindSlab, kindRun)
	link   uint16 // where in a free blob the link is
	head   uint16 // number of the slab's first chunk, in each chunk's header
	class  uint8  // index into classes (kindSlab)
	kind   uint8

	has atomic.Int32 // how many have a large blob, see Keep
}

// ptr makes a pointer of an address outside the Go heap. The roundabout form is the
// one that vet accepts; it compiles to nothing.
func ptr(addr uint64) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}

func word(addr uint64) *uint64 { return (*uint64)(ptr(addr)) }

func slabAt(addr uint64) *slab { return (*slab)(ptr(addr)) }

func (s *slab) addr() uint64 { return uint64(uintptr(unsafe.Pointer(s))) }

// start is the address of the slab's first blob.
func (s *slab) start() uint64 {
	a := s.addr()
	return a&^regionMask + a&regionMask>>slabShift<<chunkShift
}

// slabHeader returns the header of the chunk at addr, which need not be in use.
func slabHeader(addr uint64) *slab {
	return slabAt(addr&^regionMask + addr&regionMask>>chunkShift<<slabShift)
}

// slabOf returns the header of the slab that ref belongs to.
func slabOf(ref Ref) *slab {
	h := slabHeader(uint64(ref))
	return slabAt(uint64(ref)&^regionMask + uint64(h.head)<<slabShift)
}

// Pointer returns the blob's address as a pointer, valid until the blob is freed.
func (r Ref) Pointer() unsafe.Pointer { return ptr(uint64(r)) }

// Bytes is the first n bytes of the blob as a slice. It is valid until the blob is
// freed; n must not exceed the blob's capacity.
func Bytes(ref Ref, n int) []byte {
	return unsafe.Slice((*byte)(ptr(uint64(ref))), n)
}
