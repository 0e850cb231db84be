package rdb_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ferrous runs the test binary as the server and returns its output.
func ferrous(t *testing.T, args ...string) (out, errs string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "RDB_TEST_SERVER=1")
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err == nil
}

func TestCheck(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "")
	c := s.connect()
	c.fill()
	c.want("OK", "DEBUG SET-ACTIVE-EXPIRE 0")
	c.want("OK", "SET old x PX 1")
	before := strings.Fields(c.do("TIME"))[0]
	until(t, "the next second", func() bool { return strings.Fields(c.do("TIME"))[0] != before })
	c.want("OK", "SAVE")
	path := s.file("dump.rdb")
	out, errs, ok := ferrous(t, "check", path)
	for _, line := range []string{
		"the file is sound", "[info] 58 keys read", "[info]   in database 3: 19", "[info]   of type hash: 9",
		"[info]   of type zset: 9", "[info]   of type string: 22", "[info] 7 expires", "[info] 1 already expired",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in %s", line, out)
		}
	}
	if !ok || errs != "" {
		t.Errorf("a sound file is not: %s", errs)
	}

	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.rdb")
	if err := os.WriteFile(cut, file[:len(file)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, ok = ferrous(t, "check", "--fix", cut)
	if ok || !strings.Contains(out, "the file is damaged, while reading") || !strings.Contains(out, "keys read") ||
		!strings.Contains(errs, "RDB files cannot be repaired") {
		t.Errorf("half a file: %v, %s%s", ok, out, errs)
	}
	if now, _ := os.ReadFile(cut); len(now) != len(file)/2 {
		t.Error("the file has changed")
	}
}
