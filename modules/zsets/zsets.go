// Package zsets is the sorted set value type and the commands of Redis's sorted
// set family.
//
// The host and the sets of modules link it in by New; nobody else calls it. The
// data are package zset's: what is small is packed, what is large is a hash table
// with a counted tree. Here it is only said what becomes of them. Since a rank is
// found as fast as a member, every range, of ranks, scores or names, is turned
// into a range of ranks first, and the rest knows no other.
package zsets

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	entries *config.IntVar    // zset-max-listpack-entries
	bytes   *config.MemoryVar // zset-max-listpack-value

}

func (*module) Name() string { return "zsets" }

func (m *module) Register(r *core.Registry) error {
	m.entries = r.Config.Int(config.Param{
		Name: "zset-max-listpack-entries", Aliases: []string{"zset-max-ziplist-entries"}, Section: "sorted sets", Default: "128",
		Doc: "A sorted set of so many members at most is packed: small, and slow to search if it is long.",
	}, 0, math.MaxInt64)
	m.bytes = r.Config.Memory(config.Param{
		Name: "zset-max-listpack-value", Aliases: []string{"zset-max-ziplist-value"}, Section: "sorted sets", Default: "64",
		Doc: "A sorted set is packed only while no member has more bytes than this.",
	}, 0, math.MaxInt64)
	r.Type(m.valueType())
	r.Commands(rows()...)
	return nil
}

// Start makes the limits known to whoever makes sorted sets.
func (m *module) Start(s core.Server) error {
	schema := s.Registry().Config
	apply := func() error {
		s.Keyspace().SetPacked(keyspace.ZSet, m.limits())
		return nil
	}
	schema.Apply(apply, m.entries, m.bytes)
	return apply()
}

// limits say up to which size a sorted set is packed.
func (m *module) limits() keyspace.PackedLimits {
	return keyspace.PackedLimits{Entries: int(m.entries.Load()), Bytes: int(m.bytes.Load())}
}
