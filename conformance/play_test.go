package conformance

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// What the tests that play random commands on both servers have in common.

// playRounds plays the round of one seed, or, if that is 0, those of fixed seeds, and for some time as many of others.
func playRounds(t *testing.T, only uint64, fixed []uint64, long time.Duration, play func(seed uint64)) {
	t.Helper()
	if only != 0 {
		play(only)
		return
	}
	for _, seed := range fixed {
		play(seed)
	}
	rounds := 0
	for end := time.Now().Add(long); time.Now().Before(end); rounds++ {
		play(rand.Uint64())
	}
	if rounds > 0 {
		t.Logf("%d rounds of seeds of their own", rounds)
	}
}

// exchange sends both servers the same commands of a round and returns their replies.
func exchange(t *testing.T, seed uint64, nodes [2]*testNode, batch [][]string) [][2]resp.Value {
	t.Helper()
	replies := make([][2]resp.Value, len(batch))
	var b []byte
	for _, cmd := range batch {
		b = resp.AppendCommand(b, cmd)
	}
	for j, n := range nodes {
		if err := n.conn.SendRaw(b); err != nil {
			t.Fatal(err)
		}
		for i, cmd := range batch {
			v, err := n.conn.Read()
			if err != nil {
				t.Fatalf("seed %d: %q after %q: %v\n%s", seed, cmd, batch[max(0, i-1)], err, n.Log())
			}
			replies[i][j] = v
		}
	}
	return replies
}

// differing returns where two texts begin to differ.
func differing(got [2]string) string {
	at := 0
	for at < min(len(got[0]), len(got[1])) && got[0][at] == got[1][at] {
		at++
	}
	show := func(s string) string { return s[max(0, at-300):min(len(s), at+200)] }
	return show(got[0]) + "\n" + show(got[1])
}
