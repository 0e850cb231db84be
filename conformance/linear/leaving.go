package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/conformance"
)

// leaving lets clients of RESP2 subscribe and unsubscribe while others publish. After
// the confirmation that it is subscribed to nothing, a client takes what comes for the
// reply to its next command: so nothing else may come.
func leaving(r *round) error {
	const publishers, leavers, each = 3, 3, 20
	var left atomic.Int64 // leavers who are not through
	left.Store(leavers)
	publish := func(int) error {
		c, err := r.dialSafe(0)
		if err != nil {
			return err
		}
		defer c.close()
		for left.Load() > 0 {
			if _, err := c.must("PUBLISH", "ch", "x"); err != nil {
				return err
			}
		}
		return nil
	}
	leave := func(id int, _ *atomic.Bool) error {
		defer left.Add(-1)
		c, err := conformance.Dial(r.srv.addr())
		if err != nil {
			return err
		}
		defer c.Close()
		ways := [][2]string{{"SUBSCRIBE ch", "UNSUBSCRIBE ch"}, {"PSUBSCRIBE c*", "PUNSUBSCRIBE"}, {"SUBSCRIBE ch", "RESET"}}
		for i := range each {
			way := ways[(id+i)%len(ways)]
			if err := visit(c, way[0], way[1], strconv.Itoa(i)); err != nil {
				return fmt.Errorf("%s, %s: %w", way[0], way[1], err)
			}
		}
		r.count(each)
		return nil
	}
	return together(publishers, leavers, publish, leave)
}

// visit subscribes, unsubscribes, and sends a command whose reply must be its own.
func visit(c *conformance.Conn, in, out, tag string) error {
	if _, err := c.Do(strings.Fields(in)...); err != nil {
		return err
	}
	if err := c.Send(strings.Fields(out)...); err != nil {
		return err
	}
	for gone := false; !gone; {
		v, err := c.Read()
		if err != nil {
			return err
		}
		gone = v.Text == "RESET" || len(v.Elems) == 3 && strings.HasSuffix(v.Elems[0].Text, "unsubscribe")
	}
	v, err := c.Do("ECHO", tag)
	if err == nil && v.Text != tag {
		err = fmt.Errorf("the reply to ECHO %s is %s", tag, v)
	}
	return err
}
