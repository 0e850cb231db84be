package streams

import (
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/stream"
)

// What every command feeds, which events it publishes and how many changes it counts. The time is that of the rig.
func TestEffects(t *testing.T) {
	const claim = " TIME 1700000000000 RETRYCOUNT 1 FORCE JUSTID LASTID "
	r := newRig(t)
	defer r.End()
	r.blocks(3)
	for _, step := range []struct {
		command, fed string
		dirty        int64
		events       []string
	}{
		{"XADD s 1-1 f v", "XADD s 1-1 f v", 1, []string{"xadd s"}},
		{"XADD s 1-* f v", "XADD s 1-2 f v", 1, []string{"xadd s"}},
		{"XADD s NOMKSTREAM 2-1 f v", "XADD s NOMKSTREAM 2-1 f v", 1, []string{"xadd s"}},
		{"XADD no NOMKSTREAM * f v", "", 0, nil},
		{"XADD s MAXLEN ~ 1 LIMIT 5 3-* f v", "XADD s MAXLEN = 1 3-0 f v", 1, []string{"xadd s", "xtrim s"}},
		{"XADD s MAXLEN ~ 1 LIMIT 5 4 f v", "XADD s MAXLEN = 2 4 f v", 1, []string{"xadd s"}},
		{"XADD s MINID ~ 4 5 f v", "XADD s MINID = 3-0 5 f v", 1, []string{"xadd s"}},
		{"XADD s MINID 4 * f v", "XADD s MINID 4 1700000000000-0 f v", 1, []string{"xadd s", "xtrim s"}},
		{"XADD s * f v", "XADD s 1700000000000-1 f v", 1, []string{"xadd s"}},
		{"XTRIM s MAXLEN 100", "", 0, nil},
		{"XTRIM s MAXLEN ~ 1", "XTRIM s MAXLEN = 2", 2, []string{"xtrim s"}},
		{"XTRIM s MAXLEN 1", "XTRIM s MAXLEN 1", 1, []string{"xtrim s"}},
		{"XDEL s 1-1", "", 0, nil},
		{"XDEL s 1700000000000-1 1-1", "XDEL s 1700000000000-1 1-1", 1, []string{"xdel s"}},
		{"XSETID s 1700000000000-1 ENTRIESADDED 4", "XSETID s 1700000000000-1 ENTRIESADDED 4", 1, []string{"xsetid s"}},

		{"DELETE s", "", 0, nil},
		{"XGROUP CREATE s g 0 MKSTREAM", "XGROUP CREATE s g 0 MKSTREAM", 1, []string{"xgroup-create s"}},
		{"XADD s 1-1 f v", "XADD s 1-1 f v", 1, []string{"xadd s"}},
		{"XADD s 2-1 f v", "XADD s 2-1 f v", 1, []string{"xadd s"}},
		{"XADD s 3-1 f v", "XADD s 3-1 f v", 1, []string{"xadd s"}},
		{"XADD s 4-1 f v", "XADD s 4-1 f v", 1, []string{"xadd s"}},
		{"XREADGROUP GROUP g c COUNT 1 STREAMS s >", "XGROUP CREATECONSUMER s g c; XCLAIM s g c 0 1-1" + claim + "1-1; " +
			"XGROUP SETID s g 1-1 ENTRIESREAD 1", 2, []string{"xgroup-createconsumer s"}},
		{"XREADGROUP GROUP g c COUNT 2 STREAMS s >", "XCLAIM s g c 0 2-1 3-1" + claim + "3-1; XGROUP SETID s g 3-1 ENTRIESREAD 3", 1, nil},
		{"XREADGROUP GROUP g c NOACK STREAMS s >", "XGROUP SETID s g 4-1 ENTRIESREAD 4", 1, nil},
		{"XREADGROUP GROUP g c STREAMS s 0", "", 0, nil},
		{"XREADGROUP GROUP g new STREAMS s >", "XGROUP CREATECONSUMER s g new", 1, []string{"xgroup-createconsumer s"}},
		{"XACK s g 1-1 1-1", "XACK s g 1-1 1-1", 1, nil},
		{"XACK s g 1-1", "", 0, nil},
		{"XCLAIM s g d 0 2-1 TIME 1600000000000", "XCLAIM s g d 0 2-1 TIME 1600000000000 RETRYCOUNT 3 FORCE JUSTID LASTID 4-1", 2, []string{"xgroup-createconsumer s"}},
		{"XCLAIM s g e 0 9-9", "XGROUP CREATECONSUMER s g e", 1, []string{"xgroup-createconsumer s"}},
		{"XCLAIM s g e 0 9-9 LASTID 5-5", "XGROUP SETID s g 5-5 ENTRIESREAD 4", 1, nil},
		{"XAUTOCLAIM s g c 1000 0 JUSTID", "XCLAIM s g c 0 2-1 TIME 1700000000000 RETRYCOUNT 3 FORCE JUSTID LASTID 5-5", 1, nil},
		{"XAUTOCLAIM s g c 1000 0", "", 0, nil},
		{"XDEL s 2-1", "XDEL s 2-1", 1, []string{"xdel s"}},
		{"XAUTOCLAIM s g e 1000 0", "XCLAIM s g c 0 2-1 TIME 1700000000000 RETRYCOUNT 3 FORCE JUSTID LASTID 5-5", 1, nil},
		{"XPENDING s g", "", 0, nil},
		{"XGROUP SETID s g 1", "XGROUP SETID s g 1", 1, []string{"xgroup-setid s"}},
		{"XGROUP CREATECONSUMER s g e", "", 0, nil},
		{"XGROUP DELCONSUMER s g e", "XGROUP DELCONSUMER s g e", 1, []string{"xgroup-delconsumer s"}},
		{"XGROUP DELCONSUMER s g e", "", 0, nil},
		{"XACKDEL s g IDS 1 3-1", "XACKDEL s g IDS 1 3-1", 1, []string{"xdel s"}},
		{"XACKDEL s g IDS 1 3-1", "", 0, nil},
		{"XDELEX s DELREF IDS 2 1-1 9-9", "XDELEX s DELREF IDS 2 1-1 9-9", 1, []string{"xdel s"}},
		{"XDELEX s IDS 1 1-1", "", 0, nil},
		{"XGROUP DESTROY s g", "XGROUP DESTROY s g", 1, []string{"xgroup-destroy s"}},
		{"XGROUP DESTROY s g", "", 0, nil},
		{"XREAD STREAMS s 0", "", 0, nil},
	} {
		if key, ok := strings.CutPrefix(step.command, "DELETE "); ok {
			r.Ctx.DB.Find([]byte(key), r.Ctx.Now, 0).Delete()
			continue
		}
		if reply := r.Do("%s", step.command); reply[0] == '-' {
			t.Errorf("%s: %s", step.command, reply)
		}
		r.Fed = slices.DeleteFunc(r.Fed, isMark)
		r.WantFed(step.command, step.fed, step.events...)
		if r.Ctx.Dirty != step.dirty {
			t.Errorf("%s: %d changes, not %d", step.command, r.Ctx.Dirty, step.dirty)
		}
	}
}

