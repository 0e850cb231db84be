//go:build amd64 || arm64

package dict

// prefetch asks the processor to bring a cache line in, without waiting for it. The
// address may be any: a prefetch never faults.
//
//go:noescape
func prefetch(addr uint64)
