package conformance

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// TestDoors puts every command, and every subcommand, before every door while the
// server refuses some commands for what they are, and compares the verdicts with
// redis-server's: not what the commands reply, only whether they were let run, and
// by which code they were refused. Their arguments are wrong nearly always, which is
// found out behind the door.
func TestDoors(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("there is no redis-server 7.0.15 to compare with")
	}
	subject := newSubject(t)
	for _, s := range []*Side{oracle, subject} {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
	}
	rows := shared(commandRows(t, oracle), commandRows(t, subject))
	for _, state := range refusals {
		t.Run(state.name, func(t *testing.T) {
			var got [2]map[string]string
			for i, s := range []*Side{oracle, subject} {
				got[i] = state.verdicts(t, s, rows)
			}
			compare(t, got[0], got[1])
		})
	}
}

func compare(t *testing.T, redis, ferrous map[string]string) {
	t.Helper()
	refused := 0
	for _, what := range slices.Sorted(maps.Keys(redis)) {
		if redis[what] != ferrous[what] {
			t.Errorf("%s: redis %s, ferrous %s", what, redis[what], ferrous[what])
		}
		if redis[what] != ran {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
	t.Logf("%d verdicts, %d refusals", len(redis), refused)
}

// TestDoorsWhileLoading is TestDoors for servers that are loading their data.
func TestDoorsWhileLoading(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("there is no redis-server 7.0.15 to compare with")
	}
	sides := []*Side{oracle, newSubject(t)}
	var all [2]map[string]commandRow
	for i, s := range sides {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
		refusal{}.change(t, s, [][]string{{"DEBUG", "POPULATE", "20000", "key", "1100"}, {"SAVE"}})
		all[i] = commandRows(t, s)
		dir := s.server.Dir
		s.Stop()
		var err error
		if s.server, err = StartLoading(s.bin, dir, "--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024"); err != nil {
			t.Fatal(err)
		}
	}
	state := refusal{name: "loading"}
	compare(t, state.verdicts(t, sides[0], shared(all[0], all[1])), state.verdicts(t, sides[1], shared(all[0], all[1])))
	for _, s := range sides {
		s.server.Kill()
	}
}

// commandRow is a command as COMMAND tells it, with as many arguments as it takes.
type commandRow struct {
	name string
	args []string
}

// commandRows asks a server for its commands. Their arguments are all "k": the least
// number, and one if any number will do, since there are some that do with none what
// would end the test.
func commandRows(t *testing.T, s *Side) map[string]commandRow {
	t.Helper()
	v, err := s.ctl("COMMAND")
	if err != nil || v.IsErr() {
		t.Fatal(v, err)
	}
	rows := map[string]commandRow{}
	var add func(v resp.Value)
	add = func(v resp.Value) {
		name := v.Elems[0].Text
		args := strings.Split(name, "|")
		var arity int
		if _, err := fmt.Sscan(v.Elems[1].Text, &arity); err != nil {
			t.Fatal(err)
		}
		n := arity
		if arity < 0 {
			n = max(-arity, len(args)+1)
		}
		for len(args) < n {
			args = append(args, "k")
		}
		rows[name] = commandRow{name, args}
		if len(v.Elems) > 9 {
			for _, sub := range v.Elems[9].Elems {
				add(sub)
			}
		}
	}
	for _, e := range v.Elems {
		add(e)
	}
	return rows
}

// apart are commands that are not asked for.
var apart = map[string]string{
	"sync": "turns the connection into a replica's", "psync": "turns the connection into a replica's",
	"save": "changes what the state misconf is made of", "bgrewriteaof": "goes on in the background, where BGSAVE would have to wait for it",
	"script|kill": "ends the state busy", "function|kill": "ends the state busy",
	"pfselftest":  "takes its time",
	"module|load": "is not here at all, which redis-server says before anything else", "module|loadex": "as module|load",
	"module|unload": "as module|load",
	"pfmerge":       "with wrong arguments its destination is not asked for by redis-server", "zdiffstore": "as pfmerge",
	"zinterstore": "as pfmerge", "zunionstore": "as pfmerge",
	"cluster|shards": "runs while a server loads since 7.2", "cluster|slots": "as cluster|shards",
}

// scriptable are commands that scripts may call since 7.2.
var scriptable = []string{"blmove", "blpop", "brpop", "brpoplpush", "bzpopmax", "bzpopmin", "wait"}

// shared returns the rows of commands that both servers have.
func shared(a, b map[string]commandRow) (rows []commandRow) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[name]; ok && apart[name] == "" {
			rows = append(rows, a[name])
		}
	}
	return rows
}

