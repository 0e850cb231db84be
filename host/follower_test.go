package host

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// scribe notes what is fed, and the stream.
type scribe struct {
	heard        []string
	feed, stream *core.Switch
}

func (*scribe) Name() string { return "scribe" }

func (l *scribe) Register(r *core.Registry) error {
	l.feed = r.OnFeed(func(f core.Fed) {
		switch f.Unit {
		case core.UnitBegin:
			l.heard = append(l.heard, "<")
		case core.UnitEnd:
			l.heard = append(l.heard, ">")
		default:
			l.heard = append(l.heard, fmt.Sprintf("%d %s", f.DB, f.Args))
		}
	})
	l.stream = r.OnStream(func(db int, raw []byte) { l.heard = append(l.heard, fmt.Sprintf("%d %q", db, raw)) })
	return nil
}

// follow starts a server and follows a master that is not there.
func follow(t *testing.T, closed func()) (*Server, *scribe, core.Follower) {
	t.Helper()
	l := &scribe{}
	srv, err := Start(Options{Modules: []core.Module{stack{}, l}, Args: []string{"--bind", "127.0.0.1", "--port", freePort(t), "--io-threads", "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv, l, srv.Follow(core.Link{Addr: "10.0.0.1:6379", LocalAddr: "10.0.0.2:1", Close: closed})
}

func unitOf(commands ...string) (unit [][][]byte) {
	for _, c := range commands {
		var args [][]byte
		for _, w := range strings.Fields(c) {
			args = append(args, []byte(w))
		}
		unit = append(unit, args)
	}
	return unit
}

func play(f core.Follower, raw string, commands ...string) (err error) {
	f.Turn(func() { err = f.PlayUnit(unitOf(commands...), []byte(raw)) })
	return err
}

// ask sends a command and returns its reply.
func ask(c *client, command string) string {
	c.send("%s", command)
	return c.line()
}

// TestFollowerFeeds: writes are fed as one unit, and behind them the bytes.
func TestFollowerFeeds(t *testing.T) {
	_, l, f := follow(t, func() {})
	defer f.Close()
	l.stream.Set(true)
	_ = play(f, "a", "push k 1")
	l.feed.Set(true)
	f.Select(3)
	_ = play(f, "b", "push k 1")
	_ = play(f, "c", "push k 1", "nonsense", "get k", "push l 2")
	_ = play(f, "d", "ping")
	_ = play(f, "e")
	if got, want := strings.Join(l.heard, " "), `0 "a" 3 [push k 1] 3 "b" < 3 [push k 1] 3 [push l 2] > 3 "c" 3 "d" 3 "e"`; got != want {
		t.Errorf("heard %s, not %s", got, want)
	}
	if err := play(f, "", "push k 1", "pushpx k v x", "push k 2"); err != core.ErrNotInteger {
		t.Errorf("the first error is %v", err)
	}
}

// TestFollowerInOnePiece: nobody sees a part of a unit.
func TestFollowerInOnePiece(t *testing.T) {
	srv, _, f := follow(t, func() {})
	defer f.Close()
	ks := srv.Keyspace()
	a, b := []byte("a"), []byte("b")
	locks := keyspace.Locks(0).Add(ks.Hash(a)).Add(ks.Hash(b))
	var done atomic.Bool
	seen := make(chan int)
	go func() {
		n := 0
		for !done.Load() {
			ks.Lock(locks)
			if ks.DB(0).Find(a, 1, 0).OK() != ks.DB(0).Find(b, 1, 0).OK() {
				n++
			}
			ks.Unlock(locks)
		}
		seen <- n
	}()
	for range 2000 {
		_ = play(f, "", "push a 1", "push b 1")
		_ = play(f, "", "pop a", "pop b")
	}
	done.Store(true)
	if n := <-seen; n > 0 {
		t.Errorf("half a unit was seen %d times", n)
	}
}

// TestFollowerExpiry: what has expired is hidden from clients, and there for the master.
func TestFollowerExpiry(t *testing.T) {
	srv, _, f := follow(t, func() {})
	defer f.Close()
	ks := srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	srv.SetAuthority(core.Authority{Expiry: keyspace.HideExpired, KeepAll: true})
	ks.Unlock(keyspace.AllShards)
	_ = play(f, "", "pushpx k a -1000")
	c := dial(t, srv)
	if got := ask(c, "get k"); got != "$-1" {
		t.Errorf("a client sees it: %s", got)
	}
	_ = play(f, "", "push k b")
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	if e := ks.DB(0).Find([]byte("k"), srv.Now(), keyspace.KeepExpired); string(e.Data()) != "ab" || e.Expire() == 0 {
		t.Errorf("the master's write met %q, %d", e.Data(), e.Expire())
	}
}

// TestFollowerSession: the connection is among the clients', and can be killed.
func TestFollowerSession(t *testing.T) {
	var ends atomic.Int32
	srv, _, f := follow(t, func() { ends.Add(1) })
	find := func() (line string, id uint64) {
		srv.Standstill(func() {
			srv.Sessions(func(s *core.Session) bool {
				line, id = string(srv.registry.AppendClientInfo(nil, s, srv.Now(), nil)), s.ID
				return true
			})
		})
		return line, id
	}
	_ = play(f, "raw", "push k 1")
	line, id := find()
	for _, want := range []string{" addr=10.0.0.1:6379 laddr=10.0.0.2:1 ", " cmd=push user=(superuser) "} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %q", want, line)
		}
	}
	if f.Killed() {
		t.Error("killed by nobody")
	}
	srv.Standstill(func() {
		srv.Session(id).Conn.Close(false, "a test")
		if ends.Load() == 0 {
			t.Error("while everything stands still the connection goes on")
		}
	})
	_ = play(f, "", "ping")
	if line, _ := find(); line != "" || !f.Killed() {
		t.Errorf("it is still there: %s", line)
	}
	f.Close()
}

// TestReload: while a server that serves brings data in, clients are told so, or
// served what there is.
func TestReload(t *testing.T) {
	srv, _, f := follow(t, func() {})
	defer f.Close()
	_ = play(f, "", "push k v")
	c := dial(t, srv)
	for _, beside := range []bool{false, true} {
		err := srv.Reload(context.Background(), 100, beside, func(_ context.Context, p *core.Progress) error {
			p.Add(40)
			if got, loading := ask(c, "get k"), srv.Loading(); loading == beside || strings.HasPrefix(got, "-LOADING") == beside {
				t.Errorf("beside %v: loading %v, %s", beside, loading, got)
			}
			return context.Canceled
		})
		if err != context.Canceled {
			t.Error(err)
		}
		if got := ask(c, "get k"); got != "v" {
			t.Errorf("afterwards: %s", got)
		}
	}
}
