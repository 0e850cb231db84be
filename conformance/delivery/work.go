package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/conformance"
	"github.com/ferrousdb/ferrous/conformance/resp"
)

const (
	stream, name = "messages", "workers"

	publishers = 4
	claimers   = 16
	ahead      = 2000                   // messages that may wait: fewer than consumers, so that most of these wait
	blockFor   = 10 * time.Second       // of XREADGROUP
	idle       = 400 * time.Millisecond // after which others take over
)

// errServer is an error that the server has answered with, which ends the test; one of a
// connection does not.
type errServer struct{ text string }

func (e errServer) Error() string { return e.text }

// group is everybody who works.
type group struct {
	o     options
	srv   *server
	books *ledger

	ctx    context.Context // over when all must end
	cancel context.CancelFunc
	wg     sync.WaitGroup
	added  atomic.Int64  // messages whose XADD was answered
	failed chan error    // what ends the test
	names  atomic.Uint64 // of consumers; none is used twice
}

func newGroup(ctx context.Context, o options, srv *server) *group {
	g := &group{o: o, srv: srv, books: newLedger(), failed: make(chan error, 1)}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

func (g *group) create() error {
	c := g.srv.dial()
	if c == nil {
		return errors.New("no connection")
	}
	defer c.Close()
	_, err := do(c, "XGROUP", "CREATE", stream, name, "$", "MKSTREAM")
	return err
}

// do is Do, with the server's errors as errors.
func do(c *conformance.Conn, args ...string) (resp.Value, error) {
	v, err := c.Do(args...)
	if err == nil && v.IsErr() {
		err = errServer{fmt.Sprintf("%s: %s", args[0], v.Text)}
	}
	return v, err
}

func (g *group) start() {
	for i := range publishers {
		share := g.o.messages / publishers
		if i == 0 {
			share += g.o.messages % publishers
		}
		g.wg.Go(func() {
			g.work(i, func(c *conformance.Conn, rng *rand.Rand) error { return g.publish(c, rng, &share) })
		})
	}
	for i := range claimers {
		who := fmt.Sprint("claimer-", i)
		g.wg.Go(func() {
			g.work(100+i, func(c *conformance.Conn, _ *rand.Rand) error { return g.claim(c, who) })
		})
	}
	for i := range g.o.consumers {
		g.wg.Go(func() {
			who := ""
			g.work(1000+i, func(c *conformance.Conn, rng *rand.Rand) error {
				if who == "" { // the one before has died
					who = fmt.Sprint("consumer-", g.names.Add(1))
				}
				err := g.consume(c, rng, who)
				if errors.Is(err, errDied) {
					who = ""
				}
				return err
			})
		})
	}
}

// stop lets everybody end.
func (g *group) stop() {
	g.cancel()
	g.wg.Wait()
}

// errEnd ends somebody's work.
var errEnd = errors.New("through")

// work lets somebody do something on a connection until it ends; with a new one whenever
// that breaks. What the server says against it ends the test.
func (g *group) work(id int, f func(*conformance.Conn, *rand.Rand) error) {
	rng := rand.New(rand.NewPCG(g.o.seed, uint64(id)))
	for g.ctx.Err() == nil {
		c := g.srv.dial()
		if c == nil {
			time.Sleep(time.Duration(5+rng.IntN(20)) * time.Millisecond) // until there is a server
			continue
		}
		// Whoever waits in a read is woken by the end of the test.
		over := context.AfterFunc(g.ctx, c.Abort)
		err := f(c, rng)
		over()
		c.Abort()
		if errors.Is(err, errEnd) {
			return
		}
		if said := (errServer{}); errors.As(err, &said) && g.ctx.Err() == nil {
			select {
			case g.failed <- err:
			default:
			}
			return
		}
	}
}

// publish adds messages in pipelines. What is not answered is sent again: nobody knows
// whether it is there.
func (g *group) publish(c *conformance.Conn, rng *rand.Rand, share *int) error {
	for *share > 0 {
		if g.ctx.Err() != nil {
			return errEnd
		}
		if int(g.added.Load())-g.books.progress() > min(ahead, g.o.consumers) {
			time.Sleep(time.Millisecond)
			continue
		}
		n := min(*share, 1+rng.IntN(20))
		var out []byte
		for range n {
			out = resp.AppendCommand(out, []string{"XADD", stream, "*", "number", strconv.Itoa(*share), "text", "something to do"})
		}
		if err := c.SendRaw(out); err != nil {
			return err
		}
		for range n {
			v, err := c.Read()
			if err != nil {
				return err
			}
			if v.IsErr() {
				return errServer{"XADD: " + v.Text}
			}
			g.books.add(v.Text)
			g.added.Add(1)
			*share--
		}
	}
	return errEnd
}

// errDied is the end of a consumer whose name nobody has after it.
var errDied = errors.New("died")

// consume waits for messages, handles them and acknowledges them, and dies now and then
// in between. Someone who comes back begins with what is still his.
func (g *group) consume(c *conformance.Conn, rng *rand.Rand, who string) error {
	read := func(how way, args ...string) (ids []string, err error) {
		sent := g.books.now()
		v, err := do(c, append([]string{"XREADGROUP", "GROUP", name, who, "COUNT", strconv.Itoa(1 + rng.IntN(10))}, args...)...)
		if err != nil || v.IsNull() {
			return nil, err
		}
		return g.take(who, v.Elems[0].Elems[1], how, sent), nil
	}
	for {
		ids, err := read(asHistory, "STREAMS", stream, "0")
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		if err := g.acknowledge(c, who, ids); err != nil {
			return err
		}
	}
	for g.ctx.Err() == nil {
		ids, err := read(asNew, "BLOCK", strconv.FormatInt(blockFor.Milliseconds(), 10), "STREAMS", stream, ">")
		if err != nil {
			return err
		}
		if rng.Float64() < g.o.mortality { // with what it got, or idle
			g.books.died()
			return errDied
		}
		if err := g.acknowledge(c, who, ids); err != nil {
			return err
		}
	}
	return errEnd
}

// claim takes over what others have left, all the time.
func (g *group) claim(c *conformance.Conn, who string) error {
	from := "0-0"
	for g.ctx.Err() == nil {
		sent := g.books.now()
		v, err := do(c, "XAUTOCLAIM", stream, name, who, strconv.FormatInt(idle.Milliseconds(), 10), from, "COUNT", "50")
		if err != nil {
			return err
		}
		if err := g.acknowledge(c, who, g.take(who, v.Elems[1], asClaimed, sent)); err != nil {
			return err
		}
		if from = v.Elems[0].Text; from == "0-0" {
			select {
			case <-g.ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return errEnd
}

// take notes entries as delivered and returns their ids.
func (g *group) take(who string, entries resp.Value, how way, sent time.Duration) []string {
	var ids []string
	for _, e := range entries.Elems {
		ids = append(ids, e.Elems[0].Text)
		g.books.deliver(who, e.Elems[0].Text, how, sent)
	}
	return ids
}

// acknowledge acknowledges messages, each by its own command.
func (g *group) acknowledge(c *conformance.Conn, who string, ids []string) error {
	var out []byte
	for _, id := range ids {
		g.books.acknowledging(id)
		out = resp.AppendCommand(out, []string{"XACK", stream, name, id})
	}
	if ids == nil {
		return nil
	}
	if err := c.SendRaw(out); err != nil {
		return err
	}
	for _, id := range ids {
		v, err := c.Read()
		if err != nil {
			return err
		}
		if v.IsErr() {
			return errServer{"XACK: " + v.Text}
		}
		n, err := strconv.ParseInt(v.Text, 10, 64)
		if err != nil {
			return errServer{"XACK answers " + v.String()}
		}
		g.books.acknowledged(who, id, n)
	}
	return nil
}
