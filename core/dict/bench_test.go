package dict

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/bits"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Benchmarks use keys of 16 bytes and values of 64. Each operation includes hashing.

var benchSizes = []int{1_000, 100_000, 5_000_000}

var benchSeed = maphash.MakeSeed()

func benchKey(buf []byte, i uint64) {
	binary.LittleEndian.PutUint64(buf, i)
	binary.LittleEndian.PutUint64(buf[8:16], i*0x9e3779b97f4a7c15)
}

type benchTable struct {
	*Table
	pool  *arena.Pool
	value []byte
}

func newBenchTable() benchTable {
	p := arena.NewPool(arena.Options{})
	return benchTable{New(p.NewArena(), benchSeed, 0), p, make([]byte, 64)}
}

func (t benchTable) entry(key []byte) arena.Ref {
	ref := t.arena.Alloc(Size(len(key), len(t.value), 0))
	Write(ref, 0, key, t.value, 0)
	return ref
}

func (t benchTable) fill(n int) {
	var key [16]byte
	for i := range n {
		benchKey(key[:], uint64(i))
		t.Insert(t.Hash(key[:]), t.entry(key[:]))
	}
}

// benchEach runs a benchmark on tables of all sizes. fn does one operation with a key
// that is in the table if the table was filled with keys above offset.
func benchEach(b *testing.B, offset uint64, fn func(t benchTable, key []byte)) {
	const ring = 1 << 20 // so many random keys are prepared
	keys := make([]byte, ring*16)
	for _, n := range benchSizes {
		t := newBenchTable()
		t.fill(n)
		for i := range uint64(ring) {
			k, _ := bits.Mul64(mix(i), uint64(n))
			benchKey(keys[i*16:], k+offset)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				at := i % ring * 16
				fn(t, keys[at:at+16])
			}
		})
		t.pool.Close()
	}
}

func BenchmarkHash(b *testing.B) {
	t := newBenchTable()
	defer t.pool.Close()
	key := make([]byte, 16)
	for b.Loop() {
		t.Hash(key)
	}
}

func BenchmarkFindHit(b *testing.B) {
	benchEach(b, 0, func(t benchTable, key []byte) {
		if _, ok := t.Find(t.Hash(key), key); !ok {
			b.Fatal("a key is missing")
		}
	})
}

func BenchmarkFindMiss(b *testing.B) {
	benchEach(b, 1<<40, func(t benchTable, key []byte) {
		if _, ok := t.Find(t.Hash(key), key); ok {
			b.Fatal("a key too many")
		}
	})
}

// BenchmarkReplace overwrites entries with new ones: find, allocate, write, free.
func BenchmarkReplace(b *testing.B) {
	benchEach(b, 0, func(t benchTable, key []byte) {
		p, ok := t.Find(t.Hash(key), key)
		if !ok {
			b.Fatal("a key is missing")
		}
		t.ReplaceFree(p, t.entry(key))
	})
}

// BenchmarkDeleteInsert deletes a key and inserts it again.
func BenchmarkDeleteInsert(b *testing.B) {
	benchEach(b, 0, func(t benchTable, key []byte) {
		h := t.Hash(key)
		p, ok := t.Find(h, key)
		if !ok {
			b.Fatal("a key is missing")
		}
		t.DeleteFree(p)
		t.Insert(h, t.entry(key))
	})
}

// BenchmarkFill grows a table and reports the cost of each insert and the memory for
// each entry: the table's, with the blob's, and what is resident.
func BenchmarkFill(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var inserting time.Duration
			for range b.N {
				t := newBenchTable()
				start := time.Now()
				t.fill(n)
				inserting += time.Since(start)
				b.ReportMetric(float64(t.MemoryUsed())/float64(n), "table-B/entry")
				b.ReportMetric(float64(t.arena.Used())/float64(n), "B/entry")
				b.ReportMetric(float64(t.pool.Stats().Resident)/float64(n), "resident-B/entry")
				t.pool.Close()
			}
			b.ReportMetric(float64(inserting.Nanoseconds())/float64(n)/float64(b.N), "ns/insert")
		})
	}
}

// BenchmarkWorstInsert grows a table to 5 million entries and reports how long its
// slowest inserts take: that is a split that hashes its keys again.
func BenchmarkWorstInsert(b *testing.B) {
	key := make([]byte, 16)
	for range b.N {
		t := newBenchTable()
		var hist [65536]int // by microsecond
		for i := range 5_000_000 {
			benchKey(key, uint64(i))
			start := time.Now()
			t.Insert(t.Hash(key), t.entry(key))
			hist[min(time.Since(start).Microseconds(), 65535)]++
		}
		n := 0
		for us := len(hist) - 1; us >= 0; us-- {
			for _, rank := range []int{1, 10, 1000} {
				if n < rank && n+hist[us] >= rank {
					b.ReportMetric(float64(us), fmt.Sprintf("µs-slowest-%d", rank))
				}
			}
			n += hist[us]
		}
		t.pool.Close()
	}
}

// BenchmarkOwn measures the copy of a segment that the first change after a snapshot
// makes.
func BenchmarkOwn(b *testing.B) {
	t := newBenchTable()
	defer t.pool.Close()
	t.fill(900)
	key := make([]byte, 16)
	h := t.Hash(key)
	p, _ := t.Find(h, key)
	for range b.N {
		e := t.arena.Epochs().Begin()
		p = t.ownAt(p)
		t.arena.Epochs().End(e)
		t.arena.Reclaim(10)
	}
}
