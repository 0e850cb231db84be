package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The section about sessions: what it costs to hand a message to many, and what commands cost while somebody follows
// what they do.

// publishCase is how many listen to a channel, and how many messages are under way at a time.
type publishCase struct{ listeners, pipeline int }

var publishCases = []publishCase{{1, 1}, {1, 16}, {100, 1}, {100, 16}, {10_000, 1}}

const (
	publishBytes  = 64
	publishGoal   = 1.5 // deliveries per second of the server's CPU, as a ratio to the baseline's
	leastMessages = 30
)

// messages is how many are published in a round.
func (p publishCase) messages(most int) int {
	n := max(most/p.listeners, leastMessages)
	return max(min(n, 40_000)/p.pipeline, 1) * p.pipeline
}

// sessions is the section.
func (b *bench) sessions(ctx context.Context) error {
	if err := raiseFileLimit(10_200); err != nil {
		return err
	}
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	for _, p := range publishCases {
		c := &comparison{Test: fmt.Sprintf("publish to %d", p.listeners), Pipeline: p.pipeline, Size: publishBytes,
			Requests: p.messages(b.opts.deliveries)}
		if c.Rounds, err = alternate(b.opts.rounds, servers, func(s *server) (sample, error) {
			return p.run(ctx, s, c.Requests)
		}); err != nil {
			return err
		}
		c.compare(b.opts.baseline)
		b.report.Sessions = append(b.report.Sessions, c)
		t.row(c)
	}
	if err := b.followed(ctx, t, servers); err != nil {
		return err
	}
	t.footer(b.report.Sessions)
	for _, name := range b.opts.subjects() {
		for _, c := range b.report.Sessions {
			if r, ok := c.Ratios[name]; ok && strings.HasPrefix(c.Test, "publish") && r.CPU.Median > 1/publishGoal {
				fmt.Printf("goal: deliveries per CPU second >= %.1f of the baseline: missed by %s, %s P %d: %.2f\n",
					publishGoal, name, c.Test, c.Pipeline, 1/r.CPU.Median)
			}
		}
	}
	return nil
}

// run publishes messages and waits until all listeners have all of them. A sample's command is a delivery.
func (p publishCase) run(ctx context.Context, s *server, messages int) (sample, error) {
	_, _ = s.do(ctx, "CONFIG", "SET", "maxclients", "10050")
	l, err := listenAll(ctx, s, p.listeners)
	if err != nil {
		return sample{}, err
	}
	defer l.close()
	pub, err := dial(ctx, s.port, nil)
	if err != nil {
		return sample{}, s.explain(err)
	}
	defer pub.Close()
	text := strings.Repeat("x", publishBytes)
	want := int64(messages) * int64(p.listeners) * int64(len("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$64\r\n\r\n")+publishBytes)
	cpuBefore, err := processCPU(s.pid)
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	batch := []byte(strings.Repeat(string(appendCommand(nil, "PUBLISH", "news", text)), p.pipeline))
	for range messages / p.pipeline {
		if _, err := pub.Write(batch); err != nil {
			return sample{}, s.explain(err)
		}
		for range p.pipeline {
			if n, err := readReply(pub.r); err != nil || n != strconv.Itoa(p.listeners) {
				return sample{}, s.explain(fmt.Errorf("PUBLISH: %s, error %v", n, err))
			}
		}
	}
	if err := l.await(ctx, want); err != nil {
		return sample{}, s.explain(err)
	}
	elapsed := time.Since(start)
	cpuAfter, err := processCPU(s.pid)
	n := float64(messages * p.listeners)
	return sample{RPS: n / elapsed.Seconds(), CPU: micros(cpuAfter-cpuBefore) / n}, err
}

// listeners are connections that listen to a channel and only count what they get.
type listeners struct {
	conns []net.Conn
	bytes atomic.Int64
	done  sync.WaitGroup
}

func listenAll(ctx context.Context, s *server, n int) (*listeners, error) {
	l := &listeners{}
	for range n {
		c, err := dial(ctx, s.port, nil)
		if err == nil {
			_, err = c.do("SUBSCRIBE", "news")
		}
		if err != nil {
			l.close()
			return nil, s.explain(err)
		}
		l.conns = append(l.conns, c)
		l.done.Go(func() { l.drain(c) })
	}
	return l, nil
}

func (l *listeners) drain(r io.Reader) {
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		l.bytes.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// await waits until so many bytes have come.
func (l *listeners) await(ctx context.Context, want int64) error {
	for end := time.Now().Add(time.Minute); l.bytes.Load() < want; time.Sleep(100 * time.Microsecond) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d bytes of messages came, not %d", l.bytes.Load(), want)
		}
	}
	return nil
}

func (l *listeners) close() {
	for _, c := range l.conns {
		c.Close()
	}
	l.done.Wait()
}

// followed measures SET while every keyspace event is published, with nobody listening, and GET while the clients'
// reads are tracked.
func (b *bench) followed(ctx context.Context, t *ratioTable, servers []*server) error {
	for _, s := range servers {
		if _, err := s.do(ctx, "CONFIG", "SET", "notify-keyspace-events", "KEA"); err != nil {
			return s.explain(err)
		}
	}
	set := test{name: "set", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}}
	get := test{name: "get", sized: true, fill: set.fill, tracking: true}
	for _, x := range []struct {
		name     string
		test     test
		pipeline int
	}{{"set, events", set, 1}, {"set, events", set, 16}, {"get, tracked", get, 1}, {"get, tracked", get, 16}} {
		c, err := b.measure(ctx, load{test: x.test, clients: b.opts.clients, pipeline: x.pipeline, size: memoryValueSize,
			keys: b.opts.keyspace, threads: b.opts.threads}, servers)
		if err != nil {
			return err
		}
		c.Test, c.Size = x.name, memoryValueSize
		b.report.Sessions = append(b.report.Sessions, c)
		t.row(c)
	}
	return nil
}
