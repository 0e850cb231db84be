package sets

import (
	"bytes"
	"math"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/set"
)

// spop is SPOP key [count].
func (m *module) spop(c *core.Ctx) error {
	switch len(c.Args) {
	case 2:
		return popOne(c)
	case 3:
		return m.popCount(c)
	}
	return core.ErrSyntax
}

func popOne(c *core.Ctx) error {
	key := c.Args[1]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	if ed.View().Len() == 0 {
		c.Null()
		return nil
	}
	var scratch [20]byte
	p := ed.Random(rand.Uint64())
	member := ed.Member(p, scratch[:])
	c.Bulk(member)
	if c.Hooks.Feeding() {
		c.Propagate([]byte("SREM"), key, bytes.Clone(member))
	}
	ed.Delete(p)
	c.Removed(1, core.EventSet, "spop", key, ed.Done())
	return nil
}

// popCount is SPOP key count.
func (m *module) popCount(c *core.Ctx) error {
	key := c.Args[1]
	count, err := c.ArgCount(2, 1)
	if err != nil {
		return err
	}
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	n := int64(ed.View().Len())
	switch {
	case count == 0 || n == 0:
		c.Set(0)
	case count >= n:
		m.popAll(c, &ed, key)
	default:
		c.Set(int(count))
		pop := popper{c: c, key: key}
		if (n-count)*fewLeft <= count {
			pop.most(&ed, int(n-count))
		} else {
			pop.some(&ed, int(count))
		}
		pop.flush()
		c.Removed(count, core.EventSet, "spop", key, ed.Done())
	}
	return nil
}

// popAll answers the whole set and deletes the key.
func (m *module) popAll(c *core.Ctx, ed *set.Editor, key []byte) {
	n := ed.View().Len()
	c.Set(n)
	writeAll(c.Writer, ed.View())
	if c.Hooks.Feeding() {
		command := "DEL"
		if m.lazy != nil && m.lazy.Load() {
			command = "UNLINK"
		}
		c.Propagate([]byte(command), key)
	}
	ed.Clear()
	c.Removed(int64(n), core.EventSet, "spop", key, true)
}

// fewLeft is what decides how many members are popped: one by one, or, if those
// that stay are fewer than one in so many, by setting these aside.
const fewLeft = 5

// popper answers members that are removed and feeds them as SREM, some at a time.
type popper struct {
	c    *core.Ctx
	key  []byte
	args [][]byte
}

// feedBatch is how many members one SREM removes.
const feedBatch = 1024

func (p *popper) pop(member []byte) {
	p.c.Bulk(member)
	if !p.c.Hooks.Feeding() {
		return
	}
	if p.args == nil {
		p.args = append(p.args, []byte("SREM"), p.key)
	}
	if p.args = append(p.args, bytes.Clone(member)); len(p.args) == feedBatch+2 {
		p.flush()
	}
}

func (p *popper) flush() {
	if len(p.args) > 2 {
		p.c.Propagate(p.args...)
		p.args = p.args[:2]
	}
}

// some pops n members one after the other.
func (p *popper) some(ed *set.Editor, n int) {
	var scratch [20]byte
	for range n {
		at := ed.Random(rand.Uint64())
		p.pop(ed.Member(at, scratch[:]))
		ed.Delete(at)
	}
}

// most pops all members but a few, which become a new, packed set.
func (p *popper) most(ed *set.Editor, stay int) {
	form := ed.View().Form()
	if form == set.Large {
		form = set.Pack
	}
	rest := set.New(p.c.Arena(p.key), p.c.DB.Keyspace().Packed(keyspace.Set), form, 0)
	var scratch [20]byte
	for range stay {
		at := ed.Random(rand.Uint64())
		rest.Add(ed.Member(at, scratch[:]))
		ed.Delete(at)
	}
	it := ed.View().Iter()
	for it.Next() {
		p.pop(it.Member())
	}
	ed.Replace(rest.Value())
}

// srandmember is SRANDMEMBER key [count].
func srandmember(c *core.Ctx) error {
	switch len(c.Args) {
	case 2:
	case 3:
		return randomCount(c)
	default:
		return core.ErrSyntax
	}
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	if v.Len() == 0 {
		c.Null()
		return nil
	}
	writeRandom(c, v)
	return nil
}

func writeRandom(c *core.Ctx, v set.View) {
	var scratch [20]byte
	c.Bulk(v.Random(rand.Uint64(), scratch[:]))
}

var errCountRange = core.Err("value is out of range, value must between -9223372036854775807 and 9223372036854775807")

// randomCount is SRANDMEMBER key count.
func randomCount(c *core.Ctx) error {
	count, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	if count == math.MinInt64 {
		return errCountRange
	}
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	n := int64(v.Len())
	switch {
	case n == 0 || count == 0:
		c.Array(0)
	case count < 0:
		return c.Repeat(-count, func() { c.Array(int(-count)) }, func() { writeRandom(c, v) })
	case count == 1:
		c.Array(1)
		writeRandom(c, v)
	case count >= n:
		c.Array(int(n))
		writeAll(c.Writer, v)
	default:
		c.Array(int(count))
		v.Sample(int(count), rand.Uint64, c.Bulk)
	}
	return nil
}
