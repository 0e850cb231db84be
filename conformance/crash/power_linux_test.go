package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPower lets the power fail a few times, where that can be arranged.
func TestPower(t *testing.T) {
	t.Parallel()
	if real(t) {
		t.Skip("redis-server does not start when the log ends in zeros, as it may after a power failure")
	}
	mayMount(t)
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		t.Skip("no loop devices: ", err)
	}
	for _, p := range []policy{always, everysec, snapshot} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			t.Cleanup(func() { // it is left mounted when it has failed
				left, _ := filepath.Glob(filepath.Join(base, "*", "data"))
				for _, at := range left {
					_ = (&device{at: at}).remove()
				}
			})
			report, err := crash(context.Background(), options{
				server: server(t), policy: p, rounds: 2, writers: 8, ballast: 1000, age: 2 * time.Second,
				base: base, power: true, say: t.Logf, verbose: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report)
		})
	}
}
