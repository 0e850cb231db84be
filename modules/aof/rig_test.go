package aof_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// server is a full server that keeps a log.
type server struct{ *coretest.Server }

// try starts a server on the files of a directory.
func try(t testing.TB, dir string, args ...string) (*server, error) {
	t.Helper()
	args = append([]string{"--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"}, args...)
	s, err := coretest.Try(t, coretest.Options{Modules: modules.Full(), Dir: dir, Args: args})
	return &server{s}, err
}

func start(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	s, err := try(t, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rewritten waits until no rewrite is under way or to come. One reply has to say
// both: between two a rewrite that was to come may begin, and is in neither.
func rewritten(c *coretest.Client) {
	c.T.Helper()
	coretest.Eventually(c.T, "a rewrite", func() bool {
		info := c.Do("INFO persistence")
		return strings.Contains(info, "aof_rewrite_in_progress:0\r\n") && strings.Contains(info, "aof_rewrite_scheduled:0\r\n")
	})
}

// fill makes keys of every type and encoding, in several databases.
func fill(c *coretest.Client) {
	for _, cmd := range []string{
		"SET s value", "SET n 12345", "SET e x PX 10000000", "APPEND r abc", "RPUSH l a b 3", "SADD i 1 2 3", "SADD p a b c",
		"HSET h f v g 1", "ZADD z 1.5 a 2 b", "SETBIT bits 100 1", "PFADD hll a b c", "SELECT 3", "SET other db", "GEOADD g 1 2 here", "SELECT 0",
	} {
		c.Do("%s", cmd)
	}
	for i := range 300 {
		c.Do("RPUSH list element%d", i)
		c.Do("SADD set member%d", i)
		c.Do("HSET hash field%d value%d", i, i)
		c.Do("ZADD zset %d.25 member%d", i, i)
	}
}

// manifest returns the files that the manifest lists, with their types.
func (s *server) manifest() string {
	s.T.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.manifest"))
	if err != nil {
		s.T.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		all = append(all, strings.TrimPrefix(f[1], "appendonly.aof.")+" "+f[5])
	}
	return strings.Join(all, ", ")
}

func (s *server) wantManifest(want string) {
	s.T.Helper()
	if got := s.manifest(); got != want {
		s.T.Errorf("manifest: %s; want %s", got, want)
	}
}

// copyDir copies a directory as it is at the moment, as a crash would leave it.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() && !d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// logDir makes a directory with a log of one increment.
func logDir(t testing.TB, manifest string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "appendonlydir")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	files["appendonly.aof.manifest"] = manifest
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const oneIncr = "file appendonly.aof.1.incr.aof seq 1 type i\n"

// command encodes a command, given as words.
func command(words string) string { return string(coretest.Encode(nil, strings.Fields(words)...)) }
