package modules

import (
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// stopping are the commands that lock every shard, or stop every event loop, for as long as they run, and why looking at
// one part after the other would not do for them.
var stopping = map[string]string{
	"acl|deluser": usersChange, "acl|load": usersChange, "acl|setuser": usersChange,
	"client|pause": stateChanges, "client|unpause": stateChanges, "config|set": stateChanges, "failover": stateChanges,
	"replicaof": stateChanges, "slaveof": stateChanges, "shutdown": stateChanges, "debug": stateChanges,
	"config|resetstat": countsChange, "toplist|reset": countsChange,
	"client|tracking": "it may be told of another session, and the last one that stops empties the table that all use",
	"backup|now":      oneMoment, "bgsave": oneMoment, "psync": oneMoment, "sync": oneMoment,
	"save":     "Redis does so",
	"flushall": allKeys, "flushdb": allKeys, "swapdb": allKeys, "keys": allKeys,
	"dbsize": "the sum is that of a moment, and 64 numbers", "randomkey": "the shard is found by chance, in proportion to what is in each",
	"eval": anyKeys, "eval_ro": anyKeys, "evalsha": anyKeys, "evalsha_ro": anyKeys, "fcall": anyKeys, "fcall_ro": anyKeys,
	"function|delete": scripts, "function|dump": scripts, "function|flush": scripts, "function|list": scripts,
	"function|load": scripts, "function|restore": scripts, "script|exists": scripts, "script|flush": scripts, "script|load": scripts,
}

const (
	usersChange  = "users are read by every loop without a lock"
	stateChanges = "how every loop goes on changes at one moment"
	countsChange = "counts of all loops begin anew at one moment"
	oneMoment    = "a snapshot is of one moment, and has a position in the feed"
	allKeys      = "it is done with all keys at one moment"
	anyKeys      = "it may use keys that it does not declare"
	scripts      = "what scripts share belongs to who holds all shards, as they do"
)

// TestWhoStops has every command that stops others be among those of which it is known why.
func TestWhoStops(t *testing.T) {
	s := coretest.Start(t, coretest.Options{Modules: Full()})
	told := map[string]bool{}
	check := func(cmd *core.Command) {
		if cmd.Flags&(core.AllKeys|core.AllSessions) == 0 || cmd.Flags&core.Surveys != 0 {
			return
		}
		told[cmd.FullName()] = true
		if stopping[cmd.FullName()] == "" {
			t.Errorf("%s stops others: sessions %v, keys %v", cmd.FullName(), cmd.Flags&core.AllSessions != 0, cmd.Flags&core.AllKeys != 0)
		}
	}
	for _, cmd := range s.Registry().All() {
		check(cmd)
		for i := range cmd.Sub {
			check(&cmd.Sub[i])
		}
	}
	for name := range stopping {
		if !told[name] {
			t.Errorf("%s does not stop anybody", name)
		}
	}
}

// TestLooksStopNobody has commands that look at everything wait for one that goes on, and looks whether others do so, too.
// Workers are asked in their order, so one between the two would wait.
func TestLooksStopNobody(t *testing.T) {
	began, release := make(chan bool), make(chan bool)
	s := coretest.Start(t, coretest.Options{Pipes: 3, Args: []string{"--toplist-enabled", "yes"}, Modules: append(Full(), coretest.Module(func(r *core.Registry) {
		r.Commands(core.Command{Name: "hold", Arity: 1, Run: func(c *core.Ctx) error {
			began <- true
			<-release
			c.OK()
			return nil
		}})
	}))})
	first, second, third := s.Pipe(0), s.Pipe(1), s.Pipe(2)
	for _, cmd := range []string{
		"INFO", "INFO all", "INFO latencystats", "INFO toplist", "LATENCY HISTOGRAM", "LATENCY HISTOGRAM get set", "CLIENT LIST",
		"CLIENT KILL ID 1000", "CLIENT KILL TYPE pubsub", "CLIENT UNBLOCK 1000", "MEMORY STATS", "MEMORY DOCTOR", "MEMORY MALLOC-STATS",
		"MEMORY PURGE", "TOPLIST BIGKEYS",
	} {
		t.Run(cmd, func(t *testing.T) {
			held, asked, others := make(chan string, 1), make(chan string, 1), make(chan bool)
			go func() { held <- third.Do("HOLD") }()
			<-began
			go func() { asked <- first.Do(cmd) }()
			go func() {
				defer close(others)
				for range 30 {
					second.Want("SET k v", "+OK")
					time.Sleep(100 * time.Microsecond) // it passes without; the mistake needs a moment to show
				}
			}()
			select {
			case <-others:
			case <-time.After(10 * time.Second):
				t.Error("others wait")
			}
			release <- true
			if a, b := <-held, <-asked; a != "OK" || strings.HasPrefix(b, "-") {
				t.Errorf("%q, %.100q", a, b)
			}
			<-others
		})
	}
}
