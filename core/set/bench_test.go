package set

import (
	"fmt"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// BenchmarkIntersect is SINTER of two sets that have half of their members in common.
func BenchmarkIntersect(b *testing.B) {
	for _, n := range []int{100, 1000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			pool := arena.NewPool(arena.Options{})
			defer pool.Close()
			var sets [2]Editor
			for i := range sets {
				sets[i] = New(pool.NewArena(), keyspace.PackedLimits{}, Large, 0)
				for k := range n {
					sets[i].Add(fmt.Appendf(nil, "element:%012d", k+i*n/2))
				}
			}
			others := []View{sets[1].View()}
			var w resp.Writer
			b.ReportAllocs()
			for b.Loop() {
				w.Buf = w.Buf[:0]
				it := sets[0].View().Meeting()
				for it.NextIn(others) {
					w.Bulk(it.Member())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/member")
		})
	}
}