// ran is the verdict about a command that was let run, whatever it replied.
const ran = "runs"

// codes are the errors that mean that it was not. The texts of some begin otherwise.
var codes = []string{"NOAUTH", "NOPERM", "OOM", "MISCONF", "LOADING", "BUSY", "READONLY", "MASTERDOWN", "NOREPLICAS", "EXECABORT"}

func verdictOf(v resp.Value) string {
	if !v.IsErr() {
		for _, e := range v.Elems { // of EXEC
			if e.IsErr() {
				return verdictOf(e)
			}
		}
		return ran
	}
	code, _, _ := strings.Cut(v.Text, " ")
	switch {
	case slices.Contains(codes, code):
		return code
	case strings.Contains(v.Text, "ACL failure in script") || strings.Contains(v.Text, "The user executing the script can't"):
		return "NOPERM"
	case strings.Contains(v.Text, "is not allowed from script") || strings.Contains(v.Text, "not allowed in transactions") ||
		strings.Contains(v.Text, "not allowed inside a transaction"):
		return "not here"
	}
	return ran
}

// refusal is a state in which a server refuses some commands.
type refusal struct {
	name  string
	begin [][]string // on the control connection
	until string     // of INFO, once it has begun
	hello [][]string // of each connection, in the state
	end   [][]string
	// occupy is sent, and answered when the state has ended.
	occupy []string
}

var refusals = []refusal{
	{name: "noperm", begin: [][]string{{"ACL", "SETUSER", "nobody", "on", "nopass", "-@all", "+auth"}}, hello: [][]string{{"AUTH", "nobody", "x"}}},
	{
		name:  "keys",
		begin: [][]string{{"ACL", "SETUSER", "elsewhere", "on", "nopass", "+@all", "~elsewhere", "&elsewhere"}},
		hello: [][]string{{"AUTH", "elsewhere", "x"}},
	},
	{name: "noauth", begin: [][]string{{"CONFIG", "SET", "requirepass", "x"}}, end: [][]string{{"CONFIG", "SET", "requirepass", ""}}},
	{name: "oom", begin: [][]string{{"CONFIG", "SET", "maxmemory", "1"}}, end: [][]string{{"CONFIG", "SET", "maxmemory", "0"}}},
	{
		name: "misconf",
		begin: [][]string{
			{"CONFIG", "SET", "save", "900 1000000", "stop-writes-on-bgsave-error", "yes", "dbfilename", "not.rdb"}, {"BGSAVE"},
		},
		until: "rdb_last_bgsave_status:err",
		end:   [][]string{{"CONFIG", "SET", "save", ""}},
	},
	{
		name:  "readonly", // whose master is not there, but what it has is served
		begin: [][]string{{"REPLICAOF", "127.0.0.1", "1"}}, until: "role:slave",
		end: [][]string{{"REPLICAOF", "NO", "ONE"}},
	},
	{
		name:  "masterdown",
		begin: [][]string{{"CONFIG", "SET", "replica-serve-stale-data", "no"}, {"REPLICAOF", "127.0.0.1", "1"}}, until: "role:slave",
		end: [][]string{{"REPLICAOF", "NO", "ONE"}, {"CONFIG", "SET", "replica-serve-stale-data", "yes"}},
	},
	{
		name:  "noreplicas",
		begin: [][]string{{"CONFIG", "SET", "min-replicas-to-write", "1"}},
		end:   [][]string{{"CONFIG", "SET", "min-replicas-to-write", "0"}},
	},
	{
		name:   "busy",
		begin:  [][]string{{"CONFIG", "SET", "busy-reply-threshold", "1"}},
		occupy: []string{"EVAL", "while true do end", "0"},
		end:    [][]string{{"SCRIPT", "KILL"}},
	},
}

