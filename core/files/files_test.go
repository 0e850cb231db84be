package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/ferrousdb/ferrous/core/random"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	// A new file's permissions are those asked for, less the umask (022 at the least
	// in what is tested here), and from then on those that it has.
	steps := []struct{ chmod, ask, want fs.FileMode }{
		{0, 0o600, 0o600}, {0o640, 0o600, 0o640}, {0o666, 0o600, 0o666}, {0o400, 0o644, 0o400},
	}
	for _, step := range steps {
		if step.chmod != 0 {
			if err := os.Chmod(path, step.chmod); err != nil {
				t.Fatal(err)
			}
		}
		text := fmt.Sprint("mode ", step.want)
		if err := Replace(path, []byte(text), step.ask); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err = errors.Join(err, statErr); err != nil || string(got) != text || info.Mode().Perm() != step.want {
			t.Errorf("%q, mode %v, %v", got, info.Mode(), err)
		}
	}
	if err := Replace(filepath.Join(dir, "none", "file"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// TestNotThroughLinks: what a link points to is not written to, wherever a
// stranger has placed it.
func TestNotThroughLinks(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "file"), filepath.Join(dir, "target")
	writes := map[string]func() error{
		"Replace": func() error { return Replace(path, []byte("new"), 0o600) },
		"Fresh": func() error {
			f, err := Fresh(path, os.O_APPEND, 0o600)
			if err != nil {
				return err
			}
			_, err = f.WriteString("new")
			return errors.Join(err, f.Close())
		},
	}
	for name, write := range writes {
		_ = os.Remove(path)
		if err := errors.Join(os.WriteFile(target, []byte("precious"), 0o600), os.Symlink(target, path)); err != nil {
			t.Fatal(err)
		}
		if err := write(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, _ := os.ReadFile(path)
		kept, _ := os.ReadFile(target)
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || string(got) != "new" || string(kept) != "precious" {
			t.Errorf("%s: %q, the link's target holds %q, %v", name, got, kept, err)
		}
	}
}

// TestTempNames: nobody can know them beforehand.
func TestTempNames(t *testing.T) {
	if a, b := tempName("x"), tempName("x"); a == b {
		t.Error(a)
	}
}

func TestTidy(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const nobody = 1 << 30
	secret := random.Hex(secretDigits)
	name := func(base string, pid int) string { return fmt.Sprintf("%s.temp-%d-%s", base, pid, secret) }
	gone := []string{name("users", nobody), tempName("users")}
	stays := []string{"users", name("users", os.Getppid()), name("users2", nobody), name("users", nobody) + "x", "users.temp-1-2", "users.temp-x-" + secret}
	for _, n := range append(gone, stays...) {
		if err := os.WriteFile(n, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := "users.temp-2147483646-" + random.Hex(secretDigits)
	if err := os.Symlink("users", link); err != nil {
		t.Fatal(err)
	}
	stays = append(stays, link)
	for _, path := range []string{"users", filepath.Join(dir, "users")} {
		removed, err := Tidy(path)
		slices.Sort(removed)
		slices.Sort(gone)
		if err != nil || !slices.Equal(removed, gone) {
			t.Errorf("%s: removed %v, %v", path, removed, err)
		}
		for _, n := range stays {
			if _, err := os.Lstat(n); err != nil {
				t.Error(err)
			}
		}
		for _, n := range gone {
			_ = os.WriteFile(n, nil, 0o600)
		}
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
