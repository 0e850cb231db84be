// Package sets is the set value type and the commands of Redis's set family.
//
// The host and the sets of modules link it in by New; nobody else calls it. The
// data are package set's: integers are packed as an intset, other small sets as a
// listpack, and what is large is a hash table. Here it is only said what becomes
// of them.
package sets

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/set"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	ints    *config.IntVar // set-max-intset-entries
	entries *config.IntVar // set-max-listpack-entries
	bytes   *config.IntVar // set-max-listpack-value

	lazy *config.BoolVar // lazyfree-lazy-server-del; the same
}

func (*module) Name() string { return "sets" }

func (m *module) Register(r *core.Registry) error {
	number := func(name, def, doc string) *config.IntVar {
		return r.Config.Int(config.Param{Name: name, Section: "sets", Default: def, Doc: doc}, 0, math.MaxInt64)
	}
	m.ints = number("set-max-intset-entries", "512",
		"A set of so many integers at most, and of nothing else, is kept as a sorted array of numbers.")
	m.entries = number("set-max-listpack-entries", "128",
		"A set of so many members at most is packed: small, and slow to search if it is long.")
	m.bytes = number("set-max-listpack-value", "64",
		"A set is packed only while no member has more bytes than this.")
	config.UseIf(r.Config, "lazyfree-lazy-server-del", &m.lazy)
	r.Type(m.valueType())
	r.Commands(m.rows()...)
	return nil
}

// Start makes the limits known to whoever makes sets.
func (m *module) Start(s core.Server) error {
	schema := s.Registry().Config
	schema.Apply(func() error { return m.limit(s.Keyspace()) }, m.ints, m.entries, m.bytes)
	return m.limit(s.Keyspace())
}

func (m *module) limit(ks *keyspace.Keyspace) error {
	ks.SetPacked(keyspace.Set, m.limits())
	return nil
}

// limits say up to which size a set is packed.
func (m *module) limits() keyspace.PackedLimits {
	return keyspace.PackedLimits{
		Entries: int(m.entries.Load()), Bytes: int(m.bytes.Load()), Ints: int(m.ints.Load()),
	}
}

// valueType is the row of the type.
func (m *module) valueType() core.ValueType {
	return core.ValueType{
		Name:     "set",
		Type:     keyspace.Set,
		Encoding: set.Encoding,
		Len:      func(v keyspace.Value) int { return set.Of(v).Len() },
		Opcodes:  set.Opcodes(),
		Save:     set.Save,
		Load: func(opcode byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
			return set.Load(opcode, r, a, m.limits())
		},
		Rewrite: set.Rewrite,
		Copy: func(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) (keyspace.Value, error) {
			return set.Copy(v, a, p), nil
		},
		Digest: func(v keyspace.Value, d core.Digester) {
			it := set.Of(v).Iter()
			for it.Next() {
				d.Xor(it.Member())
			}
		},
	}
}
