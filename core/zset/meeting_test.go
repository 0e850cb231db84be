package zset

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// TestMeeting: sets that are looked up together meet in what looking up one after the other finds, in order
// where that was asked for.
func TestMeeting(t *testing.T) {
	pool := arena.NewPool(arena.Options{})
	defer pool.Close()
	a := pool.NewArena()
	made := func(n, step int) View {
		b := NewBuilder(a, n)
		for i := range n {
			b.AddNew(fmt.Appendf(nil, "m%d", i*step), float64((i*37+step)%101))
		}
		return b.View()
	}
	all := []View{made(1, 1), made(16, 2), made(700, 1), made(500, 3), made(12_000, 1)}
	for i, v := range all {
		for j, o := range all {
			p := all[(i+j)%len(all)]
			var want, without []string
			for r := range v.Len() {
				c := v.At(r)
				one, in := o.Score(c.Member())
				two, in2 := p.Score(c.Member())
				if in && in2 {
					want = append(want, fmt.Sprint(string(c.Member()), c.Score(), one, two))
				} else if !in && !in2 {
					without = append(without, string(c.Member()))
				}
			}
			for _, ordered := range []bool{true, false} {
				m, ok := v.Meet([]View{o, p}, ordered)
				var got []string
				for m.Next() {
					got = append(got, fmt.Sprint(string(m.Member()), m.Score(), m.Of(0), m.Of(1)))
				}
				if !ordered {
					slices.Sort(got)
					want = slices.Sorted(slices.Values(want))
				}
				if !ok || !slices.Equal(got, want) {
					t.Fatalf("%d meets %d, ordered %v: %d members, %d are in all", i, j, ordered, len(got), len(want))
				}
			}
			m, ok := v.Without([]View{o, p})
			var got []string
			for m.Next() {
				got = append(got, string(m.Member()))
			}
			if !ok || !slices.Equal(got, without) {
				t.Fatalf("%d without %d: %d members, want %d", i, j, len(got), len(without))
			}
		}
	}
	if _, ok := all[0].Meet([]View{{}}, true); ok {
		t.Error("a packed set can be looked into in lots")
	}
}
