package keyspace

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever is locked through lanes, by guests and alone excludes each other: one
// plain counter for each shard says so to the race detector, and by its sum.
func TestGateExcludes(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	const lanes, guests, rounds = 4, 2, 4000
	var counters [Shards]int
	var want atomic.Int64
	var wg sync.WaitGroup
	work := func(seed uint64, lock, unlock func(Locks)) {
		defer wg.Done()
		rnd := rand.New(rand.NewPCG(seed, 1))
		for range rounds {
			set := Locks(1) << rnd.IntN(Shards)
			set |= Locks(1) << rnd.IntN(Shards)
			switch rnd.IntN(4) {
			case 0:
				set = AllShards
			case 1:
				set |= Locks(rnd.Uint64())
			}
			lock(set)
			for sh := range Shards {
				if set.HasShard(sh) {
					counters[sh]++
					want.Add(1)
				}
			}
			unlock(set)
		}
	}
	var all []*Lane
	for range lanes {
		all = append(all, ks.NewLane())
	}
	wg.Add(lanes + guests)
	for i, l := range all {
		go work(uint64(i), l.Lock, l.Unlock)
	}
	for i := range guests {
		go work(uint64(100+i), ks.Lock, ks.Unlock)
	}
	wg.Wait()
	sum := int64(0)
	for _, n := range counters {
		sum += int64(n)
	}
	if sum != want.Load() {
		t.Errorf("%d changes of %d are there", sum, want.Load())
	}
}

// Who takes long lets others look in: they are told, or visit, and get the locks
// only when it is done.
func TestYield(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	long, other := ks.NewLane(), ks.NewLane()
	one := Locks(1) << 5
	long.Lock(AllShards)
	got := make(chan bool)
	go func() { got <- other.LockUnlessLong(one) }()
	ran := 0
	until := func(done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing came of it")
			}
			long.Yield(runtime.Gosched, func() {
				long.Lock(AllShards) // it has them
				ran++
				long.Unlock(AllShards)
			})
		}
	}
	until(func() bool {
		select {
		case locked := <-got:
			if locked {
				t.Fatal("locked beside one who is alone")
			}
			return true
		default:
			return false
		}
	})
	if ran == 0 {
		t.Error("what Yield is given did not run")
	}
	if other.LockUnlessLong(AllShards) {
		t.Fatal("all locked beside one who is alone")
	}
	visited := make(chan bool)
	var alone atomic.Bool
	go func() {
		visited <- other.Visit(func() {
			other.Lock(one)
			alone.Store(true)
			other.Unlock(one)
		})
	}()
	until(alone.Load)
	if !<-visited {
		t.Error("a visit says that it did not take place")
	}
	guest := make(chan bool, 1)
	go func() {
		ks.Lock(one)
		guest <- true
		ks.Unlock(one)
	}()
	patient := make(chan bool, 1)
	go func() {
		other.Lock(AllShards)
		patient <- true
		other.Unlock(AllShards)
	}()
	for range 5 {
		long.Yield(runtime.Gosched, func() {})
		time.Sleep(2 * time.Millisecond)
	}
	select {
	case <-guest:
		t.Fatal("a guest was let in")
	case <-patient:
		t.Fatal("another was let in")
	default:
	}
	long.Unlock(AllShards)
	<-guest
	<-patient
	if other.Visit(func() {}) {
		t.Error("a visit to nobody")
	}
	if !other.LockUnlessLong(one) {
		t.Error("still told to stay outside")
	}
	other.Unlock(one)
}

func BenchmarkLocks(b *testing.B) {
	for _, x := range []struct {
		name  string
		lanes int
		set   Locks
	}{{"one of 2 lanes", 2, 1}, {"all of 2 lanes", 2, AllShards}, {"all of 16 lanes", 16, AllShards}} {
		b.Run(x.name, func(b *testing.B) {
			ks := New(Options{})
			defer ks.Close()
			l := ks.NewLane()
			for range x.lanes - 1 {
				ks.NewLane()
			}
			for range b.N {
				l.Lock(x.set)
				l.Unlock(x.set)
			}
		})
	}
	b.Run("64 mutexes", func(b *testing.B) {
		ks := New(Options{})
		defer ks.Close()
		for range b.N {
			ks.lockShards(AllShards)
			ks.unlockShards(AllShards)
		}
	})
}
