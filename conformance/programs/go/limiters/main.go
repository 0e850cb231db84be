// Rate limiters: redis_rate (GCRA in Lua), ulule/limiter, throttled over go-redis and redigo.
package main

// tries redis_rate, ulule/limiter, throttled | github.com/go-redis/redis_rate/v10, github.com/ulule/limiter/v3, github.com/throttled/throttled/v2 | limits, bursts, in parallel

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/gomodule/redigo/redis"
	"github.com/throttled/throttled/v2"
	goredisstore "github.com/throttled/throttled/v2/store/goredisstore.v9"
	"github.com/throttled/throttled/v2/store/redigostore"
	"github.com/ulule/limiter/v3"
	sredis "github.com/ulule/limiter/v3/drivers/store/redis"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

func main() {
	client := cases.Client()
	cases.Check("redis_rate", func(ctx context.Context) (any, error) {
		l := redis_rate.NewLimiter(client)
		limit := redis_rate.PerHour(10)
		var got []string
		note := func(r *redis_rate.Result, err error) {
			if err != nil {
				got = append(got, err.Error())
				return
			}
			got = append(got, fmt.Sprint(r.Allowed, r.Remaining, r.RetryAfter.Round(10*time.Second), r.ResetAfter.Round(10*time.Second)))
		}
		note(l.Allow(ctx, "k", limit))
		note(l.AllowN(ctx, "k", limit, 4))
		note(l.AllowN(ctx, "k", limit, 6))
		note(l.AllowAtMost(ctx, "k", limit, 6))
		note(l.AllowAtMost(ctx, "k", limit, 6))
		note(l.AllowN(ctx, "k", limit, 0))
		if err := l.Reset(ctx, "k"); err != nil {
			return nil, err
		}
		note(l.Allow(ctx, "k", limit))
		var allowed atomic.Int64
		var wg sync.WaitGroup
		for range 300 {
			wg.Go(func() {
				if r, err := l.Allow(ctx, "many", redis_rate.PerHour(100)); err == nil {
					allowed.Add(int64(r.Allowed))
				}
			})
		}
		wg.Wait()
		return []any{got, allowed.Load()}, nil
	})
	cases.Check("ulule/limiter", func(ctx context.Context) (any, error) {
		store, err := sredis.NewStoreWithOptions(client, limiter.StoreOptions{Prefix: "ulule"})
		if err != nil {
			return nil, err
		}
		l := limiter.New(store, limiter.Rate{Period: time.Hour, Limit: 3})
		var got []any
		for range 5 {
			c, err := l.Get(ctx, "k")
			if err != nil {
				return nil, err
			}
			got = append(got, c.Remaining, c.Reached)
		}
		p, err := l.Peek(ctx, "k")
		if err != nil {
			return nil, err
		}
		if _, err := l.Reset(ctx, "k"); err != nil {
			return nil, err
		}
		c, err := l.Increment(ctx, "k", 2)
		return append(got, p.Remaining, c.Remaining), err
	})
	pool := &redis.Pool{Dial: func() (redis.Conn, error) { return redis.Dial("tcp", cases.Addr()) }}
	cases.Check("throttled, go-redis", func(ctx context.Context) (any, error) {
		store, err := goredisstore.NewCtx(client, "throttled:")
		if err != nil {
			return nil, err
		}
		return throttle(ctx, store)
	})
	cases.Check("throttled, redigo", func(ctx context.Context) (any, error) {
		store, err := redigostore.New(pool, "redigo:", 0)
		if err != nil {
			return nil, err
		}
		return throttle(ctx, throttled.WrapStoreWithContext(store))
	})
}

func throttle(ctx context.Context, store throttled.GCRAStoreCtx) (any, error) {
	l, err := throttled.NewGCRARateLimiterCtx(store, throttled.RateQuota{MaxRate: throttled.PerHour(5), MaxBurst: 4})
	if err != nil {
		return nil, err
	}
	var got []any
	for range 7 {
		limited, r, err := l.RateLimitCtx(ctx, "k", 1)
		if err != nil {
			return nil, err
		}
		got = append(got, limited, r.Remaining)
	}
	return got, nil
}
