package observability_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// What a conformance script cannot show: several event loops, clients that do not
// read, what is switched off.

var shown = regexp.MustCompile(`^\+\d{10}\.\d{6} \[\d+ [^\]]+\] (".*")$`)

// commands are the commands that MONITOR has shown, without time and origin.
func commands(t *testing.T, lines []string) (all []string) {
	t.Helper()
	for _, line := range lines {
		m := shown.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no line of MONITOR: %q", line)
		}
		all = append(all, strings.ReplaceAll(m[1], `"`, ""))
	}
	return all
}

// TestOneOrder: all monitors see all commands in one order, and those on one key
// in the order in which they ran, whichever loops they ran on.
func TestOneOrder(t *testing.T) {
	const clients, each = 4, 300
	all := start(t, clients+3)
	watchers, asker := all[clients:clients+2], all[clients+2]
	for _, w := range watchers {
		w.want("MONITOR", "+OK")
	}
	var wg sync.WaitGroup
	for i, c := range all[:clients] {
		wg.Go(func() {
			for k := range each {
				switch k % 3 {
				case 0:
					c.Lines("MULTI", fmt.Sprintf("RPUSH list %d-%d", i, k), "EXEC")
				case 1:
					c.Lines(fmt.Sprintf("RPUSH list %d-%d", i, k), fmt.Sprintf("RPUSH other %d", k))
				default:
					c.Lines(fmt.Sprintf("RPUSH list %d-%d", i, k))
				}
			}
		})
	}
	wg.Wait()
	first, second := commands(t, watchers[0].mail()), commands(t, watchers[1].mail())
	if !slices.Equal(first, second) {
		t.Error("the monitors have seen different things, or in another order")
	}
	var pushed, stored []string
	for _, cmd := range first {
		if element, ok := strings.CutPrefix(cmd, "RPUSH list "); ok {
			pushed = append(pushed, element)
		}
	}
	for i, line := range asker.Lines("LRANGE list 0 -1") {
		if i > 0 && i%2 == 0 {
			stored = append(stored, line)
		}
	}
	if len(stored) != clients*each || !slices.Equal(pushed, stored) {
		t.Errorf("%d elements were shown being pushed, %d are there; not in the order in which they are", len(pushed), len(stored))
	}
}

// TestMonitorSwitch: monitor-enabled refuses MONITOR, and ends it.
func TestMonitorSwitch(t *testing.T) {
	all := start(t, 3)
	watcher, c, other := all[0], all[1], all[2]
	watcher.want("MONITOR", "+OK")
	c.want("CONFIG SET monitor-enabled no", "+OK")
	watcher.mail()
	if !watcher.Closed() {
		t.Error("the monitor is still connected")
	}
	other.want("MONITOR", "-ERR MONITOR is switched off by the parameter monitor-enabled")
	c.want("CONFIG SET monitor-enabled yes", "+OK")
	other.want("MONITOR", "+OK")
	c.want("SET k v", "+OK")
	if got := commands(t, other.mail()); !slices.Equal(got, []string{"SET k v"}) {
		t.Errorf("shown: %q", got)
	}
}

// TestMonitorsComeAndGo: while commands run on other loops.
func TestMonitorsComeAndGo(t *testing.T) {
	all := start(t, 4)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, c := range all[:2] {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					c.Lines("SET k v", "GET k", "SELECT 1", "SELECT 0")
				}
			}
		})
	}
	var watchers sync.WaitGroup
	for _, w := range all[2:] {
		watchers.Go(func() {
			for range 200 {
				if got := w.Lines("MONITOR"); got[0] != "+OK" {
					t.Errorf("MONITOR: %q", got)
				}
				if got := w.Lines("RESET"); !slices.Contains(got, "+RESET") {
					t.Errorf("RESET: %q", got)
				}
			}
		})
	}
	watchers.Wait()
	close(stop)
	wg.Wait()
	if got := all[2].mail(); len(got) != 0 {
		t.Errorf("mail after RESET: %q", got)
	}
	all[2].want("GET k", "$1 v")
}

// TestSlowMonitor: one that does not read is disconnected at the limit of its
// class, and nobody else is.
func TestSlowMonitor(t *testing.T) {
	c := start(t, 1, "--client-output-buffer-limit", "normal 200000 0 0")[0]
	c.of.Client().Want("MONITOR", "OK")
	long := "ECHO " + strings.Repeat("x", 10_000)
	monitoring := func() bool { return strings.Contains(strings.Join(c.Lines("CLIENT LIST"), " "), "flags=O") }
	if !monitoring() {
		t.Fatal("the monitor is not listed")
	}
	for end := time.Now().Add(time.Minute); monitoring(); {
		if time.Now().After(end) {
			t.Fatal("the monitor was not disconnected")
		}
		c.Lines(long)
	}
	c.want("ECHO x", "$1 x")
}

