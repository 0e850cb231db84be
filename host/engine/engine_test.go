package engine

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// bare is an engine without a server: of what it is a part of nothing is asked.
func bare(t *testing.T, rows ...core.Command) *Engine {
	t.Helper()
	r := core.NewRegistry(config.NewSchema())
	eng := New(nil, r, Declare(r.Config), nil)
	r.Commands(rows...)
	if _, err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	eng.Open(nil, keyspace.New(keyspace.Options{Databases: 1}), nil)
	t.Cleanup(func() {
		eng.End()
		eng.ks.Close()
	})
	return eng
}

func set(t *testing.T, eng *Engine, name, value string) {
	t.Helper()
	if err := eng.registry.Config.Load(config.Origin{Source: "test"}, name, []string{value}); err != nil {
		t.Fatal(err)
	}
}

func TestProtectedMode(t *testing.T) {
	eng := bare(t)
	for addr, local := range map[string]bool{
		"127.0.0.1:5": true, "127.8.9.1:5": true, "[::1]:5": true, "[::ffff:127.0.0.1]:5": true,
		"10.0.0.1:5": false, "[2001:db8::1]:5": false, "[fe80::1%eth0]:5": false, "?:0": false,
	} {
		s := eng.newSession(addr, "")
		if eng.protects(s) == local {
			t.Errorf("%s: local is %v", addr, local)
		}
		s.Authenticated = false // a password is asked for
		if eng.protects(s) {
			t.Errorf("%s is refused though there is a password", addr)
		}
	}
	s := eng.newSession("/tmp/s:0", "")
	s.unix = true
	if eng.protects(s) {
		t.Error("a unix socket is refused")
	}
}

// TestUserDataStayOutOfTheLog: with hide-user-data-from-log a crash tells which
// command it was, and nothing of its arguments.
func TestUserDataStayOutOfTheLog(t *testing.T) {
	for _, hide := range []string{"yes", "no"} {
		eng := bare(t, core.Command{Name: "get", Arity: 2, Flags: core.ReadOnly, Run: func(*core.Ctx) error { return nil }})
		set(t, eng, "hide-user-data-from-log", hide)
		got := eng.describe(eng.registry.Find("get"), [][]byte{[]byte("get"), []byte("secret")})
		if strings.Contains(got, "secret") != (hide == "no") || !strings.Contains(got, "get") {
			t.Errorf("%s: %s", hide, got)
		}
	}
}

// TestQueueOfThoseWhoLeave: sessions that end while they wait do not make the list of
// those who wait long.
func TestQueueOfThoseWhoLeave(t *testing.T) {
	var list []*session
	for range 1000 {
		s := &session{}
		if list = queueUp(list, s); list[len(list)-1] != s {
			t.Fatal("it is not the last")
		}
		s.closing = closed
	}
	stays := &session{}
	list = queueUp(list, stays)
	for range 1000 {
		list = queueUp(list, &session{closing: closed})
	}
	found := 0
	for _, s := range list {
		if s == stays {
			found++
		}
	}
	if found != 1 || len(list) > 20 {
		t.Errorf("%d of %d are the one that waits", found, len(list))
	}
}

// TestNoTraceOfWaiters: who waits is found under each of its keys, and nowhere when its
// wait is over; and while nobody waits changes of keys concern nobody.
func TestNoTraceOfWaiters(t *testing.T) {
	eng := bare(t, core.Command{Name: "wait", Arity: -1, Run: func(*core.Ctx) error { return nil }})
	b := eng.blocked
	park := func(keys ...string) *waiter {
		s := eng.newSession("", "")
		c := &core.Ctx{DB: s.db}
		c.Reset(eng.registry.Find("wait"), [][]byte{[]byte("wait")})
		c.Waiting = &core.Wait{}
		for _, k := range keys {
			c.Waiting.Keys = append(c.Waiting.Keys, []byte(k))
		}
		return b.prepare(s, c, keyspace.AllShards)
	}
	one, two := park("a", "b", "a"), park("b")
	if n, _ := b.keysOf(); n != 2 || b.count() != 2 || !b.sw.On() {
		t.Fatalf("%d keys, %d sessions, hook %v", n, b.count(), b.sw.On())
	}
	b.cancel(one, lateClosed)
	if n, _ := b.keysOf(); n != 1 || b.count() != 1 || !b.sw.On() {
		t.Errorf("after the first has gone: %d keys, %d sessions, hook %v", n, b.count(), b.sw.On())
	}
	b.cancel(two, lateClosed)
	if n, _ := b.keysOf(); n != 0 || b.count() != 0 || b.sw.On() || b.reach.wide.Load() != 0 {
		t.Errorf("at the end: %d keys, %d sessions, hook %v, wide %d", n, b.count(), b.sw.On(), b.reach.wide.Load())
	}
}
