// Package order sorts what is short: a server's tables while it starts. Package slices makes a
// copy of its sort for every type of element, of six to twenty kB, which is for what clients can
// make long.
package order

// Stable sorts by insertion: what is in order already costs a look at each element, n in no order
// n*n/4 moves. compare is as for slices.SortStableFunc.
func Stable[T any](all []T, compare func(a, b T) int) {
	for i := 1; i < len(all); i++ {
		x, at := all[i], i
		for ; at > 0 && compare(all[at-1], x) > 0; at-- {
			all[at] = all[at-1]
		}
		all[at] = x
	}
}
