package list

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Builder makes a list from its first element to its last. It is used with the lock
// of the shard held whose arena it has, and ends with Value or Discard.
type Builder struct {
	l   *large // its chunks, complete but for what is in buf
	lim limits
	buf []byte // elements that come next
	n   int    // how many
}

// Build begins a list for a key whose values are kept in a. limits are
// keyspace.Keyspace's for lists.
func Build(a *arena.Arena, limits keyspace.PackedLimits) *Builder {
	return &Builder{l: &large{a: a}, lim: limitsOf(limits)}
}

// Len returns the number of elements so far.
func (b *Builder) Len() int { return b.l.n + b.n }

// Add appends an element; value is copied.
func (b *Builder) Add(value []byte) {
	b.room(listpack.Size(value), 1)
	b.buf = listpack.Append(b.buf, value)
	b.n++
}

// addInt is Add for an integer.
func (b *Builder) addInt(n int64) {
	b.room(listpack.IntSize(n), 1)
	b.buf = listpack.AppendInt(b.buf, n)
	b.n++
}

// region appends the n elements of a region, which is copied.
func (b *Builder) region(r []byte, n int) {
	if headSize+len(r) <= b.lim.bytes && n <= b.lim.entries {
		b.room(len(r), n)
		b.buf = append(b.buf, r...)
		b.n += n
		return
	}
	b.flush()
	for _, p := range b.lim.cut(r, n) {
		b.chunk(p)
	}
}

// room completes a chunk if it cannot hold n elements of size bytes more.
func (b *Builder) room(size, n int) {
	if b.n > 0 && (headSize+len(b.buf)+size > b.lim.bytes || b.n+n > b.lim.entries) {
		b.flush()
	}
}

// flush makes a chunk of what has gathered.
func (b *Builder) flush() {
	if b.n > 0 {
		b.chunk(piece{b.buf, b.n})
		b.buf, b.n = b.buf[:0], 0
	}
}

func (b *Builder) chunk(p piece) { b.put(b.l.fill(p.b, p.n), p.n) }

// put appends a chunk of n elements.
func (b *Builder) put(c chunk, n int) {
	l := b.l
	switch {
	case l.n == 0:
		l.ends = [2]chunk{c, c}
	case l.ends[Front] != l.ends[Back]:
		l.insert(l.place(Back), l.ends[Back])
	}
	l.ends[Back] = c
	l.n += n
	l.grown(Back, 1, b.lim)
}

// Value ends the list, which is not empty, and returns it for keyspace.DB.PutValue.
func (b *Builder) Value() keyspace.Value {
	if b.l.n == 0 && listpack.Overhead+len(b.buf) <= b.lim.bytes && b.n <= b.lim.entries {
		return keyspace.Value{Kind: packedKind, Data: listpack.AppendPack(nil, b.buf, b.n)}
	}
	b.flush()
	return keyspace.Value{Kind: keyspace.ObjectKind(keyspace.List), Object: b.l}
}

// Discard gives back what has been built.
func (b *Builder) Discard() { b.l.clear() }
