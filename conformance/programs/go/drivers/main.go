// Drivers that people build on: redigo (pools, scripts, publish/subscribe, scanning), radix
// (implicit pipelining, scripts, streams, publish/subscribe), rueidis (dedicated, blocking,
// streams).
package main

// tries redigo, radix, rueidis | github.com/gomodule/redigo, github.com/mediocregopher/radix/v4, github.com/redis/rueidis | pools, scripts, publish/subscribe, scanning, streams, dedicated connections, cache on the client's side

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/mediocregopher/radix/v4"
	"github.com/redis/rueidis"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

func main() {
	cases.Check("redigo", driveRedigo)
	cases.Check("redigo, publish/subscribe", redigoPubSub)
	cases.Check("radix", driveRadix)
	cases.Check("rueidis", driveRueidis)
}

func driveRedigo(ctx context.Context) (any, error) {
	pool := &redis.Pool{MaxIdle: 3, TestOnBorrow: func(c redis.Conn, _ time.Time) error { _, err := c.Do("PING"); return err },
		Dial: func() (redis.Conn, error) {
			return redis.Dial("tcp", cases.Addr(), redis.DialDatabase(3), redis.DialClientName("me"))
		}}
	defer pool.Close()
	c := pool.Get()
	defer c.Close()
	var got []any
	script := redis.NewScript(1, "local t = redis.call('TIME') return {KEYS[1], ARGV[1], #t, redis.call('INCR', KEYS[1])}")
	for range 2 {
		v, err := redis.Values(script.Do(c, "key", "arg"))
		if err != nil {
			return nil, err
		}
		got = append(got, fmt.Sprintf("%s", v))
		if _, err := c.Do("SCRIPT", "FLUSH"); err != nil {
			return nil, err
		}
	}
	_ = c.Send("MULTI")
	_ = c.Send("HSET", redis.Args{}.Add("h").AddFlat(struct {
		A string `redis:"a"`
		B int    `redis:"b"`
	}{"x", 7})...)
	_ = c.Send("LPUSH", "h", 1)
	_, err := redis.Values(c.Do("EXEC"))
	got = append(got, cases.Text(err))
	var s struct {
		A string `redis:"a"`
		B int    `redis:"b"`
	}
	values, err := redis.Values(c.Do("HGETALL", "h"))
	if err == nil {
		err = redis.ScanStruct(values, &s)
	}
	got = append(got, s, cases.Text(err))
	for i := range 300 {
		_ = c.Send("SET", fmt.Sprint("scan:", i), i)
	}
	if err := c.Flush(); err != nil {
		return nil, err
	}
	for range 300 {
		if _, err := c.Receive(); err != nil {
			return nil, err
		}
	}
	keys, cursor := map[string]bool{}, "0"
	for {
		v, err := redis.Values(c.Do("SCAN", cursor, "MATCH", "scan:*", "COUNT", 17))
		if err != nil {
			return nil, err
		}
		page, _ := redis.Strings(v[1], nil)
		for _, k := range page {
			keys[k] = true
		}
		if cursor, _ = redis.String(v[0], nil); cursor == "0" {
			break
		}
	}
	_, late := redis.DoWithTimeout(c, 50*time.Millisecond, "BLPOP", "nothing", 0)
	again := pool.Get()
	defer again.Close()
	name, err := redis.String(again.Do("CLIENT", "GETNAME"))
	return append(got, len(keys), late != nil, name), err
}

