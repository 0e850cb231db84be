package keyspace

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/prefetch"
)

// Warm asks the processor for what lookups of the hashes are going to touch,
// all of it at once, so that a batch of commands does not wait for memory one
// key after the other. The caller holds the locks of all of them.
func (db *DB) Warm(hashes []uint64) {
	for i, h := range hashes {
		if !again(hashes, i) {
			db.WarmBucket(h)
		}
	}
	for i, h := range hashes {
		if !again(hashes, i) {
			db.WarmEntry(h)
		}
	}
}

// again reports whether hash i is that of the key before, too: pipelines that push to one
// list are common.
func again(hashes []uint64, i int) bool { return i > 0 && hashes[i] == hashes[i-1] }

// WarmBucket and WarmEntry are the two halves of Warm for one hash, for whoever has
// other things to do between them.
func (db *DB) WarmBucket(h uint64) { db.tables[ShardOf(h)].PrefetchBucket(h) }

// WarmEntry is the second half: see WarmBucket.
func (db *DB) WarmEntry(h uint64) { db.tables[ShardOf(h)].PrefetchEntry(h) }

// Member is a member of a key's value that is going to be looked up.
type Member struct {
	Key  []byte
	Hash uint64 // of the key
	Name []byte

	of   Warmer // what WarmMembers has found
	hash uint64 // of the name
}

// WarmMembers is Warm for members of the large values among those of the keys,
// which have been asked for before. It uses the list for its own notes.
func (db *DB) WarmMembers(list []Member) {
	for i := range list {
		m := &list[i]
		if i > 0 && m.Hash == list[i-1].Hash {
			m.of = list[i-1].of // most probably; and it is only a hint
		} else {
			m.of = db.warmer(m.Hash, m.Key)
		}
		if m.of != nil {
			m.hash = db.ks.Hash(m.Name)
			m.of.PrefetchBucket(m.hash)
		}
	}
	for i := range list {
		if m := &list[i]; m.of != nil {
			m.of.PrefetchEntry(m.hash)
		}
	}
}

// warmer returns a key's value if it can be asked ahead for members.
func (db *DB) warmer(h uint64, key []byte) Warmer {
	sh := ShardOf(h)
	t := &db.tables[sh]
	pos, ok := t.Find(h, key)
	if !ok {
		return nil
	}
	w, _ := Entry{db, pos, t.At(pos)}.Object().(Warmer)
	return w
}

// WarmShared is DB.Warm for a caller that holds no lock and shares the keyspace
// with other cores: each lock is taken for the moment that it is needed. The
// locks themselves are what travels between cores, so they come first. Where
// somebody is alone, or wants to be, there is nothing to ask for.
func (l *Lane) WarmShared(db *DB, hashes []uint64) {
	l.ks.WarmLocks(hashes)
	if !l.enter() {
		return
	}
	for i, h := range hashes {
		if again(hashes, i) {
			continue
		}
		sh := ShardOf(h)
		db.ks.shards[sh].mu.Lock()
		db.tables[sh].PrefetchBucket(h)
		db.ks.shards[sh].mu.Unlock()
	}
	for i, h := range hashes {
		if again(hashes, i) {
			continue
		}
		sh := ShardOf(h)
		db.ks.shards[sh].mu.Lock()
		db.tables[sh].PrefetchEntry(h)
		db.ks.shards[sh].mu.Unlock()
	}
	l.leave()
}

// WarmLocks asks for the locks only.
func (ks *Keyspace) WarmLocks(hashes []uint64) {
	for _, h := range hashes {
		prefetch.Write(uintptr(unsafe.Pointer(&ks.shards[ShardOf(h)])))
	}
}