// TestSlowLogOfLoops: every entry has its own number whichever loop it comes from,
// and there are never more than allowed.
func TestSlowLogOfLoops(t *testing.T) {
	const clients, each, most = 4, 200, 50
	all := start(t, clients+1, "--slowlog-log-slower-than", "0", "--slowlog-max-len", fmt.Sprint(most))
	asker := all[clients]
	var wg sync.WaitGroup
	for _, c := range all[:clients] {
		wg.Go(func() {
			for range each {
				c.Lines("PING", "SET k v")
			}
		})
	}
	for range 20 {
		if n := asker.Lines("SLOWLOG GET -1")[0]; n > fmt.Sprintf("*%d", most) && len(n) >= 3 {
			t.Errorf("%s entries", n)
		}
	}
	wg.Wait()
	asker.want("SLOWLOG LEN", fmt.Sprintf(":%d", most))
	seen := map[string]bool{}
	for _, line := range asker.Lines("SLOWLOG GET -1") {
		if strings.HasPrefix(line, ":") && len(line) <= 5 {
			seen[line] = true
		}
	}
	newest := fmt.Sprintf(":%d", 2*clients*each+20) // the log begins with 0, and LEN is the last
	if !seen[newest] {
		t.Errorf("no entry has the number %s: %v", newest, seen)
	}
}

// TestSlowLogSwitch: slowlog-enabled turns it off whatever the threshold is, and
// the figures of latency are kept apart from it.
func TestSlowLogSwitch(t *testing.T) {
	c := start(t, 1, "--slowlog-log-slower-than", "0", "--slowlog-enabled", "no")[0]
	c.Lines("PING", "PING")
	c.want("SLOWLOG LEN", ":0")
	c.Lines("CONFIG SET slowlog-enabled yes", "SLOWLOG RESET", "PING")
	c.want("SLOWLOG LEN", ":2") // RESET itself and PING
	c.Lines("CONFIG SET slowlog-enabled no", "PING")
	c.want("SLOWLOG LEN", ":3") // and LEN, but neither CONFIG SET nor PING
}

// TestStatisticsSwitch: without statistics there are no histograms; with the slow
// log alone commands are timed nevertheless.
func TestStatisticsSwitch(t *testing.T) {
	c := start(t, 1, "--stats-enabled", "no", "--enable-debug-command", "yes", "--slowlog-log-slower-than", "200000")[0]
	c.Lines("GET k")
	c.want("LATENCY HISTOGRAM", "*0")
	c.Lines("DEBUG SLEEP 0.25", "DEBUG SLEEP 0")
	c.want("SLOWLOG LEN", ":1")
	c.Lines("CONFIG SET stats-enabled yes", "GET k")
	if got := strings.Join(c.Lines("LATENCY HISTOGRAM get"), " "); !strings.Contains(got, "calls :1") {
		t.Errorf("LATENCY HISTOGRAM: %s", got)
	}
}

// TestLatencyMonitor: it is off at a threshold of 0.
func TestLatencyMonitor(t *testing.T) {
	c := start(t, 1, "--latency-monitor-threshold", "10", "--enable-debug-command", "yes")[0]
	c.Lines("DEBUG SLEEP 0.02")
	if got := strings.Join(c.Lines("LATENCY LATEST"), " "); !strings.Contains(got, "command") {
		t.Errorf("LATENCY LATEST: %s", got)
	}
	c.want("CONFIG SET latency-monitor-threshold 0", "+OK")
	c.want("LATENCY RESET", ":1")
	c.Lines("DEBUG SLEEP 0.02")
	c.want("LATENCY LATEST", "*0")
}

// TestNoAllocation: what is on by default allocates nothing for a command.
func TestNoAllocation(t *testing.T) {
	c := start(t, 1, "--latency-monitor-threshold", "1000")[0]
	c.Lines("SET key value")
	request := coretest.Encode(nil, "GET", "key")
	reply := make([]byte, 0, 100)
	for range 1000 { // the histogram's memory comes with the first durations of a magnitude
		reply = c.Exchange(reply[:0], request)
	}
	if n := testing.AllocsPerRun(1000, func() { reply = c.Exchange(reply[:0], request) }); n > 0 {
		t.Errorf("GET allocates %v times", n)
	}
}

// TestPurge: memory of data that are gone goes back to the system.
func TestPurge(t *testing.T) {
	c := start(t, 1, "--enable-debug-command", "yes")[0]
	c.want("DEBUG POPULATE 100000 key 200", "+OK")
	c.want("FLUSHALL SYNC", "+OK")
	for end := time.Now().Add(time.Minute); strings.Join(c.Lines("MEMORY PURGE"), " ") == "+OK"; {
		n := c.figure("allocator.resident") // FLUSHALL's memory is freed in steps
		if n < 5<<20 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d bytes are still held", n)
		}
	}
	t.Error("MEMORY PURGE fails")
}

// TestEvictionIsAnEvent: a command that has to wait while many keys are evicted.
func TestEvictionIsAnEvent(t *testing.T) {
	c := start(t, 1, "--latency-monitor-threshold", "1", "--enable-debug-command", "yes", "--maxmemory-eviction-tenacity", "100")[0]
	c.want("DEBUG POPULATE 100000 key 100", "+OK")
	c.want("LATENCY HISTORY eviction-cycle", "*0")
	limit := c.figure("startup.allocated") + 2<<20
	c.want(fmt.Sprintf("CONFIG SET maxmemory-policy allkeys-random maxmemory %d", limit), "+OK")
	c.want("SET k v", "+OK")
	if got := strings.Join(c.Lines("LATENCY LATEST"), " "); !strings.Contains(got, "eviction-cycle") {
		t.Errorf("LATENCY LATEST: %s", got)
	}
}
