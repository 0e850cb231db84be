package toplist

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestSummary: whatever the stream, no count is too small, none is too large by more than
// its error, no error exceeds the total by the number of counters, and who has more has a
// counter.
func TestSummary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counters := rapid.IntRange(1, 20).Draw(t, "counters")
		s := newSummary(counters)
		for range 2 { // the second time over memory that was used
			s.clear()
			truth := map[string]int64{}
			var total int64
			for _, k := range rapid.SliceOf(rapid.IntRange(0, 40)).Draw(t, "stream") {
				key, units := fmt.Sprint("key", k), int64(k%3+1)
				truth[key] += units
				total += units
				s.add(uint64(k)*0x9E3779B97F4A7C15, 0, []byte(key), units)
			}
			check(t, s, truth, total, counters)
		}
	})
}

func check(t *rapid.T, s *summary, truth map[string]int64, total int64, counters int) {
	bound := total / int64(counters)
	if s.total != total || len(s.all) > counters || len(s.heap) != len(s.all) || len(s.index) != len(s.all) {
		t.Fatalf("total %d of %d, %d counters of %d", s.total, total, len(s.all), counters)
	}
	has := map[string]bool{}
	for i, c := range s.all {
		has[string(c.key)] = true
		n := truth[string(c.key)]
		if c.count < n || c.count-c.over > n || c.over > bound {
			t.Fatalf("%s: counted %d with an error of %d, there were %d; no error may exceed %d", c.key, c.count, c.over, n, bound)
		}
		if s.heap[c.at] != int32(i) || c.at > 0 && s.all[s.heap[(c.at-1)/2]].count > c.count {
			t.Fatal("the heap is none")
		}
	}
	for key, n := range truth {
		if n > bound && !has[key] {
			t.Fatalf("%s has %d of %d and no counter", key, n, total)
		}
	}
}
