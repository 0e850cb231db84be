package main

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// counters lets clients count two keys up together under WATCH. A transaction that was
// executed has seen what was read after WATCH; no number is reached twice; at the end
// both keys hold as many as were acknowledged, and those whose outcome is unknown.
func counters(r *round) error {
	const clients, each = 6, 25
	var mu sync.Mutex
	reached := map[int]int{}
	unknown := 0
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for id := range clients {
		wg.Go(func() {
			c, err := r.dial(0)
			for n := 0; n < each && err == nil; {
				var to int
				to, err = c.countUp()
				mu.Lock()
				switch {
				case err != nil && r.killed(c):
					unknown++
					c.close()
					c, err = r.dial(0)
					n++
				case to > 0:
					reached[to]++
					n++
				}
				mu.Unlock()
			}
			c.close()
			errs[id] = err
		})
	}
	wg.Wait()
	r.count(len(reached))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	c, err := r.dialSafe(0)
	if err != nil {
		return err
	}
	defer c.close()
	v, err := c.must("MGET", "x", "y")
	if err != nil {
		return err
	}
	last, _ := strconv.Atoi(v.Elems[0].Text)
	if v.Elems[1].Text != v.Elems[0].Text || last < len(reached) || last > len(reached)+unknown {
		return fmt.Errorf("x and y are %s: %d increments were acknowledged, %d are unknown", v, len(reached), unknown)
	}
	for n, times := range reached {
		if times > 1 || n > last {
			return fmt.Errorf("%d was reached %d times, and in the end the counters are at %d", n, times, last)
		}
	}
	return nil
}

// countUp returns what the counters have been set to, 0 if somebody else was faster.
func (c *client) countUp() (int, error) {
	if _, err := c.must("WATCH", "x", "y"); err != nil {
		return 0, err
	}
	before, err := c.must("MGET", "x", "y")
	if err != nil {
		return 0, err
	}
	n, _ := strconv.Atoi(before.Elems[0].Text)
	next := strconv.Itoa(n + 1)
	var out []byte
	unit := [][]string{{"MULTI"}, {"MGET", "x", "y"}, {"SET", "x", next}, {"SET", "y", next}, {"EXEC"}}
	for _, args := range unit {
		out = resp.AppendCommand(out, args)
	}
	if err := c.SendRaw(out); err != nil {
		return 0, err
	}
	var v resp.Value
	for range unit {
		if v, err = c.Read(); err != nil {
			return 0, err
		}
	}
	switch {
	case v.IsNull() || v.IsErr() && contains("-"+v.Text, refused):
		return 0, nil
	case v.IsErr():
		return 0, errors.New("EXEC: " + v.Text)
	}
	if inside := v.Elems[0].String(); inside != before.String() {
		return 0, fmt.Errorf("after WATCH the keys were %s, the transaction found %s and was executed", before, inside)
	}
	return n + 1, nil
}
