package hash

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Builder makes a whole hash that is no key's yet, in the form that the limits
// say. It ends with either Value or Discard.
type Builder struct {
	a      *arena.Arena
	limits keyspace.PackedLimits
	region []byte // while it is packed
	n      int    // its fields
	// seen are the fields of a packed hash that has too many to compare each with
	// all: dumps are foreign, and the limits are anybody's.
	seen map[string]struct{}
	h    *large
}

// NewBuilder makes an empty Builder that keeps a large hash in a, whose lock the
// caller holds: the arena of the key that the value is for. n is how many fields
// are expected.
func NewBuilder(a *arena.Arena, limits keyspace.PackedLimits, n int) *Builder {
	b := &Builder{a: a, limits: limits}
	if n > limits.Entries {
		b.h = newLarge(a, n)
	}
	return b
}

// Add adds a field with its value and the time when it expires, in Unix
// milliseconds, 0 for never. It returns false and does nothing if there is such
// a field.
func (b *Builder) Add(field, value []byte, expire int64) bool {
	if b.h == nil {
		if b.has(field) {
			return false
		}
		if b.fits(field, value, expire) {
			b.region = listpack.Append(listpack.Append(b.region, field), value)
			b.n++
			return true
		}
		b.enlarge()
	}
	hash := b.h.table.Hash(field)
	if _, ok := b.h.table.Find(hash, field); ok {
		return false
	}
	b.h.insert(hash, field, value, expire)
	return true
}

// fewFields is how many fields are compared one by one.
const fewFields = 32

func (b *Builder) has(field []byte) bool {
	if b.n < fewFields {
		_, ok := listpack.Find(b.region, 0, field, 1)
		return ok
	}
	if b.seen == nil {
		b.seen = map[string]struct{}{}
		c := b.packed().Fields()
		for c.Next() {
			b.seen[string(c.Field())] = struct{}{}
		}
	}
	before := len(b.seen)
	b.seen[string(field)] = struct{}{}
	return len(b.seen) == before
}

func (b *Builder) fits(field, value []byte, expire int64) bool {
	return expire == 0 && b.n < b.limits.Entries && len(field) <= b.limits.Bytes && len(value) <= b.limits.Bytes &&
		len(b.region)+len(field)+len(value) < maxPack
}

func (b *Builder) packed() View { return View{pack: b.region, n: b.n} }

func (b *Builder) enlarge() {
	b.h = newLarge(b.a, b.n+1)
	c := b.packed().Fields()
	for c.Next() {
		field := c.Field()
		b.h.insert(b.h.table.Hash(field), field, c.Value(), 0)
	}
	b.region, b.seen = nil, nil
}

// Len returns the number of fields.
func (b *Builder) Len() int {
	if b.h != nil {
		return b.h.Len()
	}
	return b.n
}

// Value returns the hash, which has at least one field. The Builder is at its end.
func (b *Builder) Value() keyspace.Value {
	if b.h != nil {
		return keyspace.Value{Kind: keyspace.ObjectKind(keyspace.Hash), Object: b.h}
	}
	return keyspace.Value{Kind: packedKind, Data: listpack.AppendPack(nil, b.region, 2*b.n)}
}

// Discard gives back what the Builder has taken from the arena.
func (b *Builder) Discard() {
	if b.h != nil {
		b.h.Release(math.MaxInt)
	}
	*b = Builder{}
}
