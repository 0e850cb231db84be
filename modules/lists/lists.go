// Package lists is the list value type and the commands of Redis's list family,
// the blocking ones included.
//
// The host and the sets of modules link it in by New; nobody else calls it. The
// data are package list's; here it is only said what becomes of them. A command
// that waits is run again from its beginning when one of its keys has become a
// list: it finds out anew which of its keys to take from.
package lists

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	size  *config.IntVar // list-max-listpack-size
	plain *config.IntVar // list-compress-depth
	idle  *config.IntVar // list-compress-idle
}

func (*module) Name() string { return "lists" }

func (m *module) Register(r *core.Registry) error {
	m.size = r.Config.Int(config.Param{
		Name: "list-max-listpack-size", Aliases: []string{"list-max-ziplist-size"}, Section: "lists", Default: "-2",
		Doc: "How much of a list is packed together, and up to which size the list is nothing but that. " +
			"-1 to -5 are 4, 8, 16, 32 and 64 kilobytes; a positive number is a number of elements.",
	}, math.MinInt32, math.MaxInt32)
	m.plain = r.Config.Int(config.Param{
		Name: "list-compress-depth", Section: "lists", Default: "0",
		Doc: "How many pieces at both ends of a list stay as they are while those between are compressed; 0 compresses none.",
	}, 0, math.MaxInt32)
	m.idle = r.Config.Int(config.Param{
		Name: "list-compress-idle", Section: "lists", Default: "60",
		Doc: "After how many seconds in which nobody reads or changes them the pieces in the middle of a list of megabytes are compressed, " +
			"in the background, whatever is pushed and popped at its ends; 0: never. With list-compress-depth they are at once.",
	}, 0, math.MaxUint16)
	r.Type(m.valueType())
	r.Commands(rows()...)
	return nil
}

// Start makes the limits known to whoever makes lists.
func (m *module) Start(s core.Server) error {
	schema := s.Registry().Config
	schema.Apply(func() error { return m.limit(s.Keyspace()) }, m.size, m.plain, m.idle)
	return m.limit(s.Keyspace())
}

func (m *module) limit(ks *keyspace.Keyspace) error {
	ks.SetPacked(keyspace.List, m.limits())
	return nil
}

// limits say how large a piece of a list may be. Where elements are counted, a piece
// has at most 8 KiB all the same, as in Redis.
func (m *module) limits() keyspace.PackedLimits {
	const smallest, largest = 4 << 10, 64 << 10
	lim := keyspace.PackedLimits{Plain: int(m.plain.Load()), Idle: int(m.idle.Load())}
	if n := m.size.Load(); n >= 0 {
		lim.Entries, lim.Bytes = int(max(n, 1)), 2*smallest
	} else {
		lim.Bytes = min(smallest<<min(-n-1, 4), largest)
	}
	return lim
}

// valueType is the row of the type.
func (m *module) valueType() core.ValueType {
	return core.ValueType{
		Name:     "list",
		Type:     keyspace.List,
		Encoding: list.Encoding,
		Len:      func(v keyspace.Value) int { return list.Of(v).Len() },
		Opcodes:  list.Opcodes(),
		Save:     list.Save,
		Load: func(opcode byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
			return list.Load(opcode, r, a, m.limits())
		},
		Rewrite: list.Rewrite,
		Copy: func(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) (keyspace.Value, error) {
			return list.Copy(v, a, p), nil
		},
		Digest: func(v keyspace.Value, d core.Digester) {
			var scratch [20]byte
			c := list.Of(v).At(0)
			for e, ok := c.Next(); ok; e, ok = c.Next() {
				d.Mix(e.Text(scratch[:]))
			}
		},
	}
}
