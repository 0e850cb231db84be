package hyperloglog

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// pfadd is PFADD key [element ...].
func (m *module) pfadd(c *core.Ctx) error {
	key := c.Args[1]
	e := c.FindForWrite(key)
	var s sketch
	var err error
	if e.OK() {
		if s, err = sketchOf(e); err != nil {
			return err
		}
	}
	changes := 0
	if e.OK() && s.dense() {
		changes = addDense(&e, s, c.Args[2:])
	} else if changes, err = m.addSparse(c, e, s); err != nil {
		return err
	}
	if changes > 0 {
		c.ChangedBy(int64(changes), core.EventString, "pfadd", key)
	}
	c.Int(int64(min(changes, 1)))
	return nil
}

// addDense adds elements in place and returns how many registers have changed.
// Most elements of a large set change none: the value is opened for writing
// only for those that do.
func addDense(e *keyspace.Entry, s sketch, elements [][]byte) (changes int) {
	for _, element := range elements {
		index, rank := rankOf(element)
		if s.register(index) >= rank {
			continue
		}
		if changes++; changes == 1 {
			s = e.Writable()
			s.changed()
		}
		s.setRegister(index, rank)
	}
	return changes
}

// addSparse adds the command's elements to a copy of the sketch s of the entry e
// (the zero Entry and nil if the key is missing), and stores it if it has
// changed. With an error nothing has.
func (m *module) addSparse(c *core.Ctx, e keyspace.Entry, s sketch) (changes int, err error) {
	var room [4096]byte
	if s = append(room[:0], s...); !e.OK() {
		s = appendEmpty(s)
		changes = 1
	}
	limit := m.sparseMax.Load()
	for _, element := range c.Args[2:] {
		index, rank := rankOf(element)
		var raised bool
		if s, raised, err = s.raise(index, rank, limit); err != nil {
			return 0, err
		}
		if raised {
			changes++
		}
	}
	if changes > 0 {
		s.changed()
		put(c, c.Args[1], e, s)
	}
	return changes, nil
}

// pfcount is PFCOUNT key [key ...].
func pfcount(c *core.Ctx) error {
	if len(c.Args) > 2 {
		return countUnion(c)
	}
	key := c.Args[1]
	e := c.Find(key)
	if !e.OK() {
		c.Int(0)
		return nil
	}
	s, err := sketchOf(e)
	if err != nil {
		return err
	}
	card, known := s.cached()
	if !known {
		if card, err = s.cardinality(); err != nil {
			return err
		}
		s = e.Writable()
		s.cache(card)
		c.Changed(0, "", key) // no event, but the value is another
	}
	c.Int(int64(card))
	return nil
}

// countUnion answers the cardinality of several sketches together.
func countUnion(c *core.Ctx) error {
	var all ranks
	if _, err := merge(c, &all); err != nil {
		return err
	}
	var h histogram
	all.count(&h)
	c.Int(int64(h.estimate()))
	return nil
}

// merge raises all to the ranks of the sketches of all arguments; dense tells
// whether one of them is.
func merge(c *core.Ctx, all *ranks) (dense bool, err error) {
	for _, key := range c.Args[1:] {
		e := c.Find(key)
		if !e.OK() {
			continue
		}
		s, err := sketchOf(e)
		if err != nil {
			return false, err
		}
		if err := s.mergeInto(all); err != nil {
			return false, err
		}
		dense = dense || s.dense()
	}
	return dense, nil
}

// pfmerge is PFMERGE destkey [sourcekey ...].
func (m *module) pfmerge(c *core.Ctx) error {
	var all ranks
	dense, err := merge(c, &all)
	if err != nil {
		return err
	}
	key := c.Args[1]
	var room [4096]byte
	s, e := sketch(room[:0]), c.FindForWrite(key)
	if e.OK() {
		s = append(s, e.Data()...)
	} else {
		s = appendEmpty(s)
	}
	if dense {
		s = s.withRanks(&all)
	} else if s, err = s.raiseAll(&all, m.sparseMax.Load()); err != nil {
		return err
	}
	s.changed()
	put(c, key, e, s)
	c.Changed(core.EventString, "pfadd", key)
	c.OK()
	return nil
}

// raiseAll is raise for every register.
func (s sketch) raiseAll(all *ranks, limit int64) (_ sketch, err error) {
	for index, rank := range all {
		if rank == 0 {
			continue
		}
		if s, _, err = s.raise(index, rank, limit); err != nil {
			return nil, err
		}
	}
	return s, nil
}
