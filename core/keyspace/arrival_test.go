package keyspace

import (
	"bytes"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// arrive receives value apart, and the end of its line.
func arrive(in *Arrivals, value []byte) *Arrival {
	a := in.Begin(len(value))
	for rest := append(bytes.Clone(value), "\r\n"...); !a.Whole(); {
		n := copy(a.Room(), rest[:min(len(rest), 10_000)])
		a.Added(n)
		rest = rest[n:]
	}
	return a
}

func TestArrivalsBecomeValues(t *testing.T) {
	for _, poison := range []bool{false, true} {
		ks := New(Options{Databases: 1, Arena: arena.Options{Poison: poison}})
		db, in := ks.DB(0), ks.NewArrivals()
		key, h := []byte("key"), ks.Hash([]byte("key"))
		value := bytes.Repeat([]byte("0123456789"), 7000)
		put := func(expire int64) {
			t.Helper()
			a := arrive(in, value)
			if !bytes.Equal(a.Bytes(), value) {
				t.Fatal("it has not arrived as it was sent")
			}
			db.PutArrived(h, key, a, expire, 1000)
			if &a.Bytes()[0] != &db.Find(key, 1000, 0).Data()[0] {
				t.Error("it was copied")
			}
			a.Release()
		}
		ks.Lock(AllShards)
		before := ks.ExactMemory()
		put(0) // a new key
		if used := ks.ExactMemory() - before; used < int64(len(value)) || used > int64(len(value))+8<<10 {
			t.Errorf("%d bytes are accounted", used)
		}
		put(5000) // one that has a value
		put(KeepTTL)
		if e := db.Find(key, 1000, 0); e.Expire() != 5000 || !bytes.Equal(e.Data(), value) {
			t.Errorf("expires at %d", e.Expire())
		}
		put(0)
		if e := db.Find(key, 6000, 0); !e.OK() || e.Expire() != 0 {
			t.Error("the expiry has stayed")
		}
		e := db.Find(key, 1000, 0)
		if data := e.GrowText(len(value) + 1); !bytes.Equal(data[:len(value)], value) {
			t.Error("growing has changed it")
		}
		a := arrive(in, value) // for several keys
		other := []byte("another key")
		db.PutArrived(h, key, a, 0, 1000)
		db.PutArrived(ks.Hash(other), other, a, 0, 1000)
		a.Release()
		db.Find(key, 1000, 0).Delete()
		if e := db.Find(other, 1000, 0); !bytes.Equal(e.Data(), value) {
			t.Error("one key has taken the other's value along")
		} else {
			e.Delete()
		}
		ks.Unlock(AllShards)
		for sh := range Shards {
			ks.Sweep(sh, 1000, 100, true)
		}
		ks.Lock(AllShards)
		if used := ks.ExactMemory() - before; used > 8<<10 {
			t.Errorf("%d bytes have stayed", used)
		}
		ks.Unlock(AllShards)
		ks.Close()
	}
}

// TestArrivalsStayForTheirCommand: what reads the arguments after the locks are gone
// finds them, whatever others have done to the key.
func TestArrivalsStayForTheirCommand(t *testing.T) {
	ks := New(Options{Databases: 1, Arena: arena.Options{Poison: true}})
	defer ks.Close()
	db, in := ks.DB(0), ks.NewArrivals()
	key, h := []byte("key"), ks.Hash([]byte("key"))
	for _, change := range []func(){
		func() { db.Find(key, 0, 0).Delete() },
		func() { e := db.Find(key, 0, 0); e.Writable()[0] = 'b' },
		func() { db.PutString(h, key, bytes.Repeat([]byte{'c'}, 90_000), 0, 0) },
	} {
		value := bytes.Repeat([]byte{'a'}, 100_000)
		a := arrive(in, value)
		db.PutArrived(h, key, a, 0, 0)
		change()
		if !bytes.Equal(a.Bytes(), value) {
			t.Error("the argument has changed")
		}
		a.Release()
	}
}
