package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// blockers are the commands that wait for a key, by what makes what they wait for of the
// key SOURCE. KEY is the key that they wait for, OTHER one of the same shape.
var blockers = []blocker{
	{feed: []string{"RPUSH SOURCE x"}, commands: []string{
		"BLPOP KEY 0", "BRPOP KEY 0", "BLPOP OTHER KEY OTHER 0", "BLMPOP 0 1 KEY LEFT", "BLMPOP 0 2 OTHER KEY RIGHT COUNT 2",
		"BLMOVE KEY OTHER LEFT RIGHT 0", "BLMOVE KEY OTHER RIGHT LEFT 0", "BLMOVE KEY KEY LEFT LEFT 0", "BRPOPLPUSH KEY OTHER 0",
	}},
	{feed: []string{"ZADD SOURCE 1 x"}, commands: []string{
		"BZPOPMIN KEY 0", "BZPOPMAX KEY 0", "BZPOPMIN OTHER KEY 0", "BZMPOP 0 1 KEY MIN", "BZMPOP 0 1 KEY MAX", "BZMPOP 0 2 OTHER KEY MAX COUNT 2",
	}},
	{feed: []string{"XADD SOURCE 5-1 f v"}, commands: []string{
		"XREAD BLOCK 0 STREAMS KEY 0", "XREAD COUNT 1 BLOCK 0 STREAMS OTHER KEY 0 0",
	}},
	{
		feed:   []string{"XGROUP CREATE SOURCE g $ MKSTREAM", "XADD SOURCE 5-1 f v"},
		before: []string{"XGROUP CREATE KEY g $ MKSTREAM", "XGROUP CREATE OTHER g $ MKSTREAM"},
		commands: []string{
			"XREADGROUP GROUP g c BLOCK 0 STREAMS KEY >", "XREADGROUP GROUP g c COUNT 1 BLOCK 0 NOACK STREAMS OTHER KEY > >",
		},
	},
}

type blocker struct {
	feed     []string
	before   []string // what has to be there for a command to wait
	commands []string
}

// retryStates are states in which whoever feeds a waiter may still do so: by a RENAME.
var retryStates = []retryState{
	{name: "noperm", user: "waiter", begin: [][]string{{"ACL", "SETUSER", "waiter", "-@all"}}, asked: true},
	{name: "keys", user: "waiter", begin: [][]string{{"ACL", "SETUSER", "waiter", "resetkeys", "~elsewhere"}}, asked: true},
	{name: "oom", begin: [][]string{{"CONFIG", "SET", "maxmemory", "1"}}, end: [][]string{{"CONFIG", "SET", "maxmemory", "0"}}, asked: true},
	{name: "nothing", begin: [][]string{{"PING"}}},
}

type retryState struct {
	name  string
	begin [][]string
	end   [][]string
	user  string // of who waits, who may do everything until the state begins
	// asked: Redis runs the command as if it had just come since 7.2, and asks again
	// whether it may; 7.0.15 does not.
	asked bool
}

// TestDoorOfRetries is TestDoors for the door at which commands stand that have waited:
// they are asked for what a client's own command is asked for (as in Redis since 7.2,
// which redis-server 7.0.15 is not), and told the same.
func TestDoorOfRetries(t *testing.T) {
	sides := []*Side{newSubject(t)}
	if oracle := newOracle(t); oracle != nil {
		sides = append(sides, oracle)
	}
	for _, s := range sides {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range retryStates {
		for _, b := range blockers {
			for _, command := range b.commands {
				t.Run(state.name+"/"+command, func(t *testing.T) {
					var came, waited [2]string
					for i, s := range sides {
						came[i], waited[i] = state.verdicts(t, s, b, command)
					}
					t.Logf("ferrous %q, %q; redis-server %q, %q", came[0], waited[0], came[1], waited[1])
					if waited[0] != came[0] {
						t.Errorf("who has waited is told %s, who comes is told %s", waited[0], came[0])
					}
					if len(sides) == 1 || waited[0] == waited[1] && came[0] == came[1] {
						return
					}
					if !state.asked || came[0] != came[1] || waited[1] != ran {
						t.Errorf("ferrous %s, %s; redis-server %s, %s", came[0], waited[0], came[1], waited[1])
					}
				})
			}
		}
	}
}

// verdicts are what is told in the state to who comes with a command, and to who has
// waited with it since before.
func (r *retryState) verdicts(t *testing.T, s *Side, b blocker, command string) (came, waited string) {
	t.Helper()
	change := refusal{}.change
	change(t, s, [][]string{{"FLUSHALL"}, {"ACL", "SETUSER", "waiter", "on", "nopass", "+@all", "allkeys"}})
	for _, command := range b.before {
		change(t, s, [][]string{strings.Fields(command)})
	}
	for _, command := range b.feed {
		change(t, s, [][]string{strings.Fields(command), strings.Fields(strings.Replace(command, "SOURCE", "READY", 1))})
	}
	waiting, coming := dial(t, s.server.Addr), dial(t, s.server.Addr)
	defer waiting.Close()
	defer coming.Close()
	if r.user != "" {
		reply(waiting, "AUTH", r.user, "x")
		reply(coming, "AUTH", r.user, "x")
	}
	if err := waiting.Send(strings.Fields(command)...); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it waits", func() bool {
		v, err := s.ctl("INFO", "clients")
		return err == nil && strings.Contains(v.Text, "blocked_clients:1\r\n")
	})
	change(t, s, r.begin)
	change(t, s, [][]string{{"RENAME", "SOURCE", "KEY"}})
	waited = verdict(waiting)
	came = reply(coming, strings.Fields(strings.ReplaceAll(command, "KEY", "READY"))...)
	change(t, s, r.end)
	return came, waited
}

// TestDoorsOfStaleScripts: a script that does with stale data is let run by a replica whose
// link is down, but not what it calls, unless that does, too; others are not, in EXEC either.
func TestDoorsOfStaleScripts(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("there is no redis-server 7.0.15 to compare with")
	}
	var told [2]string
	for i, s := range []*Side{oracle, newSubject(t)} {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
		refusal{}.change(t, s, [][]string{{"CONFIG", "SET", "replica-serve-stale-data", "no"}, {"REPLICAOF", "127.0.0.1", "1"}})
		c := dial(t, s.server.Addr)
		for _, body := range []string{"", "#!lua flags=allow-stale\n", "#!lua flags=allow-stale,no-writes\n", "#!lua\n"} {
			for _, call := range []string{"1", "redis.pcall('PING')", "redis.pcall('GET','k')", "redis.pcall('SET','k','v')"} {
				eval := []string{"EVAL", body + "return " + call, "0"}
				for _, commands := range [][][]string{{eval}, {{"MULTI"}, eval, {"EXEC"}}} {
					for _, args := range commands {
						if err := c.Send(args...); err != nil {
							t.Fatal(err)
						}
						v, err := c.Read()
						if err != nil {
							t.Fatal(err)
						}
						told[i] += fmt.Sprintf("%q: %v\n", args, v)
					}
				}
			}
		}
	}
	redis, ferrous := strings.Split(told[0], "\n"), strings.Split(told[1], "\n")
	for i := range redis {
		if redis[i] != ferrous[i] {
			t.Errorf("redis-server %s\nferrous      %s", redis[i], ferrous[i])
		}
	}
}
