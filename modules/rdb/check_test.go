package rdb_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
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
	c.Want("DEBUG SET-ACTIVE-EXPIRE 0", "OK")
	c.Want("SET old x PX 1", "OK")
	before := strings.Fields(c.Do("TIME"))[0]
	coretest.Eventually(t, "the next second", func() bool { return strings.Fields(c.Do("TIME"))[0] != before })
	c.Want("SAVE", "OK")
	path := s.File("dump.rdb")
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
		!strings.Contains(errs, "damaged RDB files cannot be repaired") {
		t.Errorf("half a file: %v, %s%s", ok, out, errs)
	}
	if now, _ := os.ReadFile(cut); len(now) != len(file)/2 {
		t.Error("the file has changed")
	}
}

// A file that holds a key twice is told from a damaged one, and can be mended.
func TestCheckOfKeysThatAreThereTwice(t *testing.T) {
	str := func(key, value string) string {
		return "\x00" + string(rune(len(key))) + key + string(rune(len(value))) + value
	}
	past, future := "\xfc\x01\x00\x00\x00\x00\x00\x00\x00", "\xfc\x01\x00\x00\x00\x00\x00\x00\x01"
	content := "REDIS0011\xfe\x00\xfb\x05\x03" + str("a", "1") + past + "\xf8\x05" + str("k", "old") + str("k", "new") +
		past + str("b", "first") + past + str("b", "last") + str("z", "one") + future + str("z", "two") +
		"\xfe\x01" + str("k", "other") + "\xff" + strings.Repeat("\x00", 8)
	dir := t.TempDir()
	path := filepath.Join(dir, "dump.rdb")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, ok := ferrous(t, "check", path)
	if ok || !strings.Contains(out, `[offset 19] key "k" in database 0 is there once more, and its time is past`) ||
		!strings.Contains(out, `[offset 79] key "z" in database 0`) || !strings.Contains(errs, "3 keys are there more than once") {
		t.Errorf("%v, %s%s", ok, out, errs)
	}
	fix := func(answer string) (string, string, bool) {
		t.Helper()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "check", "--fix", path)
		cmd.Env = append(os.Environ(), "RDB_TEST_SERVER=1")
		cmd.Stdin = strings.NewReader(answer)
		var o, e bytes.Buffer
		cmd.Stdout, cmd.Stderr = &o, &e
		err = cmd.Run()
		return o.String(), e.String(), err == nil
	}
	if _, errs, ok = fix("n\n"); ok || !strings.Contains(errs, "nothing was changed") {
		t.Errorf("not wanted: %v, %s", ok, errs)
	}
	if out, errs, ok = fix("y\n"); !ok || !strings.Contains(out, "3 keys were left out") {
		t.Errorf("mended: %v, %s%s", ok, out, errs)
	}
	if old, _ := os.ReadFile(path + ".before-fix"); string(old) != content {
		t.Error("the file as it was is not kept")
	}
	if out, errs, ok = ferrous(t, "check", path); !ok {
		t.Errorf("after that it is not sound: %s%s", out, errs)
	}
	s := start(t, dir, "--save", "")
	c := s.connect()
	c.Want("GET k", "new")
	c.Want("GET a", "1")
	c.Want("GET z", "two")
	c.Want("TTL k", "-1")
	c.Want("EXISTS b", "0")
	c.Want("SELECT 1", "OK")
	c.Want("GET k", "other")
}
