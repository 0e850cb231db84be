// Linear lets clients work on a server at the same time and asks whether what they saw
// could have been: whether one after the other, in some order that agrees with the times
// at which they asked and were answered, a server could have replied like that.
//
//	go run ./conformance/linear                                    a minute each with 1, 2 and 4 loops
//	go run ./conformance/linear -duration 20m -loops 4             longer, with 4
//	go run -race ./conformance/linear                              client and server with the race detector
//	go run ./conformance/linear -run waiters,crash -seed 17        some tests, the draws of another run
//	go run ./conformance/linear -server redis-server -loops 1      the tests themselves, tried
//
// Without -server the server is this program: it starts itself again.
//
// Histories (mixes.go) are checked by github.com/anishathalye/porcupine against a model of
// a sequential server (model.go, commands.go): strings and transactions; lists and sets
// between which elements are moved; commands on the whole keyspace, with two databases;
// expiry; and a server that is killed in the middle, with appendfsync always. What needs
// no search has a test of its own: counters under WATCH, queues, clients waiting in line,
// messages and invalidations, which come before later replies.
//
// Beside each test others pause clients, kill some, reload, save, rewrite, set parameters
// and users (chaos.go). A round is short and begins with an empty server. Its seed decides
// what is drawn, not how the machine interleaves it: a failure is repeated by repeating the
// test, not the seed alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// test is a kind of round.
type test struct {
	name string
	run  func(r *round) error
	acts []act // what may happen beside it
}

var tests = []test{
	{"registers", linear("registers"), with(killing, unblocking)},
	{"collections", linear("collections"), with(killing, unblocking)},
	{"whole", linear("whole"), with(killing)},
	{"expiry", linear("expiry"), with(killing, holding, holding)},
	{"counters", counters, with(killing)},
	{"queues", queues, with(killing, unblocking)},
	{"waiters", waiters, quiet},
	{"messages", messages, acts},
	{"leaving", leaving, acts},
	{"caches", caches, with(flushing)},
	{"crash", crash, nil}, // it has its own server
}

// options say how long and with what.
type options struct {
	server   string // a binary; "" for this program
	loops    int
	duration time.Duration
	rest     time.Duration // between rounds
	seed     uint64
	only     []string // names of tests; nil for all
	dir      string
	say      func(format string, args ...any)
}

func main() {
	tool.Serve()
	tool.Main("linear", run)
}

func run(ctx context.Context) error {
	var o options
	var loops, only string
	var verbose bool
	flag.StringVar(&o.server, "server", "", "the server binary (default: this program)")
	flag.StringVar(&loops, "loops", "1,2,4", "numbers of event loops, --io-threads")
	flag.DurationVar(&o.duration, "duration", time.Minute, "how long with each")
	flag.DurationVar(&o.rest, "rest", 0, "rest between rounds, so that others get something of the machine")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64()>>32, "of the first round; the next have the next")
	flag.StringVar(&only, "run", "", "names of tests (default: all)")
	flag.StringVar(&o.dir, "dir", "", "for files; kept if something is wrong (default: a new one)")
	flag.BoolVar(&verbose, "v", false, "a line for each round")
	if err := tool.Parse(); err != nil {
		return err
	}
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	o.say = func(format string, args ...any) {
		if verbose {
			fmt.Printf(format+"\n", args...)
		}
	}
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "linear-")
		if err != nil {
			return err
		}
		o.dir = dir
	}
	for n := range strings.SplitSeq(loops, ",") {
		var err error
		if o.loops, err = strconv.Atoi(n); err != nil {
			return err
		}
		sum, err := try(ctx, o)
		fmt.Printf("%d loops, seed %d:\n%s", o.loops, o.seed, sum)
		if err != nil {
			return fmt.Errorf("%d loops: %w\nfiles: %s", o.loops, err, o.dir)
		}
	}
	return os.RemoveAll(o.dir)
}

// try runs rounds until the time is up, each test once at least, or something is wrong.
func try(ctx context.Context, o options) (*tally, error) {
	sum := &tally{}
	chosen, err := choose(o.only)
	if err != nil {
		return sum, err
	}
	dir := filepath.Join(o.dir, fmt.Sprintf("loops-%d", o.loops))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return sum, err
	}
	srv, err := begin(o.server, dir, o.loops, "--appendonly", "yes")
	if err != nil {
		return sum, err
	}
	for i, end := 0, time.Now().Add(o.duration); err == nil && (i < len(chosen) || time.Now().Before(end)) && ctx.Err() == nil; i++ {
		t := chosen[i%len(chosen)]
		r := &round{
			name: t.name, seed: o.seed + uint64(i), dir: dir, srv: srv, sum: sum,
			alive: map[string]bool{}, slain: map[string]bool{},
		}
		begun := time.Now()
		if err = r.play(t); err != nil {
			err = fmt.Errorf("%s, seed %d, beside %q: %w", r.name, r.seed, r.notes, err)
		}
		o.say("%d loops  %-12s seed %d  %v", o.loops, r.name, r.seed, time.Since(begun).Round(time.Millisecond))
		time.Sleep(o.rest)
	}
	return sum, errors.Join(err, srv.stop())
}

// choose returns the tests of these names, all if there are none.
func choose(names []string) ([]test, error) {
	if names == nil {
		return tests, nil
	}
	var chosen []test
	for _, name := range names {
		before := len(chosen)
		for _, t := range tests {
			if t.name == name {
				chosen = append(chosen, t)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("there is no test %q", name)
		}
	}
	return chosen, nil
}

// play runs a test with whatever happens beside it.
func (r *round) play(t test) error {
	c, err := r.dialSafe(0)
	if err != nil {
		return err
	}
	defer c.close()
	if _, err := c.must("FLUSHALL"); err != nil {
		return err
	}
	quit, disturbed := make(chan struct{}), make(chan error, 1)
	if t.acts == nil {
		disturbed <- nil
	} else {
		go func() { disturbed <- r.disturb(t.acts, quit) }()
	}
	err = t.run(r)
	close(quit)
	r.sum.add(r.name, counts{rounds: 1})
	return errors.Join(err, <-disturbed)
}
