package counter

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// start runs the full server with the module, and modules of the test if it has any.
func start(t *testing.T, more ...core.Module) *coretest.Server {
	t.Helper()
	return coretest.Serve(t, append(append(modules.Full(), New()), more...))
}

func TestCommands(t *testing.T) {
	c := start(t).Client()
	c.Want("COUNTER.ADD hits", "1")
	c.Want("COUNTER.ADD hits 4", "5")
	c.Want("COUNTER.GET hits", "5 1000000")
	c.Want("COUNTER.GET nothing", "0 1000000")
	c.Want("GET hits", "5")
	c.Want("COUNTER.ADD hits -1", "-ERR value is out of range, must be positive")
	c.Want("COUNTER.ADD hits x", "-ERR value is not an integer or out of range")
	c.Want("COUNTER.ADD hits 1 2", "-ERR syntax error")
	c.Want("COUNTER.ADD", "-ERR wrong number of arguments for 'counter.add' command")
	c.Want("SET hits text", "OK")
	c.Want("COUNTER.ADD hits", "-ERR value is not an integer or out of range")
	c.Want("SET hits 12", "OK")
	c.Want("APPEND hits 3", "3")
	c.Want("COUNTER.ADD hits", "124")
}

func TestLimit(t *testing.T) {
	c := start(t).Client()
	c.Want("CONFIG SET counter-limit 10", "OK")
	c.Want("COUNTER.ADD hits 8", "8")
	c.Want("COUNTER.ADD hits 8", "10")
	c.Want("COUNTER.ADD hits", "10")
	c.Want("SET hits "+strconv.Itoa(math.MinInt64), "OK")
	c.Want("COUNTER.ADD hits "+strconv.Itoa(math.MaxInt64), "-1")
	c.Want("COUNTER.ADD hits "+strconv.Itoa(math.MaxInt64), "10")
	c.Want("CONFIG SET counter-limit 5", "OK") // below what there is: nothing is taken away
	c.Want("COUNTER.ADD hits", "10")
	if got := c.Do("INFO counter"); !strings.Contains(got, "# Counter\r\ncounter_limit:5\r\ncounter_adds:6\r\ncounter_adds_stopped:4") {
		t.Error(got)
	}
	if got := c.Do("CONFIG SET counter-limit 0"); !strings.HasPrefix(got, "-ERR CONFIG SET failed") {
		t.Error(got)
	}
}

// TestConcurrent: a handler owns its keys, so no addition is lost.
func TestConcurrent(t *testing.T) {
	const clients, each = 4, 1000
	s := start(t)
	var running sync.WaitGroup
	for range clients {
		c := s.Client()
		running.Go(func() {
			for range each {
				c.Do("COUNTER.ADD hits")
			}
		})
	}
	running.Wait()
	s.Client().Want("GET hits", strconv.Itoa(clients*each))
}

// TestRepeated: what is fed gives the same data on a server with another limit,
// and what changed nothing is not fed.
func TestRepeated(t *testing.T) {
	feed := &coretest.Feed{}
	c := start(t, feed).Client()
	c.Do("CONFIG SET counter-limit 10")
	c.Do("COUNTER.ADD hits 8")
	c.Do("COUNTER.ADD hits 8")
	c.Do("COUNTER.ADD hits 8")
	c.Do("COUNTER.GET hits")
	if fed, events := feed.Take(); fed != "SET hits 8 KEEPTTL, SET hits 10 KEEPTTL" || events != "counter.add hits, counter.add hits" {
		t.Errorf("fed %q, events %q", fed, events)
	}
}

// TestSnapshot: what a snapshot sees does not move, though the handler knows
// nothing of snapshots.
func TestSnapshot(t *testing.T) {
	s := start(t)
	c := s.Client()
	c.Do("COUNTER.ADD hits 41")
	snapshot := s.Freeze()
	defer snapshot.End()

	c.Want("COUNTER.ADD hits", "42")
	if seen := coretest.Strings(snapshot); len(seen) != 1 || seen["hits"] != "41" {
		t.Errorf("the snapshot sees %q", seen)
	}
}
