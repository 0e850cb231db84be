package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want spread
	}{
		{nil, spread{}},
		{[]float64{4}, spread{4, 4, 4}},
		{[]float64{3, 1, 2}, spread{2, 1, 3}},
		{[]float64{4, 1, 3, 2}, spread{2.5, 1, 4}},
	} {
		before := slices.Clone(c.in)
		if got := spreadOf(c.in); got != c.want {
			t.Errorf("spread of %v: %v, want %v", c.in, got, c.want)
		}
		if !slices.Equal(before, c.in) {
			t.Errorf("%v was reordered to %v", before, c.in)
		}
	}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	got := ratios([]float64{10, 30, 5}, []float64{20, 10, 0})
	if want := []float64{0.5, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: a round without a divisor is left out", got, want)
	}
}

func TestGeometricMean(t *testing.T) {
	if got := geometricMean([]float64{2, 0.5, 1}); math.Abs(got-1) > 1e-12 {
		t.Errorf("twice as fast and half as fast make 1, got %v", got)
	}
	if got := geometricMean(nil); got != 0 {
		t.Errorf("mean of nothing: %v", got)
	}
}

func TestLatencyPercentilesAreObservedValues(t *testing.T) {
	var ds []time.Duration
	for i := 1000; i >= 1; i-- {
		ds = append(ds, time.Duration(i)*time.Microsecond)
	}
	want := latencies{Count: 1000, P50: 500, P99: 990, P999: 999, Max: 1000}
	if got := latenciesOf(ds); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := latenciesOf([]time.Duration{time.Millisecond}); got != (latencies{1, 1000, 1000, 1000, 1000}) {
		t.Errorf("one observation: %+v", got)
	}
	if got := latenciesOf(nil); got != (latencies{}) {
		t.Errorf("none: %+v", got)
	}
}

func TestSteady(t *testing.T) {
	if !steady([]int64{1000, 1004, 1001, 1000}) || steady([]int64{1020, 1010, 1000, 1000}) {
		t.Error("steady is within half a per cent")
	}
}
