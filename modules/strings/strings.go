// Package strings is the string value type and the commands of Redis's string
// family. Numbers are strings too: INCR and its relatives live here.
//
// The host and the sets of modules link it in by New; nobody else calls it.
// Values are kept by package keyspace, as text or, where the text is a 64-bit
// integer in canonical form, as that integer; the handlers here only say what
// becomes of them.
package strings

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	maxBulk    *config.MemoryVar // proto-max-bulk-len: the longest value
	lazyExpire *config.BoolVar   // lazyfree-lazy-expire; the same
}

func (*module) Name() string { return "strings" }

func (m *module) Register(r *core.Registry) error {
	config.Use(r.Config, "proto-max-bulk-len", &m.maxBulk)
	config.UseIf(r.Config, "lazyfree-lazy-expire", &m.lazyExpire)
	r.Type(m.valueType())
	r.Commands(m.rows()...)
	return nil
}

// checkLength refuses a value of size plus more bytes that would be too long.
// What comes from a log or a master was accepted once and is not refused.
func (m *module) checkLength(c *core.Ctx, size, more int64) error {
	if c.Session != nil && size > m.maxBulk.Load()-more {
		return core.ErrTooLarge
	}
	return nil
}
