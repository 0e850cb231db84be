package zset

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Builder makes a whole sorted set that is no key's yet. Members come in any order;
// those that come in the order of the set, or against it, cost less. It ends with
// either Value or Discard.
type Builder struct {
	z       *large
	longest int // bytes of the longest member
	bytes   int // of all members
}

// NewBuilder makes an empty Builder that keeps its members in a, whose lock the
// caller holds: the arena of the key that the value is for, or, for a set that is
// only looked at, of any key whose lock is held. n is how many members are
// expected.
func NewBuilder(a *arena.Arena, n int) *Builder { return &Builder{z: newLarge(a, n)} }

// Len returns the number of members.
func (b *Builder) Len() int { return b.z.Len() }

// View returns the set so far; it is valid until the next change.
func (b *Builder) View() View { return View{large: b.z, n: b.z.Len()} }

// Find looks a member up, as Editor.Find does.
func (b *Builder) Find(member []byte) (p Place, ok bool) { return b.z.place(member) }

// Add adds a member that Find has just not found.
func (b *Builder) Add(p Place, member []byte, score float64) {
	b.z.add(p.at.Hash(), member, score)
	b.longest = max(b.longest, len(member))
	b.bytes += len(member)
}

// Update gives a member that Find has just found another score.
func (b *Builder) Update(p Place, score float64) {
	if score != p.score {
		b.z.update(p.at, score)
	}
}

// Set gives a member a score, adding it if it is not there, and returns the score
// it had.
func (b *Builder) Set(member []byte, score float64) (old float64, existed bool) {
	p, ok := b.Find(member)
	if ok {
		b.Update(p, score)
	} else {
		b.Add(p, member, score)
	}
	return p.score, ok
}

// AddNew is Set for a member that is known not to be there, which is not looked up.
func (b *Builder) AddNew(member []byte, score float64) {
	b.Add(Place{at: dict.Nowhere(b.z.index.Hash(member))}, member, score)
}

// Remove removes a member.
func (b *Builder) Remove(member []byte) (ok bool) {
	p, ok := b.Find(member)
	if ok {
		b.z.remove(p.at)
	}
	return ok
}

// Value returns the set, packed if the limits allow it, for DB.PutValue on a key of
// the arena's shard. The Builder must not be used any more.
func (b *Builder) Value(limits keyspace.PackedLimits) keyspace.Value {
	if b.Len() > limits.Entries || b.longest > limits.Bytes || b.bytes > maxPack {
		return keyspace.Value{Kind: keyspace.ObjectKind(keyspace.ZSet), Object: b.z}
	}
	v := keyspace.Value{Kind: packedKind, Data: pack(b.View())}
	b.Discard()
	return v
}

// Discard gives all memory back.
func (b *Builder) Discard() {
	for !b.z.Release(1 << 20) {
	}
}

// maxPack is the size from which on a listpack is not extended, as in Redis.
const maxPack = 1 << 30

// pack returns the packed form of a set.
func pack(v View) []byte {
	region := make([]byte, 0, 16*v.n)
	c := v.At(0)
	for ; c.OK(); c.Next() {
		region = appendPair(region, c.Member(), c.Score())
	}
	return listpack.AppendPack(make([]byte, 0, len(region)+listpack.Overhead), region, 2*v.n)
}
