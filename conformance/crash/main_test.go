package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// bin is the server under test: FERROUS_BIN, or ferrous as it is.
var bin = sync.OnceValues(func() (string, error) {
	if named := os.Getenv("FERROUS_BIN"); named != "" {
		return filepath.Abs(named)
	}
	// go test caches a result until a file changes that the test has looked at, and what
	// the compiler reads does not count.
	for _, dir := range []string{"cmd", "core", "host", "modules"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	path, remove, err := build()
	built = remove
	return path, err
})

var built func()

func TestMain(m *testing.M) {
	status := m.Run()
	if built != nil {
		built()
	}
	os.Exit(status)
}

func server(t *testing.T) string {
	t.Helper()
	path, err := bin()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// real reports whether the server under test is Redis, which does some things
// otherwise, as docs/differences.md tells.
func real(t *testing.T) bool { return filepath.Base(server(t)) == "redis-server" }

// TestRounds is the command's work in small; the command does it at length.
func TestRounds(t *testing.T) {
	t.Parallel()
	for _, p := range []policy{always, everysec, whenever, snapshot} {
		for _, gentle := range []float64{0, 1} {
			t.Run(fmt.Sprintf("%s, SIGTERM %v", p, gentle), func(t *testing.T) {
				t.Parallel()
				o := options{
					server: server(t), policy: p, rounds: 2, writers: 8, ballast: 3000, age: 2 * time.Second,
					gentle: gentle, base: t.TempDir(), say: t.Logf, verbose: true,
				}
				for range 5 { // both rounds may end before anything is acknowledged
					report, err := crash(context.Background(), o)
					if err != nil {
						t.Fatal(err)
					}
					t.Log(report)
					if report.acked+report.off.acked > 0 {
						return
					}
					o.base = t.TempDir()
				}
				t.Error("nothing has been written")
			})
		}
	}
}
