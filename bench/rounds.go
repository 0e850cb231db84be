package main

import (
	"slices"
)

// sample is what one run on one server gave. Times are microseconds; what a section cannot know is zero.
type sample struct {
	RPS  float64 `json:"rps"`
	CPU  float64 `json:"cpu_us_per_command"` // of the server
	P50  float64 `json:"p50_us"`
	P95  float64 `json:"p95_us,omitempty"`
	P99  float64 `json:"p99_us"`
	P999 float64 `json:"p99_9_us,omitempty"`
	Max  float64 `json:"max_us"`
	// Busy is how many processors the load generator kept busy. Where it comes near the number of its threads the
	// generator was the limit, and the throughput says nothing about the server.
	Busy float64 `json:"client_cpus_busy,omitempty"`
}

// The figures of a sample, for picking one out of several rounds.
func rps(s sample) float64  { return s.RPS }
func cpu(s sample) float64  { return s.CPU }
func p50(s sample) float64  { return s.P50 }
func p99(s sample) float64  { return s.P99 }
func p999(s sample) float64 { return s.P999 }
func most(s sample) float64 { return s.Max }
func busy(s sample) float64 { return s.Busy }

// comparison is one measured case: the rounds of every server, and the ratios to the baseline.
type comparison struct {
	Test     string              `json:"test"`
	Clients  int                 `json:"clients"`
	Pipeline int                 `json:"pipeline"`
	Size     int                 `json:"value_bytes,omitempty"`
	Requests int                 `json:"requests,omitempty"` // of every run; absent where runs end by time
	Rounds   map[string][]sample `json:"rounds"`             // by server
	Ratios   map[string]ratioRow `json:"ratios"`             // by server, baseline excepted
}

// ratioRow divides a server's figures by the baseline's. Of throughput more is better, of the others less.
type ratioRow struct {
	Throughput spread `json:"throughput"`
	CPU        spread `json:"cpu_per_command"`
	P50        spread `json:"p50"`
	P99        spread `json:"p99"`
}

// figure summarizes one figure of one server over the rounds.
func (c *comparison) figure(server string, get func(sample) float64) spread {
	return spreadOf(each(c.Rounds[server], get))
}

// compare fills in the ratios to the baseline; without a baseline there are none.
func (c *comparison) compare(baseline string) {
	c.Ratios = map[string]ratioRow{}
	base := c.Rounds[baseline]
	for name, rounds := range c.Rounds {
		if name == baseline || base == nil {
			continue
		}
		ratio := func(get func(sample) float64) spread { return spreadOf(ratios(each(rounds, get), each(base, get))) }
		c.Ratios[name] = ratioRow{Throughput: ratio(rps), CPU: ratio(cpu), P50: ratio(p50), P99: ratio(p99)}
	}
}

func each[T any](samples []T, get func(T) float64) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = get(s)
	}
	return out
}

// alternate runs every server once per round, forwards and backwards by turns, so that neither going first nor
// following a certain other server is anyone's privilege.
func alternate[T any](rounds int, servers []*server, run func(*server) (T, error)) (map[string][]T, error) {
	out := map[string][]T{}
	order := slices.Clone(servers)
	for range rounds {
		for _, s := range order {
			got, err := run(s)
			if err != nil {
				return nil, err
			}
			out[s.Name] = append(out[s.Name], got)
		}
		slices.Reverse(order)
	}
	return out, nil
}
