// Topology lets servers replicate from each other, ferrous and redis-server mixed, in trees that
// change, while clients write at random, and breaks what can break. At the end of each round all
// of them have to have the same data, at the same offset.
//
//	go run ./conformance/topology                              200 rounds: two ferrous and two redis-server
//	go run ./conformance/topology -duration 1h                 for an hour
//	go run ./conformance/topology -servers ffff -seed 17       other servers, the draws of another run
//	go run ./conformance/topology -logged                      logs everywhere, so that a difference can be explained
//	go run ./conformance/topology -servers rrr                 the tester itself, tried: Redis passes
//	go run ./conformance/topology -promises -servers fff       masters are lost, with what WAIT had confirmed
//
// Without -ferrous that is this program: it starts itself again.
//
// What clients write (writes.go) is of all types, in several databases, with transactions,
// scripts, functions, expiry, pops that wait, and now and then all is thrown away. What happens
// meanwhile (events.go): connections are cut, at once or at a byte, delayed, throttled and
// blocked (door.go), clients and links are killed, processes are killed, stopped and started again
// from what files they have, replicas move, become the master with and without FAILOVER, and
// everybody saves and is configured otherwise.
//
// What is compared (compare.go) is more than DEBUG DIGEST says: when keys expire, groups of
// streams and what is pending in them, functions. And no replica may have answered a
// command of its master with an error.
//
// The seed decides what is drawn, not how the machine interleaves it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// options say how long and with what.
type options struct {
	ferrous, redis string // the binaries
	servers        string // a letter for each, r or f
	rounds         int
	duration       time.Duration // instead of rounds, if it is not 0
	writers        int
	logged         bool // all have logs, which are never rewritten: they tell what has come, and when
	promises       bool // what WAIT confirms is to survive (promises.go)
	seed           uint64
	dir            string // a new one, for all that the servers write
	say            func(format string, args ...any)
}

func main() {
	tool.Serve()
	tool.Main("topology", run)
}

func run(ctx context.Context) error {
	var o options
	var base string
	flag.StringVar(&o.ferrous, "ferrous", "", "the binary of ferrous (default: this program)")
	flag.StringVar(&o.redis, "redis", "redis-server", "the binary of Redis")
	flag.StringVar(&o.servers, "servers", "frfr", "the servers: f for ferrous, r for redis-server")
	flag.IntVar(&o.rounds, "rounds", 200, "rounds to run")
	flag.DurationVar(&o.duration, "duration", 0, "how long to run, instead of a number of rounds")
	flag.IntVar(&o.writers, "writers", 3, "clients that write")
	flag.BoolVar(&o.promises, "promises", false, "let sentinels replace lost masters, and look for what WAIT had confirmed")
	flag.BoolVar(&o.logged, "logged", false, "let all servers keep logs and never rewrite them, to find out what a difference is due to")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64()>>32, "seed of the draws")
	flag.StringVar(&base, "dir", os.TempDir(), "where the servers' directory is made; after a failure it is left there")
	verbose := flag.Bool("v", false, "tell what happens in each round")
	if err := tool.Parse(); err != nil {
		return err
	}
	o.say = func(string, ...any) {}
	if *verbose {
		o.say = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	var err error
	if base, err = filepath.Abs(base); err != nil {
		return err
	}
	if o.dir, err = os.MkdirTemp(base, "topology-"); err != nil {
		return err
	}
	sum, err := try(ctx, o)
	fmt.Println(sum)
	if err != nil {
		return fmt.Errorf("%w\nthe servers' files are in %s", err, o.dir)
	}
	return os.RemoveAll(o.dir)
}

// sum is what the rounds came to.
type sum struct {
	options
	done  int
	wrote int64
	took  time.Duration
	syncs map[string]int64 // full, partial ..., of the servers that are left in the end
}

func (s sum) String() string {
	return fmt.Sprintf("%s, seed %d: %d rounds, %d commands in %v; since the last starts %d full syncs, %d partial, %d refused",
		s.servers, s.seed, s.done, s.wrote, s.took.Round(time.Second), s.syncs["sync_full"], s.syncs["sync_partial_ok"], s.syncs["sync_partial_err"])
}

// try runs the rounds. The error tells of the first that failed.
func try(ctx context.Context, o options) (s sum, err error) {
	s = sum{options: o, syncs: map[string]int64{}}
	if len(o.servers) < 2 {
		return s, errors.New("it takes two servers at least")
	}
	if o.ferrous == "" {
		if o.ferrous, err = tool.Self(); err != nil {
			return s, err
		}
	}
	if o.redis, err = exec.LookPath(o.redis); err != nil && (o.promises || strings.Contains(o.servers, "r")) {
		return s, err
	}
	if o.ferrous, err = filepath.Abs(o.ferrous); err != nil {
		return s, err
	}
	began := time.Now()
	f, err := assemble(o)
	if err != nil {
		return s, err
	}
	defer f.disband()
	if o.promises {
		err := f.keepPromises(ctx, &s)
		s.wrote, s.took = f.wrote.Load(), time.Since(began)
		return s, err
	}
	for more := true; more && ctx.Err() == nil; {
		if err := f.round(ctx); ctx.Err() != nil {
			break
		} else if err != nil {
			return s, fmt.Errorf("round %d, seed %d: %w\n%s", s.done+1, o.seed, err, strings.Join(f.done, "\n"))
		}
		o.say("round %d, %d commands:\n    %s", s.done+1, f.wrote.Load(), strings.Join(f.done, "\n    "))
		s.done++
		s.wrote, s.took = f.wrote.Load(), time.Since(began)
		more = s.done < o.rounds
		if o.duration > 0 {
			more = s.took < o.duration
		}
	}
	for _, n := range f.nodes {
		info, err := n.info()
		if err != nil {
			return s, err
		}
		for _, name := range []string{"sync_full", "sync_partial_ok", "sync_partial_err"} {
			var x int64
			_, _ = fmt.Sscan(info[name], &x)
			s.syncs[name] += x
		}
	}
	return s, nil
}
