package dump_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/dump"
)

// names are the files of a directory.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		all = append(all, f.Name())
	}
	return all
}

// A file appears when it is complete, in the place of another.
func TestWriteFile(t *testing.T) {
	for _, incremental := range []bool{false, true} {
		from := newRig(t, registry(t))
		from.fill()
		for _, i := range []string{"a", "b", "c"} {
			from.args([]byte("set"), []byte(i), noise(5<<20))
		}
		s := from.Keyspace.Capture()
		dir := t.TempDir()
		name := filepath.Join(dir, "dump.rdb")
		if err := os.WriteFile(name, []byte("what was there"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "temp-1-0.rdb"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := dump.WriteFile(context.Background(), name, from.Registry, s, dump.SaveOptions{Incremental: incremental, Now: now})
		s.End()
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil || int64(len(b)) != res.Bytes {
			t.Fatalf("%d bytes, %+v, %v", len(b), res, err)
		}
		if all := names(t, dir); len(all) != 2 {
			t.Errorf("files: %q", all)
		}
		to := newRig(t, from.Registry)
		to.mustLoad(b, dump.LoadOptions{})
		same(t, to, from)
	}
}

// If a file cannot be completed, what was there still is, and nothing else.
func TestReplaceFileFails(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "dump.rdb")
	if err := os.WriteFile(name, []byte("what was there"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	for _, incremental := range []bool{false, true} {
		err := dump.ReplaceFile(name, incremental, func(w io.Writer) error {
			if all := names(t, dir); len(all) != 2 || !strings.HasPrefix(all[1], "temp-") || !strings.HasSuffix(all[1], ".rdb") {
				t.Errorf("files: %q", all)
			}
			if _, err := w.Write(bytes.Repeat([]byte("part"), 2<<20)); err != nil {
				t.Error(err)
			}
			return full
		})
		if !errors.Is(err, full) {
			t.Error(err)
		}
		if b, err := os.ReadFile(name); err != nil || string(b) != "what was there" {
			t.Errorf("%q, %v", b, err)
		}
		if all := names(t, dir); len(all) != 1 {
			t.Errorf("files: %q", all)
		}
	}
	if err := dump.ReplaceFile(filepath.Join(dir, "none", "dump.rdb"), false, nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := dump.ReplaceFile(dir, false, func(io.Writer) error { return nil }); err == nil {
		t.Error("a directory was replaced")
	}
	if all := names(t, filepath.Dir(dir)); len(all) != 1 {
		t.Errorf("files: %q", all)
	}
}

// full takes some bytes and no more.
type full struct{ left int }

var errFull = errors.New("no space left on device")

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	if f.left -= n; n < len(b) {
		return n, errFull
	}
	return n, nil
}

// An error of the writer, or the end of the context, ends a Save with all its
// workers.
func TestSaveFails(t *testing.T) {
	from := newRig(t, registry(t))
	from.fill()
	for range 20 {
		from.args([]byte("set"), noise(20), noise(300000))
	}
	s := from.Keyspace.Capture()
	defer s.End()
	size := len(from.save(dump.SaveOptions{}))
	for _, workers := range []int{1, 4} {
		for left := 0; left < size; left += size / 10 {
			res, err := dump.Save(context.Background(), &full{left}, from.Registry, s, dump.SaveOptions{Workers: workers})
			if !errors.Is(err, errFull) || res.Bytes != int64(left) {
				t.Errorf("%d bytes written, not %d: %v", res.Bytes, left, err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := dump.Save(ctx, io.Discard, from.Registry, s, dump.SaveOptions{Workers: workers}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	// A type that no module knows.
	if _, err := dump.Save(context.Background(), io.Discard, registryOf(t), s, dump.SaveOptions{}); err == nil ||
		!strings.Contains(err.Error(), "no module knows the type of its value") {
		t.Error(err)
	}
}
