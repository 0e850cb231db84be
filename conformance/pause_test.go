package conformance

import (
	"fmt"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// TestHeldWrites holds writes back with CLIENT PAUSE until the key that they are
// for has expired, and looks at what they leave behind: on redis-server one key,
// with all that was written.
func TestHeldWrites(t *testing.T) {
	sides := map[string]*Side{"ferrous": startSubject(t).Side}
	if oracle := newOracle(t); oracle != nil {
		sides["redis-server"] = oracle
	}
	for name, s := range sides {
		t.Run(name, func(t *testing.T) {
			if s.server == nil {
				if err := s.start(nil); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct {
				make  []string
				hold  [][]string
				reply []string // of each
				read  []string
				want  string
			}{
				{[]string{"SADD", "k", "a"}, [][]string{{"SADD", "k", "b"}, {"SADD", "k", "c"}}, []string{":1", ":1"}, []string{"SCARD", "k"}, ":2"},
				{[]string{"RPUSH", "k", "a"}, [][]string{{"RPUSH", "k", "b"}, {"LPUSH", "k", "c"}}, nil, []string{"LLEN", "k"}, ":2"},
				{[]string{"ZADD", "k", "1", "a"}, [][]string{{"ZADD", "k", "1", "b"}, {"ZINCRBY", "k", "1", "c"}}, nil, []string{"ZCARD", "k"}, ":2"},
				{[]string{"HSET", "k", "a", "1"}, [][]string{{"HSET", "k", "b", "1"}, {"HINCRBY", "k", "c", "1"}}, []string{":1", ":1"}, []string{"HLEN", "k"}, ":2"},
				{[]string{"SET", "k", "41"}, [][]string{{"INCR", "k"}, {"INCR", "k"}}, nil, []string{"GET", "k"}, `"2"`},
				{[]string{"SET", "k", "x"}, [][]string{{"APPEND", "k", "y"}}, []string{":1"}, []string{"GET", "k"}, `"y"`},
				{[]string{"SET", "k", "x"}, [][]string{{"SETRANGE", "k", "1", "y"}}, []string{":2"}, []string{"STRLEN", "k"}, ":2"},
				{[]string{"SADD", "k", "a"}, [][]string{{"SET", "k", "y", "KEEPTTL"}}, nil, []string{"TTL", "k"}, ":-1"},
			} {
				heldWrites(t, s.server.Addr, c.make, c.hold, c.reply, c.read, c.want)
			}
		})
	}
}

func heldWrites(t *testing.T, addr string, create []string, hold [][]string, replies, read []string, want string) {
	t.Helper()
	c := dial(t, addr)
	do := func(args ...string) resp.Value {
		t.Helper()
		v, err := c.Do(args...)
		if err != nil || v.IsErr() {
			t.Fatal(args, v, err)
		}
		return v
	}
	do("FLUSHALL")
	do(create...)
	do("PEXPIRE", "k", "60")
	do("CLIENT", "PAUSE", "150", "WRITE")
	var held []*Conn
	for _, args := range hold {
		h := dial(t, addr)
		if err := h.Send(args...); err != nil {
			t.Fatal(err)
		}
		held = append(held, h)
	}
	for deadline := time.Now().Add(replyTimeout); do("EXISTS", "k").String() != ":0"; {
		if time.Now().After(deadline) {
			t.Fatal("it does not expire")
		}
	}
	for i, h := range held {
		v, err := h.Read()
		if err != nil || v.IsErr() || replies != nil && v.String() != replies[i] {
			t.Errorf("%q: %s, %v", hold[i], v, err)
		}
	}
	if got := do(read...).String(); got != want {
		t.Errorf("%q then %q: %q is %s, want %s", create, hold, read, got, want)
	}
	if got := do("DBSIZE").String() + do("KEYS", "*").String() + do("PTTL", "k").String(); got != `:1["k"]:-1` {
		t.Errorf("%q then %q: keys are %s", create, hold, got)
	}
	do("DEBUG", "RELOAD")
	if got := do(read...).String(); got != want {
		t.Errorf("%q then %q: after a reload %q is %s, want %s", create, hold, read, got, want)
	}
}

func dial(t *testing.T, addr string) *Conn {
	t.Helper()
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", addr, err))
	}
	t.Cleanup(func() { c.Close() })
	return c
}
