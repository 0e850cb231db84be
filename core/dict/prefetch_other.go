//go:build !amd64 && !arm64

package dict

// prefetch does nothing where we do not know the instruction for it.
func prefetch(uint64) {}
