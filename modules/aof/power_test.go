package aof_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

const nextIncr = "appendonly.aof.2.incr.aof"

// TestZerosAtTheEnd: after a power failure a file may have got its length but not
// what was in it. What is there before the zeros is loaded, as far as it is whole.
func TestZerosAtTheEnd(t *testing.T) {
	parts := []string{command("SET a 1"), command("MULTI") + command("INCR a") + command("EXEC"), command("SET b 22222"), "#TS:1628217470\r\n" + command("SET b 3")}
	whole := strings.Join(parts, "")
	for n := range len(whole) + 1 {
		good, want := "", "(nil)"
		for i, p := range parts {
			if len(good)+len(p) > n {
				break
			}
			good += p
			want = []string{"1", "2", "2", "2"}[i]
		}
		for _, zeros := range []int{1, 3, 4096} {
			text := whole[:n] + strings.Repeat("\x00", zeros)
			dir := logDir(t, oneIncr, map[string]string{incr1: text})
			if _, err := try(t, dir, "--aof-load-truncated", "no"); err == nil {
				t.Errorf("%d bytes, %d zeros: taken for whole", n, zeros)
			}
			s, err := try(t, dir)
			if err != nil {
				t.Errorf("%d bytes, %d zeros: %v", n, zeros, err)
				continue
			}
			if got := s.Client().Do("GET a"); got != want {
				t.Errorf("%d bytes, %d zeros: a is %q, want %q", n, zeros, got, want)
			}
			if got := incrementOf(t, dir); got != good {
				t.Errorf("%d bytes, %d zeros: %q is left", n, zeros, got)
			}
			s.Stop()
		}
	}
}

// TestZerosWithin: zeros that something comes after are damage.
func TestZerosWithin(t *testing.T) {
	text := command("SET a 1") + "\x00\x00" + command("SET b 2")
	dir := logDir(t, oneIncr, map[string]string{incr1: text})
	if _, err := try(t, dir); err == nil || !strings.Contains(err.Error(), "Bad file format") {
		t.Error(err)
	}
	if got := incrementOf(t, dir); got != text {
		t.Errorf("%q is left", got)
	}
}

// TestTornBeforeAnEmptyIncrement: a rewrite has entered the next increment, and
// the power failed before the one so far was synced.
func TestTornBeforeAnEmptyIncrement(t *testing.T) {
	chain := oneIncr + "file " + nextIncr + " seq 2 type i\n"
	torn := command("SET a 1") + "*3\r\n$3\r\nSE"
	for name, tail := range map[string]string{"short": torn, "zeros": torn + "\x00\x00\x00"} {
		dir := logDir(t, chain, map[string]string{incr1: tail, nextIncr: ""})
		if err := checked(t, dir, false); err == nil {
			t.Errorf("%s: the checker finds nothing", name)
		}
		if err := checked(t, copyDir(t, dir), true); err != nil {
			t.Errorf("%s: the checker does not repair it: %v", name, err)
		}
		s, err := try(t, dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := s.Client()
		c.Want("GET a", "1")
		c.Do("SET b 2")
		s.Stop()
		s = start(t, dir, "--aof-load-truncated", "no")
		s.Client().Want("MGET a b", "1 2")
		s.Stop()
	}
	// With something in the next one there is a hole.
	dir := logDir(t, chain, map[string]string{incr1: torn, nextIncr: command("SET b 2")})
	if _, err := try(t, dir); err == nil || !strings.Contains(err.Error(), "the truncated file is not the last file") {
		t.Error(err)
	}
	// A base was complete when it was entered.
	dir = logDir(t, "file appendonly.aof.1.base.aof seq 1 type b\n"+oneIncr, map[string]string{"appendonly.aof.1.base.aof": torn, incr1: ""})
	if _, err := try(t, dir); err == nil || !strings.Contains(err.Error(), "the truncated file is not the last file") {
		t.Error(err)
	}
}

// checked runs the checker over a log.
func checked(t *testing.T, dir string, fix bool) error {
	t.Helper()
	registry := start(t, t.TempDir()).Registry()
	for _, c := range registry.Checkers() {
		if c.Format == "AOF" {
			return c.Check(filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest"), core.CheckOptions{
				Fix: fix, Ask: func() bool { return true }, Out: io.Discard, Registry: registry, Progress: func(int64, int64) {},
			})
		}
	}
	t.Fatal("no checker")
	return nil
}
