// Package streams is the stream value type and the commands of Redis's stream family, consumer groups and the
// blocking ones included.
//
// The host and the sets of modules link it in by New; nobody else calls it. The data are package stream's; here
// it is only said what becomes of them. A command that waits is run again when one of its keys has changed
// (see read.go).
package streams

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/stream"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	bytes   *config.MemoryVar // stream-node-max-bytes
	entries *config.IntVar    // stream-node-max-entries

}

func (*module) Name() string { return "streams" }

func (m *module) Register(r *core.Registry) error {
	m.bytes = r.Config.Memory(config.Param{
		Name: "stream-node-max-bytes", Section: "streams", Default: "4096",
		Doc: "A block of a stream gets no further entry that would make it longer than this; 0 is for no limit.",
	}, 0, math.MaxInt64)
	m.entries = r.Config.Int(config.Param{
		Name: "stream-node-max-entries", Section: "streams", Default: "100",
		Doc: "A block of a stream has so many entries at most; 0 is for no limit. Trimming with ~ removes whole blocks.",
	}, 0, math.MaxInt64)
	r.Type(m.valueType())
	r.Commands(rows()...)
	return nil
}

// Start makes the limits known to whoever makes streams.
func (m *module) Start(s core.Server) error {
	schema := s.Registry().Config
	apply := func() error { return m.limit(s.Keyspace()) }
	schema.Apply(apply, m.bytes, m.entries)
	return apply()
}

func (m *module) limit(ks *keyspace.Keyspace) error {
	ks.SetPacked(keyspace.Stream, keyspace.PackedLimits{Entries: int(m.entries.Load()), Bytes: int(m.bytes.Load())})
	return nil
}

// valueType is the row of the type.
func (m *module) valueType() core.ValueType {
	return core.ValueType{
		Name:     "stream",
		Type:     keyspace.Stream,
		Encoding: stream.Encoding,
		Len:      func(v keyspace.Value) int { return stream.Of(v).Len() },
		Opcodes:  stream.Opcodes(),
		Save:     stream.Save,
		Load:     stream.Load,
		Rewrite:  stream.Rewrite,
		Copy: func(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) (keyspace.Value, error) {
			return stream.Copy(v, a, p), nil
		},
		Digest: func(v keyspace.Value, d core.Digester) { stream.Digest(v, d.Mix) },
	}
}
