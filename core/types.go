package core

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// ValueType is one row: a type of value and everything generic code does with
// it. The functions get a view of a value and must not change it, except that
// those which make a value return a new one. They run with the locks of the
// value's shard held, except Save and Rewrite on frozen values, which run with
// none.
//
// A row for a type that is not Redis's is made by ObjectType, and in no other way. Such types share one number, so
// that a view does not tell which of them it is: their values are always Objects, whose Go type tells.
type ValueType struct {
	// Name is what TYPE answers.
	Name string
	// Type is the number in an entry's kind.
	Type keyspace.Type
	// Encoding names a value's encoding as OBJECT ENCODING does.
	Encoding func(v keyspace.Value) string
	// Len returns the number of elements (the length of a string).
	Len func(v keyspace.Value) int
	// Opcodes are the RDB type bytes that Load accepts. No two types of a
	// server may claim the same one.
	Opcodes []byte
	// Save writes the value in RDB form: the opcode (Writer.Begin), then what Load
	// reads, element by element. Large values leave the Writer while they are written.
	Save func(w *rdb.Writer, v keyspace.Value)
	// Load decodes what follows an opcode. Packed data in the result may be a
	// slice of the input; it is copied into place. An Object keeps no slice of
	// the input, whose memory is used again; a is where its members go. Declared
	// lengths are not trusted; corrupt input gives an error that says what is
	// wrong, never a panic, and a collection without members one that is
	// rdb.ErrEmpty. With an error it has given back all that it took from a. It
	// reads no more than Save has written.
	Load func(opcode byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error)
	// Rewrite emits the commands that rebuild the value, each of bounded size.
	Rewrite func(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error
	// Copy makes an independent value for COPY, with its members in a: two live
	// keys never share memory. Nil, for types without Objects, means that packed
	// bytes are copied as they are. A frozen value may be copied at a pace (it says so
	// to p of each member), with the lock of a's shard held in between the pauses.
	Copy func(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) (keyspace.Value, error)
	// Members says how it is told that members expire by themselves; the zero one
	// is for types whose members do not (see keyspace.Expirer).
	Members MemberExpiry
	// Digest adds the value's content to a DEBUG DIGEST in Redis's way.
	Digest func(v keyspace.Value, d Digester)

	foreign *foreign // of an ObjectType; nil for Redis's own
}

// MemberExpiry is how the removal of members whose time has come is told.
type MemberExpiry struct {
	Command string // what removes them, as in: HDEL key member
	Class   Event  // of the keyspace event
	Event   string // its name: "hexpired"
}

// Digester collects a value's content for DEBUG DIGEST. Values that are equal on
// Redis and here have to feed the same.
type Digester interface {
	// Mix feeds elements whose order matters.
	Mix(elements ...[]byte)
	// Xor feeds one element of an unordered collection: a member alone, or the
	// parts that belong together (field and value, member and score in its shortest form).
	Xor(parts ...[]byte)
}