func redigoPubSub(ctx context.Context) (any, error) {
	c, err := redis.Dial("tcp", cases.Addr())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	psc := redis.PubSubConn{Conn: c}
	if err := errors.Join(psc.Subscribe("a", "b"), psc.PSubscribe("p*")); err != nil {
		return nil, err
	}
	var got []string
	w := cases.Client()
	defer w.Close()
	for subscribed := 0; len(got) < 4; {
		switch v := psc.ReceiveWithTimeout(10 * time.Second).(type) {
		case error:
			return nil, v
		case redis.Subscription:
			if subscribed++; subscribed == 3 {
				w.Publish(ctx, "a", "1")
				w.Publish(ctx, "pq", "2")
				if err := psc.Ping("hello"); err != nil {
					return nil, err
				}
			}
			if v.Count == 0 {
				got = append(got, "all unsubscribed")
			}
		case redis.Message:
			got = append(got, v.Pattern+v.Channel+string(v.Data))
		case redis.Pong:
			got = append(got, "pong "+v.Data)
			if err := errors.Join(psc.Unsubscribe(), psc.PUnsubscribe()); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(got)
	return got, nil
}

func driveRadix(ctx context.Context) (any, error) {
	c, err := (radix.PoolConfig{Size: 4}).New(ctx, "tcp", cases.Addr())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() { _ = c.Do(ctx, radix.FlatCmd(nil, "HSET", "h", fmt.Sprint(i), i)) })
	}
	wg.Wait()
	var n int
	var m map[string]int
	var out []string
	var none string
	null := radix.Maybe{Rcv: &none}
	script := radix.NewEvalScript("return {KEYS[1], ARGV[1]}")
	p := radix.NewPipeline()
	p.Append(radix.Cmd(&n, "HLEN", "h"))
	p.Append(radix.Cmd(&m, "HGETALL", "h"))
	p.Append(radix.Cmd(&null, "GET", "nobody"))
	if err := c.Do(ctx, p); err != nil {
		return nil, err
	}
	if err := c.Do(ctx, script.Cmd(&out, []string{"k"}, "a")); err != nil {
		return nil, err
	}
	wrong := c.Do(ctx, radix.Cmd(nil, "LPUSH", "h", "x"))
	keys := 0
	s := (radix.ScannerConfig{Command: "HSCAN", Key: "h", Count: 10}).New(c)
	for field := ""; s.Next(ctx, &field); {
		keys++
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	if err := c.Do(ctx, radix.Cmd(nil, "XGROUP", "CREATE", "st", "g", "0", "MKSTREAM")); err != nil {
		return nil, err
	}
	for i := range 10 {
		if err := c.Do(ctx, radix.FlatCmd(nil, "XADD", "st", "*", "n", i)); err != nil {
			return nil, err
		}
	}
	r := (radix.StreamReaderConfig{Group: "g", Consumer: "c", Count: 3}).New(c, map[string]radix.StreamConfig{"st": {PendingThenLatest: true}})
	entries := 0
	for entries < 10 {
		_, _, err := r.Next(ctx)
		if errors.Is(err, radix.ErrNoStreamEntries) {
			continue
		} else if err != nil {
			return nil, err
		}
		entries++
	}
	conn, err := (radix.PersistentPubSubConnConfig{}).New(ctx, func() (string, string, error) { return "tcp", cases.Addr(), nil })
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Subscribe(ctx, "ch"); err != nil {
		return nil, err
	}
	publishing, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // it does not tell when it has subscribed
		for publishing.Err() == nil {
			_ = c.Do(publishing, radix.Cmd(nil, "PUBLISH", "ch", "hello"))
			time.Sleep(10 * time.Millisecond)
		}
	}()
	msg, err := conn.Next(ctx)
	return []any{n, len(m), null.Null, out, cases.Text(wrong), keys, entries, string(msg.Message)}, err
}

func driveRueidis(ctx context.Context) (any, error) {
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{cases.Addr()}, SelectDB: 5, ClientName: "r"})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			_ = c.Do(ctx, c.B().Zadd().Key("z").ScoreMember().ScoreMember(float64(i)/3, fmt.Sprint(i)).Build()).Error()
		})
	}
	wg.Wait()
	scores, err := c.Do(ctx, c.B().Zrange().Key("z").Min("0").Max("3").Withscores().Build()).AsZScores()
	if err != nil {
		return nil, err
	}
	attempts := 0
	err = c.Dedicated(func(d rueidis.DedicatedClient) error {
		if err := d.Do(ctx, d.B().Watch().Key("w").Build()).Error(); err != nil {
			return err
		}
		attempts++
		c.Do(ctx, c.B().Set().Key("w").Value("other").Build())
		res := d.DoMulti(ctx, d.B().Multi().Build(), d.B().Set().Key("w").Value("mine").Build(), d.B().Exec().Build())
		if !rueidis.IsRedisNil(res[2].Error()) {
			return fmt.Errorf("EXEC of a watched key: %w", res[2].Error())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	popped := make(chan any, 1)
	go func() {
		v, err := c.Do(ctx, c.B().Blpop().Key("list").Timeout(10).Build()).AsStrSlice()
		popped <- []any{v, cases.Text(err)}
	}()
	if err := cases.Until(ctx, "it is popped", func() bool {
		c.Do(ctx, c.B().Lpush().Key("list").Element("x").Build())
		return len(popped) > 0
	}); err != nil {
		return nil, err
	}
	added, err := c.Do(ctx, c.B().Xadd().Key("s").Id("*").FieldValue().FieldValue("f", "v").Build()).ToString()
	if err != nil {
		return nil, err
	}
	read, err := c.Do(ctx, c.B().Xread().Count(10).Block(100).Streams().Key("s").Id("0").Build()).AsXRead()
	if err != nil {
		return nil, err
	}
	heard := make(chan string, 10)
	listen, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_ = c.Receive(listen, c.B().Ssubscribe().Channel("shard").Build(), func(m rueidis.PubSubMessage) { heard <- m.Message })
	}()
	err = cases.Until(ctx, "a message is heard", func() bool {
		c.Do(ctx, c.B().Spublish().Channel("shard").Message("m").Build())
		return len(heard) > 0
	})
	return []any{scores, attempts, <-popped, read["s"][0].ID == added, read["s"][0].FieldValues, <-heard}, err
}
