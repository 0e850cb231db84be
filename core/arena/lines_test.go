package arena

import (
	"testing"
	"unsafe"

	"github.com/ferrousdb/ferrous/internal/lines"
)

// TestLines keeps what all arenas of a pool write apart from what they all read.
func TestLines(t *testing.T) {
	var p Pool
	lines.Apart(t, "the pool's sums behind the epochs", unsafe.Offsetof(p.seed)+unsafe.Sizeof(p.seed), unsafe.Offsetof(p.used))
	lines.Apart(t, "the rest behind the sums", unsafe.Offsetof(p.holes)+unsafe.Sizeof(p.holes), unsafe.Offsetof(p.usedChunks))
	if n := unsafe.Sizeof(Arena{}); n <= 512 {
		t.Errorf("an arena of %d bytes may share a line with another one: the runtime gives whole lines to what is larger than 512", n)
	}
}
