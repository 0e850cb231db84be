package core

import (
	"testing"
	"unsafe"

	"github.com/ferrousdb/ferrous/internal/lines"
)

// TestLines keeps what every command reads of the hooks apart from what commands that are fed write.
func TestLines(t *testing.T) {
	var h Hooks
	lines.Apart(t, "hooks, what is written", unsafe.Offsetof(h.on)+unsafe.Sizeof(h.on), unsafe.Offsetof(h.active))
}
