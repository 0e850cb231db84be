package keyspace

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// TestAside brings data in beside others, under a snapshot that began before.
func TestAside(t *testing.T) {
	ks := New(Options{Databases: 2, Arena: arena.Options{Poison: true}})
	defer ks.Close()
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	old, fresh := []byte("old"), []byte("new")
	ks.DB(1).PutString(ks.Hash(old), old, []byte("1"), 0, 1)
	snap := ks.Freeze()
	for _, keep := range []bool{false, true} {
		a := ks.Aside()
		if !a.DB(1).Add(ks.Hash(fresh), fresh, ks.DB(1).Find(old, 1, 0).Value(), 0, 1) {
			t.Fatal("not added")
		}
		if ks.DB(1).Find(fresh, 1, 0).OK() || !ks.DB(1).Find(old, 1, 0).OK() {
			t.Error("seen before its time")
		}
		if keep {
			a.Swap()
		} else {
			a.Drop()
		}
	}
	if !ks.DB(1).Find(fresh, 1, 0).OK() || ks.DB(1).Find(old, 1, 0).OK() || ks.DB(1).Len() != 1 {
		t.Error("not swapped")
	}
	snap.End()
	ks.DB(1).Flush()
	ks.Unlock(AllShards)
	for sh := range Shards {
		for ks.Sweep(sh, 1, 100, false) {
		}
	}
	ks.Lock(AllShards)
	if n := ks.ExactMemory(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}

// TestAuthority: what becomes of an expired key depends on who decides over it.
func TestAuthority(t *testing.T) {
	ks := New(Options{Databases: 1})
	defer ks.Close()
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	db, key := ks.DB(0), []byte("k")
	h := ks.Hash(key)
	put := func() { db.PutString(h, key, []byte("v"), 10, 1) }
	look := func(mode Mode) (found, kept bool) {
		put()
		found = db.Find(key, 100, mode).OK()
		return found, db.Find(key, 100, KeepExpired).OK()
	}
	for _, row := range []struct {
		mode                   ExpiryMode
		shows                  bool
		read, readKept         bool
		write, writeKept, over bool // over: a write over it keeps its expiry
	}{
		{mode: DeleteExpired},
		{mode: DeleteOnWrite, readKept: true},
		{mode: HideExpired, readKept: true, writeKept: true},
		{mode: HideExpired, shows: true, read: true, readKept: true, write: true, writeKept: true, over: true},
	} {
		ks.SetExpiry("test", row.mode)
		ks.ShowExpired(Locks(0).Add(h), row.shows)
		if found, kept := look(ForRead); found != row.read || kept != row.readKept {
			t.Errorf("%+v: read: found %v, kept %v", row, found, kept)
		}
		if found, kept := look(ForWrite); found != row.write || kept != row.writeKept {
			t.Errorf("%+v: write: found %v, kept %v", row, found, kept)
		}
		put()
		db.PutString(h, key, []byte("w"), KeepTTL, 100)
		if over := db.Find(key, 100, KeepExpired).Expire() != 0; over != row.over {
			t.Errorf("%+v: overwritten: expiry kept: %v", row, over)
		}
		db.Find(key, 1, 0).Delete()
		put()
		if row.mode != DeleteExpired && !row.shows && !db.Find(key, 100, ForWrite).OK() {
			db.Create(h, key, MakeKind(String, Raw), 1, 0, 0, 100)
		}
		if n := db.Len(); n > 1 {
			t.Errorf("%+v: %d keys of one name", row, n)
		}
		db.Flush()
		ks.ShowExpired(Locks(0).Add(h), false)
	}
}
