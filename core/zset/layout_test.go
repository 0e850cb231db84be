package zset

import (
	"testing"
	"unsafe"
)

// The compiler keeps structs of at most four words in registers; see keyspace.Entry.
func TestPlaceFitsRegisters(t *testing.T) {
	if n := unsafe.Sizeof(Place{}) / unsafe.Sizeof(uintptr(0)); n > 4 {
		t.Errorf("a Place is %d words, want 4", n)
	}
}
