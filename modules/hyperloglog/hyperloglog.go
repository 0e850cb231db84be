// Package hyperloglog is the commands of Redis that estimate how many different
// elements they have been shown, in a few kilobytes and with a standard error
// of 0.81 %.
//
// The host and the sets of modules link it in by New; nobody else calls it. It
// has no type of its own: a HyperLogLog is a string, byte for byte as in Redis,
// which GET and SET carry from one server to the other. What a client may have
// put there is not trusted: sketch.go says what is checked when.
//
// sketch.go, dense.go, sparse.go, hash.go and estimate.go know no commands.
package hyperloglog

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	sparseMax *config.MemoryVar // hll-sparse-max-bytes
}

func (*module) Name() string { return "hyperloglog" }

func (m *module) Register(r *core.Registry) error {
	m.sparseMax = r.Config.Memory(config.Param{
		Name: "hll-sparse-max-bytes", Section: "hyperloglog", Default: "3000",
		Doc: "A HyperLogLog takes the dense form, of 12 KiB, when the sparse one would be longer than this. " +
			"Longer sparse ones save memory and cost time.",
	}, 0, math.MaxInt64)
	r.Commands(m.rows()...)
	return nil
}

var raw = keyspace.MakeKind(keyspace.String, keyspace.Raw)

// sketchOf views the value of an open key. It is good until the key is changed.
func sketchOf(e keyspace.Entry) (sketch, error) {
	if e.Type() != keyspace.String {
		return nil, core.ErrWrongType
	}
	s := sketch(e.Data())
	if e.IsInt() || !s.valid() {
		return nil, errNotSketch
	}
	return s, nil
}

// put stores s as the value of key, whose entry e is the zero Entry if it is
// missing. s must not be the value itself.
func put(c *core.Ctx, key []byte, e keyspace.Entry, s sketch) {
	if e.OK() {
		copy(e.Grow(raw, len(s), s.spare()), s)
	} else {
		copy(c.DB.PutHashed(c.HashOf(key), key, raw, len(s), 0, c.Now), s)
	}
}
