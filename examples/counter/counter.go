// Package counter is an example of a module of your own: counters that stop at
// a limit. It brings two commands, a parameter and a section of INFO.
//
//	COUNTER.ADD key [by]   adds (1 if not said otherwise), up to counter-limit
//	COUNTER.GET key        answers the number, and the limit
//
// A counter is a string that holds a number, so GET, EXPIRE, DUMP and the rest
// work on it, and a server without this module can load it.
package counter

import (
	"strconv"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New makes the module; give it to host.Main.
func New() core.Module { return &module{} }

// module is all the state there is: two servers in one process have two of them.
type module struct {
	limit *config.IntVar

	// Commands run on several event loops at once. The locks that a handler
	// holds protect its keys, not the module's own fields.
	adds, stopped atomic.Int64
}

// Name implements core.Module.
func (*module) Name() string { return "counter" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.limit = r.Config.Int(config.Param{
		Name: "counter-limit", Section: "counter", Default: "1000000",
		Doc: "The number at which every counter stops.",
	}, 1, 1<<53)
	r.Commands(m.rows()...)
	r.Info(core.InfoSection{Name: "counter", Fill: m.info})
	return nil
}

func (m *module) rows() []core.Command {
	return []core.Command{
		{Name: "counter.add", Run: m.add, Arity: -2,
			Flags: core.Write | core.DenyOOM | core.Fast, ACL: core.CatString,
			Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyUpdate),
			Doc: core.Doc{
				Summary: "Adds to a counter, as far as the limit allows, and answers the sum.",
				Since:   "1.0.0", Group: "module", Complexity: "O(1)", Args: "key [by:integer]",
			}},
		{Name: "counter.get", Run: m.get, Arity: 2,
			Flags: core.ReadOnly | core.Fast, ACL: core.CatString,
			Keys: core.FirstKey(core.KeyRO | core.KeyAccess),
			Doc: core.Doc{
				Summary: "Answers a counter's number and the limit.",
				Since:   "1.0.0", Group: "module", Complexity: "O(1)", Args: "key",
			}},
	}
}

// add is COUNTER.ADD key [by]. Its key is locked, because the row declares it:
// between reading the number and storing the sum nobody else can come.
func (m *module) add(c *core.Ctx) error {
	by := int64(1)
	switch len(c.Args) {
	case 2:
	case 3:
		var err error
		if by, err = c.ArgInt(2); err != nil {
			return err
		}
	default:
		return core.ErrSyntax
	}
	if by < 0 {
		return core.ErrNotPositive
	}
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return err
	}
	old, err := number(e)
	if err != nil {
		return err
	}
	m.adds.Add(1)
	sum := old
	if limit := m.limit.Load(); old < limit {
		sum += int64(min(uint64(by), uint64(limit-old))) // unsigned, since old may be far below zero
	}
	if sum-old != by {
		m.stopped.Add(1)
	}
	if sum == old && e.OK() {
		c.Int(old) // nothing changed, so nobody is to be told of a change
		return nil
	}
	c.SetInt(key, sum, keyspace.KeepTTL)
	c.Changed(core.EventModule, "counter.add", key)
	if c.Hooks.Feeding() {
		// The limit may be another where this is repeated: what is repeated is
		// the result.
		c.Propagate([]byte("SET"), key, strconv.AppendInt(nil, sum, 10), []byte("KEEPTTL"))
	}
	c.Int(sum)
	return nil
}

// get is COUNTER.GET key.
func (m *module) get(c *core.Ctx) error {
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	n, err := number(e)
	if err != nil {
		return err
	}
	c.Array(2)
	c.Int(n)
	c.Int(m.limit.Load())
	return nil
}

// number reads the number of a string; a missing key counts as 0. APPEND may
// have left a number stored as text, so both forms are read.
func number(e keyspace.Entry) (int64, error) {
	if !e.OK() {
		return 0, nil
	}
	if e.IsInt() {
		return e.Int(), nil
	}
	n, ok := decimal.Parse(e.Data())
	if !ok {
		return 0, core.ErrNotInteger
	}
	return n, nil
}

// info fills the section of INFO. Every event loop stands still meanwhile.
func (m *module) info(w *core.InfoWriter) {
	w.Int("counter_limit", m.limit.Load())
	w.Int("counter_adds", m.adds.Load())
	w.Int("counter_adds_stopped", m.stopped.Load())
}
