// Caches and sessions: go-redis/cache, rueidis's cache on the client's side, redistore.
package main

// tries go-redis/cache, redistore | github.com/go-redis/cache/v9, github.com/boj/redistore | caches, sessions

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/boj/redistore"
	"github.com/go-redis/cache/v9"
	"github.com/redis/rueidis"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

type object struct {
	S string
	N int
}

func main() {
	cases.Check("go-redis/cache", func(ctx context.Context) (any, error) {
		client := cases.Client()
		defer client.Close()
		c := cache.New(&cache.Options{Redis: client, LocalCache: cache.NewTinyLFU(100, time.Minute), StatsEnabled: true})
		big := object{S: fmt.Sprintf("%01000d", 7), N: 5} // compressed
		if err := c.Set(&cache.Item{Ctx: ctx, Key: "k", Value: &big, TTL: time.Hour}); err != nil {
			return nil, err
		}
		c.DeleteFromLocalCache("k")
		var back object
		if err := c.Get(ctx, "k", &back); err != nil {
			return nil, err
		}
		missing := c.Get(ctx, "nobody", &back)
		var calls atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				var o object
				_ = c.Once(&cache.Item{Ctx: ctx, Key: "once", Value: &o, Do: func(*cache.Item) (any, error) {
					calls.Add(1)
					time.Sleep(10 * time.Millisecond)
					return &object{S: "x"}, nil
				}})
			})
		}
		wg.Wait()
		nx := c.Set(&cache.Item{Ctx: ctx, Key: "k", Value: &object{}, SetNX: true})
		ttl := client.TTL(ctx, "k").Val() > 59*time.Minute
		gone := c.Delete(ctx, "k")
		return []any{back == big, cases.Text(missing), calls.Load(), cases.Text(nx), ttl, cases.Text(gone), c.Exists(ctx, "k"), client.StrLen(ctx, "once").Val()}, nil
	})
	cases.Check("rueidis, cache on the client's side", tracking(rueidis.ClientOption{}))
	cases.Check("rueidis, cache by broadcast", tracking(rueidis.ClientOption{ClientTrackingOptions: []string{"PREFIX", "cached:", "BCAST"}}))
	cases.Check("redistore", sessions)
}

// tracking reads through a cache that the server keeps valid.
func tracking(o rueidis.ClientOption) func(context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		o.InitAddress = []string{cases.Addr()}
		c, err := rueidis.NewClient(o)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		w := cases.Client()
		defer w.Close()
		key := "cached:k"
		w.HSet(ctx, key, "f", "1")
		get := func() rueidis.RedisResult {
			return c.DoCache(ctx, c.B().Hget().Key(key).Field("f").Cache(), time.Minute)
		}
		first, second := get(), get()
		w.HSet(ctx, key, "f", "2")
		err = cases.Until(ctx, "the new value", func() bool { v, _ := get().ToString(); return v == "2" })
		if err != nil {
			return nil, err
		}
		w.Expire(ctx, key, 30*time.Second)
		err = cases.Until(ctx, "the expiry", func() bool { return get().CachePTTL() <= 30_000 })
		if err != nil {
			return nil, err
		}
		w.FlushAll(ctx)
		err = cases.Until(ctx, "nothing", func() bool { return rueidis.IsRedisNil(get().Error()) })
		if err != nil {
			return nil, err
		}
		keys := make([]string, 100)
		var many rueidis.Commands
		for i := range keys {
			keys[i] = fmt.Sprint("cached:", i)
			many = append(many, c.B().Set().Key(keys[i]).Value(keys[i]).Build())
		}
		for _, r := range c.DoMulti(ctx, many...) {
			if err := r.Error(); err != nil {
				return nil, err
			}
		}
		if _, err := rueidis.MGetCache(c, ctx, time.Minute, keys); err != nil {
			return nil, err
		}
		values, err := rueidis.MGetCache(c, ctx, time.Minute, keys)
		if err != nil {
			return nil, err
		}
		script := rueidis.NewLuaScript("return {KEYS[1], redis.call('GET', KEYS[1]), ARGV}")
		out, err := script.Exec(ctx, c, []string{"cached:7"}, []string{"a", "b"}).ToAny()
		if err != nil {
			return nil, err
		}
		nine := values["cached:9"]
		return []any{first.IsCacheHit(), second.IsCacheHit(), len(values), nine.IsCacheHit(), out}, nil
	}
}

func sessions(context.Context) (any, error) {
	store, err := redistore.NewRediStore(5, "tcp", cases.Addr(), "", "", []byte("secret"))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	var cookie string
	var got []any
	for i := range 4 {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		s, err := store.Get(r, "name")
		if err != nil {
			return nil, err
		}
		n, _ := s.Values["n"].(int)
		got = append(got, s.IsNew, n)
		s.Values["n"] = n + 1
		if i == 2 {
			s.Options.MaxAge = -1
		}
		if err := s.Save(r, w); err != nil {
			return nil, err
		}
		if i == 0 {
			cookie = w.Header().Get("Set-Cookie")
		}
	}
	return got, nil
}
