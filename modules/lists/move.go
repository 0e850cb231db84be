package lists

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// moving is from which end of the one list to which end of the other.
type moving struct{ from, to list.End }

// lmove is LMOVE source destination LEFT | RIGHT LEFT | RIGHT.
func lmove(c *core.Ctx) error {
	m, err := parseMoving(c)
	if err != nil {
		return err
	}
	return m.atOnce(c)
}

// rpoplpush is RPOPLPUSH source destination.
func rpoplpush(c *core.Ctx) error { return moving{list.Back, list.Front}.atOnce(c) }

// blmove is BLMOVE source destination LEFT | RIGHT LEFT | RIGHT timeout.
func blmove(c *core.Ctx) error {
	m, err := parseMoving(c)
	if err != nil {
		return err
	}
	return m.block(c, 5, "LMOVE")
}

// brpoplpush is BRPOPLPUSH source destination timeout.
func brpoplpush(c *core.Ctx) error { return moving{list.Back, list.Front}.block(c, 3, "RPOPLPUSH") }

func parseMoving(c *core.Ctx) (m moving, err error) {
	if m.from, err = argEnd(c, 3); err != nil {
		return m, err
	}
	m.to, err = argEnd(c, 4)
	return m, err
}

func (m moving) atOnce(c *core.Ctx) error {
	done, err := m.run(c)
	if err == nil && !done {
		c.Null()
	}
	return err
}

// block moves an element, or waits until there is one. What is fed is the command
// that does not wait, with the arguments before the timeout.
func (m moving) block(c *core.Ctx, timeout int, feedAs string) error {
	deadline, err := c.Timeout(timeout)
	if err != nil {
		return err
	}
	run := func(c *core.Ctx) (bool, error) {
		done, err := m.run(c)
		if done && c.Hooks.Feeding() {
			args := append([][]byte{[]byte(feedAs)}, c.Args[1:timeout]...)
			c.Propagate(args...)
		}
		return done, err
	}
	done, err := run(c)
	switch {
	case done || err != nil:
		return err
	case c.NoBlock || c.Session == nil:
		c.Null() // and not the null array of a timeout
		return nil
	}
	return c.Block(core.Wait{
		Keys: c.Args[1:2], Deadline: deadline, Expired: (*core.Ctx).NullArray,
		Wants: core.OfType(keyspace.List),
		Retry: func(c *core.Ctx, _ []byte) (bool, error) { return run(c) },
	})
}

// run moves an element and replies it; if there is none it replies nothing.
func (m moving) run(c *core.Ctx) (done bool, err error) {
	from, to := c.Args[1], c.Args[2]
	e, err := c.FindTypeForWrite(from, keyspace.List)
	if err != nil || !e.OK() {
		return false, err
	}
	if _, err := c.FindTypeForWrite(to, keyspace.List); err != nil {
		return false, err
	}
	// Each is found again whenever the other may have moved its entry: by its expiry, or
	// because it was opened, which is enough while a snapshot is live.
	found := func(key []byte) keyspace.Entry { return c.DB.FindHashed(c.HashOf(key), key, c.Now, 0) }
	ed := list.Edit(c.DB, from, found(from), c.Now)
	first := ed.Peek(m.from)
	value := replied(c, first)
	if bytes.Equal(from, to) {
		ed.Drop(m.from, 1)
		ed.Push(m.to, value)
		c.Event(core.EventList, pushed[m.to], to)
		removed(c, ed, popped[m.from], from, 1)
		return true, nil
	}
	list.Edit(c.DB, to, found(to), c.Now).Push(m.to, value)
	c.Event(core.EventList, pushed[m.to], to)
	ed = list.Edit(c.DB, from, found(from), c.Now)
	ed.Drop(m.from, 1)
	removed(c, ed, popped[m.from], from, 1)
	return true, nil
}

// replied replies an element and returns a copy of it: that in the reply if it
// stays there.
func replied(c *core.Ctx, el listpack.Element) []byte {
	n, mark := el.Len(), c.Mark()
	reply(c, el)
	if b, all := c.Since(mark); all {
		end := len(b) - len("\r\n")
		return b[end-n : end]
	}
	return el.Append(make([]byte, 0, n))
}
