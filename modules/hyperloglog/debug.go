package hyperloglog

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// pfdebug is PFDEBUG GETREG|DECODE|ENCODING|TODENSE key.
func (m *module) pfdebug(c *core.Ctx) error {
	key := c.Args[2]
	e := c.FindForWrite(key)
	if !e.OK() {
		return core.Err("The specified key does not exist")
	}
	s, err := sketchOf(e)
	if err != nil {
		return err
	}
	switch {
	case c.Is(1, "getreg"):
		return showRegisters(c, e, s)
	case c.Is(1, "decode"):
		return showRuns(c, s)
	case c.Is(1, "encoding"):
		c.Status([...]string{formDense: "dense", formSparse: "sparse"}[s[formAt]])
	case c.Is(1, "todense"):
		converted := int64(0)
		if !s.dense() {
			if _, err := makeDense(c, e, s); err != nil {
				return err
			}
			converted = 1
		}
		c.Int(converted)
	default:
		return core.Err("Unknown PFDEBUG subcommand '" + core.Shown(c.Args[1]) + "'")
	}
	return nil
}

// makeDense stores a sparse sketch in the dense form.
func makeDense(c *core.Ctx, e keyspace.Entry, s sketch) (sketch, error) {
	dense, err := s.toDense()
	if err != nil {
		return nil, err
	}
	put(c, c.Args[2], e, dense)
	c.Changed(0, "", c.Args[2])
	return dense, nil
}

// showRegisters answers all registers; as in Redis it leaves the sketch dense.
func showRegisters(c *core.Ctx, e keyspace.Entry, s sketch) (err error) {
	if !s.dense() {
		if s, err = makeDense(c, e, s); err != nil {
			return err
		}
	}
	c.Array(registers)
	for i := range registers {
		c.Int(int64(s.register(i)))
	}
	return nil
}

// showRuns answers the runs of a sparse sketch: z and Z are zeros in one and in
// two bytes, v is a rank.
func showRuns(c *core.Ctx, s sketch) error {
	if s.dense() {
		return core.Err("HLL encoding is not sparse")
	}
	var text []byte
	for at := headerSize; at < len(s); {
		r, ok := s.runAt(at)
		if !ok {
			return errCorrupt
		}
		if at > headerSize {
			text = append(text, ' ')
		}
		switch {
		case r.rank > 0:
			text = fmt.Appendf(text, "v:%d,%d", r.rank, r.count)
		case r.size == 1:
			text = fmt.Appendf(text, "z:%d", r.count)
		default:
			text = fmt.Appendf(text, "Z:%d", r.count)
		}
		at += r.size
	}
	c.Bulk(text)
	return nil
}