// verdicts brings a server into the state, collects what it says, and brings it back.
// The names of the verdicts begin with the door.
func (r refusal) verdicts(t *testing.T, s *Side, rows []commandRow) map[string]string {
	t.Helper()
	got := map[string]string{}
	queued := r.queue(t, s, rows)
	if r.name == "misconf" { // it cannot be written where there is a directory
		if err := os.Mkdir(filepath.Join(s.server.Dir, "not.rdb"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.change(t, s, r.begin)
	r.await(t, s)
	asked := map[string]*Conn{}
	counts := map[string]int{}
	ask := func(what string, commands ...[]string) {
		asked[what], counts[what] = r.ask(t, s, commands), len(commands)
	}
	for _, row := range rows { // all at once: in some states each takes a while
		ask("top: "+row.name, row.args)
		if !slices.Contains(scriptable, row.name) {
			ask("script: "+row.name, append([]string{"EVAL", "return redis.pcall(unpack(ARGV))", "0"}, row.args...))
		}
		if slices.Contains([]string{"quit", "reset", "exec", "discard"}, row.name) {
			ask("multi: "+row.name, []string{"MULTI"}, row.args)
		} else {
			ask("multi: "+row.name, []string{"MULTI"}, row.args, []string{"EXEC"})
		}
	}
	for what, c := range asked {
		var all []string
		for range counts[what] {
			all = append(all, verdict(c))
		}
		got[what] = strings.Join(all, ", ")
		c.Close()
	}
	for name, c := range queued {
		got["exec: "+name] = reply(c, "EXEC")
		c.Close()
	}
	r.change(t, s, r.end)
	if r.occupy != nil {
		eventually(t, "it ends", func() bool { return reply(s.control, "GET", "k") == ran })
	}
	return got
}

// queue makes connections that have queued a command while it was let run.
func (r refusal) queue(t *testing.T, s *Side, rows []commandRow) map[string]*Conn {
	t.Helper()
	queued := map[string]*Conn{}
	if len(r.hello) > 0 || r.name == "loading" { // a state of the connection, or one that has begun
		return nil
	}
	for _, row := range rows {
		c, err := Dial(s.server.Addr)
		if err != nil {
			t.Fatal(err)
		}
		reply(c, "MULTI")
		if v := reply(c, row.args...); v == ran {
			queued[row.name] = c
		} else {
			c.Close()
		}
	}
	return queued
}

func (r refusal) change(t *testing.T, s *Side, commands [][]string) {
	t.Helper()
	for _, args := range commands {
		if v, err := s.ctl(args...); err != nil || v.IsErr() {
			t.Fatal(s.Name, args, v, err)
		}
	}
}

// await waits until the state has begun.
func (r refusal) await(t *testing.T, s *Side) {
	t.Helper()
	if r.occupy != nil {
		c := dial(t, s.server.Addr)
		if err := c.Send(r.occupy...); err != nil {
			t.Fatal(err)
		}
	}
	begun := func() bool {
		if r.name == "loading" {
			return true
		}
		if r.occupy != nil {
			v, err := s.ctl("GET", "k")
			return err == nil && verdictOf(v) == "BUSY"
		}
		v, err := s.ctl("INFO")
		return err == nil && strings.Contains(v.Text, r.until)
	}
	eventually(t, s.Name+": the state begins", begun)
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitTimeout); !done(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatal(what + ": it does not happen")
		}
	}
}

// ask sends commands on a new connection.
func (r refusal) ask(t *testing.T, s *Side, commands [][]string) *Conn {
	t.Helper()
	c, err := Dial(s.server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range r.hello {
		if v := reply(c, args...); v != ran {
			t.Fatal(args, v)
		}
	}
	for _, args := range commands {
		if err := c.Send(args...); err != nil {
			t.Fatal(args, err)
		}
	}
	return c
}

// reply returns the verdict about a command.
func reply(c *Conn, args ...string) string {
	if err := c.Send(args...); err != nil {
		return "not sent: " + err.Error()
	}
	return verdict(c)
}

func verdict(c *Conn) string {
	v, err := c.Read()
	if err != nil {
		return "no reply: " + err.Error()
	}
	return verdictOf(v)
}
