package dict

import (
	"hash/maphash"
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Table is a hash table of entries. Use New or Init; do not copy one (Freeze it).
type Table struct {
	tree
	arena    *arena.Arena
	seed     maphash.Seed
	dirEpoch uint64 // the newest snapshot when the directory was made
	deepest  int    // segments that only one directory entry leads to
	memory   int
	expires  int
	bySlots  bool // see slots.go

	nextDue, passDue int64 // see expire.go
	drain            drainState
}

// New returns an empty table whose entries, segments and directory live in a. Tables
// that share hashes share the seed. The first skip bits of the hash are the owner's:
// all keys of the table have the same ones (the keyspace chooses shards by them).
func New(a *arena.Arena, seed maphash.Seed, skip uint8) *Table {
	t := new(Table)
	t.Init(a, seed, skip)
	return t
}

// Init is New for a Table that is part of something larger.
func (t *Table) Init(a *arena.Arena, seed maphash.Seed, skip uint8) {
	*t = Table{tree: tree{skip: skip}, arena: a, seed: seed, nextDue: math.MaxInt64}
}

// Hash is the hash of a key for this table and all others of the same seed.
func (t *Table) Hash(key []byte) uint64 {
	if t.bySlots {
		return SlotMajor(t.seed, key)
	}
	return maphash.Bytes(t.seed, key)
}

// Seed is the seed of the table's hash.
func (t *Table) Seed() maphash.Seed { return t.seed }

// Arena is where the table's memory is.
func (t *Table) Arena() *arena.Arena { return t.arena }

// Rehome makes the table allocate from a from now on. What it has stays where it is.
func (t *Table) Rehome(a *arena.Arena) { t.arena = a }

// Expires is the number of entries with a time of expiry.
func (t *Table) Expires() int { return t.expires }

// MemoryUsed is the number of bytes in segments and directory; entries not included.
func (t *Table) MemoryUsed() int { return t.memory }

// Find looks a key of hash h up.
func (t *Table) Find(h uint64, key []byte) (Pos, bool) { return t.find(h, key) }

// At is the entry at p.
func (t *Table) At(p Pos) arena.Ref { return arena.Ref(*p.word() & addrMask) }

// Private reports whether no live snapshot sees the entry at p, so that it may be
// changed in place and, once out of the table, freed with FreeNow.
func (t *Table) Private(p Pos) bool {
	if !t.arena.Live() {
		return true
	}
	return *p.word()&freshBit != 0 && t.locate(p.hash).header().epoch == uint64(t.arena.Epoch())
}

// Insert adds an entry whose key is not in the table and has the hash h. The table
// does not own the entry: whoever deletes it frees it.
func (t *Table) Insert(h uint64, ref arena.Ref) {
	r := t.locate(h)
	if r == 0 || uint64(r.header().live) >= upperLimit(r.buckets()) {
		r = t.makeRoom(h, r)
	} else if t.arena.Live() {
		r = t.own(h, r)
	}
	pos := h << (r.prefix() & 63)
	r.place(makeSlot(pos, ref))
	header := r.header()
	header.live++
	t.count++
	if HasExpire(ref) {
		t.noteNew(header, pos, Expire(ref))
	}
}

// Replace puts another entry with the same key at p and returns the old one.
func (t *Table) Replace(p Pos, ref arena.Ref) (old arena.Ref) {
	if t.arena.Live() {
		p = t.ownAt(p)
	}
	w := p.word()
	old = arena.Ref(*w & addrMask)
	*w = *w&^addrMask | freshBit | uint64(ref)
	if HasExpire(old) && Expire(old) >= 0 {
		t.expires--
	}
	if HasExpire(ref) {
		t.noteAt(p.hash, Expire(ref))
	}
	return old
}

// Delete removes the entry at p and returns it for the caller to free.
func (t *Table) Delete(p Pos) arena.Ref {
	if t.arena.Live() {
		p = t.ownAt(p)
	}
	r, ref := t.locate(p.hash), t.At(p)
	if HasExpire(ref) && Expire(ref) >= 0 {
		t.expires--
	}
	at := p.slot - r.addr() - headerSize
	r.remove(at>>bucketShift, int(at>>3&7))
	header := r.header()
	header.live--
	t.count--
	if uint64(header.live) < lowerLimit(r.buckets()) {
		t.shrink(p.hash, r)
	}
	return ref
}

// ReplaceFree is Replace that frees the old entry.
func (t *Table) ReplaceFree(p Pos, ref arena.Ref) {
	private := t.Private(p)
	t.free(t.Replace(p, ref), private)
}

// DeleteFree is Delete that frees the entry.
func (t *Table) DeleteFree(p Pos) {
	private := t.Private(p)
	t.free(t.Delete(p), private)
}

func (t *Table) free(ref arena.Ref, private bool) {
	if private {
		t.arena.FreeNow(ref)
	} else {
		t.arena.Free(ref)
	}
}
