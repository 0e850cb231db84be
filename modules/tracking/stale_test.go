package tracking_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// caching is a client with a cache: what it has read it keeps until it is told
// that it is not valid any more.
type caching struct {
	*coretest.Client
	mode  string
	cache map[string]string
	hits  int
	told  int
	own   bool // it has NOLOOP, so it has to forget by itself what it changes
}

func newCaching(srv *coretest.Server, mode string) *caching {
	c := &caching{Client: dial(srv), mode: mode, cache: map[string]string{}}
	c.Pushed = c.forget
	c.own = strings.Contains(mode, "NOLOOP")
	c.Must("CLIENT TRACKING ON %s", mode)
	return c
}

func (c *caching) forget(words []string) {
	c.told++
	switch {
	case words[0] != "invalidate" || len(words) < 2:
		c.T.Errorf("pushed %q", words)
	case words[1] == "(nil)":
		clear(c.cache)
	default:
		for _, key := range words[1:] {
			delete(c.cache, key)
		}
	}
}

// get reads one key, in the ways in which its mode allows values to be kept.
func (c *caching) get(key string) {
	if _, ok := c.cache[key]; ok {
		c.hits++
		return
	}
	switch r := rand.IntN(4); {
	case c.mode == "OPTIN" && r == 0:
		c.SendAll("CLIENT CACHING YES", "MULTI", "GET "+key, "EXEC")
		for range 3 {
			c.Reply()
		}
		c.cache[key] = c.Reply()
	case c.mode == "OPTIN":
		c.SendAll("CLIENT CACHING YES", "GET "+key)
		c.Reply()
		c.cache[key] = c.Reply()
	case c.mode == "OPTOUT" && r == 0:
		c.SendAll("CLIENT CACHING NO", "GET "+key)
		c.Reply()
		c.Reply() // not to be kept
	case r == 1:
		c.SendAll("MULTI", "GET "+key, "EXEC")
		c.Reply()
		c.Reply()
		c.cache[key] = c.Reply()
	case r == 2: // in one batch with others
		c.SendAll("GET "+key, "GET "+key, "GET "+key)
		for range 3 {
			c.cache[key] = c.Reply()
		}
	default:
		c.cache[key] = c.Do("GET %s", key)
	}
}

func keyName(n int) string { return fmt.Sprint("key:", n%keyCount) }

const keyCount = 24

// step does something at random.
func (c *caching) step(value *atomic.Int64) {
	key, other := keyName(rand.Int()), keyName(rand.Int())
	switch r := rand.IntN(100); {
	case r < 70:
		c.get(key)
	case r < 74 && c.mode != "OPTIN": // an array of values
		words := strings.Fields(c.Do("MGET %s %s", key, other))
		c.cache[key], c.cache[other] = words[0], words[1]
	case r < 76:
		c.change("MULTI", key, fmt.Sprintf("SET %s %d", key, value.Add(1)), "GET "+other, "EXEC")
	default:
		c.write(r, key, other, value)
	}
}

func (c *caching) write(r int, key, other string, value *atomic.Int64) {
	switch {
	case r < 90:
		c.change("SET "+key+fmt.Sprint(" ", value.Add(1)), key)
	case r < 92:
		c.change("DEL "+key, key)
	case r < 94:
		c.change(fmt.Sprintf("SET %s %d PX 1", key, value.Add(1)), key)
	case r < 96:
		c.Do("RENAME %s %s", key, other)
		if c.own {
			delete(c.cache, key)
			delete(c.cache, other)
		}
	case r == 96:
		c.Do("FLUSHALL")
		if c.own {
			clear(c.cache)
		}
	case r == 97:
		c.Do("SWAPDB 0 1")
	default:
		c.change(fmt.Sprintf("MSET %s %d %s %d", key, value.Add(1), other, value.Add(1)), key)
		if c.own {
			delete(c.cache, other)
		}
	}
}

// change sends a command that changes key, or several of which one does.
func (c *caching) change(first, key string, more ...string) {
	c.SendAll(append([]string{first}, more...)...)
	for range 1 + len(more) {
		c.Reply()
	}
	if c.own {
		delete(c.cache, key)
	}
}

