//go:build linux || darwin || freebsd || netbsd || openbsd

package arena

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const mapFlags = unix.MAP_PRIVATE | unix.MAP_ANON | mapNoReserve

// mapAligned maps length bytes at a multiple of regionSize, first trying hint.
func mapAligned(length, hint uint64, hugePages bool) (mapping, error) {
	base, err := mapPlain(length, hint)
	if err == nil && base&regionMask != 0 {
		unmapRange(base, length)
		base, err = mapTrimmed(length)
	}
	if err != nil {
		return mapping{}, err
	}
	if hugePages {
		adviseHuge(base, length)
	}
	return mapping{base: base, length: length}, nil
}

func (m mapping) unmap() { unmapRange(m.base, m.length) }

// mapTrimmed maps a region's size too much and cuts off what is not aligned.
func mapTrimmed(length uint64) (uint64, error) {
	raw, err := mapPlain(length+regionSize, 0)
	if err != nil {
		return 0, err
	}
	base := (raw + regionMask) &^ regionMask
	if before := base - raw; before > 0 {
		unmapRange(raw, before)
	}
	if after := raw + regionSize - base; after > 0 {
		unmapRange(base+length, after)
	}
	return base, nil
}

func mapPlain(length, hint uint64) (uint64, error) {
	p, err := unix.MmapPtr(-1, 0, ptr(hint), uintptr(length), unix.PROT_READ|unix.PROT_WRITE, mapFlags)
	return uint64(uintptr(p)), err
}

func unmapRange(base, length uint64) {
	if err := unix.MunmapPtr(ptr(base), uintptr(length)); err != nil {
		panic("arena: munmap: " + err.Error()) // only wrong arguments can cause it
	}
}

// unmapPages gives the memory behind a range of pages back to the system. The range
// stays mapped; its contents are lost.
func unmapPages(addr, length uint64) error {
	return unix.Madvise(unsafe.Slice((*byte)(ptr(addr)), int(length)), adviseFree)
}
