package zset

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/btree"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/prefetch"
)

// large is the form of a sorted set that is not packed. Each member is one dict
// entry, whose value is the score; index finds it, tree has it in order. Both
// copy what a snapshot may see before they change it, so that a copy of the
// struct is all that a freeze takes.
type large struct {
	index   dict.Table
	tree    btree.Tree
	entries int64 // bytes of the members' entries
}

func newLarge(a *arena.Arena, n int) *large {
	z := new(large)
	z.index.Init(a, a.Pool().Seed(), 0)
	z.index.Reserve(n)
	z.tree.Init(a)
	return z
}

// Thaw implements keyspace.Object.
func (z *large) Thaw() keyspace.Object {
	next := *z
	return &next
}

// Release implements keyspace.Object.
func (z *large) Release(budget int) (done bool) {
	return z.index.Drain(budget, nil) && z.tree.Release(budget)
}

// Rehome implements keyspace.Object.
func (z *large) Rehome(a *arena.Arena) {
	z.index.Rehome(a)
	z.tree.Rehome(a)
}

// MemoryUsage implements keyspace.Object.
func (z *large) MemoryUsage() int64 {
	return int64(unsafe.Sizeof(*z)) + int64(z.index.MemoryUsed()) + int64(z.tree.MemoryUsed()) + z.entries
}

// Len implements keyspace.Object.
func (z *large) Len() int { return z.tree.Len() }

// PrefetchBucket implements keyspace.Warmer.
func (z *large) PrefetchBucket(hash uint64) { z.index.PrefetchBucket(hash) }

// PrefetchEntry implements keyspace.Warmer.
func (z *large) PrefetchEntry(hash uint64) { z.index.PrefetchEntry(hash) }

func entryScore(ref arena.Ref) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(dict.Value(ref)))
}

func setEntryScore(ref arena.Ref, score float64) {
	binary.LittleEndian.PutUint64(dict.Value(ref), math.Float64bits(score))
}

// newEntry makes the entry of a member.
func (z *large) newEntry(member []byte, score float64) arena.Ref {
	a := z.index.Arena()
	ref := a.Alloc(dict.Size(len(member), 8, 0))
	dict.Init(ref, 0, len(member), 8, 0)
	copy(dict.Key(ref), member)
	setEntryScore(ref, score)
	z.entries += int64(a.Cap(ref))
	return ref
}

// find looks a member of hash h up.
func (z *large) find(h uint64, member []byte) (pos dict.Pos, item btree.Item, ok bool) {
	if pos, ok = z.index.Find(h, member); ok {
		ref := z.index.At(pos)
		item = btree.Item{Score: entryScore(ref), Ref: ref}
	}
	return pos, item, ok
}

// add adds a member of hash h that is not there.
func (z *large) add(h uint64, member []byte, score float64) {
	ref := z.newEntry(member, score)
	z.index.Insert(h, ref)
	z.tree.Insert(btree.Item{Score: score, Ref: ref})
}

// update gives the member at pos another score.
func (z *large) update(pos dict.Pos, score float64) {
	ref := z.index.At(pos)
	old := btree.Item{Score: entryScore(ref), Ref: ref}
	if z.index.Private(pos) {
		z.tree.Move(old, btree.Item{Score: score, Ref: ref})
		setEntryScore(ref, score)
		return
	}
	next := z.newEntry(dict.Key(ref), score)
	z.tree.Move(old, btree.Item{Score: score, Ref: next})
	z.entries -= int64(z.index.Arena().Cap(ref))
	z.index.ReplaceFree(pos, next)
}

// remove removes the member at pos.
func (z *large) remove(pos dict.Pos) {
	ref := z.index.At(pos)
	z.tree.Delete(btree.Item{Score: entryScore(ref), Ref: ref})
	z.forget(pos)
}

// forget removes the entry at pos, which is out of the tree.
func (z *large) forget(pos dict.Pos) {
	z.entries -= int64(z.index.Arena().Cap(z.index.At(pos)))
	z.index.DeleteFree(pos)
}

// removeRange removes n members from a rank on, leaf by leaf.
func (z *large) removeRange(from, n int, fn func(member []byte, score float64)) {
	var room [btree.MaxRun]btree.Item
	for n > 0 {
		run := z.tree.DeleteRun(from, n, room[:0])
		n -= len(run)
		for _, it := range run {
			member := dict.Key(it.Ref)
			if fn != nil {
				fn(member, it.Score)
			}
			pos, _ := z.index.Find(z.index.Hash(member), member)
			z.forget(pos)
		}
	}
	z.readAhead(from)
}

// readAhead asks for the memory that removing the member that is now at a rank, or
// at the end, is going to touch: whoever pops comes again. The entry of the one
// after it comes first, for its bucket can be asked for only when its name is there.
func (z *large) readAhead(rank int) {
	last := z.tree.Len() - 1
	next := min(rank+2, last)
	if rank > last {
		rank, next = last, max(last-2, 0)
	}
	if last < 0 {
		return
	}
	c := z.tree.At(rank)
	z.index.PrefetchBucket(z.index.Hash(dict.Key(c.Item().Ref)))
	c = z.tree.At(next)
	prefetch.Read(uintptr(c.Item().Ref))
}

// addAll adds the members of another set, in order; none of them is there yet.
func (z *large) addAll(v View, p *keyspace.Pace) {
	c := v.At(0)
	for ; c.OK(); c.Next() {
		member := c.Member()
		z.add(z.index.Hash(member), member, c.Score())
		p.Did(len(member))
	}
}
