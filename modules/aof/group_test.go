package aof

import (
	"testing"
	"time"
)

// circle is a number of clients that write, wait for the sync, and write again
// after a pause.
func circle(clients int, pause, sync time.Duration, rounds int) (syncs int, waited time.Duration) {
	var g group
	now := time.Unix(1_700_000_000, 0)
	next := make([]time.Time, clients) // when a client writes; zero while it waits for its reply
	for i := range next {
		next[i] = now
	}
	fed := make([]bool, clients)
	arrive := func(until time.Time) {
		for i := range next {
			if !next[i].IsZero() && !next[i].After(until) {
				next[i], fed[i] = time.Time{}, true
				g.fed++
			}
		}
	}
	first := func() time.Time {
		var at time.Time
		for _, t := range next {
			if !t.IsZero() && (at.IsZero() || t.Before(at)) {
				at = t
			}
		}
		return at
	}
	for writes := 0; writes < rounds*clients; {
		arrive(now)
		if g.fed == 0 {
			now = first()
			continue
		}
		for rest := g.wait(now); rest > 0; rest = g.wait(now) {
			end := now.Add(rest)
			if at := first(); g.fed < g.wakeAt && !at.IsZero() && at.Before(end) {
				end = at
			}
			waited += end.Sub(now)
			now = end
			arrive(now)
		}
		var served []int
		for i := range fed {
			if fed[i] {
				served, fed[i] = append(served, i), false
			}
		}
		g.begin()
		syncs++
		writes += len(served)
		now = now.Add(sync)
		arrive(now)
		g.ended(now, sync)
		for k, i := range served { // one after the other, as an event loop serves them
			next[i] = now.Add(pause + time.Duration(k)*time.Microsecond)
		}
	}
	return syncs, waited
}

// TestGroupWaitsForTheCircle: of clients that come again at once each sync
// serves nearly all; those that do not come are soon not waited for any more;
// one alone never waits.
func TestGroupWaitsForTheCircle(t *testing.T) {
	const clients, rounds = 50, 200
	syncs, _ := circle(clients, 20*time.Microsecond, time.Millisecond, rounds)
	if syncs > rounds*3/2 {
		t.Errorf("%d syncs for %d rounds", syncs, rounds)
	}
	syncs, waited := circle(clients, 100*time.Millisecond, time.Millisecond, rounds)
	if limit := time.Duration(syncs) * time.Millisecond / 10; waited > limit {
		t.Errorf("waited %v in vain, with %d syncs", waited, syncs)
	}
	if _, waited := circle(1, 0, time.Millisecond, rounds); waited > 0 {
		t.Errorf("one client waited %v for nobody", waited)
	}
}

// TestGroupNeverWaitsLong: a wait is bounded by the sync before it and by mostWait.
func TestGroupNeverWaitsLong(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, took := range []time.Duration{0, time.Microsecond, time.Millisecond, time.Second} {
		g := group{fed: 10}
		g.begin()
		g.fed = 3
		g.ended(now, took)
		if rest := g.wait(now); rest > min(took, mostWait) {
			t.Errorf("after a sync of %v it waits %v", took, rest)
		}
		if rest := g.wait(now.Add(mostWait)); rest > 0 {
			t.Errorf("after a sync of %v it still waits %v", took, rest)
		}
	}
}
