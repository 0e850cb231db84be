package tracking

import (
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// table remembers which sessions have read which keys, by their IDs: it neither
// keeps a session alive nor is searched when one ends. An entry goes when its key
// changes, whoever is still there of its readers.
//
// Like the keyspace's, its entries are outside the collector's sight: some 40
// bytes for a key of 16 that one session has read. It is striped by the first bits
// of the key's hash.
type table struct {
	keys, items atomic.Int64 // keys, and pairs of a key and a session

	pool    *arena.Pool
	seed    maphash.Seed
	stripes [1 << stripeBits]stripe
}

const stripeBits = 4

type stripe struct {
	mu    sync.Mutex
	arena *arena.Arena
	keys  *dict.Table   // the values are IDs of sessions, ascending, 8 bytes each
	items int           // IDs in all of them
	old   []*dict.Table // to be freed
	_     [64]byte
}

// idSize is the size of a session's ID in an entry.
const idSize = 8

// open makes the table.
func (t *table) open(options arena.Options) {
	t.pool = arena.NewPool(options)
	t.seed = t.pool.Seed()
	for i := range t.stripes {
		st := &t.stripes[i]
		st.arena = t.pool.NewArena()
		st.keys = dict.New(st.arena, t.seed, stripeBits)
	}
}

// close gives the memory back. The table is not used any more.
func (t *table) close() {
	if t.pool != nil {
		t.pool.Close()
	}
}

func (t *table) hash(key []byte) uint64 { return maphash.Bytes(t.seed, key) }

func (t *table) stripe(hash uint64) *stripe { return &t.stripes[hash>>(64-stripeBits)] }

// add remembers that a session has read a key.
func (t *table) add(key []byte, id uint64) {
	hash := t.hash(key)
	st := t.stripe(hash)
	st.mu.Lock()
	defer st.mu.Unlock()
	pos, ok := st.keys.Find(hash, key)
	if !ok {
		ref := st.arena.Alloc(dict.Size(len(key), idSize, 0))
		var value [idSize]byte
		binary.LittleEndian.PutUint64(value[:], id)
		dict.Write(ref, 0, key, value[:], 0)
		st.keys.Insert(hash, ref)
		t.keys.Add(1)
		t.items.Add(1)
		st.items++
		return
	}
	ref := st.keys.At(pos)
	ids := dict.Value(ref)
	at, found := search(ids, id)
	if found {
		return
	}
	n := len(ids) + idSize
	if !dict.SetValueLen(ref, n, st.arena.Cap(ref)) {
		// Room for an eighth more: many sessions may read the same key.
		larger := st.arena.Alloc(dict.Size(len(key), n+n/8, 0))
		dict.Init(larger, 0, len(key), n+n/8, 0)
		copy(dict.Key(larger), key)
		copy(dict.Value(larger), ids)
		dict.SetValueLen(larger, n, st.arena.Cap(larger))
		st.keys.ReplaceFree(pos, larger)
		ref = larger
	}
	ids = dict.Value(ref)
	copy(ids[at+idSize:], ids[at:n-idSize])
	binary.LittleEndian.PutUint64(ids[at:], id)
	t.items.Add(1)
	st.items++
}

// search returns where in a list of IDs one is, or belongs.
func search(ids []byte, id uint64) (at int, found bool) {
	low, high := 0, len(ids)/idSize
	for low < high {
		mid := (low + high) / 2
		switch have := binary.LittleEndian.Uint64(ids[mid*idSize:]); {
		case have == id:
			return mid * idSize, true
		case have < id:
			low = mid + 1
		default:
			high = mid
		}
	}
	return low * idSize, false
}

// take forgets a key and appends those who had read it to ids.
func (t *table) take(ids []uint64, key []byte) []uint64 {
	hash := t.hash(key)
	st := t.stripe(hash)
	st.mu.Lock()
	defer st.mu.Unlock()
	if pos, ok := st.keys.Find(hash, key); ok {
		return t.remove(st, pos, ids)
	}
	return ids
}

// takeAny forgets some key and returns it with those who had read it; there are
// none if the table is empty.
func (t *table) takeAny() (key []byte, ids []uint64) {
	first := rand.IntN(len(t.stripes))
	for i := range t.stripes {
		if key, ids = t.takeFrom(&t.stripes[(first+i)%len(t.stripes)]); key != nil {
			break
		}
	}
	return key, ids
}

func (t *table) takeFrom(st *stripe) (key []byte, ids []uint64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	pos, ok := st.keys.RandomPos(rand.Uint64())
	if !ok {
		return nil, nil
	}
	key = append([]byte{}, dict.Key(st.keys.At(pos))...)
	return key, t.remove(st, pos, nil)
}

func (t *table) remove(st *stripe, pos dict.Pos, ids []uint64) []uint64 {
	value := dict.Value(st.keys.At(pos))
	t.keys.Add(-1)
	t.items.Add(-int64(len(value) / idSize))
	st.items -= len(value) / idSize
	for ; len(value) > 0; value = value[idSize:] {
		ids = append(ids, binary.LittleEndian.Uint64(value))
	}
	st.keys.DeleteFree(pos)
	return ids
}

// clear forgets everything. The memory is given back by sweep.
func (t *table) clear() {
	for i := range t.stripes {
		st := &t.stripes[i]
		st.mu.Lock()
		if n := st.keys.Len(); n > 0 {
			t.keys.Add(-int64(n))
			t.items.Add(-int64(st.items))
			st.old = append(st.old, st.keys)
			st.keys, st.items = dict.New(st.arena, t.seed, stripeBits), 0
		}
		st.mu.Unlock()
	}
}

// sweepBudget is how many entries are freed under a stripe's lock at once.
const sweepBudget = 4096

// sweep frees a part of what was forgotten; it is called time and again.
func (t *table) sweep() {
	for i := range t.stripes {
		st := &t.stripes[i]
		st.mu.Lock()
		if n := len(st.old); n > 0 && st.old[n-1].Drain(sweepBudget, nil) {
			st.old = slices.Delete(st.old, n-1, n)
			st.arena.Trim()
		}
		st.mu.Unlock()
	}
}
