package counter

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// client is a connection without a network to a server of the test's own.
type client struct {
	t    *testing.T
	pipe *host.Pipe
}

// start runs the full server with the module, and modules of the test if it
// has any, and returns n clients.
func start(t *testing.T, n int, more ...core.Module) (*host.Server, []client) {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: append(append(modules.Full(), New()), more...),
		Args:    []string{"--port", "0", "--arena-poison", "yes"},
		Pipes:   n,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	clients := make([]client, n)
	for i := range clients {
		clients[i] = client{t, srv.Pipe(i)}
	}
	return srv, clients
}

// do sends a command as one would type it and returns the reply, its line ends
// shown as blanks.
func (c client) do(line string) string {
	reply := string(c.pipe.Exchange(nil, []byte(line+"\r\n")))
	return strings.TrimSuffix(strings.ReplaceAll(reply, "\r\n", " "), " ")
}

func (c client) want(line, reply string) {
	c.t.Helper()
	if got := c.do(line); got != reply {
		c.t.Errorf("%s\n got %q\nwant %q", line, got, reply)
	}
}

func TestCommands(t *testing.T) {
	_, clients := start(t, 1)
	c := clients[0]
	c.want("COUNTER.ADD hits", ":1")
	c.want("COUNTER.ADD hits 4", ":5")
	c.want("COUNTER.GET hits", "*2 :5 :1000000")
	c.want("COUNTER.GET nothing", "*2 :0 :1000000")
	c.want("GET hits", "$1 5")
	c.want("COUNTER.ADD hits -1", "-ERR value is out of range, must be positive")
	c.want("COUNTER.ADD hits x", "-ERR value is not an integer or out of range")
	c.want("COUNTER.ADD hits 1 2", "-ERR syntax error")
	c.want("COUNTER.ADD", "-ERR wrong number of arguments for 'counter.add' command")
	c.want("SET hits text", "+OK")
	c.want("COUNTER.ADD hits", "-ERR value is not an integer or out of range")
	c.want("SET hits 12", "+OK")
	c.want("APPEND hits 3", ":3")
	c.want("COUNTER.ADD hits", ":124")
}

func TestLimit(t *testing.T) {
	_, clients := start(t, 1)
	c := clients[0]
	c.want("CONFIG SET counter-limit 10", "+OK")
	c.want("COUNTER.ADD hits 8", ":8")
	c.want("COUNTER.ADD hits 8", ":10")
	c.want("COUNTER.ADD hits", ":10")
	c.want("SET hits "+strconv.Itoa(math.MinInt64), "+OK")
	c.want("COUNTER.ADD hits "+strconv.Itoa(math.MaxInt64), ":-1")
	c.want("COUNTER.ADD hits "+strconv.Itoa(math.MaxInt64), ":10")
	c.want("CONFIG SET counter-limit 5", "+OK") // below what there is: nothing is taken away
	c.want("COUNTER.ADD hits", ":10")
	if got := c.do("INFO counter"); !strings.Contains(got, "# Counter counter_limit:5 counter_adds:6 counter_adds_stopped:4") {
		t.Error(got)
	}
	if got := c.do("CONFIG SET counter-limit 0"); !strings.HasPrefix(got, "-ERR CONFIG SET failed") {
		t.Error(got)
	}
}

// TestConcurrent: a handler owns its keys, so no addition is lost.
func TestConcurrent(t *testing.T) {
	const clients, each = 4, 1000
	_, all := start(t, clients)
	var running sync.WaitGroup
	for _, c := range all {
		running.Go(func() {
			for range each {
				c.do("COUNTER.ADD hits")
			}
		})
	}
	running.Wait()
	all[0].want("GET hits", "$4 "+strconv.Itoa(clients*each))
}

// listener is a module of the test: it hears what logs and replicas would.
type listener struct {
	fed, events []string
}

func (*listener) Name() string { return "listener" }

func (l *listener) Register(r *core.Registry) error {
	r.OnFeed(func(f core.Fed) {
		var words []string
		for _, a := range f.Args {
			words = append(words, string(a))
		}
		l.fed = append(l.fed, strings.Join(words, " "))
	}).Set(true)
	r.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			l.events = append(l.events, ch.Name+" "+string(ch.Key))
		}
	}).Set(true)
	return nil
}

// TestRepeated: what is fed gives the same data on a server with another limit,
// and what changed nothing is not fed.
func TestRepeated(t *testing.T) {
	l := &listener{}
	_, clients := start(t, 1, l)
	c := clients[0]
	c.do("CONFIG SET counter-limit 10")
	c.do("COUNTER.ADD hits 8")
	c.do("COUNTER.ADD hits 8")
	c.do("COUNTER.ADD hits 8")
	c.do("COUNTER.GET hits")
	if got := strings.Join(l.fed, ", "); got != "SET hits 8 KEEPTTL, SET hits 10 KEEPTTL" {
		t.Errorf("fed %q", got)
	}
	if got := strings.Join(l.events, ", "); got != "counter.add hits, counter.add hits" {
		t.Errorf("events %q", got)
	}
}

// TestSnapshot: what a snapshot sees does not move, though the handler knows
// nothing of snapshots.
func TestSnapshot(t *testing.T) {
	srv, clients := start(t, 1)
	c := clients[0]
	c.do("COUNTER.ADD hits 41")
	ks := srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	snapshot := ks.Freeze()
	ks.Unlock(keyspace.AllShards)
	defer snapshot.End()

	c.want("COUNTER.ADD hits", ":42")
	seen := 0
	for shard := range keyspace.Shards {
		snapshot.Walk(0, shard, func(f keyspace.Frozen) bool {
			seen++
			if text := string(keyspace.TextOf(f.Value, make([]byte, 20))); text != "41" {
				t.Errorf("the snapshot sees %s", text)
			}
			return true
		})
	}
	if seen != 1 {
		t.Errorf("the snapshot sees %d keys", seen)
	}
}
