package keyspace

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// TestHold: what is held stays as it is, whatever becomes of the key, and is freed
// after that.
func TestHold(t *testing.T) {
	changes := map[string]func(db *DB, key []byte){
		"overwritten": func(db *DB, key []byte) { clear(db.Put(key, Raw, 2<<20, 0, 0)) },
		"replaced":    func(db *DB, key []byte) { copy(db.Put(key, Raw, 1, 0, 0), "x") },
		"changed":     func(db *DB, key []byte) { e := db.Find(key, 0, 0); clear(e.Writable()) },
		"shortened":   func(db *DB, key []byte) { e := db.Find(key, 0, 0); clear(e.Grow(Raw, 1<<20+5, 0)) },
		"expiring":    func(db *DB, key []byte) { e := db.Find(key, 0, 0); e.SetExpire(1 << 40) },
		"renamed":     func(db *DB, key []byte) { db.Find(key, 0, 0).Rename(db, []byte("other"), 0) },
		"deleted":     func(db *DB, key []byte) { db.Find(key, 0, 0).Delete() },
	}
	for name, change := range changes {
		for _, size := range []int{2 << 20, 40 << 20} { // in a run of chunks, in a mapping of its own
			ks := New(Options{Databases: 1, Arena: arena.Options{Poison: true}})
			db, key, want := ks.DB(0), []byte("key"), bytes.Repeat([]byte("y"), size)
			ks.Lock(AllShards)
			copy(db.Put(key, Raw, size, 0, 0), want)
			e := db.Find(key, 0, 0)
			held := e.Data()
			release, ok := e.Hold()
			again, _ := e.Hold()
			if !ok {
				t.Fatal("it is not held")
			}
			change(db, key)
			if !bytes.Equal(held, want) {
				t.Errorf("%s: what is held has changed", name)
			}
			release()
			if !bytes.Equal(held, want) {
				t.Errorf("%s: what is held by another has changed", name)
			}
			again()
			for _, k := range []string{"key", "other"} {
				if e := db.Find([]byte(k), 0, 0); e.OK() {
					e.Delete()
				}
			}
			ks.Unlock(AllShards)
			if s := ks.PoolStats(); s.Used > 1<<16 || // shards tell of small changes late
				s.Huge != 0 {
				t.Errorf("%s: %d bytes and %d mappings are left", name, s.Used, s.Huge)
			}
			ks.Close()
		}
	}
	ks := New(Options{Databases: 1})
	defer ks.Close()
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	copy(ks.DB(0).Put([]byte("key"), Raw, 5, 0, 0), "value")
	if _, ok := ks.DB(0).Find([]byte("key"), 0, 0).Hold(); ok {
		t.Error("a small value is held")
	}
}

// TestFreeze: what is frozen stays as it is, wherever the key goes meanwhile, and
// nobody else's data are kept for it.
func TestFreeze(t *testing.T) {
	ks := New(Options{Databases: 1, Arena: arena.Options{Poison: true}})
	defer ks.Close()
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	db, key := ks.DB(0), []byte("key")
	home := ShardOf(ks.Hash(key))
	var others [2][]byte // in other shards than the key
	for i, n := 0, 0; n < len(others); i++ {
		if k := []byte{'o', byte(i)}; ShardOf(ks.Hash(k)) != home && (n == 0 || ShardOf(ks.Hash(k)) != ShardOf(ks.Hash(others[0]))) {
			others[n] = k
			n++
		}
	}
	db.PutObject(key, Set, newToy(ks.Arena(ks.Hash(key)), []uint64{1, 2, 3}), 0, 0)
	copy(db.Put(others[0], Raw, 3, 0, 0), "old")

	e := db.Find(key, 0, 0)
	release := e.Freeze()
	frozen := e.Value()
	e.Rename(db, others[1], 0)
	e = db.Find(others[1], 0, 0)
	moved := e.OpenObject().(*toy)
	moved.set(0, 10)
	moved.set(1, 20)
	moved.add(40)
	db.Find(others[1], 0, 0).Delete()
	db.Find(others[0], 0, 0).Delete()
	ks.Unlock(AllShards)
	for sh := range Shards {
		for ks.Sweep(sh, 0, 100, true) {
		}
	}
	ks.Lock(AllShards)
	ks.Arena(ks.Hash(key)).Trim() // takes back what was freed through another arena
	if got := viewOf(frozen, 0).numbers; !slices.Equal(got, []uint64{1, 2, 3}) {
		t.Errorf("the frozen value is %v", got)
	}
	if n := ks.Arena(ks.Hash(others[0])).Retired(); n != 0 {
		t.Errorf("%d blobs are kept in another shard", n)
	}
	release()
	ks.Unlock(AllShards)
	for sh := range Shards {
		for ks.Sweep(sh, 0, 100, true) {
		}
	}
	ks.Lock(AllShards)
	if n := ks.ExactMemory(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
