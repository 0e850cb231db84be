// Locks: redsync over go-redis, redigo and rueidis, on one server and on three; redislock;
// rueidislock.
//
// servers: 3
package main

// tries redsync | github.com/go-redsync/redsync/v4 | locks over go-redis, redigo and rueidis, on one server and on three
// tries redislock, rueidislock | github.com/bsm/redislock, github.com/redis/rueidis | locks, extension, waiting by invalidations

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/go-redsync/redsync/v4/redis/redigo"
	syncrueidis "github.com/go-redsync/redsync/v4/redis/rueidis"
	goredislib "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidiscompat"
	"github.com/redis/rueidis/rueidislock"

	redigolib "github.com/gomodule/redigo/redis"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

func main() {
	pools := map[string]func(addr string) redis.Pool{
		"go-redis": func(addr string) redis.Pool {
			return goredis.NewPool(goredislib.NewClient(&goredislib.Options{Addr: addr}))
		},
		"redigo": func(addr string) redis.Pool {
			return redigo.NewPool(&redigolib.Pool{Dial: func() (redigolib.Conn, error) { return redigolib.Dial("tcp", addr) }})
		},
		"rueidis": func(addr string) redis.Pool {
			c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true})
			if err != nil {
				panic(err)
			}
			return syncrueidis.NewPool(rueidiscompat.NewAdapter(c))
		},
	}
	for _, name := range []string{"go-redis", "redigo", "rueidis"} {
		for _, addrs := range [][]string{cases.Addrs()[:1], cases.Addrs()} {
			var all []redis.Pool
			for _, addr := range addrs {
				all = append(all, pools[name](addr))
			}
			label := ", one server"
			if len(addrs) > 1 {
				label = ", three servers"
			}
			cases.Check("redsync "+name+label, func(ctx context.Context) (any, error) { return mutex(ctx, redsync.New(all...), name+label) })
		}
	}
	cases.Check("redislock", obtain)
	cases.Check("rueidislock", waiting)
}

// mutex takes a lock in all ways that redsync has.
func mutex(ctx context.Context, rs *redsync.Redsync, key string) (any, error) {
	a := rs.NewMutex(key, redsync.WithExpiry(3*time.Second))
	b := rs.NewMutex(key, redsync.WithTries(2), redsync.WithRetryDelay(5*time.Millisecond))
	if err := a.LockContext(ctx); err != nil {
		return nil, err
	}
	busy := b.TryLockContext(ctx)
	var taken *redsync.ErrTaken
	extended, err := a.ExtendContext(ctx)
	if err != nil {
		return nil, err
	}
	unlocked, err := a.UnlockContext(ctx)
	if err != nil {
		return nil, err
	}
	again, err := a.UnlockContext(ctx)
	counted, most, err2 := together(ctx, 20, func() (func(), error) {
		m := rs.NewMutex(key+"/many", redsync.WithTries(3000), redsync.WithRetryDelay(3*time.Millisecond))
		return func() { _, _ = m.UnlockContext(ctx) }, m.LockContext(ctx)
	})
	return []any{errors.As(busy, &taken), extended, unlocked, again, cases.Text(err), counted, most}, err2
}

// together lets n hold a lock one after the other, and counts how many did at once.
func together(ctx context.Context, n int, lock func() (unlock func(), err error)) (counted, most int64, err error) {
	var inside, top, sum atomic.Int64
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			unlock, err := lock()
			if errs[i] = err; err != nil {
				return
			}
			if now := inside.Add(1); now > top.Load() {
				top.Store(now)
			}
			time.Sleep(time.Millisecond)
			inside.Add(-1)
			sum.Add(1)
			unlock()
		})
	}
	wg.Wait()
	return sum.Load(), top.Load(), errors.Join(errs...)
}

func obtain(ctx context.Context) (any, error) {
	client := cases.Client()
	defer client.Close()
	locker := redislock.New(client)
	a, err := locker.Obtain(ctx, "rl", 5*time.Second, &redislock.Options{Metadata: "mine é", Token: "fixed-token"})
	if err != nil {
		return nil, err
	}
	_, busy := locker.Obtain(ctx, "rl", time.Second, nil)
	ttl, err := a.TTL(ctx)
	if err != nil {
		return nil, err
	}
	refreshed := a.Refresh(ctx, 50*time.Millisecond, nil)
	later, err := locker.Obtain(ctx, "rl", time.Second, &redislock.Options{RetryStrategy: redislock.LinearBackoff(5 * time.Millisecond)})
	if err != nil {
		return nil, err
	}
	late, gone := a.Refresh(ctx, time.Second, nil), a.Release(ctx)
	counted, most, err := together(ctx, 20, func() (func(), error) {
		l, err := locker.Obtain(ctx, "many", 5*time.Second, &redislock.Options{RetryStrategy: redislock.ExponentialBackoff(time.Millisecond, 20*time.Millisecond)})
		return func() { _ = l.Release(ctx) }, err
	})
	return []any{a.Metadata(), a.Token(), cases.Text(busy), ttl > 4*time.Second, cases.Text(refreshed), later.Metadata(), cases.Text(late), cases.Text(gone), counted, most}, err
}

// waiting uses locks whose waiters are told by client-side caching that one is free.
func waiting(ctx context.Context) (any, error) {
	var lockers []rueidislock.Locker
	for range 3 {
		l, err := rueidislock.NewLocker(rueidislock.LockerOption{
			ClientOption: rueidis.ClientOption{InitAddress: []string{cases.Addr()}}, KeyMajority: 2, KeyValidity: 2 * time.Second, ExtendInterval: 300 * time.Millisecond,
		})
		if err != nil {
			return nil, err
		}
		defer l.Close()
		lockers = append(lockers, l)
	}
	var next atomic.Int64
	counted, most, err := together(ctx, 24, func() (func(), error) {
		_, cancel, err := lockers[int(next.Add(1))%len(lockers)].WithContext(ctx, "rueidis")
		return cancel, err
	})
	if err != nil {
		return nil, err
	}
	held, cancel, err := lockers[0].WithContext(ctx, "other")
	if err != nil {
		return nil, err
	}
	_, _, busy := lockers[1].TryWithContext(ctx, "other")
	time.Sleep(700 * time.Millisecond) // it is extended meanwhile
	alive := held.Err()
	_, away, err := lockers[1].ForceWithContext(ctx, "other")
	if err != nil {
		return nil, err
	}
	lost := cases.Until(ctx, "the lock that was taken away is lost", func() bool { return held.Err() != nil })
	cancel()
	away()
	return []any{counted, most, cases.Text(busy), cases.Text(alive), cases.Text(lost)}, nil
}
