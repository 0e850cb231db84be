package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// waiters lets clients wait for an element one after the other, each for several keys,
// while others take whatever is there. Who has waited longest is served first, and nobody
// who comes later gets what somebody waits for.
func waiters(r *round) error {
	quit := make(chan struct{})
	thieves := make([]error, 2)
	var wg sync.WaitGroup
	for i := range thieves {
		wg.Go(func() { thieves[i] = steal(r, quit) })
	}
	var err error
	for i := 0; i < 5 && err == nil; i++ {
		err = line(r, i)
		r.count(4)
	}
	close(quit)
	wg.Wait()
	return errors.Join(append(thieves, err)...)
}

// steal tries to take elements.
func steal(r *round, quit <-chan struct{}) error {
	c, err := r.dialSafe(0)
	if err != nil {
		return err
	}
	defer c.close()
	for {
		select {
		case <-quit:
			return nil
		default:
		}
		v, err := c.Do("LPOP", "goods")
		if err != nil {
			return err
		}
		if !v.IsNull() && !(v.IsErr() && contains("-"+v.Text, refused)) {
			return fmt.Errorf("LPOP answers %s, for which others were waiting", v)
		}
	}
}

// line lets four clients stand in line and serves them.
func line(r *round, n int) error {
	rng := r.source(n)
	var cs []*client
	defer func() {
		for _, c := range cs {
			c.close()
		}
	}()
	ctl, err := r.dialSafe(0)
	if err != nil {
		return err
	}
	defer ctl.close()
	for i := range 4 {
		c, err := r.dialSafe(0)
		if err != nil {
			return err
		}
		cs = append(cs, c)
		keys := []string{"goods", fmt.Sprintf("x%d.%d", n, i), fmt.Sprintf("y%d.%d", n, i)}
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		ways := []string{
			"BLPOP " + strings.Join(keys, " ") + " 0",
			"BLMPOP 0 3 " + strings.Join(keys, " ") + " LEFT",
			fmt.Sprintf("BLMOVE goods z%d.%d LEFT RIGHT 0", n, i),
		}
		if err := c.Send(strings.Fields(ways[rng.IntN(len(ways))])...); err != nil {
			return err
		}
		if err := ctl.awaitBlocked(c.id); err != nil {
			return err
		}
	}
	pushes := [][]string{{"RPUSH", "goods", "0", "1", "2", "3"}}
	if rng.IntN(2) == 0 {
		pushes = [][]string{{"RPUSH", "goods", "0"}, {"RPUSH", "goods", "1", "2"}, {"RPUSH", "goods", "3"}}
	}
	if rng.IntN(3) == 0 {
		pushes = append(append([][]string{{"MULTI"}}, pushes...), []string{"EXEC"})
	}
	for _, args := range pushes {
		if _, err := ctl.must(args...); err != nil {
			return err
		}
	}
	for i, c := range cs {
		v, err := c.Read()
		if err != nil {
			return err
		}
		if got := lastText(v); got != fmt.Sprint(i) {
			return fmt.Errorf("who came as number %d is served %s", i, v)
		}
	}
	return nil
}

// lastText returns the innermost text of a reply's end.
func lastText(v resp.Value) string {
	for len(v.Elems) > 0 {
		v = v.Elems[len(v.Elems)-1]
	}
	return v.Text
}

// awaitBlocked waits until a client waits for keys.
func (c *client) awaitBlocked(id string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
		v, err := c.must("CLIENT", "LIST", "ID", id)
		if err != nil {
			return err
		}
		_, flags, _ := strings.Cut(v.Text, " flags=")
		if flags, _, _ = strings.Cut(flags, " "); strings.Contains(flags, "b") {
			return nil
		}
	}
	return errors.New("a client does not come to wait")
}
