package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	mapNoReserve = unix.MAP_NORESERVE
	adviseFree   = unix.MADV_DONTNEED
)

// adviseHuge is advice: a kernel without huge pages may refuse it.
func adviseHuge(base, length uint64) {
	_ = unix.Madvise(unsafe.Slice((*byte)(ptr(base)), int(length)), unix.MADV_HUGEPAGE)
}

// extend makes a mapping length bytes long: in place, or by moving its pages to where there
// is room. No byte is copied.
func (m mapping) extend(length uint64) (mapping, bool) {
	if _, err := unix.MremapPtr(ptr(m.base), uintptr(m.length), nil, uintptr(length), 0); err == nil {
		m.length = length
		return m, true
	}
	room, err := mapAligned(length, 0, false)
	if err != nil {
		return m, false
	}
	if _, err := unix.MremapPtr(ptr(m.base), uintptr(m.length), ptr(room.base), uintptr(length), unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED); err != nil {
		room.unmap()
		return m, false
	}
	return room, true
}

// canExtend says whether extend does anything.
const canExtend = true
