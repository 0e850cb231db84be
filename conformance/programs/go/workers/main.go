// A pool of workers in a group on a stream, by hand with go-redis, as its users write them:
// some die with what they have taken, others take it over.
package main

// tries go-redis | github.com/redis/go-redis/v9 | workers of a group on a stream, of which some die

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

func main() {
	for _, protocol := range []int{2, 3} {
		cases.Check(fmt.Sprintf("consumer group, RESP%d", protocol), func(ctx context.Context) (any, error) { return group(ctx, protocol) })
	}
}

func group(ctx context.Context, protocol int) (any, error) {
	const messages, workers, mortals = 3000, 12, 4
	client := redis.NewClient(&redis.Options{Addr: cases.Addr(), Protocol: protocol, PoolSize: 30})
	defer client.Close()
	stream := fmt.Sprint("jobs", protocol)
	if err := client.XGroupCreateMkStream(ctx, stream, "g", "$").Err(); err != nil {
		return nil, err
	}
	var handled sync.Map
	var count, acked atomic.Int64
	done, stop := context.WithCancel(ctx)
	defer stop()
	handle := func(name string, all []redis.XMessage) {
		for _, m := range all {
			if _, twice := handled.LoadOrStore(m.Values["n"], name); !twice {
				count.Add(1)
			}
			acked.Add(client.XAck(ctx, stream, "g", m.ID).Val())
		}
	}
	work := func(id int) error {
		name := fmt.Sprint("worker-", id)
		for turn := 0; done.Err() == nil; turn++ {
			got, err := client.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: name, Streams: []string{stream, ">"}, Count: 10, Block: 50 * time.Millisecond}).Result()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			if id < mortals && len(got) > 0 && turn > 2 {
				return nil // it dies with what it has
			}
			for _, s := range got {
				handle(name, s.Messages)
			}
			claimed, _, err := client.XAutoClaim(ctx, &redis.XAutoClaimArgs{Stream: stream, Group: "g", Consumer: name, MinIdle: 200 * time.Millisecond, Start: "0", Count: 10}).Result()
			if err != nil {
				return err
			}
			handle(name, claimed)
		}
		return nil
	}
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for id := range workers {
		wg.Go(func() { errs[id] = work(id) })
	}
	for n := 0; n < messages; n += 100 {
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := n; i < n+100; i++ {
				p.XAdd(ctx, &redis.XAddArgs{Stream: stream, MaxLen: 100_000, Approx: true, Values: map[string]any{"n": i}})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	err := cases.Until(ctx, "all are acknowledged", func() bool {
		p, err := client.XPending(ctx, stream, "g").Result()
		return err == nil && p.Count == 0 && count.Load() == messages
	})
	stop()
	wg.Wait()
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	info, err := client.XInfoGroups(ctx, stream).Result()
	if err != nil {
		return nil, err
	}
	full, err := client.XInfoStreamFull(ctx, stream, 5).Result()
	if err != nil {
		return nil, err
	}
	trimmed, err := client.XTrimMinID(ctx, stream, full.LastGeneratedID).Result()
	return []any{count.Load(), acked.Load(), info[0].EntriesRead, info[0].Lag, info[0].Pending, info[0].Consumers, full.Length, len(full.Groups[0].Pending), trimmed}, err
}
