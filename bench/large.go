package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// The section about large values: what SET and GET of them cost, and what another client feels, and the server takes of
// memory, while one value of hundreds of megabytes is handled.

// largeSizes are the values of the first part, and largeLone the size of those that one client handles alone.
var largeSizes = []int{10 << 10, 70_000, 100_000, 1 << 20}

const (
	largeLone    = 100 << 20
	largeClients = 20
	largeKeys    = 100
)

// largeRun is one step on one server.
type largeRun struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
	Worst   float64 `json:"worst_of_another_client_ms"`
	Extra   int64   `json:"extra_resident"` // bytes that memory had grown by at most, in children too
}

func (b *bench) large(ctx context.Context) error {
	if err := b.largeCPU(ctx); err != nil {
		return err
	}
	b.report.LargeStalls = map[string][]*largeRun{}
	for _, spec := range b.opts.servers {
		runs, err := b.largeOn(ctx, spec)
		if err != nil {
			return err
		}
		b.report.LargeStalls[spec.Name] = runs
	}
	return b.printLarge()
}

// largeCPU is the first part.
func (b *bench) largeCPU(ctx context.Context) error {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	both, err := selectTests("set,get")
	if err != nil {
		return err
	}
	var all []*comparison
	for _, size := range largeSizes {
		for _, test := range both {
			c, err := b.measure(ctx, load{test: test, clients: largeClients, pipeline: 1, size: size, keys: largeKeys}, servers)
			if err != nil {
				return err
			}
			c.Size = size
			all = append(all, c)
			t.row(c)
		}
	}
	for _, name := range []string{"set", "get"} {
		rounds, err := alternate(b.opts.rounds, servers, func(s *server) (sample, error) { return loneLarge(ctx, s, name) })
		if err != nil {
			return err
		}
		c := &comparison{Test: name, Clients: 1, Pipeline: 1, Size: largeLone, Rounds: rounds}
		c.compare(b.opts.baseline)
		all = append(all, c)
		t.row(c)
	}
	b.report.Large = all
	t.footer(all)
	return nil
}

// loneLarge sets or gets one value of 100 MB a few times.
func loneLarge(ctx context.Context, s *server, name string) (sample, error) {
	const times = 4
	l, err := dialLarge(ctx, s)
	if err != nil {
		return sample{}, err
	}
	defer l.Close()
	if err := l.set("lone", largeLone); err != nil {
		return sample{}, s.explain(err)
	}
	before, err := s.settle(ctx)
	if err != nil {
		return sample{}, s.explain(err)
	}
	start := time.Now()
	var took []time.Duration
	for range times {
		from := time.Now()
		if name == "set" {
			err = l.set("lone", largeLone)
		} else {
			_, err = l.drain("GET", "lone")
		}
		if err != nil {
			return sample{}, s.explain(err)
		}
		took = append(took, time.Since(from))
	}
	elapsed := time.Since(start)
	after, err := s.settle(ctx)
	if err != nil {
		return sample{}, s.explain(err)
	}
	x := latenciesOf(took)
	return sample{RPS: times / elapsed.Seconds(), CPU: micros(after-before) / times, P50: x.P50, P99: x.P99, Max: x.Max}, nil
}

// largeClient sends and takes large values without holding one.
type largeClient struct {
	*conn
	piece []byte
}

func dialLarge(ctx context.Context, s *server) (*largeClient, error) {
	c, err := dial(ctx, s.port, nil)
	if err != nil {
		return nil, s.explain(err)
	}
	return newLargeClient(c), nil
}

func newLargeClient(c *conn) *largeClient {
	c.r = bufio.NewReaderSize(c.Conn, 256<<10)
	l := &largeClient{c, make([]byte, 1<<20)}
	_, _ = rand.NewChaCha8([32]byte{1}).Read(l.piece) // which never fails
	return l
}

