package aof_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/random"
	"github.com/ferrousdb/ferrous/modules/aof"
)

const incr1 = "appendonly.aof.1.incr.aof"

// incrementOf returns the content of the first increment of a log.
func incrementOf(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "appendonlydir", incr1))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTornAtEveryLength: a log that ends anywhere is loaded up to the last whole
// command, or transaction, and is whole afterwards; without aof-load-truncated
// the server does not start and the file is untouched.
func TestTornAtEveryLength(t *testing.T) {
	parts := []string{command("SELECT 0"), command("SET a 1"),
		command("MULTI") + command("SET b 2") + command("INCR a") + command("EXEC"), "#TS:1628217470\r\n" + command("SET c 3")}
	whole := strings.Join(parts, "")
	for n := range len(whole) + 1 {
		good := 0
		for _, p := range parts {
			if good+len(p) > n {
				break
			}
			good += len(p)
		}
		if stamped := good + len("#TS:1628217470\r\n"); good+len(parts[3]) == len(whole) && n == stamped {
			good = stamped // a note alone is whole, too
		}
		dir := logDir(t, oneIncr, map[string]string{incr1: whole[:n]})
		strict, err := try(t, dir, "--aof-load-truncated", "no")
		if (err == nil) != (good == n) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if err != nil {
			if text := err.Error(); !strings.Contains(text, "Unexpected end of file reading the append only file") ||
				!strings.Contains(text, fmt.Sprintf("offset %d", good)) && n < len(whole)-len(command("SET c 3")) {
				t.Errorf("%d bytes: %v", n, err)
			}
			if incrementOf(t, dir) != whole[:n] {
				t.Errorf("%d bytes: the file was changed", n)
			}
		} else {
			strict.Stop()
		}
		s, err := try(t, dir)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		c := s.Client()
		c.Do("SET more 1")
		s.Stop()
		again, err := try(t, dir, "--aof-load-truncated", "no")
		if err != nil {
			t.Fatalf("%d bytes, cut and continued: %v", n, err)
		}
		c = again.Client()
		want := map[int]string{0: "(nil) (nil)", 1: "1 (nil)", 2: "2 2"}
		sets := 0
		for i, end := 1, len(parts[0]); i < 3; i++ {
			if end += len(parts[i]); end <= n {
				sets = i
			}
		}
		if got := c.Do("MGET a b"); got != want[sets] || c.Do("GET more") != "1" {
			t.Errorf("%d bytes: %q, want %q", n, got, want[sets])
		}
		again.Stop()
	}
}

// TestEveryByteFlipped: a damaged log is refused with the offset, or loaded as
// far as it is a log.
func TestEveryByteFlipped(t *testing.T) {
	whole := command("SELECT 0") + command("SET a 1") + command("MULTI") + command("SET b 2") + command("EXEC") + command("RPUSH l x y")
	for i := range whole {
		for _, flip := range []byte{1, 0x20, 0x80} {
			bad := []byte(whole)
			bad[i] ^= flip
			dir := logDir(t, oneIncr, map[string]string{incr1: string(bad)})
			s, err := try(t, dir, "--aof-load-truncated", "no")
			if err == nil {
				s.Stop()
				continue
			}
			text := err.Error()
			if !strings.Contains(text, "offset") && !strings.Contains(text, "Unknown command") {
				t.Errorf("byte %d: %v", i, err)
			}
			if incrementOf(t, dir) != string(bad) {
				t.Errorf("byte %d: the file was changed", i)
			}
		}
	}
}

