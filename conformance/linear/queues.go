package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// element is one of a queue: where and when it was pushed and popped.
type element struct {
	list                 string
	pushCall, pushReturn int64 // forever: it is not known whether it was pushed
	popCall, popReturn   int64
	popped               int // how often; moved to the list "done" counts, too
}

// ledger is what is known of all elements.
type ledger struct {
	h        *history
	mu       sync.Mutex
	elements map[string]*element
	open     int // how many elements may have gone with connections that were killed
	moved    []string
}

const queueLists = 3

func queue(i int) string { return fmt.Sprint("q", i) }

// queues lets producers push elements to several lists and consumers take them, waiting
// and not waiting. Each element is taken exactly once, and those of a list in the order
// in which they came.
func queues(r *round) error {
	const producers, consumers, each = 3, 4, 40
	l := &ledger{h: newHistory(r), elements: map[string]*element{}}
	err := together(producers, consumers,
		func(id int) error { return l.produce(r.source(id), id, each) },
		func(id int, done *atomic.Bool) error { return l.consume(r.source(100+id), done) })
	if err != nil {
		return err
	}
	r.count(2 * len(l.elements))
	return l.judge()
}

func (l *ledger) produce(rng *rand.Rand, id, each int) error {
	c, err := l.h.r.dial(0)
	defer func() { c.close() }()
	for n := 0; n < each && err == nil; {
		list, unit := queue(rng.IntN(queueLists)), rng.IntN(4) == 0
		var pushes [][]string
		for range 1 + rng.IntN(3) {
			if unit {
				list = queue(rng.IntN(queueLists))
			}
			pushes = append(pushes, []string{"RPUSH", list, fmt.Sprintf("%d:%d", id, n)})
			n++
		}
		if !unit { // one command
			for _, p := range pushes[1:] {
				pushes[0] = append(pushes[0], p[2])
			}
			pushes = pushes[:1]
		}
		if err = l.push(c, pushes, unit); err != nil && l.h.r.killed(c) {
			c.close()
			c, err = l.h.r.dial(0)
		}
	}
	return err
}

// push pushes elements that nobody knows yet.
func (l *ledger) push(c *client, pushes [][]string, unit bool) error {
	var es []*element
	l.mu.Lock()
	for _, p := range pushes {
		for _, name := range p[2:] {
			e := &element{list: p[1], pushCall: l.h.now(), pushReturn: forever}
			l.elements[name] = e
			es = append(es, e)
		}
	}
	l.mu.Unlock()
	o := &operation{commands: pushes, unit: unit}
	// A history of its own: the checker does not see it.
	err := (&history{r: l.h.r, begin: l.h.begin}).send(c, []*operation{o})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range es {
		e.pushReturn = o.ret // forever if it was refused
	}
	return nil
}

func (l *ledger) consume(rng *rand.Rand, done *atomic.Bool) error {
	r := l.h.r
	c, err := r.dial(0)
	defer func() { c.close() }()
	for err == nil {
		last := done.Load()
		a, b, e := queue(rng.IntN(queueLists)), queue(rng.IntN(queueLists)), queue(rng.IntN(queueLists))
		takes, args := 1, []string(nil)
		if n := rng.IntN(5); last {
			args = []string{"BLPOP", queue(0), queue(1), queue(2), "0.02"}
		} else {
			switch n {
			case 0:
				args = []string{"BLPOP", a, b, e, "0.02"}
			case 1:
				args = []string{"BLMOVE", a, "done", "LEFT", "RIGHT", "0.01"}
			case 2:
				takes, args = 2, []string{"BLMPOP", "0.02", "3", a, b, e, "LEFT", "COUNT", "2"}
			case 3:
				args = []string{"LPOP", a}
			case 4:
				args = []string{"BLPOP", a, "0.01"}
			}
		}
		var v resp.Value
		call := l.h.now()
		if v, err = c.Do(args...); err != nil {
			if r.killed(c) {
				l.mu.Lock()
				l.open += takes
				l.mu.Unlock()
				c.close()
				c, err = r.dial(0)
			}
			continue
		}
		if v.IsErr() && !contains("-"+v.Text, refused) {
			return errors.New(v.Text)
		}
		if v.IsNull() && last {
			return nil
		}
		if err = l.popped(args, v, call); err != nil {
			return err
		}
	}
	return err
}

// popped records what a reply holds.
func (l *ledger) popped(args []string, v resp.Value, call int64) error {
	if v.IsNull() || v.IsErr() {
		return nil
	}
	list, names := args[1], []string{v.Text}
	switch args[0] {
	case "BLPOP":
		list, names = v.Elems[0].Text, []string{v.Elems[1].Text}
	case "BLMPOP":
		list, names = v.Elems[0].Text, nil
		for _, e := range v.Elems[1].Elems {
			names = append(names, e.Text)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		e := l.elements[name]
		if e == nil || e.list != list {
			return fmt.Errorf("%q answers %s, which was not pushed there", args, v)
		}
		e.popCall, e.popReturn = call, l.h.now()
		if e.popped++; e.popped > 1 {
			return fmt.Errorf("%q answers %s: %s was taken before", args, v, name)
		}
		if args[0] == "BLMOVE" {
			l.moved = append(l.moved, name)
		}
	}
	return nil
}

// judge looks at all elements when everybody has ended.
func (l *ledger) judge() error {
	c, err := l.h.r.dialSafe(0)
	if err != nil {
		return err
	}
	defer c.close()
	v, err := c.must("LRANGE", "done", "0", "-1")
	if err != nil {
		return err
	}
	there := map[string]int{}
	for _, e := range v.Elems {
		there[e.Text]++
	}
	for _, name := range l.moved {
		if there[name] != 1 {
			return fmt.Errorf("BLMOVE has moved %s, which is there %d times", name, there[name])
		}
		delete(there, name)
	}
	for name, n := range there { // somebody was killed while he moved it
		e := l.elements[name]
		if e == nil || e.popped > 0 || n > 1 {
			return fmt.Errorf("%s was moved, though it was taken otherwise or never pushed", name)
		}
		e.popped = 1
		l.open--
	}
	var missing []string
	for name, e := range l.elements {
		if e.popped == 0 && e.pushReturn != forever {
			missing = append(missing, name)
		}
	}
	if len(missing) > l.open || l.open < 0 {
		return fmt.Errorf("nobody has got %s; %d may have gone with clients that were killed", strings.Join(missing, ", "), l.open)
	}
	return inTurn(l.elements)
}

// inTurn reports an element that was taken before another of the same list which had
// been pushed earlier.
func inTurn(elements map[string]*element) error {
	names := slices.Sorted(maps.Keys(elements))
	for _, first := range names {
		for _, second := range names {
			e, f := elements[first], elements[second]
			if e.list == f.list && e.popReturn != 0 && f.popReturn != 0 && e.pushReturn < f.pushCall && f.popReturn < e.popCall {
				return fmt.Errorf("%s: %s was pushed before %s and taken after it", e.list, first, second)
			}
		}
	}
	return nil
}
