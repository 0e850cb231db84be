package ring

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// tester is what a test and a property have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// client talks to a server of its own, without a network.
type client struct {
	t    tester
	srv  *host.Server
	pipe *host.Pipe
}

// start runs the full server with the module. Poison makes a use of freed
// memory a panic, as the race detector cannot see it.
func start(t *testing.T) client {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: append(modules.Full(), New()),
		Args:    []string{"--port", "0", "--arena-poison", "yes", "--enable-debug-command", "yes"},
		Pipes:   1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return client{t, srv, srv.Pipe(0)}
}

// do sends a command and returns the reply, its line ends shown as blanks.
func (c client) do(args ...string) string {
	return strings.TrimSuffix(strings.ReplaceAll(c.raw(args...), "\r\n", " "), " ")
}

func (c client) raw(args ...string) string {
	request := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		request = fmt.Appendf(request, "$%d\r\n%s\r\n", len(a), a)
	}
	return string(c.pipe.Exchange(nil, request))
}

// must sends a command that has to succeed.
func (c client) must(args ...string) {
	c.t.Helper()
	if got := c.do(args...); got[0] == '-' {
		c.t.Fatal(args, got)
	}
}

// want sends a command of words without blanks in them.
func (c client) want(line, reply string) {
	c.t.Helper()
	if got := c.do(strings.Fields(line)...); got != reply {
		c.t.Errorf("%s\n got %q\nwant %q", line, got, reply)
	}
}

// bulk is the encoded reply of RING.RANGE.
func bulk(elements []string) string {
	b := fmt.Appendf(nil, "*%d\r\n", len(elements))
	for _, e := range elements {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(e), e)
	}
	return string(b)
}

// freeze begins a snapshot, as BGSAVE does.
func (c client) freeze() *keyspace.Snapshot {
	ks := c.srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	return ks.Freeze()
}

// frozen returns the rings that a snapshot sees.
func frozen(s *keyspace.Snapshot) map[string][]string {
	seen := map[string][]string{}
	for shard := range keyspace.Shards {
		s.Walk(0, shard, func(f keyspace.Frozen) bool {
			r := f.Value.Object.(*ring)
			for i := range r.Len() {
				seen[string(f.Key)] = append(seen[string(f.Key)], string(r.at(i)))
			}
			return true
		})
	}
	return seen
}
