package strings

import (
	"encoding/binary"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// valueType is the row of the type.
func (m *module) valueType() core.ValueType {
	return core.ValueType{
		Name:     "string",
		Type:     keyspace.String,
		Encoding: encoding,
		Len:      func(v keyspace.Value) int { var tmp [20]byte; return len(keyspace.TextOf(v, tmp[:])) },
		Opcodes:  []byte{rdb.TypeString},
		Save:     save,
		Load:     load,
		Rewrite: func(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
			var tmp [20]byte
			return emit([]byte("SET"), key, keyspace.TextOf(v, tmp[:]))
		},
		Digest: func(v keyspace.Value, d core.Digester) {
			var tmp [20]byte
			d.Mix(keyspace.TextOf(v, tmp[:]))
		},
	}
}

func encoding(v keyspace.Value) string {
	switch v.Kind.Encoding() {
	case keyspace.Int:
		return "int"
	case keyspace.EmbStr:
		return "embstr"
	}
	return "raw"
}

func save(w *rdb.Writer, v keyspace.Value) {
	w.Begin(rdb.TypeString)
	if v.Kind.Encoding() == keyspace.Int {
		w.Int(int64(binary.LittleEndian.Uint64(v.Data)))
		return
	}
	w.String(v.Data)
}

func load(_ byte, r *rdb.Reader, _ *arena.Arena) (keyspace.Value, error) {
	text := r.String()
	if err := r.Err(); err != nil {
		return keyspace.Value{}, err
	}
	if n, ok := decimal.Parse(text); ok {
		data := binary.LittleEndian.AppendUint64(r.Room(8)[:0], uint64(n))
		return keyspace.Value{Kind: keyspace.MakeKind(keyspace.String, keyspace.Int), Data: data}, nil
	}
	return keyspace.Value{Kind: textKind(len(text)), Data: text}, nil
}

// textKind is the kind of a text of n bytes that is written as a whole.
func textKind(n int) keyspace.Kind {
	if n <= embLimit {
		return keyspace.MakeKind(keyspace.String, keyspace.EmbStr)
	}
	return keyspace.MakeKind(keyspace.String, keyspace.Raw)
}

// embLimit is the length up to which OBJECT ENCODING answers embstr.
const embLimit = 44
