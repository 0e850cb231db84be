package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The section about replication: what a SET costs the master that sends it to others, what it costs the replica that
// repeats it, and how long it takes until a replica has a change. Where one side is measured the other one is this program's.

const replicationGoal = 0.7 // of the baseline's CPU

// masterCases are SETs on a master with some replicas.
var masterCases = []struct{ replicas, pipeline int }{{0, 16}, {1, 1}, {1, 16}, {3, 16}}

// replicaCases are how many commands the master sends at a time.
var replicaCases = []int{1, 16}

// replication is the section.
func (b *bench) replication(ctx context.Context) error {
	t := b.table()
	add := func(c *comparison, err error) error {
		if err == nil {
			b.report.Replication = append(b.report.Replication, c)
			t.row(c)
		}
		return err
	}
	for _, x := range masterCases {
		if err := add(b.masterCost(ctx, x.replicas, x.pipeline)); err != nil {
			return err
		}
	}
	for _, p := range replicaCases {
		if err := add(b.replicaCost(ctx, p)); err != nil {
			return err
		}
	}
	for _, writers := range []int{0, b.opts.writers} {
		if err := add(b.lag(ctx, writers)); err != nil {
			return err
		}
	}
	t.footer(b.report.Replication)
	for _, name := range b.opts.subjects() {
		for _, c := range b.report.Replication {
			if r, ok := c.Ratios[name]; ok && !strings.HasPrefix(c.Test, "lag") && (c.Pipeline > 1 || c.Test == "replica") && r.CPU.Median > replicationGoal {
				fmt.Printf("goal: CPU <= %.1f of the baseline: missed by %s, %s P %d: %.2f\n", replicationGoal, name, c.Test, c.Pipeline, r.CPU.Median)
			}
		}
	}
	return nil
}

// masterCost measures SET on masters with n replicas, which take everything and do nothing with it.
func (b *bench) masterCost(ctx context.Context, n, pipeline int) (*comparison, error) {
	servers, stop, err := b.startAll(ctx, "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0")
	if err != nil {
		return nil, err
	}
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for _, s := range servers {
		for range n {
			c, err := sink(ctx, s, &all)
			if err != nil {
				return nil, err
			}
			defer c.Close()
		}
	}
	set := test{name: "set", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}}
	c, err := b.measure(ctx, load{test: set, clients: b.opts.clients, pipeline: pipeline, size: memoryValueSize,
		keys: b.opts.keyspace, threads: b.opts.threads}, servers)
	if err != nil {
		return nil, err
	}
	c.Test, c.Size = fmt.Sprintf("master, %d", n), memoryValueSize
	return c, nil
}

// sink is a replica that forgets what it gets, and acknowledges once a second that it is there.
func sink(ctx context.Context, s *server, all *sync.WaitGroup) (*conn, error) {
	c, err := dial(ctx, s.port, nil)
	if err != nil {
		return nil, s.explain(err)
	}
	if err := c.syncFully(); err != nil {
		c.Close()
		return nil, s.explain(err)
	}
	done := make(chan struct{})
	ack := appendCommand(nil, "REPLCONF", "ACK", "0")
	all.Go(func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, c.r)
	})
	all.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			if _, err := c.Write(ack); err != nil {
				return
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return c, nil
}

// replicaCost measures replicas of a master that sends SETs, some at a time.
func (b *bench) replicaCost(ctx context.Context, pipeline int) (*comparison, error) {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	n := int(b.opts.seconds * 400_000)
	if pipeline == 1 {
		n = int(b.opts.seconds * 20_000) // which come one by one
	}
	n = roundUp(n, pipeline)
	c := &comparison{Test: "replica", Pipeline: pipeline, Size: memoryValueSize, Requests: n}
	c.Rounds, err = alternate(b.opts.rounds, servers, func(s *server) (sample, error) { return b.feed(ctx, s, n, pipeline) })
	c.compare(b.opts.baseline)
	return c, err
}

