package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMatch: the checker finds the point up to which a writer's operations are there,
// whatever they are, and nothing else passes for one.
func TestMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		at := rapid.IntRange(0, len(w.ops)).Draw(t, "at")
		there := w.after(at)
		m, err := w.match(there)
		if err != nil || at < m.lo || at > m.hi {
			t.Fatalf("%d operations are there, the checker says %+v, %v", at, m, err)
		}
		if !w.after(m.lo).equal(there) || !w.after(m.hi).equal(there) {
			t.Fatalf("after %+v it was not as after %d", m, at)
		}
	})
}

// TestMatchFinds: what must not pass does not.
func TestMatchFinds(t *testing.T) {
	wrongs := map[string]func(t *rapid.T, w *writer, at int) model{
		"a hole": func(t *rapid.T, w *writer, at int) model {
			there := w.base.clone()
			hole := rapid.IntRange(0, at-1).Draw(t, "hole")
			for i, op := range w.ops[:at] {
				if i != hole {
					there.applyAll(op)
				}
			}
			return there
		},
		"a torn unit": func(t *rapid.T, w *writer, at int) model {
			there := w.after(at - 1)
			torn := w.ops[at-1].commands
			for _, args := range torn[:rapid.IntRange(0, len(torn)-1).Draw(t, "torn at")] {
				there.apply(args)
			}
			return there
		},
		"a phantom": func(_ *rapid.T, w *writer, at int) model {
			there := w.after(at)
			there.apply([]string{"SET", "string", "0.7"})
			return there
		},
		"twice": func(_ *rapid.T, w *writer, at int) model {
			there := w.after(at)
			there.applyAll(w.ops[at-1])
			return there
		},
		"an expiry that is gone": func(_ *rapid.T, w *writer, at int) model {
			there := w.after(at)
			there.at("expiring").expire = 0
			return there
		},
	}
	for name, spoil := range wrongs {
		t.Run(name, func(t *testing.T) {
			caught := 0
			rapid.Check(t, func(t *rapid.T) {
				w := draw(t)
				at := rapid.IntRange(1, len(w.ops)).Draw(t, "at")
				there := spoil(t, w, at)
				for i := range len(w.ops) + 1 {
					if w.after(i).equal(there) {
						return // it makes no difference here
					}
				}
				if m, err := w.match(there); err == nil {
					t.Fatalf("not found: it passes for %+v of %d", m, len(w.ops))
				}
				caught++
			})
			if caught == 0 {
				t.Error("it never made a difference")
			}
		})
	}
}

// draw makes a writer with a history.
func draw(t *rapid.T) *writer {
	w := &writer{base: model{}}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	for i := range rapid.IntRange(1, 60).Draw(t, "operations") {
		w.ops = append(w.ops, operation{commands: compose(rng, fmt.Sprintf("1.%d", i))})
	}
	return w
}

// after returns what is there after n operations.
func (w *writer) after(n int) model {
	m := w.base.clone()
	for _, op := range w.ops[:n] {
		m.applyAll(op)
	}
	return m
}

func (m model) applyAll(op operation) {
	for _, args := range op.commands {
		m.apply(args)
	}
}

func (m model) equal(n model) bool {
	for _, k := range keys {
		if !m.at(k.name).equal(n.at(k.name)) {
			return false
		}
	}
	return true
}

// TestOwed: which operations are owed, and that losing one that is owed is found out,
// as is losing one before another that came later.
func TestOwed(t *testing.T) {
	now := time.Now()
	f := newFleet(2)
	for i, w := range f.writers {
		for j := range 10 {
			at := now.Add(time.Duration(j-10) * time.Second)
			w.ops = append(w.ops, operation{
				commands: [][]string{{"SET", "string", fmt.Sprintf("1.%d", j)}}, sent: at, acked: at.Add(time.Duration(i+1) * time.Millisecond),
			})
		}
	}
	f.writers[0].ops[9].acked = time.Time{}
	f.seen[1].Store(8)
	for _, c := range []struct {
		g    guarantee
		want []int
	}{
		{guarantee{}, []int{0, 0}},
		{guarantee{before: now}, []int{9, 10}},
		{guarantee{before: now.Add(-3 * time.Second)}, []int{7, 7}},
		{guarantee{before: now.Add(-3 * time.Second), seen: true}, []int{7, 8}},
		{guarantee{before: now, cap: position{3, 4}}, []int{3, 4}},
		{guarantee{cap: position{3, 4}, floor: position{3, 4}}, []int{3, 4}},
		{guarantee{floor: position{5, 6}}, []int{5, 6}},
	} {
		for i, want := range c.want {
			if got, why := f.owed(i, c.g); got != want {
				t.Errorf("%+v: of writer %d %d are owed (%s), want %d", c.g, i, got, why, want)
			}
		}
	}
	if err := f.inOrder([]match{{5, 5}, {5, 5}}); err != nil {
		t.Error(err)
	}
	if err := f.inOrder([]match{{5, 5}, {8, 8}}); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Error("losing an earlier one and keeping a later one was not found out:", err)
	}
	if o := f.writers[0].outcome(match{5, 5}, now); o.lost != 4 || o.acked != 9 || o.age < 4900*time.Millisecond || o.age > 5*time.Second {
		t.Errorf("%+v", o)
	}
}