// isMark reports whether something fed is the beginning or the end of a unit.
func isMark(fed string) bool { return fed == "" }

// Consumers of one group that wait for new entries are alike, so that all but the first cost an entry nothing. Those
// of whom not the same holds are not.
func TestWhoIsAlike(t *testing.T) {
	r := newRig(t)
	defer r.End()
	for _, key := range []string{"s", "other"} {
		for _, group := range []string{"g", "h"} {
			r.Do("XGROUP CREATE %s %s $ MKSTREAM", key, group)
		}
	}
	alike := func(command string) any {
		if got := r.Do("%s", command); got != "blocked" {
			t.Fatalf("%s: %s", command, got)
		}
		return r.Ctx.Waiting.Alike
	}
	g := alike("XREADGROUP GROUP g c BLOCK 0 STREAMS s >")
	for _, c := range []struct {
		command string
		alike   bool
	}{
		{"XREADGROUP GROUP g other BLOCK 100000 COUNT 1 STREAMS s other > >", true},
		{"XREADGROUP GROUP h c BLOCK 0 STREAMS s >", false},
		{"XREADGROUP GROUP g c BLOCK 0 CLAIM 1000 STREAMS s >", false},
		{"XREAD BLOCK 0 STREAMS s $", false},
	} {
		if got := alike(c.command); (got == g) != c.alike || g == nil {
			t.Errorf("%s: %v, and %v", c.command, got, g)
		}
	}
}

