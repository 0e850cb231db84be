// Package hashes is the hash value type and the commands of Redis's hash family,
// with those about the expiry of single fields that came with Redis 7.4 and 8.0.
//
// The host and the sets of modules link it in by New; nobody else calls it. The
// data are package hash's: what is small is packed, what is large, or has a field
// that expires, is a hash table. Here it is only said what becomes of them.
package hashes

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	entries *config.IntVar    // hash-max-listpack-entries
	bytes   *config.MemoryVar // hash-max-listpack-value

}

func (*module) Name() string { return "hashes" }

func (m *module) Register(r *core.Registry) error {
	m.entries = r.Config.Int(config.Param{
		Name: "hash-max-listpack-entries", Aliases: []string{"hash-max-ziplist-entries"}, Section: "hashes", Default: "512",
		Doc: "A hash of so many fields at most is packed: small, and slow to search if it is long.",
	}, 0, math.MaxInt64)
	m.bytes = r.Config.Memory(config.Param{
		Name: "hash-max-listpack-value", Aliases: []string{"hash-max-ziplist-value"}, Section: "hashes", Default: "64",
		Doc: "A hash is packed only while no field and no value has more bytes than this.",
	}, 0, math.MaxInt64)
	r.Type(m.valueType())
	r.Commands(rows()...)
	return nil
}

// Start makes the limits known to whoever makes hashes.
func (m *module) Start(s core.Server) error {
	schema := s.Registry().Config
	schema.Apply(func() error { return m.limit(s.Keyspace()) }, m.entries, m.bytes)
	return m.limit(s.Keyspace())
}

func (m *module) limit(ks *keyspace.Keyspace) error {
	ks.SetPacked(keyspace.Hash, m.limits())
	return nil
}

// limits say up to which size a hash is packed.
func (m *module) limits() keyspace.PackedLimits {
	return keyspace.PackedLimits{Entries: int(m.entries.Load()), Bytes: int(m.bytes.Load())}
}

// view opens the key of the command for reading; a missing one is an empty hash.
func view(c *core.Ctx) (hash.View, error) {
	e, err := c.FindType(c.Args[1], keyspace.Hash)
	if err != nil || !e.OK() {
		return hash.View{}, err
	}
	return hash.Of(e.Value(), c.Now), nil
}

// edit opens the key of the command for changing.
func edit(c *core.Ctx, ed *hash.Editor) error {
	e, err := c.FindTypeForWrite(c.Args[1], keyspace.Hash)
	if err == nil {
		ed.Edit(c.DB, c.Args[1], e, c.Now)
	}
	return err
}

// removed ends a change that has removed n fields, if there are any.
func removed(c *core.Ctx, ed *hash.Editor, n int64) {
	c.Removed(n, core.EventHash, "hdel", c.Args[1], ed.Done())
}
