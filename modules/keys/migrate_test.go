package keys_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// relay is a way to a server by TCP, which can be held up.
type relay struct {
	port string

	mu   sync.Mutex
	open *sync.Cond
	held bool
	past int64 // bytes that have been let through
}

func newRelay(t *testing.T, to *coretest.Server) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{}
	r.open = sync.NewCond(&r.mu)
	_, r.port, _ = net.SplitHostPort(l.Addr().String())
	t.Cleanup(func() { l.Close(); r.hold(false) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", to.Addr("unix").String())
			if err != nil {
				in.Close()
				continue
			}
			go r.pass(in, out)
			go func() { _, _ = io.Copy(in, out); in.Close() }()
		}
	}()
	return r
}

// pass passes on what a client sends, while it may.
func (r *relay) pass(in, out net.Conn) {
	defer out.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := in.Read(b)
		if err != nil {
			return
		}
		r.mu.Lock()
		for r.held {
			r.open.Wait()
		}
		r.past += int64(n)
		r.mu.Unlock()
		if _, err := out.Write(b[:n]); err != nil {
			return
		}
	}
}

func (r *relay) hold(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = on
	r.open.Broadcast()
}

// pair is two servers, and a way from the first to the second.
type pair struct {
	from, to *coretest.Server
	here     *coretest.Client
	there    *coretest.Client
	relay    *relay
	feed     *coretest.Feed
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{feed: &coretest.Feed{}}
	p.from = coretest.Serve(t, append(modules.Full(), p.feed))
	p.to = coretest.Serve(t, modules.Full())
	p.here, p.there, p.relay = p.from.Client(), p.to.Client(), newRelay(t, p.to)
	return p
}

// migrate is a call with the rest of its arguments.
func (p *pair) migrate(rest string) string {
	return strings.TrimSpace(fmt.Sprintf("MIGRATE 127.0.0.1 %s %s", p.relay.port, rest))
}

func TestMigrate(t *testing.T) {
	p := newPair(t)
	for _, line := range []string{
		"SET s 1", "RPUSH l a b", "SADD set x y", "ZADD z 1 a 2.5 b", "HSET h f v", "HSET exp f v g w", "HPEXPIRE exp 100000 FIELDS 1 f",
		"XADD x 1-1 a b", "SETEX e 1000 v", "SETRANGE big 300000 x", "PFADD hll a b c",
		"EVAL return(redis.call('rpush','long',unpack(ARGV))) 0 " + strings.Repeat("element ", 5000),
	} {
		p.here.Must("%s", line)
	}
	all := []string{"s", "l", "set", "z", "h", "exp", "x", "e", "big", "hll", "long"}
	want := map[string]string{}
	for _, key := range all {
		want[key] = p.here.Do("DEBUG DIGEST-VALUE %s", key)
	}
	p.feed.Take()
	p.here.Want(p.migrate("none 0 5000"), "NOKEY")
	p.here.Want(p.migrate(`"" 0 5000 COPY KEYS s none l`), "OK")
	p.here.Want("EXISTS s l", "2")
	if fed, _ := p.feed.Take(); fed != "" {
		t.Errorf("COPY feeds %q", fed)
	}
	p.here.Want(p.migrate(`"" 0 5000 KEYS z s`), "-ERR Target instance replied with error: BUSYKEY Target key name already exists.")
	p.here.Want("EXISTS z s", "1") // what was taken is gone here
	if fed, events := p.feed.Take(); fed != "DEL z" || events != "del z" {
		t.Errorf("fed %q, events %q", fed, events)
	}
	p.here.Want(p.migrate(`"" 0 5000 REPLACE KEYS none `+strings.Join(all, " ")), "OK")
	p.here.Want("DBSIZE", "0")
	rest := "l set h exp x e big hll long"
	if fed, _ := p.feed.Take(); fed != "DEL s "+rest {
		t.Errorf("fed %q", fed)
	}
	for _, key := range all {
		if got := p.there.Do("DEBUG DIGEST-VALUE %s", key); got != want[key] {
			t.Errorf("%s: digest %s, want %s", key, got, want[key])
		}
	}
	if ttl := p.there.Do("TTL e"); ttl != "1000" && ttl != "999" {
		t.Errorf("TTL e: %s", ttl)
	}
	if p.there.Do("HPTTL exp FIELDS 1 f") == "-1" {
		t.Error("the field does not expire any more")
	}
	p.here.WantInfo("migrate_cached_sockets", "2") // one has asked whether fields may expire
}