// feed makes a server the replica of this program for n SETs, and waits until it has applied them all.
func (b *bench) feed(ctx context.Context, s *server, n, pipeline int) (sample, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return sample{}, err
	}
	defer l.Close()
	if _, err := s.do(ctx, "REPLICAOF", "127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port)); err != nil {
		return sample{}, err
	}
	defer func() { _, _ = s.do(ctx, "REPLICAOF", "NO", "ONE") }()
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(startPatience))
	m, err := acceptReplica(l)
	if err != nil {
		return sample{}, s.explain(err)
	}
	defer m.Close()
	m.stop = context.AfterFunc(ctx, func() { m.Conn.Close() })
	value := strings.Repeat("x", memoryValueSize)
	before, err := s.settle(ctx)
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	sent, batch := 0, []byte(nil)
	for i := 0; i < n; i += pipeline {
		batch = batch[:0]
		for k := range pipeline {
			batch = appendCommand(batch, "SET", fmt.Sprintf("key:%012d", (i+k)%b.opts.keyspace), value)
		}
		if _, err := m.Write(batch); err != nil {
			return sample{}, s.explain(err)
		}
		sent += len(batch)
		if pipeline == 1 { // or they would pile up and be read together
			for next := start.Add(time.Duration(i+1) * oneByOne); time.Now().Before(next); {
			}
		}
	}
	if err := m.awaitAck(sent); err != nil {
		return sample{}, s.explain(err)
	}
	elapsed := time.Since(start)
	after, err := s.settle(ctx)
	return sample{RPS: float64(n) / elapsed.Seconds(), CPU: micros(after-before) / float64(n)}, err
}

// oneByOne is the time between commands that come one by one.
const oneByOne = 50 * time.Microsecond

// emptyDump has no keys, and no checksum.
const emptyDump = "REDIS0009\xff\x00\x00\x00\x00\x00\x00\x00\x00"

// acceptReplica answers a replica's greeting, with data that are none.
func acceptReplica(l net.Listener) (*conn, error) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return nil, err
		}
		m := &conn{Conn: nc, r: bufio.NewReader(nc), stop: func() bool { return true }}
		_ = m.SetDeadline(time.Now().Add(2 * time.Minute))
		if err := m.welcome(); err == nil {
			return m, nil
		}
		nc.Close() // it comes again
	}
}

func (c *conn) welcome() error {
	for {
		words, err := c.request()
		if err != nil {
			return err
		}
		reply := "+OK\r\n"
		switch strings.ToUpper(words[0]) {
		case "PING":
			reply = "+PONG\r\n"
		case "PSYNC":
			_, err := fmt.Fprintf(c, "+FULLRESYNC %s 0\r\n$%d\r\n%s", strings.Repeat("a", 40), len(emptyDump), emptyDump)
			return err
		}
		if _, err := io.WriteString(c, reply); err != nil {
			return err
		}
	}
}

