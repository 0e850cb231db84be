package hash

import (
	"math"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// large is a hash as an Object: a table whose entries are the fields. It shares
// segments and entries with its frozen predecessors; the table sees to it that
// what a snapshot may look at is copied first.
type large struct {
	table dict.Table
	bytes int64  // in entries, each with its whole size class
	from  uint64 // where the search for expired fields goes on
}

// newLarge returns an empty hash with room for n fields, whose memory is in a.
func newLarge(a *arena.Arena, n int) *large {
	h := new(large)
	h.table.Init(a, a.Pool().Seed(), 0)
	h.table.Reserve(n)
	return h
}

// entry makes an entry, the value of which is still to be filled.
func (h *large) entry(field []byte, n int, expire int64) arena.Ref {
	var layout dict.Layout
	if expire > 0 {
		layout = dict.WithExpire
	}
	a := h.table.Arena()
	ref := a.Alloc(dict.Size(len(field), n, layout))
	dict.Init(ref, 0, len(field), n, layout)
	copy(dict.Key(ref), field)
	if expire > 0 {
		dict.SetExpire(ref, expire)
	}
	h.bytes += int64(a.Cap(ref))
	return ref
}

// PrefetchBucket implements keyspace.Warmer.
func (h *large) PrefetchBucket(hash uint64) { h.table.PrefetchBucket(hash) }

// PrefetchEntry implements keyspace.Warmer.
func (h *large) PrefetchEntry(hash uint64) { h.table.PrefetchEntry(hash) }

// insert adds a field that is not there; hash is its hash in the table.
func (h *large) insert(hash uint64, field, value []byte, expire int64) {
	ref := h.entry(field, len(value), expire)
	arena.Copy(dict.Value(ref), value)
	h.table.Insert(hash, ref)
}

// replace gives the field at p, whose hash is known, another value and expiry, in
// place where no snapshot sees the entry and it has the room.
func (h *large) replace(p dict.Pos, value []byte, expire int64) {
	t := &h.table
	old := t.At(p)
	if h.fits(p, old, len(value), expire) {
		arena.Copy(dict.Value(old), value)
		if dict.HasExpire(old) && dict.Expire(old) != orNone(expire) {
			t.SetExpire(p, orNone(expire))
		}
		return
	}
	ref := h.entry(dict.Key(old), len(value), expire)
	arena.Copy(dict.Value(ref), value)
	h.bytes -= int64(t.Arena().Cap(old))
	t.ReplaceFree(p, ref)
}

// orNone is an expiry as the table wants it.
func orNone(expire int64) int64 {
	if expire <= 0 {
		return dict.NoExpire
	}
	return expire
}

// fits gives the entry at p room for a value of n bytes and the expiry if it can
// be done in place without wasting more than half of the blob.
func (h *large) fits(p dict.Pos, ref arena.Ref, n int, expire int64) bool {
	if !h.table.Private(p) || expire > 0 && !dict.HasExpire(ref) {
		return false
	}
	key, value := dict.KeyValue(ref)
	if n == len(value) {
		return true
	}
	room := h.table.Arena().Cap(ref)
	if n < len(value) && room > smallBlob && dict.Size(len(key), n, dict.LayoutOf(ref)) < room/2 {
		return false
	}
	return dict.SetValueLen(ref, n, room)
}

// smallBlob is a size below which shrinking an entry is not worth a move.
const smallBlob = 64

// remove removes the field at p.
func (h *large) remove(p dict.Pos) {
	h.bytes -= int64(h.table.Arena().Cap(h.table.At(p)))
	h.table.DeleteFree(p)
}

// Thaw implements keyspace.Object: the table copies what it shares when it comes
// to change it.
func (h *large) Thaw() keyspace.Object {
	next := *h
	return &next
}

// Release implements keyspace.Object.
func (h *large) Release(budget int) bool {
	h.bytes = 0
	return h.table.Drain(budget, nil)
}

// Rehome implements keyspace.Object.
func (h *large) Rehome(a *arena.Arena) { h.table.Rehome(a) }

// MemoryUsage implements keyspace.Object.
func (h *large) MemoryUsage() int64 {
	return int64(unsafe.Sizeof(*h)) + int64(h.table.MemoryUsed()) + h.bytes
}

// Len implements keyspace.Object: fields that have expired count until they are removed.
func (h *large) Len() int { return h.table.Len() }

// ExpireMembers implements keyspace.Expirer.
func (h *large) ExpireMembers(now int64, budget int, fn func(field []byte)) {
	t := &h.table
	h.from = t.Due(now-1, h.from, max(budget/64, 1), func(ref arena.Ref) bool {
		field := dict.Key(ref)
		p, ok := t.Find(t.Hash(field), field)
		if ok {
			fn(field)
			h.remove(p)
		}
		return ok
	})
}

// NextDue implements keyspace.Expirer.
func (h *large) NextDue() int64 {
	if h.table.Expires() == 0 {
		return math.MaxInt64
	}
	return h.table.NextDue()
}
