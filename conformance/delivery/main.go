// Delivery tries what people trust streams with: messages handed to the consumers of a
// group, of which any may die at any time, by a server that may die too.
//
//	go run ./conformance/delivery                        10,000 consumers, 100,000 messages
//	go run ./conformance/delivery -kills 20 -seed 7      the server is killed more often
//	go run ./conformance/delivery -server redis-server   the test itself, tried: Redis passes
//
// Publishers add messages to a stream; thousands of consumers wait for them in
// XREADGROUP, handle what they get and acknowledge it (work.go). Some are killed between
// the two, or while they wait; others take over what they have left, by XAUTOCLAIM. Now
// and then the server, which has appendfsync always, is killed with SIGKILL and started
// again on what it has left (server.go). Of everything that was told by a reply, the
// ledger (ledger.go) knows that it must stay so:
//
//   - each message whose XADD was answered is in the stream, and has been handled;
//   - none that was acknowledged is delivered, or claimed, by a command sent after that;
//   - none is new to two consumers;
//   - in the end nothing is pending and the group has no lag, also after another crash.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// options say how much of it.
type options struct {
	server    string // a binary; "" for this program
	loops     int    // its event loops
	consumers int    // that wait at a time
	messages  int
	kills     int // of the server
	mortality float64
	patience  time.Duration // without anything handled, after which something is lost
	seed      uint64
	dir       string
	say       func(format string, args ...any)
}

func main() {
	tool.Serve()
	tool.Main("delivery", command)
}

func command(ctx context.Context) error {
	o := options{say: func(format string, args ...any) { fmt.Printf(format+"\n", args...) }}
	flag.StringVar(&o.server, "server", "", "the server binary (default: this program)")
	flag.IntVar(&o.loops, "loops", 2, "event loops of the server, --io-threads")
	flag.IntVar(&o.consumers, "consumers", 10_000, "consumers that wait at a time")
	flag.IntVar(&o.messages, "messages", 100_000, "messages")
	flag.IntVar(&o.kills, "kills", 5, "how often the server is killed")
	flag.Float64Var(&o.mortality, "mortality", 0.02, "the share of deliveries at which a consumer dies with what it got")
	flag.DurationVar(&o.patience, "patience", time.Minute, "how long nothing may be handled before something counts as lost")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64()>>32, "of what is drawn")
	flag.StringVar(&o.dir, "dir", "", "for the server's files; kept if something is wrong (default: a new one)")
	if err := tool.Parse(); err != nil {
		return err
	}
	if o.dir == "" {
		var err error
		if o.dir, err = os.MkdirTemp("", "delivery-"); err != nil {
			return err
		}
	}
	sum, err := run(ctx, o)
	fmt.Printf("seed %d: %s\n", o.seed, sum)
	if err != nil {
		return fmt.Errorf("%w\nfiles: %s", err, o.dir)
	}
	return os.RemoveAll(o.dir)
}

// run is the test: all work goes on until every message is handled, with the server
// killed in between; then the books are compared with what the server has.
func run(ctx context.Context, o options) (summary, error) {
	begun := time.Now()
	srv, err := begin(o)
	if err != nil {
		return summary{}, err
	}
	defer srv.end()
	g := newGroup(ctx, o, srv)
	if err := g.create(); err != nil {
		return summary{}, err
	}
	g.start()
	err = g.supervise()
	g.stop()
	if err == nil {
		err = g.settled("in the end")
	}
	if err == nil {
		err = srv.crash(false)
	}
	if err == nil {
		err = g.settled("after another crash")
	}
	s := g.books.summary()
	s.kills, s.took = srv.crashes(), time.Since(begun).Round(time.Millisecond)
	return s, errors.Join(err, g.books.complaint())
}
