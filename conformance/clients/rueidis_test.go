package clients

// tries rueidis | github.com/redis/rueidis | the cache on the client's side (CLIENT TRACKING)

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// rueidis keeps copies of what it reads with CLIENT TRACKING: with OPTIN and
// CLIENT CACHING YES before each read, or in broadcast mode.

func rueidisClient(t *testing.T, addr string, o rueidis.ClientOption) rueidis.Client {
	t.Helper()
	o.InitAddress = []string{addr}
	o.ForceSingleClient = true
	c, err := rueidis.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestRueidisCache: a value comes from the cache until it is changed, by whatever
// command, or expires, or everything is deleted.
func TestRueidisCache(t *testing.T) {
	addr := start(t, "--io-threads", "2")
	for name, options := range map[string][]string{
		"OPTIN":  nil,
		"BCAST":  {"PREFIX", "k", "BCAST"},
		"NOLOOP": {"OPTIN", "NOLOOP"},
	} {
		t.Run(name, func(t *testing.T) {
			reader := rueidisClient(t, addr, rueidis.ClientOption{ClientTrackingOptions: options})
			writer := rueidisClient(t, addr, rueidis.ClientOption{DisableCache: true})
			do := func(words ...string) {
				t.Helper()
				if err := writer.Do(ctx, writer.B().Arbitrary(words...).Build()).Error(); err != nil {
					t.Fatal(err)
				}
			}
			get := func() (value string, hit bool) {
				r := reader.DoCache(ctx, reader.B().Get().Key("k").Cache(), time.Hour)
				value, err := r.ToString()
				if err != nil && !rueidis.IsRedisNil(err) {
					t.Fatal(err)
				}
				return value, r.IsCacheHit()
			}
			for _, x := range []struct {
				want string
				do   []string
			}{
				{"1", []string{"SET", "k", "1"}},
				{"2", []string{"INCR", "k"}},
				{"2x", []string{"APPEND", "k", "x"}},
				{"", []string{"DEL", "k"}},
				{"7", []string{"MSET", "other", "1", "k", "7"}},
				{"", []string{"FLUSHALL"}},
				{"8", []string{"SET", "k", "8"}},
				{"", []string{"PEXPIRE", "k", "1"}},
			} {
				do(x.do...)
				eventually(t, func() (string, bool) {
					got, _ := get()
					return fmt.Sprintf("%q after %q, want %q", got, x.do, x.want), got == x.want
				})
				eventually(t, func() (string, bool) { // an invalidation may still be on its way
					got, hit := get()
					return fmt.Sprintf("%q, from the cache: %t", got, hit), hit && got == x.want
				})
			}
		})
	}
}

// TestRueidisNothingStale: readers and writers at the same time; in the end every
// cache has what the server has.
func TestRueidisNothingStale(t *testing.T) {
	addr := start(t, "--io-threads", "2")
	const readers, keys, each = 4, 16, 400
	var all []rueidis.Client
	for range readers {
		all = append(all, rueidisClient(t, addr, rueidis.ClientOption{}))
	}
	name := func(i int) string { return fmt.Sprint("key:", i%keys) }
	get := func(c rueidis.Client, key string) rueidis.RedisResult {
		return c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Hour)
	}
	var hits atomic.Int64
	var wg sync.WaitGroup
	for n, c := range all {
		wg.Go(func() {
			for i := range each {
				if get(c, name(i*7+n)).IsCacheHit() {
					hits.Add(1)
				}
				if i%10 == n {
					c.Do(ctx, c.B().Set().Key(name(i)).Value(fmt.Sprint(n, "-", i)).Build())
				}
			}
		})
	}
	wg.Wait()
	for i := range keys {
		want, _ := all[0].Do(ctx, all[0].B().Get().Key(name(i)).Build()).ToString()
		for _, c := range all {
			eventually(t, func() (string, bool) {
				got, _ := get(c, name(i)).ToString()
				return fmt.Sprintf("%s is %q, want %q", name(i), got, want), got == want
			})
		}
	}
	if hits.Load() == 0 {
		t.Error("nothing came from a cache")
	}
}

// eventually waits for a condition; what it says is told if it does not come.
func eventually(t *testing.T, ok func() (string, bool)) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		what, done := ok()
		if done {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
		time.Sleep(time.Millisecond)
	}
}
