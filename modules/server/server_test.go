package server_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/server"
)

func TestDebugIsGuarded(t *testing.T) {
	called := 0
	more := coretest.Module(func(r *core.Registry) {
		r.Debug(core.DebugCommand{Name: "CALL", Args: "<x>", Arity: 3, Help: "Counts.\nThe calls.", Run: func(c *core.Ctx) error {
			called++
			c.OK()
			return nil
		}})
	})
	for setting, allowed := range map[string]bool{"no": false, "yes": true, "local": true} {
		called = 0
		c := start(t, []string{"--enable-debug-command", setting}, more)
		reply := c.do("DEBUG call x")
		if (called == 1) != allowed || strings.HasPrefix(reply, "-ERR DEBUG command not allowed.") == allowed {
			t.Errorf("enable-debug-command %s: %q, called %d times", setting, reply, called)
		}
	}
	c := start(t, []string{"--enable-debug-command", "yes"}, more)
	c.want("DEBUG CALL", "-ERR unknown subcommand or wrong number of arguments for 'CALL'. Try DEBUG HELP.")
	c.want("DEBUG nosuch", "-ERR unknown subcommand or wrong number of arguments for 'nosuch'. Try DEBUG HELP.")
	if help := c.do("DEBUG HELP"); !strings.Contains(help, " +CALL <x> +    Counts. +    The calls. ") {
		t.Errorf("DEBUG HELP: %s", help)
	}
}

func TestDebugProtocol(t *testing.T) {
	c := start(t, []string{"--enable-debug-command", "yes"}, coretest.Module(func(r *core.Registry) {
		r.Commands(core.Command{Name: "resp3", Arity: 1, Run: func(c *core.Ctx) error {
			c.Session.Proto = 3
			c.OK()
			return nil
		}})
	}))
	c.want("DEBUG PROTOCOL push", "-ERR RESP2 is not supported by this command")
	c.want("DEBUG PROTOCOL map", "*6 :0 :0 :1 :1 :2 :0")
	c.want("RESP3", "+OK")
	for kind, want := range map[string]string{
		"string": "Hello World", "integer": ":12345", "double": ",3.141", "null": "_",
		"array": "*3 :0 :1 :2", "set": "~3 :0 :1 :2", "map": "%3 :0 #f :1 #t :2 #f",
		"attrib":   "|1 key-popularity *2 key:123 :90 Some real reply following the attribute",
		"push":     "Some real reply following the push reply >2 server-cpu-usage :42",
		"verbatim": "=29 txt:This is a verbatim\nstring", "TRUE": "#t", "False": "#f",
		"bignum": "(1234567999999999999999999999999999999",
	} {
		c.want("DEBUG PROTOCOL "+kind, want)
	}
	if reply := c.do("DEBUG PROTOCOL nosuch"); !strings.HasPrefix(reply, "-ERR Wrong protocol type name.") {
		t.Error(reply)
	}
}

func TestDebugPopulate(t *testing.T) {
	c := start(t, []string{"--enable-debug-command", "yes"}, coretest.Module(func(r *core.Registry) {
		r.Commands(core.Command{
			Name: "show", Arity: 2, Keys: []core.KeySpec{core.KeyAt(1, core.KeyRO)},
			Run: func(c *core.Ctx) error {
				e := c.Find(c.Args[1])
				if !e.OK() {
					return core.ErrNoSuchKey
				}
				c.Bulk(e.Text(nil))
				return nil
			},
		})
	}))
	c.want("DEBUG POPULATE 2", "+OK")
	c.want("SHOW key:1", "value:1")
	c.want("SHOW key:2", "-ERR no such key")
	c.want("DEBUG POPULATE 3 key 4", "+OK") // leaves alone what is there
	c.want("SHOW key:1", "value:1")
	c.want("SHOW key:2", "valu")
	c.want("DEBUG POPULATE 1 long 10", "+OK")
	c.want("SHOW long:0", "value:0\x00\x00\x00")
	c.want("DEBUG POPULATE -1", "-ERR value is out of range, must be positive")
	c.want("DEBUG POPULATE 1 x y", "-ERR value is out of range, must be positive")
}

