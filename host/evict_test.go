package host

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

var policies = []string{"allkeys-random", "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}

// locked runs fn with everything standing still.
func (srv *Server) locked(fn func()) { srv.Standstill(fn) }

// used is used_memory of INFO.
func (srv *Server) used() (n int64) {
	srv.locked(func() { n = srv.startup + srv.ks.ExactMemory() })
	return n
}

// fill stores n keys prefix:0, prefix:1, ... as of some time ago.
func (srv *Server) fill(prefix string, n, size int, age time.Duration, ttl func(i int) time.Duration) {
	srv.locked(func() {
		now := srv.eng.ReadClock() - age.Milliseconds()
		for i := range n {
			expire := int64(0)
			if ttl != nil {
				expire = srv.eng.ReadClock() + ttl(i).Milliseconds()
			}
			key := []byte(prefix + ":" + strconv.Itoa(i))
			srv.ks.DB(0).PutString(srv.ks.Hash(key), key, make([]byte, size), expire, now)
		}
	})
}

// left returns how many keys of a prefix are still there.
func (srv *Server) left(prefix string) (n int) {
	srv.locked(func() {
		for sh := range keyspace.Shards {
			srv.ks.DB(0).Sample(sh, 0, srv.ks.DB(0).ShardLen(sh), func(e keyspace.Entry) {
				if strings.HasPrefix(string(e.Key()), prefix+":") {
					n++
				}
			})
		}
	})
	return n
}

// squeeze lowers maxmemory so far that about a part of the data must go, and
// waits until it has.
func (srv *Server) squeeze(t *testing.T, policy string, keep float64) {
	t.Helper()
	limit := srv.startup + int64(float64(srv.used()-srv.startup)*keep)
	srv.mustSet(t, "maxmemory-policy", policy, "maxmemory", strconv.FormatInt(limit, 10))
	eventually(t, "the data fit", func() bool { return srv.used() <= limit })
}

func TestMaxMemoryIsKept(t *testing.T) {
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			srv := testServer(t, "--io-threads", "2", "--maxmemory-policy", policy)
			c := dial(t, srv)
			limit := srv.used() + 100<<10
			srv.mustSet(t, "maxmemory", strconv.FormatInt(limit, 10))
			n := 0
			for ; srv.used()+4096 <= limit; n++ {
				c.do("+OK", "pushpx key:%d x 10000000", rand.Int64())
			}
			if n < 10 {
				t.Fatalf("only %d keys fitted", n)
			}
			for i := range 2 * n {
				c.do("+OK", "pushpx key:%d x 10000000", rand.Int64())
				// What is compared with the limit is exact to a thousandth of it.
				if used := srv.used(); i%10 == 0 && used > limit+limit/1000+4096 {
					t.Fatalf("%d bytes more than maxmemory after %d keys", used-limit, i)
				}
			}
			if srv.evict.evicted.Load() < int64(n) {
				t.Errorf("%d keys evicted", srv.evict.evicted.Load())
			}
		})
	}
}

func TestVolatilePoliciesSpareOtherKeys(t *testing.T) {
	for _, policy := range policies {
		if !strings.HasPrefix(policy, "volatile") {
			continue
		}
		t.Run(policy, func(t *testing.T) {
			srv := testServer(t, "--maxmemory-policy", policy)
			srv.startup += 1 << 30 // a process that had much before it had data
			srv.fill("stays", 1000, 100, 0, nil)
			srv.fill("goes", 1000, 100, 0, func(i int) time.Duration { return time.Hour })
			srv.squeeze(t, policy, 0.8)
			if n := srv.left("stays"); n != 1000 {
				t.Errorf("%d of 1000 keys without expiry are left", n)
			}
			if n := srv.left("goes"); n < 400 || n > 800 {
				t.Errorf("%d of 1000 keys with expiry are left", n)
			}
			// When all of those are gone, writes are refused; nothing else is.
			c := dial(t, srv)
			srv.mustSet(t, "maxmemory", strconv.FormatInt(srv.startup+1000, 10))
			eventually(t, "there is none left", func() bool { return srv.left("goes") == 0 })
			c.do("-OOM command not allowed when used memory > 'maxmemory'.", "push k x")
			c.do("$-1", "get k")
			if n := srv.left("stays"); n != 1000 {
				t.Errorf("%d of 1000 keys without expiry are left", n)
			}
		})
	}
}

