package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// TestMain makes the test binary a server if it is told to, as main does.
func TestMain(m *testing.M) {
	tool.Serve()
	os.Exit(m.Run())
}

// TestRounds is the command's work in small; the command does it at length.
func TestRounds(t *testing.T) {
	for _, servers := range []string{"fff", "frf"} {
		t.Run(servers, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("redis-server"); err != nil && strings.Contains(servers, "r") {
				t.Skip("no redis-server to replicate with")
			}
			o := options{
				ferrous: os.Getenv("FERROUS_BIN"), redis: "redis-server", servers: servers, rounds: 3, writers: 2,
				seed: rand.Uint64() >> 32, dir: t.TempDir(), say: t.Logf,
			}
			s, err := try(t.Context(), o)
			t.Log(s)
			if err != nil {
				t.Fatal(err)
			}
			if s.wrote == 0 {
				t.Error("nothing has been written")
			}
		})
	}
}

// TestPromises lets sentinels replace a master that is lost.
func TestPromises(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server to be a sentinel")
	}
	o := options{
		ferrous: os.Getenv("FERROUS_BIN"), redis: "redis-server", servers: "fff", rounds: 1, writers: 3, promises: true,
		seed: rand.Uint64() >> 32, dir: t.TempDir(), say: t.Logf,
	}
	s, err := try(t.Context(), o)
	t.Log(s)
	if err != nil {
		t.Fatal(err)
	}
}