// TestWhatIsRefused: chains that are not loaded, with the words for it.
func TestWhatIsRefused(t *testing.T) {
	const chain = "file appendonly.aof.1.base.aof seq 1 type b\n" + oneIncr
	set := command("SET a 1")
	for _, c := range []struct {
		name, manifest string
		files          map[string]string
		want           string
	}{
		{"no increment", oneIncr, map[string]string{}, incr1 + " length. stat: No such file or directory"},
		{"bad manifest", "!!!\n", map[string]string{}, "Invalid AOF manifest file format"},
		{"empty manifest", "", map[string]string{}, "Found an empty AOF manifest"},
		{"torn in the middle", chain, map[string]string{"appendonly.aof.1.base.aof": set + "*3\r\n", incr1: set},
			"Fatal error: the truncated file is not the last file"},
		{"format", oneIncr, map[string]string{incr1: set + "!!!" + set}, "Bad file format reading the append only file " + incr1},
		{"unknown", oneIncr, map[string]string{incr1: set + command("BLA x")}, "Unknown command 'BLA' reading the append only file " + incr1},
		{"arity", oneIncr, map[string]string{incr1: set + command("SET x")}, fmt.Sprintf("at offset %d", len(set))},
		{"database", oneIncr, map[string]string{incr1: set + command("SELECT 99")}, fmt.Sprintf("at offset %d", len(set))},
		{"nested", oneIncr, map[string]string{incr1: command("MULTI") + command("MULTI")}, "at offset 15"},
		{"exec alone", oneIncr, map[string]string{incr1: command("EXEC")}, "at offset 0"},
		{"broken dump", chain, map[string]string{"appendonly.aof.1.base.aof": "REDIS0011\xff", incr1: set},
			"Error reading the RDB base file appendonly.aof.1.base.aof, AOF loading aborted"},
	} {
		dir := logDir(t, c.manifest, c.files)
		if _, err := try(t, dir); err == nil || strings.Count(err.Error(), c.want) != 1 {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestEmptyFiles: empty files in a chain are files without commands.
func TestEmptyFiles(t *testing.T) {
	dir := logDir(t, "file appendonly.aof.1.base.aof seq 1 type b\n"+oneIncr+"file appendonly.aof.3.incr.aof seq 3 type i\n",
		map[string]string{"appendonly.aof.1.base.aof": command("SET a 1"), incr1: "", "appendonly.aof.3.incr.aof": command("SET b 2")})
	s := start(t, dir)
	c := s.Client()
	c.Want("MGET a b", "1 2")
	c.Do("BGREWRITEAOF")
	rewritten(c)
	s.wantManifest("2.base.rdb b, 4.incr.aof i")
}

// TestUpgrade: the one file of Redis before 7 becomes the base of a chain, also
// if that was interrupted.
func TestUpgrade(t *testing.T) {
	old := command("SELECT 0") + command("SET a 1")
	for _, begun := range []bool{false, true} {
		dir := t.TempDir()
		if begun {
			dir = logDir(t, "file appendonly.aof seq 1 type b\n", map[string]string{})
		}
		if err := os.WriteFile(filepath.Join(dir, "appendonly.aof"), []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		s := start(t, dir)
		c := s.Client()
		c.Want("GET a", "1")
		c.Do("SET b 2")
		s.wantManifest("appendonly.aof b, 1.incr.aof i")
		if _, err := os.Stat(filepath.Join(dir, "appendonly.aof")); err == nil {
			t.Error("the old file was not moved")
		}
		s.Stop()
		start(t, dir).Client().Want("MGET a b", "1 2")
	}
}

// TestDumpBeforeCommands: a file may begin with a dump and go on with commands.
func TestDumpBeforeCommands(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	c.Do("SET a 1")
	c.Do("BGREWRITEAOF")
	rewritten(c)
	dump, err := os.ReadFile(filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.2.base.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tail := command("SELECT 0") + command("SET b 2")
	if err := os.WriteFile(filepath.Join(dir, "appendonly.aof"), append(dump, tail...), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, dir).Client().Want("MGET a b", "1 2")
}

// TestLeftovers: what a crash has left half written goes at the next start.
func TestLeftovers(t *testing.T) {
	dir := logDir(t, oneIncr, map[string]string{incr1: command("SET a 1"), "temp-1073741824-0.rdb": "x", "temp-appendonly.aof.incr": "x",
		fmt.Sprintf("appendonly.aof.manifest.temp-%d-%s", 1<<30, random.Hex(32)): "x"})
	s := start(t, dir)
	s.Client().Want("GET a", "1")
	names, err := os.ReadDir(filepath.Join(dir, "appendonlydir"))
	if err != nil || len(names) != 2 {
		t.Errorf("%v, %v", names, err)
	}
}

// TestKilledWhileFilesGetTheirNames: what had its name already and belonged to nothing
// goes at the next start, and is in nobody's way.
func TestKilledWhileFilesGetTheirNames(t *testing.T) {
	for _, row := range []struct {
		name, manifest string
		begun          bool
		args           []string
	}{
		{"the increment is new", "1.base.rdb b, 1.incr.aof i", true, nil},
		{"a rewrite", "1.base.rdb b, 1.incr.aof i, 2.incr.aof i", false, nil},
		{"the history is kept", "1.base.rdb b, 2.base.rdb h, 1.incr.aof i, 2.incr.aof i", false, []string{"--aof-disable-auto-gc", "yes"}},
		{"the log was switched on", "1.base.rdb b, 1.incr.aof i", false, []string{"--appendonly", "no"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, t.TempDir(), row.args...)
			if err := aof.HalfRewritten(s.Module("aof"), row.begun); err != nil {
				t.Fatal(err)
			}
			dir := copyDir(t, s.Dir)
			s.Stop()
			keeps := row.args
			if slices.Contains(keeps, "no") {
				keeps = nil
			}
			s = start(t, dir, keeps...) // the log is on: it goes on, or begins
			s.wantManifest(row.manifest)
			names, err := os.ReadDir(filepath.Join(dir, "appendonlydir"))
			if want := strings.Count(row.manifest, ",") + 2; err != nil || len(names) != want {
				t.Errorf("%d files, want %d: %v, %v", len(names), want, names, err)
			}
			c := s.Client()
			c.Want("SET k v", "OK")
			c.Do("BGREWRITEAOF")
			rewritten(c)
			if got := c.Info("aof_last_bgrewrite_status"); got != "ok" {
				t.Errorf("the next rewrite: %s\n%s", got, s.Log)
			}
			s.Stop()
			start(t, dir, keeps...).Client().Want("GET k", "v")
		})
	}
}

// TestNotThroughLinks: what a stranger has placed under the names that the log
// takes next is not written to.
func TestNotThroughLinks(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	link := func(name string) {
		path := filepath.Join(dir, "appendonlydir", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(target, []byte("precious"), 0o600), os.Symlink(target, path)); err != nil {
			t.Fatal(err)
		}
	}
	safe := func() {
		t.Helper()
		if got, err := os.ReadFile(target); err != nil || string(got) != "precious" {
			t.Errorf("%q, %v", got, err)
		}
	}
	s := start(t, dir)
	c := s.Client()
	c.Want("SET a 1", "OK")
	for _, name := range []string{"temp-appendonly.aof.manifest", "appendonly.aof.2.incr.aof"} {
		link(name)
	}
	rewritten(c)
	c.Want("SET a 2", "OK")
	safe()
	c.Want("CONFIG SET appendonly no", "OK")
	link("temp-appendonly.aof.incr")
	c.Want("CONFIG SET appendonly yes", "OK")
	c.Want("SET a 3", "OK")
	s.Stop()
	safe()
	dir = t.TempDir()
	target = filepath.Join(dir, "target")
	link("appendonly.aof.1.incr.aof")
	if _, err := try(t, dir); err == nil {
		t.Error("it has begun to log through a link")
	}
	safe()
}

// TestWarnsOfADump: a log that begins empty beside a dump is worth a warning.
func TestWarnsOfADump(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), []byte("REDIS0011"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	s.Client().Want("DBSIZE", "0")
	if !strings.Contains(s.Log.String(), "the server starts EMPTY") {
		t.Error(s.Log.String())
	}
}

// TestFunctionsAreKept: a base of commands carries the libraries of functions
// though nobody runs them.
func TestFunctionsAreKept(t *testing.T) {
	const library = "#!lua name=l\nredis.register_function('f', function() return 1 end)"
	for _, dump := range []string{"yes", "no"} {
		s := start(t, t.TempDir(), "--aof-use-rdb-preamble", dump)
		if err := s.Registry().Functions.Load([]byte(library), false); err != nil {
			t.Fatal(err)
		}
		c := s.Client()
		c.Do("BGREWRITEAOF")
		rewritten(c)
		c.Want("DEBUG LOADAOF", "OK")
		if all := s.Registry().Functions.All(); len(all) != 1 || string(all[0]) != library {
			t.Errorf("preamble %s: %q", dump, all)
		}
	}
}

// TestChecker: what is told of sound and of damaged logs, and what is repaired.
func TestChecker(t *testing.T) {
	registry := start(t, t.TempDir()).Registry()
	run := func(path string, fix, yes bool) (string, error) {
		t.Helper()
		head, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range registry.Checkers() {
			if c.Knows(path, head[:min(len(head), 512)]) {
				if c.Format != "AOF" {
					t.Fatalf("%s: taken for %s", path, c.Format)
				}
				var out bytes.Buffer
				err := c.Check(path, core.CheckOptions{Fix: fix, Ask: func() bool { return yes }, Out: &out, Registry: registry,
					Progress: func(done, total int64) {
						if done > total {
							t.Errorf("%d of %d", done, total)
						}
					}})
				return out.String(), err
			}
		}
		t.Fatalf("%s: nobody knows it", path)
		return "", nil
	}
	s := start(t, t.TempDir())
	c := s.Client()
	fill(c)
	c.Do("BGREWRITEAOF")
	rewritten(c)
	c.Do("SET a 1")
	s.Stop()
	out, err := run(filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.manifest"), false, false)
	if err != nil || !strings.Contains(out, "RDB preamble is OK") || !strings.Contains(out, "All AOF files and manifest are valid") {
		t.Errorf("%v\n%s", err, out)
	}

	set := command("SET a 1")
	dir := logDir(t, "file b.aof seq 1 type b\n"+oneIncr, map[string]string{"b.aof": set, incr1: set + command("MULTI") + set})
	manifest := filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest")
	if out, err := run(manifest, false, false); err == nil || !strings.Contains(out, fmt.Sprintf("ok_up_to=%d, ok_up_to_line=8", len(set))) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := run(manifest, true, false); err == nil || incrementOf(t, dir) == set {
		t.Errorf("repaired without leave: %v", err)
	}
	if out, err := run(manifest, true, true); err != nil || incrementOf(t, dir) != set {
		t.Errorf("%v\n%s", err, out)
	}
	dir = logDir(t, "file b.aof seq 1 type b\n"+oneIncr, map[string]string{"b.aof": set + "!", incr1: set})
	if _, err := run(filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest"), true, true); err == nil ||
		!strings.Contains(err.Error(), "not the last file") {
		t.Error(err)
	}
	if out, err := run(filepath.Join(dir, "appendonlydir", incr1), false, false); err != nil || !strings.Contains(out, "is valid") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestNoPlaceForALog: the log cannot be kept where there is no directory for it;
// the switch says so and stays off.
func TestNoPlaceForALog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "appendonlydir"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := start(t, dir, "--appendonly", "no").Client()
	c.Want("CONFIG SET appendonly yes", "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs.")
	c.Want("CONFIG GET appendonly", "appendonly no")
	if _, err := try(t, dir); err == nil {
		t.Error("it started")
	}
}

// TestNothingIsFedWhileItLoads: DEBUG LOADAOF does not write what it plays.
func TestNothingIsFedWhileItLoads(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	c.Do("SET a 1")
	c.Want("DEBUG LOADAOF", "OK")
	c.Do("SET b 2")
	s.Stop()
	if got := incrementOf(t, s.Dir); got != command("SELECT 0")+command("SET a 1")+command("SET b 2") {
		t.Errorf("%q", got)
	}
}

// TestFilesInTheWay: what no manifest lists is neither written to nor lost, whether the
// log begins, goes on or is switched on.
func TestFilesInTheWay(t *testing.T) {
	const precious = "*1\r\n$8\r\nFLUSHALL\r\n"
	put := func(dir, name string) string {
		path := filepath.Join(dir, "appendonlydir", "appendonly.aof."+name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(precious), 0o644)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	kept := func(path string) {
		t.Helper()
		if got, err := os.ReadFile(path); string(got) != precious {
			t.Errorf("%s: %q, %v", filepath.Base(path), got, err)
		}
	}
	const says = "is in the way of a new AOF file"

	dir := t.TempDir()
	base, incr := put(dir, "1.base.rdb"), put(dir, "1.incr.aof")
	if _, err := try(t, dir); err == nil || !strings.Contains(err.Error(), "appendonly.aof.1.incr.aof") || !strings.Contains(err.Error(), says) {
		t.Errorf("a server begins its log over others' files: %v", err)
	}
	kept(incr)
	kept(base)
	if exists(dir, "appendonly.aof.manifest") {
		t.Error("there is a manifest")
	}
	if err := os.Remove(incr); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	names, err := filepath.Glob(base + ".found-*")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	kept(names[0])
	c := s.Client()
	c.Want("SET k v", "OK")

	incr = put(dir, "2.incr.aof")
	c.Want("BGREWRITEAOF", "Background append only file rewriting started")
	rewritten(c)
	if got := c.Info("aof_last_bgrewrite_status"); got != "err" || !strings.Contains(s.Log.String(), says) {
		t.Errorf("a rewrite over a file: %s", got)
	}
	kept(incr)
	s.wantManifest("1.base.rdb b, 1.incr.aof i")
	c.Want("SET k w", "OK")
	s.Stop()
	if err := os.Remove(incr); err != nil {
		t.Fatal(err)
	}
	start(t, dir).Client().Want("GET k", "w")

	dir = t.TempDir() // a log of before Redis 7 moves into the directory
	old := filepath.Join(dir, "appendonly.aof")
	if err := os.WriteFile(old, []byte(precious), 0o644); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(filepath.Dir(put(dir, "x")), "appendonly.aof")
	if err := os.WriteFile(there, []byte(precious), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := try(t, dir); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("an old log replaces a file: %v", err)
	}
	kept(old)
	kept(there)

	dir = t.TempDir()
	s = start(t, dir, "--appendonly", "no")
	c = s.Client()
	base, incr = put(dir, "1.base.rdb"), put(dir, "1.incr.aof")
	c.Do("CONFIG SET appendonly yes")
	coretest.Eventually(t, "a failure", func() bool { return c.Info("aof_last_bgrewrite_status") == "err" })
	c.Want("CONFIG SET appendonly no", "OK")
	rewritten(c)
	kept(incr)
	if names, err = filepath.Glob(base + ".found-*"); err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	kept(names[0])
}
