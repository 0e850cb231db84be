package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

// TestTurns: whoever is in a line has a turn in the order of blocking, whatever lane it is in, but for those who have left
// and those who are like somebody who wants nothing.
func TestTurns(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var l line
		var all []*waiter // in the order of blocking
		for i := range rng.IntN(100) {
			w := &waiter{order: uint64(3*i + 1)}
			if like := rng.IntN(1 + rng.IntN(6)); like > 0 {
				w.wait = core.Wait{Alike: like}
			}
			l.add(w)
			l.add(w)
			all = append(all, w)
		}
		leave := func() {
			if len(all) > 0 && rng.IntN(2) == 0 {
				i := rng.IntN(len(all))
				l.remove(all[i])
				l.remove(all[i])
				all = slices.Delete(all, i, i+1)
			}
		}
		leave()
		if l.n != len(all) || len(all) > 0 && l.first() != all[0].order {
			t.Fatalf("seed %d: %d wait, %d from the beginning, the first is %d", seed, l.n, len(all), l.first())
		}
		turn := l.turn(nil)
		bored := map[any]bool{}
		for last := uint64(0); ; {
			var want *waiter
			for _, w := range all {
				if w.order > last && !bored[w.wait.Alike] {
					want = w
					break
				}
			}
			got := turn.next()
			if got != want {
				t.Fatalf("seed %d: behind %d it is the turn of %v, not %v", seed, last, got, want)
			}
			if got == nil {
				break
			}
			last = got.order
			wants := rng.IntN(4) > 0
			if turn.pass(!wants); !wants && got.wait.Alike != nil {
				bored[got.wait.Alike] = true
			}
			leave()
		}
		for _, w := range all {
			l.remove(w)
		}
		if l.n != 0 || len(l.alike) != 0 || len(l.loners.list) != 0 {
			t.Fatalf("seed %d: %d, %d and %d are left", seed, l.n, len(l.alike), len(l.loners.list))
		}
	}
}
