package main

import (
	"log"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// start starts a server with some pipes, all keys of a test, and options more.
func start(pipes int, t *test, options ...string) *host.Server {
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: append([]string{"--port", "0", "--save", ""}, options...), Pipes: pipes})
	if err != nil {
		log.Fatal(err)
	}
	var b []byte
	for i := range keys {
		b = t.encode(b[:0], i)
		srv.Pipe(0).Exchange(nil, b)
	}
	return srv
}

// drive runs n goroutines for a time and returns commands per second.
func drive(srv *host.Server, n int, t *test, pick pick, length time.Duration) float64 {
	var total atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	all := make([][][]byte, n)
	for i := range all {
		all[i] = prepare(t, pick, i)
	}
	begin := time.Now()
	for i, requests := range all {
		wg.Go(func() {
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
	return float64(total.Load()) / time.Since(begin).Seconds()
}

// prepare encodes batches of requests ahead, so that making them is not
// measured.
func prepare(t *test, pick pick, core int) [][]byte {
	r := rand.New(rand.NewPCG(uint64(core), 1))
	var requests [][]byte
	for range 2048 {
		var b []byte
		for range batch / len(t.commands) {
			b = t.encode(b, pick(r, core))
		}
		requests = append(requests, b)
	}
	return requests
}

// measure finds out what a command of one core costs: rate is how many there are in a second, line what transfer says. Of what it measures it takes
// medians, which others on the machine change little.
func measure(srv *host.Server, t *test, pick pick, rate, line float64, length time.Duration) costs {
	cmd, err := srv.Registry().Lookup([][]byte{[]byte(t.commands[0]), nil, nil})
	if cmd == nil {
		log.Fatal(err)
	}
	run, inside := cmd.Run, make([]float64, 0, 1<<20)
	cmd.Run = func(c *core.Ctx) error {
		begin := time.Now()
		err := run(c)
		if d := time.Since(begin); len(inside) < cap(inside) {
			inside = append(inside, float64(d))
		}
		return err
	}
	drive(srv, 1, t, pick, length)
	cmd.Run = run
	c := costs{Inside: max(median(inside)-clockCost(), 1), Transfer: line}
	c.Outside = max(1e9/rate-c.Inside, 1)
	return c
}

// clockCost is how many nanoseconds of a duration are its own reading.
func clockCost() float64 {
	all := make([]float64, 1<<18)
	for i := range all {
		begin := time.Now()
		all[i] = float64(time.Since(begin))
	}
	return median(all)
}

// transfer is how many nanoseconds a line takes from one core to the other: two threads hand a number to each other. The best of
// many short times is one in which both had a core.
func transfer() float64 {
	const times, rounds = 500, 1000
	var line struct {
		_ [64]byte
		n atomic.Int64
		_ [64]byte
	}
	best := math.Inf(1)
	var wg sync.WaitGroup
	for side := range int64(2) {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			begin := time.Now()
			for i := side; i < 2*rounds*times; i += 2 {
				for spins := 0; line.n.Load() != i; spins++ {
					if spins > 1<<12 { // the other has no core
						runtime.Gosched()
					}
				}
				if side == 0 && i%(2*rounds) == 0 && i > 0 {
					now := time.Now()
					best = min(best, float64(now.Sub(begin))/(2*rounds))
					begin = now
				}
				line.n.Store(i + 1)
			}
		})
	}
	wg.Wait()
	return best
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
