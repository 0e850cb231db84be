//go:build darwin || freebsd || netbsd || openbsd

package arena

import "golang.org/x/sys/unix"

const (
	mapNoReserve = 0
	adviseFree   = unix.MADV_FREE
)

// extend does nothing: these systems cannot.
func (m mapping) extend(length uint64) (mapping, bool) { return m, false }

// adviseHuge does nothing: these systems decide by themselves.
func adviseHuge(base, length uint64) {}

// canExtend says whether extend does anything.
const canExtend = false
