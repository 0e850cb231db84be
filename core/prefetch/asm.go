//go:build amd64 || arm64

// Package prefetch asks the processor to bring cache lines in, without waiting for
// them: for code that knows several places it is about to touch, so that it waits for
// memory once and not for each. An address may be any: a prefetch never faults.
package prefetch

// Read asks for the line at addr, for reading.
//
//go:noescape
func Read(addr uintptr)

// Write asks for the line at addr, for writing: no other core keeps a copy.
//
//go:noescape
func Write(addr uintptr)
