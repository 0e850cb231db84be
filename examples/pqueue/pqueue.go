// Package pqueue is an example of a module of your own: queues whose elements leave by
// priority, the lowest number first, and in the order in which they came where that is equal.
//
//	PQ.PUSH key priority element [priority element ...]   answers the length
//	PQ.POP key [count]                                    answers the first element, or the first count
//	PQ.BPOP key [key ...] timeout                         waits for one, and answers key, element and priority
//	PQ.RANGE key [count]                                  answers elements and priorities, and removes nothing
//
// This file is the commands, queue.go the value.
package pqueue

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module; give it to host.Main.
func New() core.Module { return &module{} }

type module struct {
	most           *config.IntVar
	pushed, popped atomic.Int64 // elements, since the server started
}

// Name implements core.Module.
func (*module) Name() string { return "pqueue" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.most = r.Config.Int(config.Param{
		Name: "pqueue-max-range", Section: "pqueue", Default: "1000",
		Doc: "How many elements PQ.RANGE answers at most.",
	}, 1, maxLength)
	r.Info(core.InfoSection{Name: "pqueue", Fill: func(w *core.InfoWriter) {
		w.Int("pqueue_pushed", m.pushed.Load())
		w.Int("pqueue_popped", m.popped.Load())
	}})
	r.Type(queueType.Row())
	const pop = core.KeyRW | core.KeyAccess | core.KeyDelete
	r.Commands(
		core.Command{Name: "pq.push", Run: m.push, Arity: -4, Flags: core.Write | core.DenyOOM,
			Keys: core.FirstKey(core.KeyRW | core.KeyInsert),
			Doc: core.Doc{Summary: "Puts elements into a priority queue.", Since: "1.0.0", Group: "module",
				Complexity: "O(N) for each element, where N is the length.", Args: "key data{priority:integer element}..."}},
		core.Command{Name: "pq.pop", Run: m.pop, Arity: -2, Flags: core.Write | core.Fast, Keys: core.FirstKey(pop),
			Doc: core.Doc{Summary: "Takes the first elements out of a priority queue.", Since: "1.0.0", Group: "module",
				Complexity: "O(1) for each element.", Args: "key [count:integer]"}},
		core.Command{Name: "pq.bpop", Run: m.bpop, Arity: -3, Flags: core.Write | core.Blocking,
			Keys: []core.KeySpec{core.KeyRange(1, -2, 1, pop)},
			Doc: core.Doc{Summary: "Takes the first element out of the first queue that has one; waits until there is one.",
				Since: "1.0.0", Group: "module", Complexity: "O(N) where N is the number of keys.", Args: "key... timeout:double"}},
		core.Command{Name: "pq.range", Run: m.peek, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(core.KeyRO | core.KeyAccess),
			Doc: core.Doc{Summary: "Answers the first elements of a priority queue.", Since: "1.0.0", Group: "module",
				Complexity: "O(N) where N is the number of elements answered.", Args: "key [count:integer]"}},
	)
	return nil
}

// push is PQ.PUSH key priority element [priority element ...].
func (m *module) push(c *core.Ctx) error {
	pairs := c.Args[2:]
	if len(pairs)%2 != 0 {
		return core.ErrSyntax
	}
	for i := range pairs { // all or nothing
		if i%2 == 0 {
			if _, err := c.ArgInt(2 + i); err != nil {
				return err
			}
		}
	}
	key := c.Args[1]
	q, err := core.OpenObject[*queue](c, key)
	if err != nil {
		return err
	}
	n := len(pairs) / 2
	if q.Len()+n > maxLength { // not a parameter: where this is repeated it may have another value
		return core.Err("the queue would be too long")
	}
	if q == nil {
		q = &queue{a: c.Arena(key)}
		core.PutObject(c, key, q)
	}
	for i := range n {
		priority, _ := c.ArgInt(2 + 2*i)
		q.push(priority, pairs[2*i+1])
	}
	m.pushed.Add(int64(n))
	c.ChangedBy(int64(n), core.EventModule, "pq.push", key)
	c.Int(int64(q.Len()))
	return nil
}

// pop is PQ.POP key [count].
func (m *module) pop(c *core.Ctx) error {
	count, err := count(c, 1)
	if err != nil {
		return err
	}
	key := c.Args[1]
	q, err := core.OpenObject[*queue](c, key)
	if err != nil {
		return err
	}
	n := min(count, q.Len())
	if len(c.Args) > 2 {
		c.Array(n)
	} else if q == nil {
		c.Null()
	}
	m.take(c, key, q, n, func(element []byte, _ int64) { c.Bulk(element) })
	return nil
}

// take replies with n elements of a queue and removes them.
func (m *module) take(c *core.Ctx, key []byte, q *queue, n int, reply func(element []byte, priority int64)) {
	if n == 0 {
		return
	}
	for range n {
		next := q.items[len(q.items)-1]
		reply(arena.Stored(next.element), next.priority)
		q.drop()
	}
	m.popped.Add(int64(n))
	empty := q.Len() == 0
	if empty {
		c.Peek(key).Delete()
	}
	c.ChangedBy(int64(n), core.EventModule, "pq.pop", key)
	if empty {
		c.Event(core.EventGeneric, "del", key)
	}
}

// bpop is PQ.BPOP key [key ...] timeout.
func (m *module) bpop(c *core.Ctx) error {
	last := len(c.Args) - 1
	deadline, err := c.Timeout(last)
	if err != nil {
		return err
	}
	if done, err := m.popFirst(c, nil); done || err != nil {
		return err
	}
	return c.Block(core.Wait{
		Keys: c.Args[1:last], Wants: core.OfObject[*queue], Deadline: deadline,
		Retry: m.popFirst, Expired: (*core.Ctx).NullArray,
	})
}

// popFirst serves a PQ.BPOP from the first queue that there is.
func (m *module) popFirst(c *core.Ctx, _ []byte) (served bool, err error) {
	for _, key := range c.Args[1 : len(c.Args)-1] {
		q, err := core.OpenObject[*queue](c, key)
		if err != nil {
			return false, err
		}
		if q == nil {
			continue
		}
		c.Array(3)
		c.Bulk(key)
		m.take(c, key, q, 1, func(element []byte, priority int64) {
			c.Bulk(element)
			c.Int(priority)
		})
		if c.Hooks.Feeding() { // to repeat it nobody has to wait
			c.Propagate([]byte("PQ.POP"), key)
		}
		return true, nil
	}
	return false, nil
}

// peek is PQ.RANGE key [count].
func (m *module) peek(c *core.Ctx) error {
	count, err := count(c, maxLength)
	if err != nil {
		return err
	}
	q, err := core.FindObject[*queue](c, c.Args[1])
	if err != nil {
		return err
	}
	n := min(count, q.Len(), int(m.most.Load()))
	c.Array(2 * n)
	for i := range n {
		it := q.items[q.Len()-1-i]
		c.Bulk(arena.Stored(it.element))
		c.Int(it.priority)
	}
	return nil
}

// count parses the optional last argument, which is missing if it is none.
func count(c *core.Ctx, missing int) (int, error) {
	switch len(c.Args) {
	case 2:
		return missing, nil
	case 3:
		n, err := c.ArgInt(2)
		if err == nil && n < 0 {
			err = core.ErrNotPositive
		}
		return int(min(n, maxLength)), err
	}
	return 0, core.ErrSyntax
}