// request reads a command.
func (c *conn) request() ([]string, error) {
	line, err := c.r.ReadString('\n')
	for err == nil && strings.TrimSpace(line) == "" { // a sign of life
		line, err = c.r.ReadString('\n')
	}
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "*")))
	if err != nil || n < 1 {
		return nil, errors.Join(errProtocol, err)
	}
	words := make([]string, n)
	for i := range words {
		if words[i], err = readReply(c.r); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// awaitAck asks the replica how far it is until it has everything.
func (c *conn) awaitAck(sent int) error {
	ask := appendCommand(nil, "REPLCONF", "GETACK", "*")
	asked := 0
	for {
		if _, err := c.Write(ask); err != nil {
			return err
		}
		asked++
		for {
			words, err := c.request()
			if err != nil {
				return err
			}
			if at, err := strconv.Atoi(words[min(2, len(words)-1)]); err == nil && at >= sent {
				return nil
			} else if err == nil {
				break
			}
		}
		if asked > 1000 {
			return errors.New("the replica does not acknowledge what it was sent")
		}
	}
}

// lag measures how long it takes from a write at the master until a client of the replica has it that waits for it: it
// reads a stream. Clients may write other things at the same time. The CPU is that of both.
func (b *bench) lag(ctx context.Context, writers int) (*comparison, error) {
	masters, stopMasters, err := b.startAll(ctx, "--repl-diskless-sync-delay", "0")
	if err != nil {
		return nil, err
	}
	defer stopMasters()
	replicas, stopReplicas, err := b.startAll(ctx)
	if err != nil {
		return nil, err
	}
	defer stopReplicas()
	c := &comparison{Test: "lag", Pipeline: 1, Clients: writers, Size: memoryValueSize}
	if writers > 0 {
		c.Test = "lag, busy"
	}
	for i, m := range masters {
		if _, err := replicas[i].do(ctx, "REPLICAOF", "127.0.0.1", strconv.Itoa(m.port)); err != nil {
			return nil, err
		}
		if err := awaitLink(ctx, replicas[i]); err != nil {
			return nil, err
		}
	}
	place := map[*server]*server{}
	for i, m := range masters {
		place[m] = replicas[i]
	}
	c.Rounds, err = alternate(b.opts.rounds, masters, func(m *server) (sample, error) { return b.lagRun(ctx, m, place[m], writers) })
	c.compare(b.opts.baseline)
	return c, err
}

// awaitLink waits until a replica is connected to its master.
func awaitLink(ctx context.Context, s *server) error {
	for end := time.Now().Add(startPatience); time.Now().Before(end); {
		info, err := s.info(ctx, "replication")
		if err != nil || info["master_link_status"] == "up" {
			return err
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return s.explain(errors.New("the link to the master does not come up"))
}

// lagRun measures the lag while n clients write to the master.
func (b *bench) lagRun(ctx context.Context, m, r *server, n int) (sample, error) {
	if n == 0 {
		return b.lagProbe(ctx, m, r)
	}
	w, err := startWriters(ctx, m, n, b.opts.keyspace)
	if err != nil {
		return sample{}, err
	}
	x, err := b.lagProbe(ctx, m, r)
	return x, errors.Join(err, w.finish())
}

// lagProbe writes to a stream, a few hundred times a second, and waits for each entry at the replica.
func (b *bench) lagProbe(ctx context.Context, m, r *server) (sample, error) {
	write, err := dialBlocking(ctx, m.port)
	if err != nil {
		return sample{}, m.explain(err)
	}
	defer write.close()
	read, err := dialBlocking(ctx, r.port)
	if err != nil {
		return sample{}, r.explain(err)
	}
	defer read.close()
	cpus := func() (sum time.Duration, err error) {
		for _, s := range []*server{m, r} {
			x, err := processCPU(s.pid)
			if err != nil {
				return 0, s.explain(err)
			}
			sum += x
		}
		return sum, nil
	}
	key := fmt.Sprintf("lag:%d", time.Now().UnixNano()) // a new one: the replica may be behind
	before, err := cpus()
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	var took []time.Duration
	for i := 1; time.Since(start).Seconds() < b.opts.seconds; i++ {
		id := fmt.Sprintf("%d-0", i)
		if err := read.send(appendCommand(nil, "XREAD", "BLOCK", "10000", "STREAMS", key, fmt.Sprintf("%d-0", i-1))); err != nil {
			return sample{}, r.explain(err)
		}
		time.Sleep(2 * time.Millisecond) // until it waits
		want := fmt.Sprintf("*1\r\n*2\r\n$%d\r\n%s\r\n*1\r\n*2\r\n$%d\r\n%s\r\n*2\r\n$1\r\nn\r\n$1\r\n1\r\n", len(key), key, len(id), id)
		asked := time.Now()
		if _, err := write.exchange(appendCommand(nil, "XADD", key, id, "n", "1"), fmt.Appendf(nil, "$%d\r\n%s\r\n", len(id), id)); err != nil {
			return sample{}, m.explain(err)
		}
		if err := read.expect([]byte(want)); err != nil {
			return sample{}, r.explain(err)
		}
		took = append(took, time.Since(asked))
	}
	elapsed := time.Since(start)
	after, err := cpus()
	x, n := latenciesOf(took), float64(len(took))
	return sample{RPS: n / elapsed.Seconds(), CPU: micros(after-before) / n, P50: x.P50, P99: x.P99, P999: x.P999, Max: x.Max}, err
}
