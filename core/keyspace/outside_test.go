package keyspace

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// otherShard returns a key that is in another shard than the given one.
func otherShard(ks *Keyspace, key []byte) []byte {
	for i := byte(0); ; i++ {
		if k := []byte{'o', i}; ShardOf(ks.Hash(k)) != ShardOf(ks.Hash(key)) {
			return k
		}
	}
}

// TestLargeValuesStay: what changes a key leaves its large value where it is, in
// another shard and beside a snapshot too.
func TestLargeValuesStay(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		ks := New(Options{Databases: 1, Arena: arena.Options{Poison: true}})
		db, key := ks.DB(0), []byte("key")
		long := append(otherShard(ks, key), bytes.Repeat([]byte("x"), 300)...)
		ks.Lock(AllShards)
		want := bytes.Repeat([]byte("y"), 3<<20)
		copy(db.Put(key, Raw, len(want), 0, 0), want)
		at := &db.Find(key, 0, 0).Data()[0]
		var snap *Snapshot
		if frozen {
			snap = ks.Freeze()
		}
		e := db.Find(key, 0, 0)
		e.SetExpire(5000)
		e.SetExpire(0)
		e.Rename(db, long, 0)
		e = db.Find(long, 0, 0)
		db.PutCopy(key, e, 0, 0)
		for _, k := range [][]byte{key, long} {
			e := db.Find(k, 0, 0)
			if got := e.Data(); &got[0] != at || !bytes.Equal(got, want) {
				t.Errorf("snapshot %v: the value of %.5q is elsewhere", frozen, k)
			}
		}
		// Who writes has his own from then on.
		e = db.Find(key, 0, 0)
		e.Writable()[0] = 'z'
		if got := db.Find(long, 0, 0).Data(); !bytes.Equal(got, want) {
			t.Error("a change of the copy shows in the original")
		}
		e = db.Find(long, 0, 0)
		e.Writable()[0] = 'w'
		if frozen {
			snap.Walk(0, ShardOf(ks.Hash(key)), func(f Frozen) bool {
				if !bytes.Equal(f.Value.Data, want) {
					t.Error("the snapshot has moved")
				}
				return true
			})
			snap.End()
		}
		db.Find(key, 0, 0).Delete()
		db.Find(long, 0, 0).Delete()
		ks.Unlock(AllShards)
		for sh := range Shards {
			for ks.Sweep(sh, 0, 100, true) {
			}
		}
		ks.Lock(AllShards)
		if n := ks.ExactMemory(); n != 0 {
			t.Errorf("snapshot %v: %d bytes are left", frozen, n)
		}
		if n := ks.UsedMemory(); n > 64<<10 {
			t.Errorf("snapshot %v: %d bytes are counted", frozen, n)
		}
		ks.Unlock(AllShards)
		ks.Close()
	}
}

// residentPages is how many pages of memory the process has.
func residentPages(t *testing.T) (n int) {
	b, err := os.ReadFile("/proc/self/statm")
	var all int
	if _, err2 := fmt.Sscan(string(b), &all, &n); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return n
}

// TestHugeValuesGrow: a value with a mapping of its own becomes longer without being
// copied, unless somebody else has it.
func TestHugeValuesGrow(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems cannot move pages")
	}
	ks := New(Options{Databases: 1})
	defer ks.Close()
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	db, key := ks.DB(0), []byte("key")
	const n = 40 << 20
	data := db.Put(key, Raw, n, 0, 0)
	data[0], data[n-1] = 'a', 'z'
	e, before := db.Find(key, 0, 0), residentPages(t)
	for i := 1; i <= 3; i++ { // into the next 64 MiB, and beyond
		size := n + i*60<<20
		e.Grow(Raw, size, 0)
		got := db.Find(key, 0, 0).Data()
		if len(got) != size || got[0] != 'a' || got[n-1] != 'z' {
			t.Fatalf("grown to %d bytes it is another value of %d", size, len(got))
		}
		got[size-1] = 'e'
	}
	if more := residentPages(t) - before; more > 20<<20/4096 {
		t.Errorf("%d pages have been touched", more)
	}
	if s := ks.PoolStats(); s.Resident > 300<<20 || s.Huge != 1 {
		t.Errorf("%d MB and %d mappings for it", s.Resident>>20, s.Huge)
	}
	if used := ks.ExactMemory(); used < n+180<<20 || used > n+185<<20 {
		t.Errorf("%d bytes are accounted", used)
	}
	release, _ := e.Hold()
	held := e.Data()
	e.Grow(Raw, len(held)+1<<20, 0)
	if e.Data()[0] = 'b'; held[0] != 'a' {
		t.Error("what somebody holds has changed")
	}
	release()
}