// set is SET of n bytes of noise.
func (l *largeClient) set(key string, n int) error {
	head := append(appendCommand(nil, "SET", key)[len("*2"):], fmt.Sprintf("$%d\r\n", n)...)
	if _, err := l.Write(append([]byte("*3"), head...)); err != nil {
		return err
	}
	for left := n; left > 0; left -= len(l.piece) {
		if _, err := l.Write(l.piece[:min(left, len(l.piece))]); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(l, "\r\n"); err != nil {
		return err
	}
	_, err := readReply(l.r)
	return err
}

// drain sends a command and throws its reply away, a string or an array of strings, and returns how many bytes the
// strings had.
func (l *largeClient) drain(args ...string) (int64, error) {
	if _, err := l.Write(appendCommand(nil, args...)); err != nil {
		return 0, err
	}
	elements, sum := 1, int64(0)
	for elements > 0 {
		line, err := l.r.ReadSlice('\n')
		if err != nil {
			return sum, err
		}
		n, err := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
		switch {
		case line[0] == '+':
		case line[0] == '-':
			return sum, replyError(bytes.TrimSpace(line[1:]))
		case err != nil:
			return sum, errProtocol
		case line[0] == '*':
			elements += n
		case line[0] == '$':
			if _, err := io.CopyN(io.Discard, l.r, int64(n)+2); err != nil {
				return sum, err
			}
			sum += int64(n)
		}
		elements--
	}
	return sum, nil
}

// largeSteps are what one server does, in this order.
type largeSteps struct {
	ctx  context.Context
	s    *server
	l    *largeClient
	size int
	rest time.Duration // after which what is left is looked at
	runs []*largeRun
}

// step does something with a probe beside it, which goes on for the aftermath.
func (x *largeSteps) step(name string, do func() error) error {
	if _, err := x.s.settle(x.ctx); err != nil {
		return x.s.explain(err)
	}
	m, err := watchMemory(x.s.pid)
	if err != nil {
		return x.s.explain(err)
	}
	p := startProbe(x.ctx, x.s)
	if err := pause(x.ctx, 50*time.Millisecond); err != nil {
		return err
	}
	start := time.Now()
	err = do()
	took := time.Since(start)
	if err == nil {
		err = pause(x.ctx, aftermath)
	}
	felt, probeErr := p.finish()
	extra, memoryErr := m.finish()
	x.runs = append(x.runs, &largeRun{name, took.Seconds(), felt.Max / 1000, extra})
	if err := errors.Join(err, probeErr, memoryErr); err != nil {
		return fmt.Errorf("%s: %w", name, x.s.explain(err))
	}
	return nil
}

// commands makes a step of each row: its name, and a command whose reply is thrown away.
func (x *largeSteps) commands(rows ...[]string) error {
	for _, row := range rows {
		if err := x.step(row[0], func() error { _, err := x.l.drain(row[1:]...); return err }); err != nil {
			return err
		}
	}
	return nil
}

// job makes a step of a job in the background.
func (x *largeSteps) job(name string, job backgroundJob) error {
	return x.step(name, func() error {
		if err := job.run(x.ctx, x.s, x.l.conn, &backgroundRun{}); err != nil {
			return err
		}
		return job.verify(x.ctx, x.l.conn, &backgroundRun{})
	})
}

// largeOn is the second part on one server.
func (b *bench) largeOn(ctx context.Context, spec serverSpec) ([]*largeRun, error) {
	limits := []string{"--proto-max-bulk-len", "2gb", "--auto-aof-rewrite-percentage", "0", "--client-output-buffer-limit", "normal 0 0 0"}
	s, err := b.launcher.startTLS(ctx, spec, limits...)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	l, err := dialLarge(ctx, s)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	x := &largeSteps{ctx: ctx, s: s, l: l, size: b.opts.large << 20, rest: time.Duration(b.opts.rest * float64(time.Second))}
	before, err := readMemory(s.pid)
	if err != nil {
		return nil, s.explain(err)
	}
	if err := x.secure(s.securePort); err != nil {
		return x.runs, err
	}
	if err := x.strings(before.RSS); err != nil {
		return x.runs, err
	}
	if err := x.collections(b.opts.large); err != nil {
		return x.runs, err
	}
	return x.runs, b.largeLoad(ctx, x, limits)
}

// strings has one string handled, and looks what is left of it some time later.
func (x *largeSteps) strings(before int64) error {
	set := func() error { return x.l.set("big", x.size) }
	half := strconv.Itoa(x.size / 2)
	if err := x.step("SET", set); err != nil {
		return err
	}
	if err := x.step("SET again", set); err != nil {
		return err
	}
	if err := x.commands([]string{"GET", "GET", "big"}, []string{"GETRANGE, half", "GETRANGE", "big", "0", half},
		[]string{"APPEND", "APPEND", "big", "x"}, []string{"APPEND again", "APPEND", "big", "x"},
		[]string{"SETRANGE", "SETRANGE", "big", half, "x"},
		[]string{"COPY", "COPY", "big", "other"}, []string{"RENAME", "RENAME", "other", "third"},
		[]string{"BITOP NOT", "BITOP", "NOT", "other", "big"}, []string{"DUMP", "DUMP", "big"},
		[]string{"DEL of three", "DEL", "other", "third", "nothing"}); err != nil {
		return err
	}
	if err := x.job("BGSAVE", bgsave); err != nil {
		return err
	}
	if err := x.step("appendonly yes", func() error {
		if _, err := x.l.do("CONFIG", "SET", "appendonly", "yes"); err != nil {
			return err
		}
		return bgrewriteaof.verify(x.ctx, x.l.conn, &backgroundRun{})
	}); err != nil {
		return err
	}
	if err := x.step("SET, logged", set); err != nil {
		return err
	}
	if err := x.job("BGREWRITEAOF", bgrewriteaof); err != nil {
		return err
	}
	if err := x.commands([]string{"appendonly no", "CONFIG", "SET", "appendonly", "no"}, []string{"DEL", "DEL", "big"}); err != nil {
		return err
	}
	if err := pause(x.ctx, x.rest); err != nil {
		return err
	}
	after, err := readMemory(x.s.pid)
	x.runs = append(x.runs, &largeRun{Step: "after DEL", Extra: after.RSS - before})
	return x.s.explain(err)
}

// collections has large collections made, saved and read.
func (x *largeSteps) collections(megabytes int) error {
	fields, elements := 3_000_000*megabytes/512, 5_000_000*megabytes/512
	for _, c := range []struct {
		command string
		n       int
	}{
		{"HSET hash field:__sequence__ value:__sequence__", fields}, {"RPUSH list element:__sequence__", elements},
	} {
		job := growing(collection{command: c.command}, c.n)
		job.batch, job.window = 500, 4
		if _, err := job.run(x.ctx, x.s); err != nil {
			return err
		}
	}
	if err := x.job(fmt.Sprintf("BGSAVE, hash of %d, list of %d", fields, elements), bgsave); err != nil {
		return err
	}
	if err := x.commands([]string{"HGETALL", "HGETALL", "hash"}, []string{"LRANGE", "LRANGE", "list", "0", "-1"},
		[]string{"COPY, list", "COPY", "list", "other"}, []string{"DEL, all", "DEL", "list", "other", "hash"}); err != nil {
		return err
	}
	return x.step("SET, for the load", func() error { return x.l.set("big", x.size) })
}

// largeLoad has a server load one large value, and looks at what a client feels that is told that it loads.
func (b *bench) largeLoad(ctx context.Context, x *largeSteps, args []string) error {
	if _, err := x.l.do("SAVE"); err != nil {
		return x.s.explain(err)
	}
	x.s.stop()
	s, err := b.launcher.launch(x.s.serverSpec, x.s.dir, args)
	if err != nil {
		return err
	}
	defer s.stop()
	ctx, cancel := context.WithTimeout(ctx, loadPatience)
	defer cancel()
	var c *conn
	for c == nil {
		if err := pause(ctx, time.Millisecond); err != nil {
			return s.explain(err)
		}
		c, _ = dial(ctx, s.port, nil)
	}
	defer c.Close()
	worst := time.Duration(0)
	for start := time.Now(); ; {
		from := time.Now()
		_, err := c.do("GETRANGE", "big", "0", "0")
		worst = max(worst, time.Since(from))
		if err == nil {
			break
		}
		if _, refused := errors.AsType[replyError](err); !refused || time.Since(start) > loadPatience {
			return s.explain(err)
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	m, err := readMemory(s.pid)
	x.runs = append(x.runs, &largeRun{"load", time.Since(s.began).Seconds(), float64(worst) / float64(time.Millisecond), m.Peak - int64(x.size)})
	return s.explain(err)
}

func (b *bench) printLarge() error {
	sh := newSheet(b.opts)
	first := b.report.LargeStalls[b.opts.servers[0].Name]
	for i, run := range first {
		of := func(get func(*largeRun) float64) func(string) float64 {
			return func(name string) float64 { return get(b.report.LargeStalls[name][i]) }
		}
		if run.Seconds > 0 {
			sh.row(run.Step+", another client's worst ms", "%.1f", of(func(r *largeRun) float64 { return r.Worst }))
			sh.row("  took, ms", "%.0f", of(func(r *largeRun) float64 { return r.Seconds * 1000 }))
		}
		sh.row("  extra resident, MB ("+run.Step+")", "%.0f", of(func(r *largeRun) float64 { return megabytes(r.Extra) }))
	}
	return sh.print(os.Stdout)
}
