package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/zset"
)

// valueType is the row of the type.
func (m *module) valueType() core.ValueType {
	return core.ValueType{
		Name:     "zset",
		Type:     keyspace.ZSet,
		Encoding: zset.Encoding,
		Len:      func(v keyspace.Value) int { return zset.Of(v).Len() },
		Opcodes:  zset.Opcodes(),
		Save:     zset.Save,
		Load: func(opcode byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
			return zset.Load(opcode, r, a, m.limits())
		},
		Rewrite: zset.Rewrite,
		Copy: func(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) (keyspace.Value, error) {
			return zset.Copy(v, a, p), nil
		},
		Digest: func(v keyspace.Value, d core.Digester) { zset.Digest(v, d.Xor) },
	}
}
