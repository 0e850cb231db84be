package dump

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestTidy: what dead processes have left goes, what a living one writes stays.
func TestTidy(t *testing.T) {
	dir := t.TempDir()
	const nobody = 1 << 30 // beyond what any system gives a process
	gone := []string{fmt.Sprintf("temp-%d-0.rdb", nobody), fmt.Sprintf("temp-%d.rdb", nobody), fmt.Sprintf("temp-%d-3.rdb", os.Getpid())}
	stays := []string{fmt.Sprintf("temp-%d-0.rdb", os.Getppid()), "temp-x.rdb", "dump.rdb", fmt.Sprintf("temp-%d.aof", nobody)}
	for _, name := range append(slices.Clone(gone), stays...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := Tidy(dir)
	slices.Sort(removed)
	slices.Sort(gone)
	if err != nil || !slices.Equal(removed, gone) {
		t.Errorf("removed %q, %v", removed, err)
	}
	for _, name := range stays {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := Tidy(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a directory that is not there")
	}
}
