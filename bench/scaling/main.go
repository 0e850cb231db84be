// Command scaling measures how ferrous scales from one core to two inside one
// process, without the network: each of n goroutines drives the server through
// a connection of its own, parsing, dispatch, locking and replies included. What
// eight cores would do it finds out in virtual time (simulate.go). With -beside it
// measures what one loop notices of a command that another one executes.
// `make bench` runs it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"time"
)

// keys is the size of the key space; each round trip carries batch requests.
const (
	keys  = 100_000
	batch = 16
)

// result is that of one kind of command with one shape of keys.
type result struct {
	Test      string               `json:"test"`
	Keys      string               `json:"keys"`
	One       float64              `json:"commands_per_second_1"`
	Two       float64              `json:"commands_per_second_2"`
	Ratio     float64              `json:"ratio"`
	Rounds    int                  `json:"rounds"`
	Costs     costs                `json:"costs"`
	Simulated map[string]simulated `json:"simulated"` // by the number of cores
	AtNeed    map[string]simulated `json:"at_need"`   // the same if no line comes ahead
}

func main() {
	seconds := flag.Float64("seconds", 1, "length of one measurement")
	rounds := flag.Int("rounds", 5, "measurements of each kind, alternating")
	out := flag.String("json", "", "where to write JSON; - for standard output")
	disturb := flag.String("beside", "", "a command that one loop executes over and over while the latency of another one is measured")
	idle := flag.Int("idle", 0, "with -beside: clients that are connected and do nothing")
	flag.Parse()
	length := time.Duration(*seconds * float64(time.Second))
	if *disturb != "" {
		beside(*disturb, *idle, length)
		return
	}
	var results []result
	line := transfer()
	for i := range tests {
		for _, sh := range shapes {
			results = append(results, scale(line, &tests[i], sh, *rounds, length))
		}
	}
	if err := write(*out, results); err != nil {
		log.Fatal(err)
	}
}

// scale alternates between one goroutine and two, and compares medians; then it simulates more.
func scale(line float64, t *test, sh shape, rounds int, length time.Duration) result {
	srv := start(2, t)
	defer srv.Stop()
	shards := t.shards(srv.Keyspace())
	pick := sh.of(shards, 2)
	drive(srv, 1, t, pick, length/4) // warm up
	var one, two, ratios []float64
	for range rounds {
		a, b := drive(srv, 1, t, pick, length), drive(srv, 2, t, pick, length)
		one, two, ratios = append(one, a), append(two, b), append(ratios, b/a)
	}
	r := result{Test: t.name, Keys: sh.name, One: median(one), Two: median(two), Ratio: median(ratios), Rounds: rounds, Simulated: map[string]simulated{}, AtNeed: map[string]simulated{}}
	fmt.Fprintf(os.Stderr, "%-5s %-8s 1 core %10.0f/s   2 cores %10.0f/s   ratio %.2f", r.Test, r.Keys, r.One, r.Two, r.Ratio)
	r.Costs = measure(srv, t, pick, slices.Max(one), line, length/2)
	fmt.Fprintf(os.Stderr, "   outside %.0f ns, inside %.0f, a line %.0f", r.Costs.Outside, r.Costs.Inside, r.Costs.Transfer)
	for _, cores := range []int{2, 4, 8} {
		few := sh.of(shards, cores)
		best, worst := simulate(r.Costs, true, cores, 200_000, t, few, shards), simulate(r.Costs, false, cores, 200_000, t, few, shards)
		r.Simulated[fmt.Sprint(cores)], r.AtNeed[fmt.Sprint(cores)] = best, worst
		fmt.Fprintf(os.Stderr, "   simulated %d: %.2f-%.2f", cores, worst.Speedup, best.Speedup)
	}
	s := r.Simulated["8"]
	fmt.Fprintf(os.Stderr, " (taken %.1f%%, >2us %.1f%%, lines %.2f, waiting %.1f%%)\n", 100*s.Taken, 100*s.Parked, s.Moves, 100*s.Waiting)
	return r
}

func write(path string, results []result) error {
	var w io.Writer
	switch path {
	case "":
		return nil
	case "-":
		w = os.Stdout
	default:
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		w = f
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(results)
}