func TestMigrateIsRefused(t *testing.T) {
	p := newPair(t)
	p.here.Must("SET k v")
	p.here.Want(p.migrate("k 99 5000"), "-ERR Target instance replied with error: ERR DB index is out of range")
	p.there.Must("CONFIG SET requirepass secret")
	p.there.Must("CLIENT KILL TYPE normal SKIPME yes") // who came before needs no password
	p.here.Want(p.migrate("k 0 5000"), "-ERR Target instance replied with error: NOAUTH Authentication required.")
	p.here.Want(p.migrate("k 0 5000 AUTH wrong"), "-ERR Target instance replied with error: WRONGPASS invalid username-password pair or user is disabled.")
	p.here.Want(p.migrate("k 3 5000 AUTH2 default secret"), "OK")
	p.here.Must("SET k v")
	p.here.Want(p.migrate("k 3 5000 AUTH secret REPLACE"), "OK")
	p.here.Want("EXISTS k", "0")
	p.there.Must("AUTH secret")
	p.there.Must("CLIENT KILL TYPE normal SKIPME yes")
	p.here.Must("SET k w")
	p.here.Want(p.migrate("k 3 5000 AUTH secret"), "-ERR Target instance replied with error: BUSYKEY Target key name already exists.")
	p.there.Must("CONFIG SET requirepass changed")
	p.here.Want(p.migrate("k 3 5000 AUTH secret REPLACE"), "-ERR Target instance replied with error: WRONGPASS invalid username-password pair or user is disabled.")
	p.there.Must("CONFIG SET requirepass secret")
	p.here.Want(p.migrate("k 3 5000 AUTH secret REPLACE"), "OK") // by a new connection
	p.there.Must("SELECT 3")
	p.there.Want("GET k", "w")
}

// TestMigrateWaits has the target hang.
func TestMigrateWaits(t *testing.T) {
	p := newPair(t)
	p.here.Must("MSET k v l v other v")
	p.relay.hold(true)
	p.here.Want(p.migrate("k 0 50"), "-IOERR error or timeout reading to target instance")
	p.here.Want("GET k", "v")
	mover, writer, id := p.from.Client(), p.from.Client(), ""
	id = mover.Do("CLIENT ID")
	mover.Send("%s", p.migrate(`"" 0 30000 KEYS k l`))
	p.here.AwaitInfo("blocked_clients", "1")
	p.here.Want("CLIENT UNBLOCK "+id, "0")
	// Others read it, and write to other keys; who writes to this one waits.
	p.here.Want("GET k", "v")
	p.here.Want("SET other w", "OK")
	writer.Send("APPEND k w")
	p.here.Want("EVAL return(redis.call('append','other',ARGV[1])) 1 other x", "2")
	held := p.from.Client()
	held.Send("MULTI")
	held.WantReply("OK")
	held.Send("SET l new")
	held.WantReply("QUEUED")
	held.Send("EXEC")
	swap := p.from.Client()
	swap.Send("SWAPDB 0 1")
	p.here.Want("EXISTS k l", "2")
	p.relay.hold(false)
	mover.WantReply("OK")
	writer.WantReply("1") // to nothing
	held.WantReply("OK")
	swap.WantReply("OK")
	p.there.Want("MGET k l", "v v")
}

// TestMigrateAgain changes a key that is on its way in a manner that nobody can hold back.
func TestMigrateAgain(t *testing.T) {
	p := newPair(t)
	p.here.Must("MSET k v l v")
	p.relay.hold(true)
	mover := p.from.Client()
	mover.Send("%s", p.migrate(`"" 0 30000 KEYS k l`))
	p.here.AwaitInfo("blocked_clients", "1")
	p.feed.Take()
	// Sent or not: it counts only if it was. So once more and more, until it goes.
	p.here.Want("EVAL return(redis.call('append','k','w')) 0", "2")
	p.here.Want("EVAL return(redis.call('del','l')) 0", "1")
	p.relay.hold(false)
	mover.WantReply("OK")
	p.here.Want("EXISTS k l", "0")
	p.there.Want("GET k", "vw")
	if fed, _ := p.feed.Take(); !strings.HasSuffix(fed, "DEL k") {
		t.Errorf("fed %q", fed)
	}
}

// TestMigrateToSelf: the server is no obstacle to itself.
func TestMigrateToSelf(t *testing.T) {
	s := coretest.Serve(t, modules.Full())
	c, r := s.Client(), newRelay(t, s)
	c.Must("SET k v")
	c.Want("MIGRATE 127.0.0.1 "+r.port+" k 5 5000", "OK")
	c.Want("EXISTS k", "0")
	c.Must("SELECT 5")
	c.Want("GET k", "v")
}

// TestMigrateWithin: in a transaction and in a script it is done when they go on.
func TestMigrateWithin(t *testing.T) {
	p := newPair(t)
	p.here.Must("MSET a 1 b 2")
	p.feed.Take()
	p.here.Must("MULTI")
	p.here.Must("%s", p.migrate("a 0 5000"))
	p.here.Must("EXISTS a")
	p.here.Want("EXEC", "OK 0")
	p.here.Want("EVAL return(redis.call('migrate','127.0.0.1',ARGV[1],KEYS[1],0,5000)) 1 b "+p.relay.port, "OK")
	p.there.Want("MGET a b", "1 2")
	if fed, _ := p.feed.Take(); fed != "DEL a, DEL b" {
		t.Errorf("fed %q", fed)
	}
}
