package main

import (
	"math"
	"slices"
	"time"
)

// spread is the middle and the extremes of a few repetitions. With three rounds a standard deviation would only
// pretend to know more.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spreadOf summarizes xs, which it leaves unchanged. The spread of nothing is zero.
func spreadOf(xs []float64) spread {
	if len(xs) == 0 {
		return spread{}
	}
	s := slices.Sorted(slices.Values(xs))
	mid := len(s) / 2
	median := s[mid]
	if len(s)%2 == 0 {
		median = (s[mid-1] + s[mid]) / 2
	}
	return spread{Median: median, Min: s[0], Max: s[len(s)-1]}
}

// ratios divides a by b round by round: the two runs of one round are neighbours in time, so whatever disturbs the
// machine for longer than a run cancels out. Rounds without a usable divisor are left out.
func ratios(a, b []float64) []float64 {
	var out []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			out = append(out, a[i]/b[i])
		}
	}
	return out
}

// geometricMean is the fair average of ratios: a test twice as fast and one half as fast make 1.
func geometricMean(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range xs {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(xs)))
}

// latencies are percentiles in microseconds.
type latencies struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_us"`
	P99   float64 `json:"p99_us"`
	P999  float64 `json:"p99_9_us"`
	Max   float64 `json:"max_us"`
}

// latenciesOf sorts ds in place and reads the percentiles off it, by nearest rank: every figure was really observed.
func latenciesOf(ds []time.Duration) latencies {
	if len(ds) == 0 {
		return latencies{}
	}
	slices.Sort(ds)
	at := func(p float64) float64 {
		rank := int(math.Ceil(p * float64(len(ds))))
		return micros(ds[max(rank, 1)-1])
	}
	return latencies{Count: len(ds), P50: at(0.50), P99: at(0.99), P999: at(0.999), Max: at(1)}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