// A client that waits is served with what it would have got, and its wait ends when its group has gone.
func TestServedWaiters(t *testing.T) {
	for _, c := range []struct{ wait, change, key, reply string }{
		{"XREAD BLOCK 0 STREAMS s $", "XADD s 2-1 f v", "s", "*1 *2 $1 s *1 *2 $3 2-1 *2 $1 f $1 v"},
		{"XREAD BLOCK 0 STREAMS new s 0 $", "XADD new 2-1 f v", "new", "*1 *2 $3 new *1 *2 $3 2-1 *2 $1 f $1 v"},
		{"XREAD BLOCK 0 STREAMS s 7", "XADD s 7 f v", "s", ""},
		{"XREAD BLOCK 0 STREAMS s new $ 0", "SET new", "new", ""},
		{"XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XADD s 2-1 f v", "s", "*1 *2 $1 s *1 *2 $3 2-1 *2 $1 f $1 v"},
		{"XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XGROUP CREATECONSUMER s g x", "s", ""},
		{"XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XGROUP DESTROY s g", "s",
			"-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"},
		{"XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "DEL s", "s",
			"-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"},
		{"XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "SET s", "s", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
	} {
		r := newRig(t)
		r.Do("XADD s 1-1 f v")
		r.Do("XGROUP CREATE s g $")
		if got := r.Do("%s", c.wait); got != "blocked" {
			t.Fatalf("%s: %s", c.wait, got)
		}
		w, args, cmd := *r.Ctx.Waiting, r.Ctx.Args, r.Ctx.Cmd
		switch word, key, _ := strings.Cut(c.change, " "); word {
		case "DEL":
			r.Ctx.DB.Find([]byte(key), r.Ctx.Now, 0).Delete()
		case "SET":
			r.Ctx.SetString([]byte(key), []byte("text"), 0)
		default:
			r.Do("%s", c.change)
		}
		r.Ctx.Reset(cmd, args)
		if served := r.retry(w, c.key); served != (c.reply != "") || r.Reply() != c.reply {
			t.Errorf("%s, then %s: served %v with %q, not %q", c.wait, c.change, served, r.Reply(), c.reply)
		}
		r.End()
	}
}

// What is fed, played to another server, makes the same stream; and so does what a rewrite of the log emits.
func TestRepeated(t *testing.T) {
	for _, entries := range []int64{2, 100} {
		r, replica := newRig(t), newRig(t)
		r.blocks(entries)
		replica.blocks(entries)
		for _, command := range strings.Split(strings.TrimSpace(history), "\n") {
			if got := r.Do("%s", command); got[0] == '-' {
				t.Fatalf("%s: %s", command, got)
			}
			for _, fed := range slices.DeleteFunc(r.Fed, isMark) {
				if got := replica.Do("%s", fed); got[0] == '-' {
					t.Fatalf("%s: %s", fed, got)
				}
			}
			same(t, command, r, replica)
			rewritten := newRig(t)
			rewritten.blocks(entries)
			v := r.Ctx.DB.Find([]byte("s"), r.Ctx.Now, 0).Value()
			if err := stream.Rewrite([]byte("s"), v, func(args ...[]byte) error {
				words := make([]string, len(args))
				for i, a := range args {
					words[i] = string(a)
				}
				if got := rewritten.Do("%s", strings.Join(words, " ")); got[0] == '-' {
					t.Fatalf("%s: %s", words, got)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			same(t, "rewritten after "+command, r, rewritten)
			rewritten.End()
		}
		r.End()
		replica.End()
	}
}

// same compares all that can be asked for. When consumers were last seen, and served, is told to nobody.
func same(t *testing.T, after string, a, b *rig) {
	t.Helper()
	for _, question := range []string{"XRANGE s - +", "XINFO GROUPS s", "XPENDING s g - + 1000", "XPENDING s h - + 1000", "XPENDING s g", "XINFO STREAM s FULL COUNT 0"} {
		x, y := told(a.Do("%s", question)), told(b.Do("%s", question))
		if x != y {
			t.Fatalf("%s, %s:\n%s\nnot\n%s", after, question, y, x)
		}
	}
}

// told is a reply without what differs: times of consumers, and how many blocks there are.
func told(reply string) string {
	words := strings.Fields(reply)
	for i, w := range words {
		if w == "seen-time" || w == "active-time" || w == "radix-tree-keys" || w == "radix-tree-nodes" {
			words[i+1] = "?"
		}
	}
	return strings.Join(words, " ")
}

const history = `
XGROUP CREATE s g 0 MKSTREAM
XGROUP CREATE s h $ ENTRIESREAD 0
XGROUP CREATECONSUMER s h idle
XADD s 1-1 f v
XADD s 2-1 f v g 5
XADD s 3-1 f v
XADD s 4-1 other -17
XADD s 5-1 f v
XREADGROUP GROUP g a COUNT 2 STREAMS s >
XREADGROUP GROUP g b COUNT 2 STREAMS s >
XREADGROUP GROUP h b NOACK COUNT 2 STREAMS s >
XREADGROUP GROUP h c COUNT 5 STREAMS s >
XACK s g 1-1
XCLAIM s g c 0 2-1 3-1 TIME 1600000000000 RETRYCOUNT 5
XCLAIM s g b 0 3-1 TIME 1650000000000 JUSTID
XDEL s 3-1
XCLAIM s g b 0 5-1 FORCE JUSTID
XDEL s 4-1
XAUTOCLAIM s g a 1 2-1 COUNT 1
XADD s MAXLEN ~ 2 6-1 f v
XREADGROUP GROUP g a STREAMS s >
XREADGROUP GROUP h a STREAMS s >
XTRIM s MAXLEN 1
XGROUP DELCONSUMER s h c
XADD s 7-1 f v
XADD s 8-1 f v
XREADGROUP GROUP h a STREAMS s >
XTRIM s MINID 7-1 DELREF
XACKDEL s h DELREF IDS 1 7-1
XSETID s 9-1 ENTRIESADDED 20 MAXDELETEDID 8-5
XTRIM s MAXLEN 0
XGROUP DESTROY s h
XGROUP SETID s g $
`

// TestGroupsAreCounted: groups and consumers, which are on the Go heap, are used memory,
// and no more when they are gone (which the rig's end looks at).
func TestGroupsAreCounted(t *testing.T) {
	r := newRig(t)
	defer r.End()
	r.Do("XADD s 1-1 f v")
	memory := func() int64 {
		r.Keyspace.Lock(keyspace.AllShards)
		defer r.Keyspace.Unlock(keyspace.AllShards)
		return r.Keyspace.ExactMemory()
	}
	usage := func() int64 {
		r.Keyspace.Lock(keyspace.AllShards)
		defer r.Keyspace.Unlock(keyspace.AllShards)
		return r.Ctx.DB.Find([]byte("s"), r.Ctx.Now, 0).MemoryUsage()
	}
	before, used := memory(), usage()
	for i := range 300 {
		r.Do("XGROUP CREATE s group:%d 0", i)
		r.Do("XGROUP CREATECONSUMER s group:%d consumer", i)
	}
	if grown, all := usage()-used, memory()-before; grown < 300*200 || all < grown*9/10 {
		t.Errorf("MEMORY USAGE has grown by %d, used memory by %d", grown, all)
	}
	r.Do("XGROUP DELCONSUMER s group:7 consumer")
	for i := range 100 {
		r.Do("XGROUP DESTROY s group:%d", i)
	}
	if grown, all := usage()-used, memory()-before; grown < 200*200 || all > grown*11/10 {
		t.Errorf("with less MEMORY USAGE has grown by %d, used memory by %d", grown, all)
	}
}

// What is claimed a chunk at a time is what is claimed one by one: up to COUNT, with the cursor behind the last, and not what
// was delivered too late in between.
func TestClaimedAsAWhole(t *testing.T) {
	for _, listen := range []bool{false, true} { // who feeds claims one by one
		r := newRig(t)
		const n = 1000
		for i := range n {
			r.Do("XADD s %d-0 f v", i+1)
		}
		r.Listen(listen)
		start := r.Ctx.Now
		r.Do("XGROUP CREATE s g 0")
		r.Do("XREADGROUP GROUP g a COUNT 256 STREAMS s >")
		r.Ctx.Now = start + 900
		r.Do("XREADGROUP GROUP g b COUNT 300 STREAMS s >")
		r.Do("XCLAIM s g young 0 20-0 JUSTID")
		r.Ctx.Now = start + 1000
		claim := func(cursor string, count int) (next string, got int) {
			reply := strings.Fields(r.Do("XAUTOCLAIM s g c 950 %s COUNT %d JUSTID", cursor, count))
			return reply[2], (len(reply) - 5) / 2 // *3 $n cursor *n $n id... *0
		}
		for _, step := range []struct {
			from  string
			count int
			next  string
			got   int
		}{{"0", 10, "11-0", 10}, {"11-0", 245, "257-0", 245}, {"257-0", 100, "0-0", 0}, {"0", 100, "0-0", 0}} {
			if next, got := claim(step.from, step.count); next != step.next || got != step.got {
				t.Errorf("from %s: %d up to %s, not %d up to %s", step.from, got, next, step.got, step.next)
			}
		}
		if got := r.Do("XPENDING s g"); got != "*4 :556 $3 1-0 $5 556-0 *3 *2 $1 b $3 300 *2 $1 c $3 255 *2 $5 young $1 1" {
			t.Error(got)
		}
		r.Do("XREADGROUP GROUP g c COUNT 200 STREAMS s 0")
		for _, c := range []struct{ id, want string }{{"1-0", ":2"}, {"201-0", ":2"}, {"202-0", ":1"}, {"20-0", ":1"}} {
			if got := r.Do("XPENDING s g %s %s 1", c.id, c.id); !strings.HasSuffix(got, c.want) {
				t.Errorf("%s: %s, not %s deliveries", c.id, got, c.want)
			}
		}
		r.End()
	}
}
