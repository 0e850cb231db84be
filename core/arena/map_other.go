//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd

package arena

import (
	"errors"
	"unsafe"
)

// Portable fallback: mappings are large byte slices of the Go heap. They hold no
// pointers, so the collector does not scan them, but it counts them.

func mapAligned(length, hint uint64, hugePages bool) (mapping, error) {
	if length > 1<<40 { // make would panic with another error
		return mapping{}, errors.New("more than the heap can hold")
	}
	raw := make([]byte, length+regionSize)
	start := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(raw))))
	return mapping{base: (start + regionMask) &^ regionMask, length: length, heap: raw}, nil
}

// unmap leaves the memory to the collector, which frees it with the mapping.
func (m mapping) unmap() {}

func unmapPages(addr, length uint64) error { return errors.ErrUnsupported }

func (m mapping) extend(length uint64) (mapping, bool) { return m, false }

// canExtend says whether extend does anything.
const canExtend = false
