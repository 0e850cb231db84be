package main

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// TestMain makes the test binary a server if it is told to, as main does.
func TestMain(m *testing.M) {
	tool.Serve()
	os.Exit(m.Run())
}

// TestRounds is the command's work in small; the command does it at length.
func TestRounds(t *testing.T) {
	for _, loops := range []int{1, 4} {
		o := options{
			server: os.Getenv("FERROUS_BIN"), loops: loops, duration: 5 * time.Second,
			seed: rand.Uint64() >> 32, dir: t.TempDir(), say: t.Logf,
		}
		sum, err := try(t.Context(), o)
		t.Logf("%d loops, seed %d:\n%s", loops, o.seed, sum)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range tests {
			if c := sum.tests[test.name]; c == nil || c.operations == 0 {
				t.Errorf("%d loops: %s has not done anything", loops, test.name)
			}
		}
	}
}
