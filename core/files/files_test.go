package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path, temp := filepath.Join(dir, "file"), filepath.Join(dir, "temp")
	for _, mode := range []fs.FileMode{0, 0o600, 0o666} {
		if err := os.WriteFile(temp, []byte("left by a crash, and longer"), 0o600); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint("mode ", mode)
		if err := Replace(path, temp, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err = errors.Join(err, statErr); err != nil || string(got) != text || mode != 0 && info.Mode().Perm() != mode {
			t.Errorf("%q, mode %v, %v", got, info.Mode(), err)
		}
	}
	if err := Replace(filepath.Join(dir, "none", "file"), temp, nil, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStrerror(t *testing.T) {
	if got := Strerror(&os.PathError{Op: "open", Path: "x", Err: syscall.ENOSPC}); got != "No space left on device" {
		t.Error(got)
	}
	if got := Strerror(errors.New("torn")); got != "torn" {
		t.Error(got)
	}
}