func TestNoEviction(t *testing.T) {
	srv := testServer(t)
	c := dial(t, srv)
	srv.fill("k", 1000, 100, 0, nil)
	limit := srv.used() + 2000
	srv.mustSet(t, "maxmemory", strconv.FormatInt(limit, 10))
	const oom = "-OOM command not allowed when used memory > 'maxmemory'."
	answers := map[string]int{}
	for i := range 100 {
		c.send("push new:%d %s", i, strings.Repeat("x", 100))
		answers[c.line()]++
	}
	if answers[oom] < 50 || answers["+OK"] < 5 || len(answers) != 2 {
		t.Errorf("the answers are %v", answers)
	}
	before := srv.used()
	c.do(oom, "push other x")
	for i := range 5 {
		c.do("x", "pop new:%d", i) // not refused, though it writes
	}
	c.send("flush")
	c.do2("+OK")
	eventually(t, "memory goes down", func() bool { return srv.used() < before })
	c.do("+OK", "push other x")
}

func TestEvictionChoosesWell(t *testing.T) {
	t.Run("lru", func(t *testing.T) {
		srv := testServer(t)
		srv.fill("cold", 2000, 50, time.Hour, nil)
		srv.fill("hot", 2000, 50, 0, nil)
		srv.squeeze(t, "allkeys-lru", 0.7)
		if hot, cold := 2000-srv.left("hot"), 2000-srv.left("cold"); hot > 100 || cold < 800 {
			t.Errorf("victims: %d used just now, %d not for an hour", hot, cold)
		}
	})
	t.Run("lfu", func(t *testing.T) {
		srv := testServer(t)
		srv.mustSet(t, "maxmemory-policy", "allkeys-lfu")
		srv.fill("cold", 2000, 50, 0, nil)
		srv.fill("hot", 2000, 50, 0, nil)
		srv.locked(func() {
			for i := range 2000 {
				for range 50 {
					srv.ks.DB(0).Find(fmt.Appendf(nil, "hot:%d", i), srv.eng.ReadClock(), keyspace.ForRead)
				}
			}
		})
		srv.squeeze(t, "allkeys-lfu", 0.7)
		if hot, cold := 2000-srv.left("hot"), 2000-srv.left("cold"); hot > 100 || cold < 800 {
			t.Errorf("victims: %d used often, %d used once", hot, cold)
		}
	})
	t.Run("ttl", func(t *testing.T) {
		srv := testServer(t)
		srv.fill("soon", 2000, 50, 0, func(i int) time.Duration { return time.Minute + time.Duration(i)*time.Millisecond })
		srv.fill("late", 2000, 50, 0, func(i int) time.Duration { return time.Hour + time.Duration(i)*time.Second })
		srv.squeeze(t, "volatile-ttl", 0.7)
		if late, soon := 2000-srv.left("late"), 2000-srv.left("soon"); late > 100 || soon < 800 {
			t.Errorf("victims: %d to expire late, %d soon", late, soon)
		}
	})
	t.Run("random", func(t *testing.T) {
		srv := testServer(t)
		srv.fill("cold", 2000, 50, time.Hour, nil)
		srv.fill("hot", 2000, 50, 0, nil)
		srv.squeeze(t, "allkeys-random", 0.7)
		hot, cold := 2000-srv.left("hot"), 2000-srv.left("cold")
		if hot+cold < 1000 || hot < (hot+cold)*4/10 || cold < (hot+cold)*4/10 {
			t.Errorf("victims: %d and %d", hot, cold)
		}
	})
	t.Run("policy changes", func(t *testing.T) {
		srv := testServer(t)
		srv.fill("hot", 1000, 50, 0, nil)
		srv.squeeze(t, "allkeys-random", 0.9) // leaves a pool of them, with random scores
		left := srv.left("hot")
		srv.fill("cold", 20_000, 50, time.Hour, nil)
		srv.squeeze(t, "allkeys-lru", 0.9)
		if hot := left - srv.left("hot"); hot > 0 {
			t.Errorf("%d victims were used just now", hot)
		}
	})
}

