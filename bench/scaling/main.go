// Command scaling measures how ferrous scales from one core to two inside one
// process, without the network: each of n goroutines drives the server through
// a connection of its own, parsing, dispatch, locking and replies included.
// `make bench` runs it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// keys is the size of the key space; each round trip carries batch requests.
const (
	keys  = 100_000
	batch = 16
)

type result struct {
	Test   string  `json:"test"`
	One    float64 `json:"commands_per_second_1"`
	Two    float64 `json:"commands_per_second_2"`
	Ratio  float64 `json:"ratio"`
	Rounds int     `json:"rounds"`
}

func main() {
	seconds := flag.Float64("seconds", 1, "length of one measurement")
	rounds := flag.Int("rounds", 5, "measurements of each kind, alternating")
	out := flag.String("json", "", "where to write JSON; - for standard output")
	flag.Parse()
	var results []result
	for _, test := range []string{"GET", "SET", "INCR"} {
		results = append(results, measure(test, *rounds, time.Duration(*seconds*float64(time.Second))))
	}
	if err := write(*out, results); err != nil {
		log.Fatal(err)
	}
}

// measure alternates between one goroutine and two, and compares medians.
func measure(test string, rounds int, length time.Duration) result {
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0", "--save", ""}, Pipes: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Stop()
	drive(srv, 1, "SET", length/4) // fill and warm up
	var one, two, ratios []float64
	for range rounds {
		a, b := drive(srv, 1, test, length), drive(srv, 2, test, length)
		one, two, ratios = append(one, a), append(two, b), append(ratios, b/a)
	}
	r := result{test, median(one), median(two), median(ratios), rounds}
	fmt.Fprintf(os.Stderr, "%-5s 1 core %10.0f/s   2 cores %10.0f/s   ratio %.2f\n", test, r.One, r.Two, r.Ratio)
	return r
}

// drive runs n goroutines for a time and returns commands per second.
func drive(srv *host.Server, n int, test string, length time.Duration) float64 {
	var total atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		wg.Go(func() {
			requests := prepare(test, uint64(i))
			pipe := srv.Pipe(i)
			var replies []byte
			count := int64(0)
			for k := 0; !stop.Load(); k++ {
				replies = pipe.Exchange(replies[:0], requests[k%len(requests)])
				count += batch
			}
			total.Add(count)
		})
	}
	time.Sleep(length)
	stop.Store(true)
	wg.Wait()
	return float64(total.Load()) / time.Since(start).Seconds()
}

// prepare encodes batches of requests ahead, so that making them is not
// measured.
func prepare(test string, seed uint64) [][]byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var requests [][]byte
	for range 2048 {
		var b []byte
		for range batch {
			key := "key:" + strconv.Itoa(int(r.Int64N(keys)))
			args := []string{test, key}
			switch test {
			case "SET":
				args = append(args, "a value of some thirty characters")
			case "INCR":
				args[1] = "counter:" + key
			}
			b = fmt.Appendf(b, "*%d\r\n", len(args))
			for _, a := range args {
				b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
			}
		}
		requests = append(requests, b)
	}
	return requests
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
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
