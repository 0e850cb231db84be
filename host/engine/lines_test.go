package engine

import (
	"testing"
	"unsafe"

	"github.com/ferrousdb/ferrous/internal/lines"
)

// TestLines keeps what one worker writes away from what the others want.
func TestLines(t *testing.T) {
	var eng Engine
	lines.Apart(t, "the clock", unsafe.Offsetof(eng.ahead)+unsafe.Sizeof(eng.ahead), unsafe.Offsetof(eng.clock)+unsafe.Offsetof(eng.clock.ms))
	lines.Apart(t, "what is behind the clock", unsafe.Offsetof(eng.clock)+unsafe.Offsetof(eng.clock.ms)+8, unsafe.Offsetof(eng.ids))
	lines.Apart(t, "counts of connections", unsafe.Offsetof(eng.guard)+unsafe.Sizeof(eng.guard), unsafe.Offsetof(eng.ids))
	var b blocking
	lines.Apart(t, "what those who wait write", unsafe.Offsetof(b.nextID)+unsafe.Sizeof(b.nextID), unsafe.Offsetof(b.reach))
	for what, size := range map[string]uintptr{"worker": unsafe.Sizeof(worker{}), "executor": unsafe.Sizeof(executor{}), "session": unsafe.Sizeof(session{})} {
		if size <= 512 {
			t.Errorf("a %s of %d bytes may share a line with another one: the runtime gives whole lines to what is larger than 512", what, size)
		}
	}
}
