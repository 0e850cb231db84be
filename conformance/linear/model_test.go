package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"
)

// told makes a history of lines "call-return client: command -> reply; command -> reply",
// in milliseconds; "call-?" did not end. Several commands are a transaction.
func told(t *testing.T, lines string) []*operation {
	t.Helper()
	var ops []*operation
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		head, tail, _ := strings.Cut(strings.TrimSpace(line), ": ")
		o := &operation{ret: forever}
		when, db, _ := strings.Cut(head, " db")
		if _, err := fmt.Sscanf(when, "%d-%d", &o.call, &o.ret); err != nil && !strings.HasSuffix(when, "-?") {
			t.Fatal(line, err)
		}
		if db != "" {
			o.db = int(db[0] - '0')
		}
		o.call *= int64(time.Millisecond)
		if o.ret != forever {
			o.ret *= int64(time.Millisecond)
		}
		for part := range strings.SplitSeq(tail, "; ") {
			args, reply, known := strings.Cut(part, " -> ")
			o.commands = append(o.commands, strings.Fields(args))
			if known {
				o.replies = append(o.replies, reply)
			}
		}
		o.unit = len(o.commands) > 1
		ops = append(ops, o)
	}
	return ops
}

// TestHistories: what could have been passes, and what could not does not.
func TestHistories(t *testing.T) {
	for _, c := range []struct {
		name string
		want porcupine.CheckResult
		text string
	}{
		{"one after the other", porcupine.Ok, `
			0-1: SET a x -> OK
			2-3: GET a -> x`},
		{"a stale read", porcupine.Illegal, `
			0-1: SET a x -> OK
			2-3: SET a y -> OK
			4-5: GET a -> x`},
		{"a read beside a write sees either", porcupine.Ok, `
			0-1: SET a x -> OK
			2-9: SET a y -> OK
			3-4: GET a -> x
			5-6: GET a -> y`},
		{"but not back again", porcupine.Illegal, `
			0-1: SET a x -> OK
			2-9: SET a y -> OK
			3-4: GET a -> y
			5-6: GET a -> x`},
		{"a lost write", porcupine.Illegal, `
			0-1: INCR a -> :1
			0-2: INCR a -> :2
			3-4: GET a -> 1`},
		{"one number twice", porcupine.Illegal, `
			0-5: INCR a -> :1
			0-5: INCR a -> :1`},
		{"an unknown outcome: done", porcupine.Ok, `
			0-?: SET a x
			2-3: GET a -> x`},
		{"an unknown outcome: not done, and later done", porcupine.Ok, `
			0-?: SET a x
			2-3: GET a -> nil
			4-5: GET a -> x`},
		{"an unknown outcome: done and undone", porcupine.Illegal, `
			0-?: SET a x
			2-3: GET a -> x
			4-5: GET a -> nil`},
		{"half a transaction", porcupine.Illegal, `
			0-9: SET a x -> OK; SET b x -> OK
			1-8: GET a -> x; GET b -> nil`},
		{"half a transaction of unknown outcome", porcupine.Illegal, `
			0-?: SET a x; SET b x
			1-8: GET b -> x; GET a -> nil`},
		{"an element twice", porcupine.Illegal, `
			0-1: RPUSH a x -> :1
			2-9: LPOP a -> x
			2-9: LPOP a -> x`},
		{"an element moved and not there", porcupine.Illegal, `
			0-1: RPUSH a x -> :1
			2-3: LMOVE a b LEFT RIGHT -> x
			4-5: LRANGE b 0 -1 -> []`},
		{"an element nowhere in between", porcupine.Illegal, `
			0-1: SADD a x -> :1
			2-9: SMOVE a b x -> :1
			3-4: SUNION a b -> []`},
		{"a client that waited", porcupine.Ok, `
			0-9: BLPOP a 1 -> [a,x]
			4-5: RPUSH a x -> :1
			6-7: LLEN a -> :0`},
		{"one that did not wait though there was something", porcupine.Illegal, `
			0-1: RPUSH a x -> :1
			2-9: BLPOP a 0.01 -> nil
			10-11: LLEN a -> :1`},
		{"a key too many", porcupine.Illegal, `
			0-1: SADD a x -> :1
			2-3: SADD a y -> :1
			4-5: DBSIZE -> :2`},
		{"a flush that leaves something", porcupine.Illegal, `
			0-1: MSET a x b x -> OK
			2-3: FLUSHALL -> OK
			4-5: KEYS * -> [b]`},
		{"databases swapped", porcupine.Ok, `
			0-1: SET a x -> OK
			2-3: SWAPDB 0 1 -> OK
			4-5: DBSIZE -> :0
			4-5 db1: DBSIZE -> :1`},
		{"half swapped", porcupine.Illegal, `
			0-1: SET a x -> OK
			2-9: SWAPDB 0 1 -> OK
			3-4: GET a -> x
			3-4 db1: GET a -> x
			5-6: GET a -> x`},
		{"expired in time", porcupine.Ok, `
			0-1: SET a x PX 200 -> OK
			100-101: GET a -> x
			200-201: GET a -> x
			210-211: GET a -> nil
			300-301: GET a -> nil`},
		{"too early", porcupine.Illegal, `
			0-1: SET a x PX 200 -> OK
			100-101: GET a -> nil`},
		{"too late", porcupine.Illegal, `
			0-1: SET a x PX 200 -> OK
			300-301: GET a -> x`},
		{"expired and back", porcupine.Illegal, `
			0-1: SET a x PX 200 -> OK
			200-201: GET a -> nil
			202-203: GET a -> x`},
		{"PERSIST keeps it", porcupine.Ok, `
			0-1: SET a x PX 200 -> OK
			100-101: PERSIST a -> :1
			900-901: GET a -> x`},
		{"a held write keeps what had expired", porcupine.Illegal, `
			0-1: SADD a x -> :1
			2-3: PEXPIRE a 100 -> :1
			50-400: SADD a y -> :1
			410-411: SMEMBERS a -> [x,y]
			500-501: SMEMBERS a -> [y]`},
	} {
		if got := check(told(t, c.text)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// simulated makes a history of concurrent clients as a server would that executes one
// operation after the other, each between its call and its return; then spoil may have
// changed what it answers, or what it keeps. All of it is read at the end.
func simulated(m *mix, seed uint64, spoil func(at int, s *state, o *operation) *state) []*operation {
	rng := rand.New(rand.NewPCG(seed, 0))
	s := emptyState()
	var ops []*operation
	execute := func(o *operation) {
		o.replies = nil
		t := s.clone()
		for _, args := range o.commands {
			o.replies = append(o.replies, turn{state: t, o: o, db: o.db}.run(args))
		}
		if i := slices.Index(o.replies, "one of the keys"); i >= 0 {
			o.replies[i] = "none"
		}
		s = t.seal()
	}
	for i := range 40 {
		o := m.draw(rng, fmt.Sprint(i))
		for slices.ContainsFunc(o.commands, func(args []string) bool { return args[0] == "RANDOMKEY" }) {
			o = m.draw(rng, fmt.Sprint(i))
		}
		o.client, o.db = i%4, rng.IntN(m.dbs)
		at := int64(i) * 10
		o.call, o.ret = at-rng.Int64N(15), at+rng.Int64N(15)
		before := s
		execute(o)
		if spoil != nil {
			if t := spoil(i, before, o); t != nil {
				s = t
			}
		}
		ops = append(ops, o)
	}
	for db := range databases {
		o := &operation{db: db, unit: true, call: 1000, ret: 1001, commands: [][]string{{"KEYS", "*"}}}
		for _, key := range m.keys {
			o.commands = append(o.commands, []string{"GET", key}, []string{"LRANGE", key, "0", "-1"}, []string{"SMEMBERS", key})
		}
		execute(o)
		ops = append(ops, o)
	}
	return ops
}

// TestSimulated: the checker accepts what a sequential server has done, whatever that
// is, and finds out about one that forgets, repeats, or does things by halves.
func TestSimulated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := mixes[rapid.SampledFrom([]string{"registers", "collections", "whole"}).Draw(t, "mix")]
		if got := check(simulated(m, rapid.Uint64().Draw(t, "seed"), nil)); got != porcupine.Ok {
			t.Fatal(got)
		}
	})
	for name, spoil := range map[string]func(s *state, o *operation) *state{
		"forgets an operation": func(s *state, _ *operation) *state { return s },
		"does it twice": func(s *state, o *operation) *state {
			t := s.clone()
			for range 2 {
				for _, args := range o.commands {
					turn{state: t, o: o, db: o.db}.run(args)
				}
			}
			return t.seal()
		},
		"does half of it": func(s *state, o *operation) *state {
			t := s.clone()
			for _, args := range o.commands[:len(o.commands)/2] {
				turn{state: t, o: o, db: o.db}.run(args)
			}
			return t.seal()
		},
	} {
		caught, wrong := 0, 0
		for seed := range uint64(60) {
			differs := false
			ops := simulated(mixes["collections"], seed, func(at int, s *state, o *operation) *state {
				if at != 36 {
					return nil
				}
				wrong := spoil(s, o)
				differs = len(o.next(s)) != 1 || o.next(s)[0].print != wrong.print
				return wrong
			})
			if !differs { // it was a read, for example
				continue
			}
			wrong++
			if check(ops) == porcupine.Illegal {
				caught++
			}
		}
		// Now and then it is overwritten before anybody has seen it.
		t.Logf("a server that once %s: found out in %d of %d histories", name, caught, wrong)
		if wrong < 5 || caught < wrong*2/3 {
			t.Errorf("a server that once %s is found out in %d of %d histories only", name, caught, wrong)
		}
	}
}