// settle makes sure that everything has come that is on its way: what others'
// commands hand to a session is sent at the end of the turn that answers the
// first PING.
func (c *caching) settle() {
	c.Do("PING")
	c.Do("PING")
}

// TestNoCacheKeepsAnOldValue: clients on several event loops read, keep and change
// the same keys; whenever all of them have come to rest no cache has anything
// else than the server.
func TestNoCacheKeepsAnOldValue(t *testing.T) {
	for _, limit := range []string{"1000000", "10"} {
		t.Run("limit "+limit, func(t *testing.T) {
			srv := start(t, 0, "--io-threads", "3", "--tracking-table-max-keys", limit)
			var all []*caching
			for _, mode := range []string{"", "", "NOLOOP", "OPTIN", "OPTOUT", "BCAST", "BCAST PREFIX key:1 PREFIX key:2 NOLOOP", ""} {
				all = append(all, newCaching(srv, mode))
			}
			control := dial(srv)
			var value atomic.Int64
			for range 40 {
				var wg sync.WaitGroup
				for _, c := range all {
					wg.Go(func() {
						for range 60 {
							c.step(&value)
						}
					})
				}
				wg.Wait()
				if check(t, control, all); t.Failed() {
					return
				}
			}
			hits, told := 0, 0
			for _, c := range all {
				hits += c.hits
				told += c.told
			}
			if hits == 0 || told == 0 {
				t.Errorf("%d hits, %d invalidations", hits, told)
			}
			t.Logf("%d hits, %d invalidations, %d values", hits, told, value.Load())
		})
	}
}

// check compares the caches with the server, when all keys have expired that
// have to: a cache learns of that when the server has noticed.
func check(t *testing.T, control *coretest.Client, all []*caching) {
	for db := range 2 {
		control.Do("SELECT %d", 1-db)
		for i := range keyCount {
			for control.Do("PTTL %s", keyName(i))[0] != '-' {
			}
		}
	}
	for _, c := range all {
		c.settle()
	}
	for i := range keyCount {
		key := keyName(i)
		want := control.Do("GET %s", key)
		for _, c := range all {
			got, ok := c.cache[key]
			if ok && got != want && c.tracked(key) {
				t.Errorf("%q keeps %s=%q, the server has %q", c.mode, key, got, want)
			}
		}
	}
}

// tracked reports whether the client hears of the key at all.
func (c *caching) tracked(key string) bool {
	return !strings.Contains(c.mode, "PREFIX") || strings.HasPrefix(key, "key:1") || strings.HasPrefix(key, "key:2")
}

// TestRedirection: a client of RESP2 with a second connection for the
// invalidations. Over two connections one may overtake a value that is on its
// way, so such a client does not keep what was invalidated while it was asked for.
func TestRedirection(t *testing.T) {
	srv := start(t, 0, "--io-threads", "3")
	listener, data, writer := dial(srv), dial(srv), dial(srv)
	id := listener.Do("CLIENT ID")
	listener.Do("HELLO 2")
	listener.SendAll("SUBSCRIBE __redis__:invalidate")
	listener.Next()
	data.Do("HELLO 2")
	data.Do("CLIENT TRACKING ON REDIRECT %s", id)
	for i := range 300 {
		key := keyName(rand.Int())
		data.Do("GET %s", key)
		if i%50 == 49 {
			writer.Do("FLUSHALL")
			key = "(nil)"
		} else {
			writer.Do("SET %s %d", key, i)
		}
		words, _ := listener.Next()
		if got := strings.Join(words, " "); got != "message __redis__:invalidate "+key {
			t.Fatalf("%q, want %s", got, key)
		}
	}
	// The listener goes: the client sees that in its flags.
	listener.Close()
	for {
		if line := writer.Do("CLIENT LIST"); !strings.Contains(line, "id="+id+" ") {
			break
		}
	}
	data.Do("GET a")
	writer.Do("SET a b")
	if got := data.Do("CLIENT TRACKINGINFO"); got != "flags on broken_redirect redirect "+id+" prefixes" {
		t.Error(got)
	}
}

