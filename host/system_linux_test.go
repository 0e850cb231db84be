package host

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestForgetStart: pages of the program that were touched once are not in the resident set for
// ever, and the program goes on.
func TestForgetStart(t *testing.T) {
	before := residentFile(t)
	forgetStart()
	if after := residentFile(t); before > 4<<10 && after > before/4*3 {
		t.Errorf("%d kB of the program and its libraries are resident, %d were", after, before)
	}
}

func residentFile(t *testing.T) (kb int) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "RssFile:")
	if !ok {
		t.Skip("this kernel does not tell")
	}
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}
