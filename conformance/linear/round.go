package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/conformance"
	"github.com/ferrousdb/ferrous/conformance/resp"
)

// round is one go at one test, on a server that is empty when it begins.
type round struct {
	name string
	seed uint64 // all that is drawn in the round follows from it
	dir  string // for what is to be kept
	srv  *target
	sum  *tally

	dead atomic.Bool // the server has been killed

	mu    sync.Mutex
	alive map[string]bool // by their ids: the connections that the disturbance may kill
	slain map[string]bool // and those that it has killed
	notes []string        // what the disturbance has done
}

func (r *round) note(args []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, strings.Join(args, " "))
}

// client is a connection in RESP3.
type client struct {
	*conformance.Conn
	r  *round
	id string
}

// source returns a source of random numbers for one of the round's clients.
func (r *round) source(client int) *rand.Rand { return rand.New(rand.NewPCG(r.seed, uint64(client))) }

// dial connects, and lets the connection be killed.
func (r *round) dial(db int) (*client, error) {
	c, err := r.dialSafe(db)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive[c.id] = true
	return c, nil
}

// dialSafe connects; nobody kills the connection.
func (r *round) dialSafe(db int) (*client, error) {
	conn, err := conformance.Dial(r.srv.addr())
	if err != nil {
		return nil, err
	}
	c := &client{Conn: conn, r: r}
	v, err := c.must("HELLO", "3")
	if err != nil {
		c.close()
		return nil, err
	}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].Text == "id" {
			c.id = v.Elems[i+1].Text
		}
	}
	if db != 0 {
		if _, err := c.must("SELECT", strconv.Itoa(db)); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// must sends a command that has to succeed.
func (c *client) must(args ...string) (resp.Value, error) {
	v, err := c.Do(args...)
	if err == nil && v.IsErr() {
		err = errors.New(v.Text)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return v, err
}

// close may be called for a client that is not there.
func (c *client) close() {
	if c == nil {
		return
	}
	c.r.mu.Lock()
	delete(c.r.alive, c.id)
	c.r.mu.Unlock()
	c.Close()
}

// victim draws a connection; kill says that it will be killed.
func (r *round) victim(rng *rand.Rand, kill bool) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.alive) == 0 {
		return ""
	}
	ids := slices.Sorted(maps.Keys(r.alive))
	id := ids[rng.IntN(len(ids))]
	if kill {
		r.slain[id] = true
		delete(r.alive, id)
	}
	return id
}

// killed reports whether a connection has broken because the disturbance killed it.
func (r *round) killed(c *client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.slain[c.id]
}

// tally is what has been done, by test.
type tally struct {
	mu    sync.Mutex
	tests map[string]*counts
}

type counts struct{ rounds, operations, undecided int }

func (r *round) count(operations int) {
	r.sum.add(r.name, counts{operations: operations})
}

// undecided counts a history that the checker could not decide in time.
func (r *round) undecided() { r.sum.add(r.name, counts{undecided: 1}) }

func (t *tally) add(name string, c counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tests == nil {
		t.tests = map[string]*counts{}
	}
	sum := t.tests[name]
	if sum == nil {
		sum = &counts{}
		t.tests[name] = sum
	}
	sum.rounds += c.rounds
	sum.operations += c.operations
	sum.undecided += c.undecided
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t.tests)) {
		c := t.tests[name]
		fmt.Fprintf(&b, "  %-12s %6d rounds %9d operations", name, c.rounds, c.operations)
		if c.undecided > 0 {
			fmt.Fprintf(&b, "  %d undecided", c.undecided)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
