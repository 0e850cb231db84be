package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/conformance"
	"github.com/ferrousdb/ferrous/conformance/resp"
)

// supervise kills the server now and then, and returns when everything is done, or when
// it is not getting on.
func (g *group) supervise() error {
	kills, told := 0, 0
	last, lastAt := -1, time.Now()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case err := <-g.failed:
			return err
		case <-g.ctx.Done():
			return g.ctx.Err()
		case <-tick.C:
		}
		done := g.books.progress()
		if kills < g.o.kills && done > g.o.messages*(kills+1)/(g.o.kills+1) {
			kills++
			if err := g.srv.crash(kills%2 == 0); err != nil {
				return err
			}
			lastAt = time.Now()
			continue
		}
		if done != last {
			last, lastAt = done, time.Now()
		}
		if part := 10 * done / g.o.messages; part > told {
			told = part
			g.o.say("%3d %%  %v", 10*part, g.books.now().Round(time.Millisecond))
		}
		if done >= g.o.messages && int(g.added.Load()) >= g.o.messages {
			through, err := g.through()
			if err != nil || through {
				return err
			}
		}
		if time.Since(lastAt) > g.o.patience {
			return fmt.Errorf("nothing was handled for %v: %d of %d messages added, %d handled\n%s", g.o.patience, g.added.Load(), g.o.messages, done, g.standing())
		}
	}
}

// ask sends a command on a connection of its own, when there is a server.
func (g *group) ask(args ...string) (resp.Value, error) {
	var c *conformance.Conn
	for range 1000 {
		if c = g.srv.dial(); c != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if c == nil {
		return resp.Value{}, errors.New("no connection")
	}
	defer c.Close()
	return do(c, args...)
}

// through reports whether nothing is pending and nothing waits for its first delivery.
func (g *group) through() (bool, error) {
	pending, lag, _, err := g.state()
	return pending == 0 && lag == 0, err
}

// state asks the server for the group's pending entries and lag.
func (g *group) state() (pending, lag int, all string, err error) {
	v, err := g.ask("XINFO", "GROUPS", stream)
	if err != nil {
		return 0, 0, "", err
	}
	pending, lag = -1, -1
	fields := v.Elems[0].Elems
	for i := 0; i+1 < len(fields); i += 2 {
		n, _ := strconv.Atoi(fields[i+1].Text)
		switch fields[i].Text {
		case "pending":
			pending = n
		case "lag":
			lag = n
		}
	}
	return pending, lag, v.String(), nil
}

// standing tells what is in the way, for a report.
func (g *group) standing() string {
	_, _, all, err := g.state()
	pending, err2 := g.ask("XPENDING", stream, name, "-", "+", "10")
	return fmt.Sprintf("group: %s\npending: %s\n%v", all, pending, errors.Join(err, err2))
}

// settled compares the books with the server when nobody works any more.
func (g *group) settled(when string) error {
	pending, lag, all, err := g.state()
	if err != nil {
		return err
	}
	if pending != 0 || lag != 0 {
		return fmt.Errorf("%s %d entries are pending and %d were not delivered: %s", when, pending, lag, all)
	}
	ids := map[string]bool{}
	for from := "-"; ; {
		v, err := g.ask("XRANGE", stream, from, "+", "COUNT", "1000")
		if err != nil {
			return err
		}
		if len(v.Elems) == 0 {
			break
		}
		for _, e := range v.Elems {
			from = "(" + e.Elems[0].Text
			ids[e.Elems[0].Text] = true
		}
	}
	g.books.compare(ids)
	v, err := g.ask("XREADGROUP", "GROUP", name, "late", "COUNT", "10", "STREAMS", stream, ">")
	if err == nil && !v.IsNull() {
		err = fmt.Errorf("%s somebody gets %s", when, v)
	}
	return err
}