// TestModel: the model answers what redis-server answers.
func TestModel(t *testing.T) {
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed")
	}
	srv, err := begin(bin, t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.kill()
	r := &round{srv: srv, sum: &tally{}, alive: map[string]bool{}}
	for name, m := range mixes {
		s := emptyState()
		rng := rand.New(rand.NewPCG(1, 1))
		var cs [databases]*client
		for db := range cs {
			if cs[db], err = r.dial(db); err != nil {
				t.Fatal(err)
			}
			defer cs[db].close()
		}
		if _, err := cs[0].must("FLUSHALL"); err != nil {
			t.Fatal(err)
		}
		h := newHistory(r)
		for i := range 1500 {
			o := m.draw(rng, fmt.Sprint(i))
			o.db = rng.IntN(m.dbs)
			for _, args := range o.commands {
				if strings.HasPrefix(args[0], "B") {
					args[len(args)-1] = "0.001"
				}
				if args[0] == "PEXPIRE" || slices.Contains(args, "PX") { // not within this test
					args[len(args)-1] = "100000"
				}
			}
			if err := h.send(cs[o.db], []*operation{o}); err != nil {
				t.Fatal(err)
			}
			found := o.next(s)
			if len(found) != 1 {
				t.Fatalf("%s, %d: redis-server has done\n%s\nin the state\n%s", name, i, o, s.print)
			}
			s = found[0]
		}
	}
}
