package keyspace

import (
	"testing"
	"unsafe"
)

func TestShardsFillCacheLines(t *testing.T) {
	if n := unsafe.Sizeof(shard{}); n%64 != 0 {
		t.Errorf("a shard takes %d bytes, which is no number of cache lines", n)
	}
	if at := unsafe.Offsetof(shard{}.objects); at != 64 {
		t.Errorf("what every access needs takes %d bytes, want 64", at)
	}
	ks := New(Options{})
	defer ks.Close()
	if at := uintptr(unsafe.Pointer(&ks.shards[0])); at%64 != 0 {
		t.Errorf("shards begin at %#x, inside a cache line", at)
	}
}

// The compiler keeps structs of at most four words in registers; see Entry.
func TestEntryFitsRegisters(t *testing.T) {
	if n := unsafe.Sizeof(Entry{}) / unsafe.Sizeof(uintptr(0)); n > 4 {
		t.Errorf("an Entry is %d words: every command copies it through memory, want 4", n)
	}
}
