package toplist_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// TestHotKeys: with every command looked at, counts are exact, whatever brought a key in.
func TestHotKeys(t *testing.T) {
	s := coretest.Serve(t, modules.Full(), "--toplist-enabled", "yes", "--toplist-sample", "1")
	c := s.Client()
	for range 10 {
		c.Must("SET hot 1")
	}
	c.Must("MGET hot warm warm cold")
	c.Must("MULTI")
	c.Must("GET warm")
	c.Must("EXEC")
	c.Must("EVAL return{redis.call('get','warm')} 0")
	c.Must("SELECT 3")
	c.Must("GET hot")
	c.Must("PING")
	got := c.Must("TOPLIST HOTKEYS COUNT 3")
	for i, want := range []string{"key hot db 0 accesses 11 error 0 ", " key warm db 0 accesses 4 error 0 "} {
		if !strings.Contains(got, want) {
			t.Errorf("%d: no %q in %s", i, want, got)
		}
	}
	if got := c.Must("TOPLIST HOTKEYS"); !strings.Contains(got, "key hot db 3 accesses 1 error 0 ") || !strings.Contains(got, "key cold db 0 accesses 1") {
		t.Errorf("%s", got)
	}
	if got := c.Info("hotkey0"); !strings.HasPrefix(got, `db=0,key="hot",accesses=11,error=0,`) {
		t.Errorf("INFO: %s", got)
	}
	c.Must("TOPLIST RESET")
	c.Want("TOPLIST HOTKEYS", "")
	c.Must("GET later")
	c.Must("CONFIG RESETSTAT")
	c.Want("TOPLIST HOTKEYS", "")
}

// TestManyKeys: of a command with many keys some stand for all, and their sum is right.
func TestManyKeys(t *testing.T) {
	s := coretest.Serve(t, modules.Full(), "--toplist-enabled", "yes", "--toplist-sample", "1")
	c := s.Client()
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, " key:%d", i)
	}
	for range 5 {
		c.Must("MGET%s", many.String())
	}
	if got := c.InfoInt("toplist_accesses"); got != 5000 {
		t.Errorf("%d uses, want 5000", got)
	}
}

// TestSampled: what is told of a sample holds within the error that is told with it.
func TestSampled(t *testing.T) {
	s := coretest.Serve(t, modules.Full(), "--toplist-enabled", "yes", "--toplist-sample", "8", "--toplist-window", "3600")
	c := s.Client()
	const n = 20_000
	for i := range n {
		key := "hot" // half of all
		if i%2 == 1 {
			key = "cold:" + strconv.Itoa(i)
		}
		c.Send("GET %s", key)
		if i%500 == 499 {
			for range 500 {
				c.Reply()
			}
		}
	}
	w := strings.Fields(c.Must("TOPLIST HOTKEYS COUNT 1"))
	if len(w) < 8 || w[1] != "hot" {
		t.Fatalf("%v", w)
	}
	uses, _ := strconv.Atoi(w[5])
	bound, _ := strconv.Atoi(w[7])
	// Two deviations are told; that it is beyond four is no matter of chance.
	if off := uses - n/2; off > 2*bound || -off > 2*bound || bound > n/10 || bound == 0 {
		t.Errorf("%d uses with an error of %d, there were %d", uses, bound, n/2)
	}
}

// TestBigKeys: the largest keys are found whatever their type, measured as they are when
// somebody asks, and are gone with the key.
func TestBigKeys(t *testing.T) {
	s := coretest.Serve(t, modules.Full(), "--toplist-enabled", "yes", "--toplist-size", "4", "--hz", "100")
	c := s.Client()
	for i := range 300 {
		c.Must("SET small:%d x", i)
	}
	c.Must("SELECT 2")
	c.Args("SET", "text", strings.Repeat("x", 100_000))
	c.Must("SELECT 0")
	for _, x := range []struct{ command, key string }{{"RPUSH", "list"}, {"SADD", "set"}} {
		args := []string{x.command, x.key}
		for i := range 600 {
			args = append(args, fmt.Sprint("element:", i))
		}
		c.Args(args...)
	}
	c.Must("HSET hash f v")
	seen := func(command string, want ...string) {
		t.Helper()
		coretest.Eventually(t, command+" finds "+strings.Join(want, ", "), func() bool {
			got := c.Must("%s", command)
			for _, w := range want {
				if !strings.Contains(got, w) {
					return false
				}
			}
			return true
		})
	}
	seen("TOPLIST BIGKEYS COUNT 1", "key text db 2 type string bytes 10")
	seen("TOPLIST BIGKEYS ELEMENTS", "key list db 0 type list bytes ", " elements 600", "key set db 0 type set", "key hash db 0 type hash")
	if got := c.Must("TOPLIST BIGKEYS ELEMENTS"); strings.Contains(got, "string") {
		t.Errorf("a string has no elements: %s", got)
	}
	c.Must("RPUSH list more")
	seen("TOPLIST BIGKEYS ELEMENTS COUNT 1", "elements 601")
	c.Must("DEL list")
	if got := c.Must("TOPLIST BIGKEYS ELEMENTS"); strings.Contains(got, "list") {
		t.Errorf("a key that is gone: %s", got)
	}
	seen("INFO toplist", "toplist_last_walk_keys:303", `bigkey0:db=2,key="text",type=string,bytes=`)
	c.Must("FLUSHALL")
	c.Want("TOPLIST BIGKEYS", "")
}

// TestSwitch: the lists begin and end with the parameter.
func TestSwitch(t *testing.T) {
	s := coretest.Serve(t, modules.Full())
	c := s.Client()
	off := "-ERR the lists are not kept: CONFIG SET toplist-enabled yes"
	c.Want("TOPLIST HOTKEYS", off)
	c.Want("TOPLIST BIGKEYS", off)
	c.WantInfo("toplist_enabled", "0")
	c.Must("CONFIG SET toplist-enabled yes toplist-sample 1")
	c.Must("GET k")
	if got := c.Must("TOPLIST HOTKEYS"); !strings.Contains(got, "key k ") {
		t.Errorf("%s", got)
	}
	c.Must("CONFIG SET toplist-size 1")
	c.Want("TOPLIST HOTKEYS", "")
	c.Must("CONFIG SET toplist-enabled no")
	c.Want("TOPLIST HOTKEYS", off)
	c.Want("TOPLIST RESET", "OK")
	c.Want("TOPLIST HOTKEYS COUNT 0", "-ERR COUNT must be positive")
}

// TestWindow: what was used long ago is forgotten.
func TestWindow(t *testing.T) {
	s := coretest.Serve(t, modules.Full(), "--toplist-enabled", "yes", "--toplist-sample", "1", "--toplist-window", "1", "--hz", "100")
	c := s.Client()
	c.Must("GET k")
	if got := c.Must("TOPLIST HOTKEYS"); !strings.Contains(got, "key k ") {
		t.Errorf("%s", got)
	}
	coretest.Eventually(t, "it is forgotten", func() bool { return c.Do("TOPLIST HOTKEYS") == "" })
}
