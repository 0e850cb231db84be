// Package bitmaps is the commands of Redis that see a string as an array of
// bits: bit 0 is the highest bit of the first byte. A value is as long as its
// last bit wants; what lies behind it, or under a missing key, is zero.
//
// The host and the sets of modules link it in by New; nobody else calls it. It
// has no type of its own: values are strings of package keyspace, also those
// that are stored as integers. The arithmetic on bytes (count.go, find.go,
// combine.go, field.go) knows no commands, and the commands do no arithmetic.
package bitmaps

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/decimal"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	maxBulk *config.MemoryVar // proto-max-bulk-len: the longest value
}

func (*module) Name() string { return "bitmaps" }

func (m *module) Register(r *core.Registry) error {
	config.Use(r.Config, "proto-max-bulk-len", &m.maxBulk)
	r.Commands(m.rows()...)
	return nil
}

var errOffset = core.Err("bit offset is not an integer or out of range")

// offset parses the position of a bit, in units of bits.
func (m *module) offset(c *core.Ctx, text []byte, unit int64) (int64, error) {
	n, ok := decimal.Parse(text)
	if !ok || n < 0 || n > maxOffset/unit {
		return 0, errOffset
	}
	n *= unit
	// What comes from a log or a master was accepted once and is not refused.
	if c.Session != nil && n>>3 >= m.maxBulk.Load() {
		return 0, errOffset
	}
	return n, nil
}

// maxOffset keeps the sum of a position and a width from overflowing.
const maxOffset = 1<<63 - 1 - 64
