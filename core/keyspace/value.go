package keyspace

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Type identifies a value type inside an entry. The numbers are Redis's.
type Type uint8

// The types of the standard modules. Types of third-party modules all carry
// Custom; their Object says which one it is.
const (
	String Type = iota
	List
	Set
	ZSet
	Hash
	Custom
	Stream
)

// Kind is a type together with one of its encodings; it is what an entry's
// kind byte holds (type in the low half, encoding in the high half).
type Kind uint8

// MakeKind combines a type and an encoding (0 to 15).
func MakeKind(t Type, encoding uint8) Kind { return Kind(uint8(t) | encoding<<4) }

// Type returns the type.
func (k Kind) Type() Type { return Type(k & 15) }

// Encoding returns the encoding's number within the type.
func (k Kind) Encoding() uint8 { return uint8(k >> 4) }

// IsObject reports whether the value is an Object instead of packed bytes.
// Every type uses encoding 15 for that.
func (k Kind) IsObject() bool { return k>>4 == objectEncoding }

const objectEncoding = 15

// ObjectKind is the kind of a type's values that are Objects.
func ObjectKind(t Type) Kind { return MakeKind(t, objectEncoding) }

// Encodings of strings.
const (
	Raw    = 0 // bytes, built by APPEND or SETRANGE or longer than 44
	EmbStr = 1 // bytes, at most 44 of them
	Int    = 2 // eight bytes, little-endian two's complement
)

// Object is a value too large or too structured to be packed: a Go value that
// keeps its members in chunks of the arena of the shard that owns its key.
//
// Every method is called with that shard's lock held, except that a snapshot
// may read a value after Thaw has been called on it, without any lock, for as
// long as the snapshot lives.
type Object interface {
	// Thaw returns the value that the writer goes on with, equal in content
	// and sharing chunks with the receiver; from then on neither may change a
	// shared chunk without copying it first. The receiver is never changed
	// again and is dropped with the last snapshot that sees it. The simplest
	// correct Thaw is a deep copy.
	Thaw() Object
	// Release frees about budget members' worth of what the value owns and
	// reports whether nothing is left. Chunks shared with a frozen
	// predecessor belong to the successor and are freed by it: the arena
	// defers a free for as long as a snapshot may look.
	Release(budget int) (done bool)
	// Rehome makes the value allocate from a now: its key moved to another
	// shard. What it has allocated stays where it is.
	Rehome(a *arena.Arena)
	// MemoryUsage returns the bytes of the value in the arena and on the Go heap, in
	// constant time; see HeapUser.
	MemoryUsage() int64
	// Len returns the number of members, which decides whether Release is
	// done at once (up to a thousand; of UNLINK up to 64) or in the background.
	Len() int
}

// HeapUser is an Object that holds more than a little on the Go heap, beside its members
// in the arena.
type HeapUser interface {
	// HeapUsage returns how many bytes that is, about, in constant time; they are part of
	// MemoryUsage. The keyspace asks after changes, and counts them as used
	// memory, which eviction looks at.
	HeapUsage() int64
}

// Value is a view of a key's value: packed bytes or an Object.
type Value struct {
	Kind   Kind
	Data   []byte // the packed bytes; nil for an Object
	Object Object // nil for a packed value
}

// Release frees a value that no key has got.
func (v Value) Release() {
	for v.Object != nil && !v.Object.Release(math.MaxInt) {
	}
}

// Pace lets others have their turns while something long is done: see Did. The nil Pace
// does not.
type Pace struct {
	Pause func() // returns when it is time to go on
	done  int
}

// paceStep is how much is done between pauses, in bytes; half a millisecond's or so.
const paceStep = 256 << 10

// Did says that a member of n bytes has been dealt with, and pauses now and then.
func (p *Pace) Did(n int) {
	if p == nil {
		return
	}
	if p.done += 64 + n; p.done >= paceStep {
		p.done = 0
		p.Pause()
	}
}

// PackedLimits say how large a value of a type may be and still be packed. The
// module that owns the type sets them from its configuration parameters; they
// stand here so that whoever makes values of the type follows them.
type PackedLimits struct {
	Entries int // elements: members, fields; of a list in one chunk, where 0 is any number
	Bytes   int // of one element; of a list in one chunk
	Ints    int // elements of a set of integers only
	Plain   int // chunks at each end of a list that are not compressed while those between are; 0: all
	Idle    int // seconds after which the middle of a long list is compressed if nobody has asked for it; 0: never
}

// Packed returns the limits of a type.
func (ks *Keyspace) Packed(t Type) PackedLimits {
	if p := ks.packed[t].Load(); p != nil {
		return *p
	}
	return PackedLimits{}
}

// SetPacked sets the limits of a type; what is larger already stays as it is
// until it is changed. It may be called from any goroutine.
func (ks *Keyspace) SetPacked(t Type, l PackedLimits) { ks.packed[t].Store(&l) }
