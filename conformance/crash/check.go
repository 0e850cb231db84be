package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// guarantee is what a server owes of a session.
type guarantee struct {
	before time.Time // everything acknowledged before this
	seen   bool      // everything that the reader has seen
	cap    position  // but of all that nothing from here on; nil for no limit
	floor  position  // and everything up to here in any case; nil for nothing
}

// outcome is what a check found.
type outcome struct {
	ops     int           // operations that were sent
	acked   int           // operations that were acknowledged
	lost    int           // acknowledged, and not there (and it was not owed)
	unacked int           // not acknowledged, yet there
	age     time.Duration // how long before the end the first lost write had been acknowledged
}

func (o *outcome) add(p outcome) {
	o.ops += p.ops
	o.acked += p.acked
	o.lost += p.lost
	o.unacked += p.unacked
	o.age = max(o.age, p.age)
}

// check compares what a server has with what the fleet sent in the session that ended
// at end, and makes what is there the base of the next session.
func (f *fleet) check(c *client, g guarantee, end time.Time) (outcome, error) {
	var total outcome
	found := make([]match, len(f.writers))
	exist := make([]int, 3)
	for i, w := range f.writers {
		there, err := w.observe(c)
		if err != nil {
			return total, err
		}
		m, err := w.match(there)
		if err != nil {
			return total, err
		}
		if owed, why := f.owed(i, g); m.hi < owed {
			op := w.ops[m.hi]
			return total, fmt.Errorf("writer %d: %d operations are owed (%s), %d are there; the first lost one is %.60q, acknowledged %v before the end",
				w.id, owed, why, m.hi, op.commands, end.Sub(op.acked))
		}
		total.add(w.outcome(m, end))
		found[i] = m
		w.base = there
		for _, v := range there {
			if v.exists() {
				exist[w.db]++
			}
		}
	}
	if err := f.inOrder(found); err != nil {
		return total, err
	}
	return total, f.nothingElse(c, exist)
}

// owed returns how many of a writer's operations must be there, and why.
func (f *fleet) owed(i int, g guarantee) (n int, why string) {
	w := f.writers[i]
	n, why = w.answeredBy(g.before), "acknowledged in time"
	if g.seen && int(f.seen[i].Load()) > n {
		n, why = int(f.seen[i].Load()), "read by another client"
	}
	if g.cap != nil {
		n = min(n, g.cap[i])
	}
	if g.floor != nil && g.floor[i] > n {
		n, why = g.floor[i], "saved before"
	}
	return n, why
}

// observe reads all keys of a writer.
func (w *writer) observe(c *client) (model, error) {
	commands := [][]string{{"SELECT", strconv.Itoa(w.db)}}
	for _, k := range keys {
		commands = append(commands, readCommand(k.read, w.prefix()+k.name))
	}
	commands = append(commands, []string{"PEXPIRETIME", w.prefix() + "expiring"})
	replies, err := c.pipeline(commands)
	if err != nil {
		return nil, err
	}
	there := model{}
	for i, k := range keys {
		there[k.name] = decode(k.read, replies[1+i])
	}
	at, _ := strconv.ParseInt(replies[len(replies)-1].Text, 10, 64)
	there.at("expiring").expire = max(at, 0) // -1: no expiry, -2: no key
	return there, nil
}

// match is how many of a session's operations are there: from lo to hi, for the last
// may have changed nothing.
type match struct{ lo, hi int }

// match finds out after how many operations of the session the writer's keys held what
// is there. It repeats the operations on the model, one by one, and compares those keys
// that change; where all are equal the point is found. A hole, a torn unit, something
// that was never sent: then there is no such point, and the error says which keys are as
// they were when.
func (w *writer) match(there model) (match, error) {
	m := w.base.clone()
	found := match{-1, -1}
	equal, spans := map[string]bool{}, map[string]*match{}
	n := 0
	compare := func(key string) {
		was := equal[key]
		equal[key] = m.at(key).equal(there.at(key))
		switch {
		case equal[key] && !was:
			n++
		case !equal[key] && was:
			n--
		}
	}
	for _, k := range keys {
		spans[k.name] = &match{-1, -1}
		compare(k.name)
	}
	for at := 0; ; at++ {
		for key, eq := range equal {
			if eq {
				spans[key].extend(at)
			}
		}
		if n == len(keys) {
			found.extend(at)
		}
		if at == len(w.ops) {
			break
		}
		if w.ops[at].refused {
			continue
		}
		for _, args := range w.ops[at].commands {
			m.apply(args)
		}
		for _, args := range w.ops[at].commands {
			compare(args[1])
		}
	}
	if found.hi >= 0 {
		return found, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "writer %d (db %d): what is there is not the beginning of the %d operations that it sent (%d acknowledged):",
		w.id, w.db, len(w.ops), w.answeredBy(time.Now()))
	for _, k := range keys {
		if s := spans[k.name]; s.lo >= 0 {
			fmt.Fprintf(&b, "\n    %-12s as after operation %d to %d", k.name, s.lo, s.hi)
		} else {
			fmt.Fprintf(&b, "\n    %-12s as it never was: %s", k.name, there[k.name])
		}
	}
	return found, fmt.Errorf("%s", b.String())
}

func (m *match) extend(at int) {
	if m.lo < 0 {
		m.lo = at
	}
	m.hi = at
}

// outcome counts a writer's operations.
func (w *writer) outcome(m match, end time.Time) outcome {
	o := outcome{ops: len(w.ops)}
	for i, op := range w.ops {
		acked := !op.acked.IsZero() && !op.refused
		switch {
		case acked:
			o.acked++
			if i >= m.hi && op.acked.Before(end) {
				o.lost++
				o.age = max(o.age, end.Sub(op.acked))
			}
		case i < m.lo && !op.refused:
			o.unacked++
		}
	}
	return o
}

// inOrder looks across connections: of two operations, the second sent when the first
// had been acknowledged, a log or a snapshot may have lost the second alone, never the
// first alone.
func (f *fleet) inOrder(found []match) error {
	var lost, kept *operation // the lost one that was acknowledged first, the kept one that was sent last
	var lostBy, keptBy int
	for i, w := range f.writers {
		for j := range w.ops {
			op := &w.ops[j]
			switch {
			case op.refused:
			case j >= found[i].hi && !op.acked.IsZero() && (lost == nil || op.acked.Before(lost.acked)):
				lost, lostBy = op, i
			case j < found[i].lo && (kept == nil || op.sent.After(kept.sent)):
				kept, keptBy = op, i
			}
		}
	}
	if lost != nil && kept != nil && kept.sent.After(lost.acked) {
		return fmt.Errorf("lost out of order: %.60q of writer %d is there, sent %v after %.60q of writer %d had been acknowledged, which is lost",
			kept.commands, keptBy, kept.sent.Sub(lost.acked), lost.commands, lostBy)
	}
	return nil
}

// nothingElse counts the keys: those that are known, and no more. Keys with another
// purpose have a prefix of their own and are in database 0.
func (f *fleet) nothingElse(c *client, exist []int) error {
	replies, err := c.pipeline([][]string{{"SELECT", "0"}, {"GET", ballastCount}})
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(replies[1].Text); err == nil {
		exist[0] += n + 1
	}
	for db, want := range exist {
		replies, err := c.pipeline([][]string{{"SELECT", strconv.Itoa(db)}, {"DBSIZE"}})
		if err != nil {
			return err
		}
		if got := replies[1].Text; got != strconv.Itoa(want) {
			return fmt.Errorf("database %d has %s keys, %d are known", db, got, want)
		}
	}
	return nil
}
