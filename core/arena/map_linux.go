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
