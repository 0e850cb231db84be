package order

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestStable: it does what slices.SortStableFunc does.
func TestStable(t *testing.T) {
	type pair struct{ key, at int }
	compare := func(a, b pair) int { return cmp.Compare(a.key, b.key) }
	for n := range 60 {
		var all []pair
		for i := range n {
			all = append(all, pair{rand.IntN(n), i})
		}
		want := slices.Clone(all)
		slices.SortStableFunc(want, compare)
		if Stable(all, compare); !slices.Equal(all, want) {
			t.Errorf("%v, not %v", all, want)
		}
	}
}
