// Package pqueue is an example of a type of your own: queues whose elements leave by priority, the
// lowest number first, and in the order in which they came where that is equal.
//
//	PQ.PUSH key priority element [priority element ...]   answers the length
//	PQ.POP key [count]                                    answers the first element, or the first count
//	PQ.BPOP key [key ...] timeout                         waits for one, and answers key, element and priority
//	PQ.RANGE key [count]                                  answers elements and priorities, and removes nothing
package pqueue

import (
	"math"
	"strconv"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// queue is the value: the elements by priority, the first to leave first.
type queue struct{ arena.List[int64] }

func newQueue(a *arena.Arena) *queue { return &queue{arena.NewList[int64](a)} }

// Thaw implements keyspace.Object, as the List does the rest of it.
func (q *queue) Thaw() keyspace.Object { return &queue{q.Clone()} }

// each visits the elements as what PQ.PUSH takes.
func (q *queue) each(yield func(member ...[]byte) bool) {
	for priority, element := range q.All() {
		if !yield(strconv.AppendInt(nil, priority, 10), element) {
			return
		}
	}
}

// add adds one of them, behind all others of its priority.
func (q *queue) add(member [][]byte) error {
	if len(member) == 2 {
		if priority, ok := decimal.Parse(member[0]); ok {
			q.Insert(q.Search(func(p int64) bool { return p > priority }), priority, member[1])
			return nil
		}
	}
	return core.ErrNotInteger
}

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
	r.Type(core.ObjectType[*queue]{Name: "pqueue", ID: "pq-sample", Members: &core.Members[*queue]{
		Command: "PQ.PUSH", New: newQueue, Each: (*queue).each, Add: (*queue).add,
	}}.Row())
	m.most = r.Config.Int(config.Param{
		Name: "pqueue-max-range", Section: "pqueue", Default: "1000",
		Doc: "How many elements PQ.RANGE answers at most.",
	}, 1, 1<<20)
	r.Info(core.InfoSection{Name: "pqueue", Fill: func(w *core.InfoWriter) {
		w.Int("pqueue_pushed", m.pushed.Load())
		w.Int("pqueue_popped", m.popped.Load())
	}})
	r.Commands(m.rows()...)
	return nil
}

func (m *module) rows() []core.Command {
	const pop = core.KeyRW | core.KeyAccess | core.KeyDelete
	return []core.Command{
		{Name: "pq.push", Run: m.push, Arity: -4, Flags: core.Write | core.DenyOOM, Keys: core.FirstKey(core.KeyRW | core.KeyInsert),
			Doc: core.Doc{Summary: "Puts elements into a priority queue.", Args: "key data{priority:integer element}...",
				Complexity: "O(log(N)) for each element, where N is the length."}},
		{Name: "pq.pop", Run: m.pop, Arity: -2, Flags: core.Write | core.Fast, Keys: core.FirstKey(pop),
			Doc: core.Doc{Summary: "Takes the first elements out of a priority queue.", Args: "key [count:integer]",
				Complexity: "O(1) for each element."}},
		{Name: "pq.bpop", Run: m.bpop, Arity: -3, Flags: core.Write | core.Blocking,
			Keys: []core.KeySpec{core.KeyRange(1, -2, 1, pop)},
			Doc: core.Doc{Summary: "Takes the first element out of the first queue that has one; waits until there is one.",
				Args: "key... timeout:double", Complexity: "O(N) where N is the number of keys."}},
		{Name: "pq.range", Run: m.peek, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(core.KeyRO | core.KeyAccess),
			Doc: core.Doc{Summary: "Answers the first elements of a priority queue.", Args: "key [count:integer]",
				Complexity: "O(N) where N is the number of elements answered."}},
	}
}

// push is PQ.PUSH key priority element [priority element ...].
func (m *module) push(c *core.Ctx) error {
	key, pairs := c.Args[1], c.Args[2:]
	if len(pairs)%2 != 0 {
		return core.ErrSyntax
	}
	for i := 2; i < len(c.Args); i += 2 { // all or nothing
		if _, err := c.ArgInt(i); err != nil {
			return err
		}
	}
	q, err := core.MakeObject(c, key, newQueue)
	if err != nil {
		return err
	}
	for ; len(pairs) > 0; pairs = pairs[2:] {
		_ = q.add(pairs[:2])
	}
	n := int64(len(c.Args)/2 - 1)
	m.pushed.Add(n)
	c.ChangedBy(n, core.EventModule, "pq.push", key)
	c.Int(int64(q.Len()))
	return nil
}

// pop is PQ.POP key [count].
func (m *module) pop(c *core.Ctx) error {
	count, err := c.ArgCount(2, 1)
	if err != nil {
		return err
	}
	q, err := core.OpenObject[*queue](c, c.Args[1])
	switch {
	case err != nil:
		return err
	case len(c.Args) > 2:
		c.Array(q.upTo(count))
	case q == nil:
		c.Null()
	}
	m.take(c, c.Args[1], q, q.upTo(count), func(_ int64, element []byte) { c.Bulk(element) })
	return nil
}

// upTo returns how many elements there are, or count if that is less. No queue has none.
func (q *queue) upTo(count int64) int {
	if q == nil {
		return 0
	}
	return int(min(count, int64(q.Len())))
}

// take replies with n elements of a queue and removes them.
func (m *module) take(c *core.Ctx, key []byte, q *queue, n int, reply func(priority int64, element []byte)) {
	if n == 0 {
		return
	}
	for range n {
		reply(q.At(0))
		q.Remove(0)
	}
	m.popped.Add(int64(n))
	core.RemovedObject(c, key, q, int64(n), "pq.pop")
}

// bpop is PQ.BPOP key [key ...] timeout.
func (m *module) bpop(c *core.Ctx) error {
	last := len(c.Args) - 1
	return c.Await(1, last, last, core.OfObject[*queue], func(c *core.Ctx, key []byte) (done bool, err error) {
		q, err := core.OpenObject[*queue](c, key)
		if q == nil {
			return false, err
		}
		c.Array(3)
		c.Bulk(key)
		m.take(c, key, q, 1, func(priority int64, element []byte) { c.Bulk(element); c.Int(priority) })
		if c.Hooks.Feeding() { // to repeat it nobody has to wait
			c.Propagate([]byte("PQ.POP"), key)
		}
		return true, nil
	})
}

// peek is PQ.RANGE key [count].
func (m *module) peek(c *core.Ctx) error {
	count, err := c.ArgCount(2, math.MaxInt64)
	if err != nil {
		return err
	}
	q, err := core.FindObject[*queue](c, c.Args[1])
	if err != nil {
		return err
	}
	n := q.upTo(min(count, m.most.Load()))
	c.Array(2 * n)
	for i := range n {
		priority, element := q.At(i)
		c.Bulk(element)
		c.Int(priority)
	}
	return nil
}
