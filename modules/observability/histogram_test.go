package observability

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// durations are spread over all magnitudes, with some beyond what is told apart.
func durations(t *rapid.T) []int64 {
	one := rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64Range(0, 1<<rapid.IntRange(0, 31).Draw(t, "magnitude")).Draw(t, "nanos")
	})
	return rapid.SliceOfN(one, 1, 300).Draw(t, "durations")
}

func recorded(all []int64) *histogram {
	h := &histogram{}
	for _, n := range all {
		h.record(n)
	}
	return h
}

// clamped are the durations as far as a histogram knows them, sorted.
func clamped(all []int64) []int64 {
	out := slices.Clone(all)
	for i := range out {
		out[i] = min(max(out[i], 1), longest)
	}
	slices.Sort(out)
	return out
}

// TestBuckets: every duration is within the bounds of its bucket, which are at
// most a 128th apart, and buckets leave no gap.
func TestBuckets(t *testing.T) {
	next := int64(0)
	for page := range pageCount {
		for at := range pageLen {
			low, high := bounds(page, at)
			if low != next {
				t.Fatalf("bucket %d/%d begins at %d, want %d", page, at, low, next)
			}
			if high-low > low/pageLen {
				t.Fatalf("bucket %d/%d is from %d to %d: too wide", page, at, low, high)
			}
			for _, n := range []int64{low, high} {
				if p, a := locate(n); p != page || a != at {
					t.Fatalf("%d is in bucket %d/%d, want %d/%d", n, p, a, page, at)
				}
			}
			next = high + 1
		}
	}
	if next <= longest {
		t.Fatalf("the last bucket ends at %d, before the longest duration", next)
	}
}

// TestPercentiles: what a percentile tells is the bucket of the duration at that
// rank in the sorted list.
func TestPercentiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := durations(t)
		h, sorted := recorded(all), clamped(all)
		p := rapid.Float64Range(0, 100).Draw(t, "percentile")
		rank := max(int(p/100*float64(len(all))+0.5), 1)
		page, at := locate(sorted[rank-1])
		low, high := bounds(page, at)
		if p == 0 {
			high = low
		}
		if got := h.percentile(p); got != high {
			t.Fatalf("percentile %v is %d, want %d", p, got, high)
		}
	})
}

// TestSteps: each line of a summary counts the durations up to its bound, and
// the last one all of them.
func TestSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := durations(t)
		steps := recorded(all).steps()
		before := step{-1, 0}
		for _, s := range steps {
			if s.micros <= before.micros || s.count <= before.count {
				t.Fatalf("%v after %v", s, before)
			}
			n := int64(0)
			for _, d := range clamped(all) {
				if d/1000 < s.micros || d <= bound(s.micros) {
					n++
				}
			}
			if n != s.count {
				t.Fatalf("up to %d us: %d, want %d", s.micros, s.count, n)
			}
			before = s
		}
		if before.count != int64(len(all)) {
			t.Fatalf("all in all %d, want %d", before.count, len(all))
		}
	})
}

// bound is the bound of a line that tells so many microseconds.
func bound(micros int64) int64 {
	for at := int64(1024); at < 1<<30; at *= 2 {
		page, i := locate(at)
		if _, high := bounds(page, i); high/1000 == micros {
			return high
		}
	}
	return longest
}

// TestRedisBounds: the bounds are those that Redis tells, of durations of all
// magnitudes.
func TestRedisBounds(t *testing.T) {
	h := &histogram{}
	for n := int64(1); n <= 1<<32; n *= 2 {
		h.record(n)
	}
	var got []int64
	for _, s := range h.steps() {
		got = append(got, s.micros)
	}
	want := []int64{1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266, 270532, 541065, 1073741}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSumOfLoops: what several loops have counted is as if one had.
func TestSumOfLoops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := durations(t), durations(t)
		sum := recorded(a)
		sum.add(recorded(b))
		all := recorded(append(a, b...))
		if sum.total != all.total || !slices.Equal(sum.steps(), all.steps()) || sum.percentile(70) != all.percentile(70) {
			t.Fatalf("%v, want %v", sum.steps(), all.steps())
		}
	})
}