// TestRewriteAll: DEBUG CONFIG-REWRITE-FORCE-ALL writes what has its default, too, and a server reads all of it.
func TestRewriteAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redis.conf")
	if err := os.WriteFile(path, []byte("enable-debug-command yes\nmaxmemory 5mb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	from := func(file string) *client {
		return &client{coretest.Start(t, coretest.Options{Modules: []core.Module{server.New()}, File: file, Pipes: 1}).Pipe(0)}
	}
	c := from(path)
	c.want("CONFIG REWRITE", "+OK")
	if text, _ := os.ReadFile(path); strings.Contains(string(text), "\ntimeout ") {
		t.Fatalf("CONFIG REWRITE has written everything:\n%s", text)
	}
	c.want("DEBUG CONFIG-REWRITE-FORCE-ALL", "+OK")
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "\ntimeout 0\n") {
		t.Errorf("not everything is in the file:\n%s", text)
	}
	from(path).want("CONFIG GET maxmemory timeout", "*4 timeout 0 maxmemory 5242880")
	from("").want("DEBUG CONFIG-REWRITE-FORCE-ALL", "-ERR CONFIG-REWRITE-FORCE-ALL failed: The server is running without a config file")
}

func TestConfig(t *testing.T) {
	c := start(t, nil)
	c.want("CONFIG SET maxmemory 1mb timeout", "-ERR syntax error")
	c.want("CONFIG SET maxmemory 1mb timeout x", "-ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer")
	c.want("CONFIG GET maxmemory", "*2 maxmemory 0")
	c.want("CONFIG SET maxmemory 1mb timeout 7", "+OK")
	c.want("CONFIG GET MaxMemory timeout nosuch", "*4 timeout 7 MaxMemory 1048576")
	c.want("CONFIG REWRITE", "-ERR The server is running without a config file")
	c.want("CONFIG RESETSTAT", "+OK")
}

func TestShutdownSyntax(t *testing.T) {
	c := start(t, nil)
	for _, args := range []string{"x", "SAVE NOSAVE", "ABORT NOW", "NOSAVE ABORT", "FORCE x"} {
		c.want("SHUTDOWN "+args, "-ERR syntax error")
	}
	c.want("SHUTDOWN ABORT", "-ERR No shutdown in progress.")
}

func TestLolwut(t *testing.T) {
	c := start(t, nil)
	signature := regexp.MustCompile(`ferrous ver\. \S+ \(Redis ver\. \d+\.\d+\.\d+\)$`)
	for _, args := range []string{"", "VERSION", "VERSION 5", "VERSION 1 10 2 3", "something"} {
		if reply := c.do("LOLWUT " + args); !signature.MatchString(reply) {
			t.Errorf("LOLWUT %s: %q", args, reply)
		}
	}
	first := c.do("LOLWUT VERSION 1 20 5 42")
	if again := c.do("LOLWUT VERSION 1 20 5 42"); again != first {
		t.Error("the same seed gave another picture")
	}
	c.want("LOLWUT VERSION x", "-ERR value is not an integer or out of range")
	c.want("LOLWUT VERSION 1 x", "-ERR value is not an integer or out of range")
	if n := len(c.do("LOLWUT VERSION 1 1000000000 1000000000 1")); n > 4*160*60+1000 {
		t.Errorf("a picture of %d bytes", n)
	}
}

// Inside a transaction time stands still.
func TestTime(t *testing.T) {
	c := start(t, nil, coretest.Module(func(r *core.Registry) {
		r.Commands(core.Command{Name: "frozen", Arity: 1, Run: func(c *core.Ctx) error {
			c.Now = 1700000000123
			c.Call(c.Server.Registry().Find("time"), [][]byte{[]byte("TIME")}, core.InScript)
			return nil
		}})
	}))
	c.want("FROZEN", "*2 1700000000 123000")
	if reply := c.do("TIME"); !regexp.MustCompile(`^\*2 \d{10} \d{1,6}$`).MatchString(reply) {
		t.Error(reply)
	}
}