// TestSwapDB: the values of all keys may have become others.
func TestSwapDB(t *testing.T) {
	srv := start(t, 0)
	c, writer := newCaching(srv, ""), dial(srv)
	c.get("a")
	writer.Do("SWAPDB 0 0")
	if c.settle(); c.told != 0 {
		t.Error("told of a database that changed places with itself")
	}
	writer.Do("SWAPDB 0 1")
	if c.settle(); c.told != 1 || len(c.cache) != 0 {
		t.Errorf("told %d times", c.told)
	}
}

// TestNobodyTracks: with the last client that tracks the table goes, and the
// hooks are off.
func TestNobodyTracks(t *testing.T) {
	srv := start(t, 0)
	writer := dial(srv)
	for _, end := range []func(c *caching){
		func(c *caching) { c.Do("CLIENT TRACKING OFF") },
		func(c *caching) { c.Do("RESET"); c.Do("HELLO 3") },
		func(c *caching) { c.Close() },
	} {
		c, b := newCaching(srv, ""), newCaching(srv, "BCAST PREFIX a PREFIX b")
		c.get("a")
		field(t, writer, "clients", "tracking_clients:2")
		field(t, writer, "stats", "tracking_total_keys:1")
		field(t, writer, "stats", "tracking_total_prefixes:2")
		end(c)
		field(t, writer, "clients", "tracking_clients:1")
		end(b)
		field(t, writer, "clients", "tracking_clients:0")
		field(t, writer, "stats", "tracking_total_keys:0")
		field(t, writer, "stats", "tracking_total_items:0")
		field(t, writer, "stats", "tracking_total_prefixes:0")
		writer.Do("SET a x")
	}
}

// field waits until INFO tells a field.
func field(t *testing.T, c *coretest.Client, section, want string) {
	t.Helper()
	for range 2000 {
		if strings.Contains(c.Do("INFO %s", section), want+"\r\n") {
			return
		}
	}
	t.Errorf("INFO %s does not tell %s: %s", section, want, c.Do("INFO %s", section))
}

// TestSessionsComeAndGo: sessions end while others redirect to them, invalidate
// what they have read and broadcast to them; nothing is left of them.
func TestSessionsComeAndGo(t *testing.T) {
	srv := start(t, 0, "--io-threads", "3")
	var last atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for i := range 40 {
				c := dial(srv)
				c.Pushed = func([]string) {}
				var id int64
				_, _ = fmt.Sscan(c.Do("CLIENT ID"), &id)
				mode := []string{"", "BCAST", "BCAST PREFIX key:1 NOLOOP", "OPTIN", fmt.Sprint("REDIRECT ", last.Swap(id))}[rand.IntN(5)]
				c.Do("CLIENT TRACKING ON %s", mode)
				for range 10 {
					c.Do("MGET %s %s", keyName(rand.Int()), keyName(rand.Int()))
					c.Do("SET %s %d", keyName(rand.Int()), i)
				}
				if i%3 == 0 {
					c.Do("RESET")
				}
				c.SendAll("SET "+keyName(i)+" x", "GET "+keyName(i)) // the replies are not waited for
				c.Close()
			}
		})
	}
	wg.Wait()
	control := dial(srv)
	field(t, control, "clients", "tracking_clients:0")
	field(t, control, "stats", "tracking_total_items:0")
	field(t, control, "stats", "tracking_total_prefixes:0")
}

// TestBlockedClientIsToldAfterItsReply: what serves a blocked client may run on
// another loop, and change a key that the client has read.
func TestBlockedClientIsToldAfterItsReply(t *testing.T) {
	srv := start(t, 0, "--io-threads", "3")
	c, pusher := newCaching(srv, ""), dial(srv)
	for i := range 50 {
		c.Do("LRANGE to 0 -1")
		c.SendAll("BLMOVE from to LEFT LEFT 0")
		for !strings.Contains(pusher.Do("INFO clients"), "blocked_clients:1\r\n") {
		}
		pusher.Do("RPUSH from %d", i)
		if reply, push := c.Next(); push || reply[0] != fmt.Sprint(i) {
			t.Fatalf("%q, pushed: %t", reply, push)
		}
		if words, push := c.Next(); !push || strings.Join(words, " ") != "invalidate to" {
			t.Fatalf("%q, pushed: %t", words, push)
		}
	}
}