// TestEvictionGoesOnInTheBackground: a command evicts for a moment only, however much
// is to go, and the rest goes in the background.
func TestEvictionGoesOnInTheBackground(t *testing.T) {
	srv, log := loggedServer(t, "--maxmemory-policy", "allkeys-lru")
	srv.fill("k", 300_000, 50, time.Hour, nil)
	c := dial(t, srv)
	limit := srv.startup + (srv.used()-srv.startup)/10
	// What one command does; nothing happens in the background without maxmemory.
	if !srv.free(limit, srv.eng.ReadClock()) {
		t.Error("there is nothing to evict")
	}
	if n := srv.evict.evicted.Load(); n == 0 || n > 30_000 {
		t.Errorf("%d keys evicted at once", n)
	}
	srv.mustSet(t, "maxmemory", strconv.FormatInt(limit, 10))
	for i := 0; srv.used() > limit && i < 1_000_000; i++ {
		c.do("+OK", "push new:%d x", i%100)
	}
	eventually(t, "the data fit", func() bool { return srv.used() <= limit })
	log.says(t, "maxmemory is less than what the data take")
	if left := srv.left("k"); left < 10_000 {
		t.Errorf("%d keys are left", left)
	}
}

// TestEvictionUnderASnapshot: the memory that only a snapshot keeps must not
// make eviction go on until nothing is left.
func TestEvictionUnderASnapshot(t *testing.T) {
	srv := testServer(t)
	srv.fill("k", 20_000, 50, 0, nil)
	var snapshot *keyspace.Snapshot
	srv.locked(func() { snapshot = srv.ks.Freeze() })
	defer snapshot.End()
	srv.squeeze(t, "allkeys-random", 0.9)
	if n := srv.left("k"); n < 16_000 || n > 18_500 {
		t.Errorf("%d of 20000 keys are left, 18000 should be", n)
	}
}

// TestGarbageIsNoReasonToEvict: what FLUSHALL leaves behind is freed in steps,
// and until then nothing else gives way to it.
func TestGarbageIsNoReasonToEvict(t *testing.T) {
	for _, policy := range []string{"noeviction", "allkeys-lru"} {
		srv := testServer(t, "--hz", "1")
		c := dial(t, srv)
		srv.fill("k", 200_000, 50, 0, nil)
		srv.mustSet(t, "maxmemory-policy", policy, "maxmemory", strconv.FormatInt(srv.used(), 10))
		c.do("+OK", "flush")
		for i := range 1000 {
			c.do("+OK", "push new:%d x", i)
		}
		if n := srv.left("new"); n != 1000 || srv.evict.evicted.Load() != 0 {
			t.Errorf("%s: %d of 1000 keys are left, %d were evicted", policy, n, srv.evict.evicted.Load())
		}
	}
}

func TestEvictionTime(t *testing.T) {
	srv := testServer(t)
	for tenacity, want := range map[string]time.Duration{
		"0": 0, "1": 50 * time.Microsecond, "10": 500 * time.Microsecond, "11": 575 * time.Microsecond,
		"50": 133 * time.Millisecond, "99": 126 * time.Second, "100": 1 << 62,
	} {
		srv.mustSet(t, "maxmemory-eviction-tenacity", tenacity)
		if got := srv.evictionTime(); got < want || got > want+want/100 && want < 1<<62 {
			t.Errorf("tenacity %s: %v, want %v", tenacity, got, want)
		}
	}
}

// BenchmarkSetUnderMaxMemory stores new keys in a full server.
func BenchmarkSetUnderMaxMemory(b *testing.B) {
	for _, policy := range append([]string{"none"}, policies...) {
		b.Run(policy, func(b *testing.B) {
			srv := testServer(b)
			p := srv.Pipe(0)
			srv.fill("k", 500_000, 50, time.Hour, func(int) time.Duration { return time.Hour })
			if policy != "none" {
				if err := srv.set("maxmemory-policy", policy, "maxmemory", strconv.FormatInt(srv.used(), 10)); err != nil {
					b.Fatal(err)
				}
			}
			var buf []byte
			b.ResetTimer()
			for i := range b.N {
				buf = p.Exchange(buf[:0], fmt.Appendf(nil, "pushpx key:%d 01234567890123456789012345678901234567890123456789 100000000\r\n", i))
			}
		})
	}
}
