package zset

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// benchMembers is the size of the set in the benchmarks.
const benchMembers = 1_000_000

func benchKeyspace() (*keyspace.Keyspace, *keyspace.DB) {
	ks := keyspace.New(keyspace.Options{})
	ks.SetPacked(keyspace.ZSet, roomy)
	return ks, ks.DB(0)
}

func benchName(i int) []byte { return fmt.Appendf(nil, "member:%07d", i) }

// BenchmarkLoad tells the time and memory for each member of a set of a million.
func BenchmarkLoad(b *testing.B) {
	for _, order := range []string{"random", "ascending"} {
		b.Run(order, func(b *testing.B) {
			names := make([][]byte, benchMembers)
			scores := make([]float64, benchMembers)
			for i, k := range rand.Perm(benchMembers) {
				names[i] = benchName(k)
				scores[i] = rand.Float64() * 1e6
				if order == "ascending" {
					scores[i] = float64(i)
				}
			}
			for b.Loop() {
				ks, db := benchKeyspace()
				start := time.Now()
				key := []byte("key")
				for i, name := range names {
					ed := Edit(db, key, db.Find(key, 1, 0), 1)
					ed.Set(name, scores[i])
				}
				b.ReportMetric(float64(time.Since(start).Nanoseconds())/benchMembers, "ns/member")
				z := Of(db.Find(key, 1, 0).Value()).large
				b.ReportMetric(float64(ks.ExactMemory())/benchMembers, "B/member")
				b.ReportMetric(float64(z.MemoryUsage())/benchMembers, "own-B/member")
				b.ReportMetric(float64(z.tree.MemoryUsed())/benchMembers, "tree-B/member")
				b.ReportMetric(float64(z.index.MemoryUsed())/benchMembers, "index-B/member")
				ks.Close()
			}
		})
	}
}

// BenchmarkLarge has a set of a million members.
func BenchmarkLarge(b *testing.B) {
	ks, db := benchKeyspace()
	defer ks.Close()
	key := []byte("key")
	names := make([][]byte, benchMembers)
	for i := range names {
		names[i] = benchName(i)
		ed := Edit(db, key, db.Find(key, 1, 0), 1)
		ed.Set(names[i], rand.Float64()*1e6)
	}
	v := Of(db.Find(key, 1, 0).Value())
	each := func(name string, fn func(member []byte)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fn(names[rand.IntN(benchMembers)])
			}
		})
	}
	each("score", func(member []byte) { v.Score(member) })
	each("rank", func(member []byte) { v.Rank(member) })
	each("below", func([]byte) { v.Below(rand.Float64()*1e6, true) })
	each("range100", func([]byte) {
		c := v.At(rand.IntN(benchMembers - 100))
		sum := 0
		for range 100 {
			sum += len(c.Member())
			c.Next()
		}
	})
	each("scores100", func([]byte) {
		c := v.At(rand.IntN(benchMembers - 100))
		sum := 0.0
		for range 100 {
			sum += c.Score()
			c.Next()
		}
	})
	each("move", func(member []byte) {
		ed := Edit(db, key, db.Find(key, 1, 0), 1)
		ed.Set(member, rand.Float64()*1e6)
	})
	each("nudge", func(member []byte) {
		ed := Edit(db, key, db.Find(key, 1, 0), 1)
		p, _ := ed.Find(member)
		ed.Update(p, p.Score()+0.01)
	})
	each("remove+add", func(member []byte) {
		ed := Edit(db, key, db.Find(key, 1, 0), 1)
		ed.Remove(member)
		ed.Set(member, rand.Float64()*1e6)
	})
}
