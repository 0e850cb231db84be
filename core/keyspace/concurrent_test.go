package keyspace

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// TestSnapshotsUnderWrites walks snapshots without a lock while writers change
// every key and the sweeper runs: what is walked is what stood there when the
// snapshot began. Run it under the race detector too; what the detector cannot
// see, the poisoned arenas do.
func TestSnapshotsUnderWrites(t *testing.T) {
	ks := New(Options{Databases: 2, Arena: arena.Options{Poison: true}})
	defer ks.Close()
	const keys = 400
	stop := make(chan struct{})
	var workers sync.WaitGroup
	for i := range 2 {
		workers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			for {
				select {
				case <-stop:
					return
				default:
					disturb(ks, rng, keys)
				}
			}
		})
	}
	workers.Go(func() {
		for sh := 0; ; sh = (sh + 1) % Shards {
			select {
			case <-stop:
				return
			default:
				ks.Sweep(sh, 1000, 50, true)
			}
		}
	})

	var walks sync.WaitGroup
	for range 60 {
		want := map[string]modelValue{}
		ks.Lock(AllShards)
		for db := range ks.Databases() {
			ks.DB(db).Each(func(e Entry) bool {
				want[fmt.Sprint(db, " ", string(e.Key()))] = viewOf(e.Value(), e.Expire())
				return true
			})
		}
		snap := ks.Freeze()
		ks.Unlock(AllShards)
		walks.Go(func() { // walks overlap with the next snapshots
			defer snap.End()
			compare(t, snap, want)
			compare(t, snap, want)
		})
	}
	walks.Wait()
	close(stop)
	workers.Wait()
}

// disturb makes one random change.
func disturb(ks *Keyspace, rng *rand.Rand, keys int) {
	key, other := fmt.Appendf(nil, "key:%d", rng.IntN(keys)), fmt.Appendf(nil, "key:%d", rng.IntN(keys))
	locks := Locks(0).Add(ks.Hash(key)).Add(ks.Hash(other))
	ks.Lock(locks)
	defer ks.Unlock(locks)
	db, to := ks.DB(rng.IntN(2)), ks.DB(rng.IntN(2))
	e := db.Find(key, 0, ForWrite)
	switch op := rng.IntN(8); {
	case !e.OK() && op < 3:
		o := newToy(ks.shards[ShardOf(ks.Hash(key))].arena, []uint64{1, 2, 3})
		db.PutObject(key, Set, o, int64(rng.IntN(3)*1000), 0)
	case !e.OK() || op == 0:
		n := rng.IntN(300)
		fill(db.Put(key, MakeKind(String, Raw), n, KeepTTL, 0), byte(op))
	case op == 1:
		e.Delete()
	case op == 2:
		e.SetExpire(int64(rng.IntN(3) * 1000))
	case op == 3 && (string(key) != string(other) || db != to):
		e.Rename(to, other, 0)
	case e.Kind().IsObject():
		if o := e.OpenObject().(*toy); o.Len() > 50 {
			e.Delete()
		} else {
			o.set(0, rng.Uint64())
			o.add(rng.Uint64())
		}
	default:
		fill(e.Grow(e.Kind(), rng.IntN(300), 0), byte(op))
	}
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

func compare(t *testing.T, snap *Snapshot, want map[string]modelValue) {
	n := 0
	for db := range snap.Databases() {
		for sh := range Shards {
			snap.Walk(db, sh, func(f Frozen) bool {
				n++
				key := fmt.Sprint(db, " ", string(f.Key))
				if got := viewOf(f.Value, f.Expire); !got.equal(want[key]) {
					t.Errorf("key %s is %v in the snapshot, was %v", key, got, want[key])
					return false
				}
				return true
			})
		}
	}
	if n != len(want) {
		t.Errorf("%d keys in the snapshot, %d when it began", n, len(want))
	}
}
