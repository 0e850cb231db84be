package conformance

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// Scripts and functions over real sockets: what ends one that does not end, and how
// libraries go through files, from each server to the other.

// eachServer runs a test against redis-server, if there is one, and against ferrous with
// one event loop and with four. bin starts another server of the same kind.
func eachServer(t *testing.T, run func(t *testing.T, start func(dir string, args ...string) *Server)) {
	sub, err := subjectBin()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string][]string{"ferrous, 1 loop": {sub, "--io-threads", "1"}, "ferrous, 4 loops": {sub, "--io-threads", "4"}}
	if bin, _ := oracleBin(); bin != "" {
		kinds["redis"] = []string{bin}
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			run(t, func(dir string, args ...string) *Server {
				return startIn(t, kind[0], dir, append(kind[1:], args...)...)
			})
		})
	}
}

func startIn(t *testing.T, bin, dir string, args ...string) *Server {
	t.Helper()
	s, err := StartServer(bin, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func ask(t *testing.T, c *Conn, args ...string) resp.Value {
	t.Helper()
	v, err := c.Do(args...)
	if err != nil {
		t.Fatal(args, err)
	}
	return v
}

// awaitBusy waits until a command is answered -BUSY.
func awaitBusy(t *testing.T, c *Conn) string {
	t.Helper()
	for deadline := time.Now().Add(waitTimeout); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if v := ask(t, c, "PING"); v.IsErr() && strings.HasPrefix(v.Text, "BUSY") {
			return v.Text
		}
	}
	t.Fatal("nobody is answered -BUSY")
	return ""
}

func TestScriptsAreKilled(t *testing.T) {
	const busy = "BUSY Redis is busy running a script. You can only call %s KILL or SHUTDOWN NOSAVE."
	eachServer(t, func(t *testing.T, start func(dir string, args ...string) *Server) {
		s := start(t.TempDir(), "--lua-time-limit", "20")
		others := []*Conn{dial(t, s.Addr), dial(t, s.Addr), dial(t, s.Addr), dial(t, s.Addr)}
		one := dial(t, s.Addr)
		ask(t, one, "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function(keys, args) while true do end end)")
		for _, c := range []struct {
			run, kill, other []string
			text             string
		}{
			{[]string{"EVAL", "while true do end", "0"}, []string{"SCRIPT", "KILL"}, []string{"FUNCTION", "KILL"},
				"ERR Script killed by user with SCRIPT KILL... script: 694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7, on @user_script:1."},
			{[]string{"FCALL", "f", "0", "an argument"}, []string{"FUNCTION", "KILL"}, []string{"SCRIPT", "KILL"},
				"ERR Script killed by user with SCRIPT KILL... script: f, on @user_function:2."},
			{[]string{"EVAL", "while true do pcall(function() while true do redis.pcall('GET', 'k') end end) end", "0"}, []string{"SCRIPT", "KILL"}, nil, ""},
		} {
			if err := one.Send(c.run...); err != nil {
				t.Fatal(err)
			}
			for _, o := range others {
				if got, want := awaitBusy(t, o), fmt.Sprintf(busy, c.kill[0]); got != want {
					t.Errorf("%v: %q, want %q", c.run, got, want)
				}
			}
			if c.other != nil {
				if v := ask(t, others[1], c.other...); v.Text != fmt.Sprintf(busy, c.kill[0]) {
					t.Errorf("%v during %v: %v", c.other, c.run, v)
				}
			}
			stats := ask(t, others[3], "FUNCTION", "STATS").String()
			if c.kill[0] == "SCRIPT" != strings.HasPrefix(stats, `-"BUSY`) || c.kill[0] == "FUNCTION" && !strings.Contains(stats, "an argument") {
				t.Errorf("FUNCTION STATS during %v: %s", c.run, stats)
			}
			if v := ask(t, others[2], c.kill...); v.Text != "OK" {
				t.Errorf("%v: %v", c.kill, v)
			}
			v, err := one.Read()
			if err != nil || !v.IsErr() || !strings.HasPrefix(v.Text, c.text) {
				t.Errorf("%v: %v, %v, want %s", c.run, v, err, c.text)
			}
			for _, o := range append(others, one) {
				if v := ask(t, o, "PING"); v.IsErr() {
					t.Errorf("after %v: %v", c.kill, v)
				}
			}
			if v := ask(t, one, c.kill...); v.Text != "NOTBUSY No scripts in execution right now." {
				t.Errorf("%v without a script: %v", c.kill, v)
			}
		}
		if err := one.Send("EVAL", "redis.call('SET', 'k', 'v') while true do end", "1", "k"); err != nil {
			t.Fatal(err)
		}
		awaitBusy(t, others[0])
		if v := ask(t, others[0], "SCRIPT", "KILL"); !strings.HasPrefix(v.Text, "UNKILLABLE ") {
			t.Errorf("SCRIPT KILL of a script that has written: %v", v)
		}
		_ = others[3].Send("SHUTDOWN", "NOSAVE")
		select {
		case <-s.exited:
		case <-time.After(waitTimeout):
			t.Error("SHUTDOWN NOSAVE does not end the server")
		}
	})
}

// TestEverybodyWithinScripts has scripts ask for what stands all event loops still,
// while other connections ask for it as well.
func TestEverybodyWithinScripts(t *testing.T) {
	eachServer(t, func(t *testing.T, start func(dir string, args ...string) *Server) {
		s := start(t.TempDir())
		c := dial(t, s.Addr)
		if v := ask(t, c, "EVAL", "return redis.call('INFO')", "0"); v.IsErr() || !strings.Contains(v.Text, "connected_clients:1") {
			t.Error("INFO in a script:", v)
		}
		for _, args := range [][]string{{"MEMORY", "STATS"}, {"MEMORY", "DOCTOR"}, {"MEMORY", "USAGE", "k"}, {"DBSIZE"}, {"COMMAND", "COUNT"}, {"LATENCY", "DOCTOR"}} {
			script := "return type(redis.pcall('" + strings.Join(args, "','") + "'))"
			if v := ask(t, c, "EVAL", script, "0"); v.IsErr() {
				t.Error(args, "in a script:", v)
			}
		}
		var group sync.WaitGroup
		for i, args := range [][]string{
			{"EVAL", "return #redis.call('INFO')", "0"}, {"EVAL", "redis.call('INCR', KEYS[1]) return #redis.call('INFO')", "1", "k"},
			{"CLIENT", "LIST"}, {"INFO"}, {"INCR", "k"}, {"MSET", "a", "1", "b", "2", "c", "3"}, {"CONFIG", "RESETSTAT"}, {"EVAL", "return redis.call('DBSIZE')", "0"},
		} {
			c := dial(t, s.Addr)
			group.Add(1)
			go func() {
				defer group.Done()
				for range 100 {
					if v, err := c.Do(args...); err != nil || v.IsErr() {
						t.Error(i, args, v, err)
						return
					}
				}
			}()
		}
		group.Wait()
	})
}

// libraryOf is a library with one function, which says what it is.
func libraryOf(name string) string {
	return "#!lua name=" + name + "\nredis.register_function{function_name='" + name + "_f', callback=function(keys, args) return '" + name + "' end, flags={'no-writes'}, description='d'}"
}

// TestLibrariesGoThroughFiles has each server write what each of them reads.
func TestLibrariesGoThroughFiles(t *testing.T) {
	sub, err := subjectBin()
	if err != nil {
		t.Fatal(err)
	}
	bins := map[string]string{"ferrous": sub}
	if bin, _ := oracleBin(); bin != "" {
		bins["redis"] = bin
	}
	check := func(t *testing.T, c *Conn, what string) {
		t.Helper()
		list := ask(t, c, "FUNCTION", "LIST", "WITHCODE").String()
		if v := ask(t, c, "FCALL", "b_f", "0"); v.Text != "b" || !strings.Contains(list, "a_f") || !strings.Contains(list, "no-writes") {
			t.Errorf("%s: FCALL %v, libraries %s", what, v, list)
		}
		if v := ask(t, c, "GET", "k"); v.Text != "v" {
			t.Errorf("%s: GET %v", what, v)
		}
	}
	for from, fromBin := range bins {
		for to, toBin := range bins {
			t.Run(from+" to "+to, func(t *testing.T) {
				dir := t.TempDir()
				// The oracle is older than the version of dumps that ferrous writes.
				tooNew := from == "ferrous" && to == "redis"
				preamble := "yes"
				if tooNew {
					preamble = "no"
				}
				s := startIn(t, fromBin, dir, "--appendonly", "yes", "--aof-use-rdb-preamble", preamble)
				c := dial(t, s.Addr)
				for _, args := range [][]string{
					{"FUNCTION", "LOAD", libraryOf("gone")}, {"FUNCTION", "LOAD", libraryOf("a")}, {"FUNCTION", "LOAD", libraryOf("b")},
					{"FUNCTION", "DELETE", "gone"}, {"SET", "k", "v"},
				} {
					if v := ask(t, c, args...); v.IsErr() {
						t.Fatal(args, v)
					}
				}
				payload := ask(t, c, "FUNCTION", "DUMP").Text
				for _, args := range [][]string{{"DEBUG", "RELOAD"}, {"DEBUG", "LOADAOF"}} {
					if v := ask(t, c, args...); v.IsErr() {
						t.Fatal(args, v)
					}
					check(t, c, strings.Join(args, " "))
				}
				if v := ask(t, c, "SAVE"); v.IsErr() {
					t.Fatal("SAVE", v)
				}
				s.Stop()
				s = startIn(t, toBin, dir, "--appendonly", "yes") // what the log has
				c = dial(t, s.Addr)
				check(t, c, "from the log")
				if tooNew {
					return
				}
				ask(t, c, "BGREWRITEAOF")
				for deadline := time.Now().Add(waitTimeout); !strings.Contains(ask(t, c, "INFO", "persistence").Text, "aof_rewrite_in_progress:0") ||
					strings.Contains(ask(t, c, "INFO", "persistence").Text, "aof_rewrite_scheduled:1"); time.Sleep(pollEvery) {
					if time.Now().After(deadline) {
						t.Fatal("the rewrite does not end")
					}
				}
				s.Stop()
				s = startIn(t, toBin, dir, "--appendonly", "yes")
				c = dial(t, s.Addr)
				check(t, c, "from the rewritten log")
				s.Stop()
				if err := os.RemoveAll(dir + "/appendonlydir"); err != nil {
					t.Fatal(err)
				}
				s = startIn(t, toBin, dir)
				c = dial(t, s.Addr)
				check(t, c, "from the dump")
				for _, step := range []struct {
					args []string
					want string
				}{
					{[]string{"FUNCTION", "RESTORE", payload}, "ERR Library "},
					{[]string{"FUNCTION", "RESTORE", payload, "REPLACE"}, "OK"},
					{[]string{"FUNCTION", "DELETE", "b"}, "OK"},
					{[]string{"FUNCTION", "RESTORE", payload, "APPEND"}, "ERR Library a already exists"},
					{[]string{"FUNCTION", "RESTORE", payload, "FLUSH"}, "OK"},
					{[]string{"FUNCTION", "RESTORE", payload[:1] + "x" + payload[2:], "FLUSH"}, "ERR DUMP payload version or checksum are wrong"},
				} {
					if v := ask(t, c, step.args...); !strings.HasPrefix(v.Text, step.want) {
						t.Errorf("%q: %v, want %s", step.args, v, step.want)
					}
				}
				check(t, c, "restored")
			})
		}
	}
}

// TestScriptsAndRoles: what a server refuses because of its role, or for want of replicas,
// it refuses to scripts, too.
func TestScriptsAndRoles(t *testing.T) {
	const noReplicas = "NOREPLICAS Not enough good replicas to write."
	const stale = "ERR Can not execute the command on a stale replica"
	eachServer(t, func(t *testing.T, start func(dir string, args ...string) *Server) {
		s := start(t.TempDir(), "--lua-time-limit", "20")
		c, tx, tx2 := dial(t, s.Addr), dial(t, s.Addr), dial(t, s.Addr)
		expect := func(want string, c *Conn, args ...string) {
			t.Helper()
			if v := ask(t, c, args...); !strings.Contains(v.String(), want) {
				t.Errorf("%q: %v, want %s", args, v, want)
			}
		}
		ask(t, c, "SET", "x", "v")
		ask(t, c, "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function{function_name='f', callback=function() return redis.call('get', 'x') end, flags={'allow-stale', 'no-writes'}}\n"+
			"redis.register_function{function_name='g', callback=function() return redis.call('echo', 'here') end, flags={'allow-stale', 'no-writes'}}")

		// A write that is refused is none that has been done.
		ask(t, c, "CONFIG", "SET", "min-replicas-to-write", "1")
		v := ask(t, c, "EVAL", "return {redis.pcall('set', 'x', 1).err, redis.pcall('set', 'x', 2).err, redis.call('get', 'x')}", "1", "x")
		if got := v.String(); strings.Count(got, noReplicas) != 2 || !strings.Contains(got, `"v"`) {
			t.Errorf("writes without replicas: %s", got)
		}
		ask(t, c, "CONFIG", "SET", "min-replicas-to-write", "0")

		ask(t, tx, "MULTI")
		ask(t, tx, "EVAL", "#!lua\nreturn 1", "0")
		ask(t, tx2, "MULTI")
		ask(t, tx2, "EVAL", "return redis.call('set', 'x', 1)", "0")
		ask(t, c, "REPLICAOF", "127.0.0.1", "1")
		expect(`EXECABORT Transaction discarded because of: READONLY `, tx, "EXEC")
		expect("READONLY You can't write against a read only replica. script: ", tx2, "EXEC")
		ask(t, c, "CONFIG", "SET", "replica-serve-stale-data", "no")
		expect("MASTERDOWN ", c, "EVAL", "return 1", "0")
		expect("NOSCRIPT ", c, "EVALSHA", "0000000000000000000000000000000000000000", "0")
		expect(stale, c, "EVAL", "#!lua flags=allow-stale,no-writes\nreturn redis.call('get', 'x')", "1", "x")
		expect("MASTERDOWN ", c, "EVAL", "#!lua flags=no-writes\nreturn 1", "0")
		expect("READONLY ", c, "EVAL", "#!lua flags=allow-stale\nreturn 1", "0")
		expect("1", c, "EVAL", "#!lua flags=allow-stale,no-writes\nreturn 1", "0")
		expect(stale, c, "FCALL", "f", "0")
		expect("here", c, "FCALL", "g", "0")
	})
}

// TestMonitorShowsScripts: who watches sees a script before what it calls.
func TestMonitorShowsScripts(t *testing.T) {
	eachServer(t, func(t *testing.T, start func(dir string, args ...string) *Server) {
		s := start(t.TempDir())
		c, watcher := dial(t, s.Addr), dial(t, s.Addr)
		ask(t, c, "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return redis.call('get', 'x') end)")
		sha := ask(t, c, "SCRIPT", "LOAD", "return redis.call('get', 'x')").Text
		ask(t, watcher, "MONITOR")
		for _, call := range [][]string{{"EVAL", "return redis.call('get', 'x')", "0"}, {"EVALSHA", sha, "0"}, {"EVAL_RO", "return redis.call('get', 'x')", "0"}, {"FCALL", "f", "0"}} {
			ask(t, c, call...)
			for _, want := range []string{`"` + call[0] + `"`, `lua] "get" "x"`} {
				if v, err := watcher.Read(); err != nil || !strings.Contains(v.Text, want) {
					t.Errorf("%v: %v, %v, want %s", call, v, err, want)
				}
			}
		}
	})
}

// TestScriptsOfALog starts servers with a log that has scripts as they were called, which
// Redis wrote until its version 5: they have run, so no state of the server refuses them or
// what they call, be it a replica of a master that is not there.
func TestScriptsOfALog(t *testing.T) {
	eachServer(t, func(t *testing.T, start func(dir string, args ...string) *Server) {
		states := []string{"", "--replicaof 127.0.0.1 1"}
		if !strings.HasSuffix(t.Name(), "/redis") { // version 7.0.15 refuses scripts in these, and crashes
			states = append(states, "--replicaof 127.0.0.1 1 --replica-serve-stale-data no", "--min-replicas-to-write 1")
		}
		for _, state := range states {
			dir := t.TempDir()
			if err := os.Mkdir(dir+"/appendonlydir", 0o755); err != nil {
				t.Fatal(err)
			}
			var log []byte
			for _, args := range [][]string{
				{"SELECT", "0"},
				{"FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function(keys) return redis.call('INCR', keys[1]) end)"},
				{"EVAL", "redis.call('SET', KEYS[1], '100')", "1", "k"},
				{"EVAL", "#!lua\nredis.call('INCR', KEYS[1])", "1", "k"},
				{"FCALL", "f", "1", "k"},
				{"MULTI"}, {"EVAL", "return redis.call('INCR', KEYS[1])", "1", "k"}, {"EXEC"},
			} {
				log = resp.AppendCommand(log, args)
			}
			for name, text := range map[string]string{
				"appendonly.aof.1.incr.aof": string(log), "appendonly.aof.manifest": "file appendonly.aof.1.incr.aof seq 1 type i\n",
			} {
				if err := os.WriteFile(dir+"/appendonlydir/"+name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			s := start(dir, append(strings.Fields(state), "--appendonly", "yes")...)
			c := dial(t, s.Addr)
			ask(t, c, "CONFIG", "SET", "replica-serve-stale-data", "yes")
			if v := ask(t, c, "GET", "k"); v.Text != "103" {
				t.Errorf("%q: %v, want 103", state, v)
			}
			s.Stop()
		}
	})
}
