package hashes

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// valueType is the row of the type.
func (m *module) valueType() core.ValueType {
	return core.ValueType{
		Name:     "hash",
		Type:     keyspace.Hash,
		Encoding: hash.Encoding,
		Len:      func(v keyspace.Value) int { return hash.Of(v, 0).Len() },
		Opcodes:  hash.Opcodes(),
		Save:     hash.Save,
		Load: func(opcode byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
			return hash.Load(opcode, r, a, m.limits())
		},
		Rewrite: hash.Rewrite,
		Copy: func(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) (keyspace.Value, error) {
			return hash.Copy(v, a, p), nil
		},
		Members: core.MemberExpiry{Command: "HDEL", Class: core.EventHash, Event: "hexpired"},
		Digest:  digest,
	}
}

func digest(v keyspace.Value, d core.Digester) {
	c := hash.Of(v, 0).Fields()
	for c.Next() {
		if c.Expire() == 0 {
			d.Xor(c.Field(), c.Value())
		} else {
			d.Xor(c.Field(), c.Value(), []byte("!!hexpire!!"))
		}
	}
}
