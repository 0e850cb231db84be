package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
)

func TestDir(t *testing.T) {
	s := config.NewSchema()
	p := declareParams(s)
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got := p.dir.String(); got != here {
		t.Errorf("the default is %q, not the working directory %q", got, here)
	}
	if got := p.path("x.rdb"); got != filepath.Join(here, "x.rdb") {
		t.Errorf("x.rdb is %q", got)
	}
	dir := t.TempDir()
	set := func(value string) error {
		return s.Set([]config.Pair{{Name: "dir", Value: value}}, config.SetOptions{AllowProtected: true})
	}
	if err := set(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "", "/a/b": "/a/b", "b": filepath.Join(dir, "b")} {
		if got := p.path(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	for value, complaint := range map[string]string{
		filepath.Join(dir, "none"): "No such file or directory",
		os.Args[0]:                 "Not a directory",
		"":                         "No such file or directory",
	} {
		if err := set(value); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("dir %q: %v, want %s", value, err, complaint)
		}
	}
	if p.dir.Load() != dir {
		t.Error("a refused value has changed it")
	}
}
