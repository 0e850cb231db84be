package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// act is something that happens beside a test and must not be noticed by it, but that
// it takes time, or that a connection ends.
type act func(rng *rand.Rand, r *round) []string

func command(args string) act {
	return func(*rand.Rand, *round) []string { return strings.Fields(args) }
}

// quiet are acts that hold nobody back for long and promise nothing less; acts are those that may happen beside
// most tests.
var (
	acts  = append([]act{pause("WRITE"), pause("ALL"), set("appendfsync", "always", "everysec", "no")}, quiet...)
	quiet = []act{
		command("DEBUG RELOAD"), command("DEBUG RELOAD"), command("BGSAVE"), command("BGREWRITEAOF"), command("DEBUG SLEEP 0.005"), command("MEMORY PURGE"), command("CONFIG RESETSTAT"),
		command("ACL SETUSER somebody on >secret ~x* &x* +get +@pubsub"), command("ACL DELUSER somebody"),
		set("list-max-listpack-size", "2", "-2"), set("set-max-intset-entries", "1", "512"), set("hz", "1", "10", "100"),
		set("lazyfree-lazy-user-del", "yes", "no"), set("notify-keyspace-events", "KEA", ""), set("slowlog-log-slower-than", "0", "10000"),
		set("maxclients", "1000", "2000"),
	}
)

// with returns acts with others among them, which come twice as often.
func with(others ...act) []act { return slices.Concat(acts, others, others) }

// killing are those that end connections, and unblocking those that end waiting.
var (
	killing = act(func(rng *rand.Rand, r *round) []string {
		if id := r.victim(rng, true); id != "" {
			return []string{"CLIENT", "KILL", "ID", id}
		}
		return nil
	})
	unblocking = act(func(rng *rand.Rand, r *round) []string {
		if id := r.victim(rng, false); id != "" {
			return []string{"CLIENT", "UNBLOCK", id}
		}
		return nil
	})
	flushing = command("FLUSHALL")
	// holding makes writes wait for longer than some keys have to live.
	holding = act(func(rng *rand.Rand, _ *round) []string {
		return []string{"CLIENT", "PAUSE", strconv.Itoa(150 + rng.IntN(200)), "WRITE"}
	})
)

func pause(what string) act {
	return func(rng *rand.Rand, _ *round) []string {
		return []string{"CLIENT", "PAUSE", strconv.Itoa(1 + rng.IntN(20)), what}
	}
}

func set(name string, values ...string) act {
	return func(rng *rand.Rand, _ *round) []string {
		return []string{"CONFIG", "SET", name, values[rng.IntN(len(values))]}
	}
}

// harmless are replies that say that something else is being done already.
var harmless = []string{"in progress", "child process", "scheduled"}

// disturb does a few acts at random moments until it is told to end.
func (r *round) disturb(acts []act, quit <-chan struct{}) error {
	rng := r.source(1 << 20)
	c, err := r.dialSafe(0)
	if err != nil {
		return err
	}
	defer c.close()
	for range rng.IntN(5) {
		select {
		case <-quit:
			return nil
		case <-time.After(time.Duration(rng.IntN(15_000)) * time.Microsecond):
		}
		args := acts[rng.IntN(len(acts))](rng, r)
		if args == nil {
			continue
		}
		r.note(args)
		v, err := c.Do(args...)
		if err != nil {
			return fmt.Errorf("%q: %w", args, err)
		}
		// A client that was to be killed may have gone by itself.
		if v.IsErr() && !contains(v.Text, harmless) && args[0] != "CLIENT" {
			return fmt.Errorf("%q: %s", args, v.Text)
		}
	}
	return nil
}

func contains(text string, any []string) bool {
	for _, s := range any {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
