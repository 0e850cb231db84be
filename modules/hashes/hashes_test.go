package hashes

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What every writing command tells and how it is repeated. The time is
// 1700000000000; "as it is" stands for the command as it was given.
func TestEventsAndFeed(t *testing.T) {
	const asItIs = "as it is"
	for _, test := range []struct {
		given  string // run before, separated by "; "
		do     string
		reply  string
		events string
		fed    string
		dirty  int64
	}{
		{"", "HSET h a 1 b 2", ":2", "hset h", asItIs, 2},
		{"", "HMSET h a 1 b 2", "+OK", "hset h", asItIs, 2},
		{"", "HSETNX h a 1", ":1", "hset h", asItIs, 1},
		{"HSET h a 1", "HSETNX h a 2", ":0", "", "", 0},
		{"HSET h a 1 b 2 c 3", "HDEL h a b x", ":2", "hdel h", asItIs, 2},
		{"HSET h a 1", "HDEL h a", ":1", "hdel h, del h", asItIs, 1},
		{"HSET h a 1", "HDEL h x", ":0", "", "", 0},
		{"", "HINCRBY h a 5", ":5", "hincrby h", asItIs, 1},
		{"", "HINCRBYFLOAT h a 0.5", "$3 0.5", "hincrbyfloat h", "HSET h a 0.5", 1},
		{"HSETEX h PXAT 1700000001000 FIELDS 1 a 1", "HINCRBYFLOAT h a 0.5", "$3 1.5", "hincrbyfloat h",
			"HSET h a 1.5, HPEXPIREAT h 1700000001000 FIELDS 1 a", 1},

		{"HSET h a 1 b 2", "HEXPIRE h 10 FIELDS 3 a x b", "*3 :1 :-2 :1", "hexpire h",
			"HPEXPIREAT h 1700000010000 FIELDS 2 a b", 2},
		{"HSET h a 1 b 2", "HPEXPIREAT h 1700000010000 NX FIELDS 1 a", "*1 :1", "hexpire h",
			"HPEXPIREAT h 1700000010000 FIELDS 1 a", 1},
		{"HSET h a 1 b 2", "HEXPIRE h 10 GT FIELDS 1 a", "*1 :0", "", "", 0},
		{"HSET h a 1 b 2 c 3", "HPEXPIRE h 0 FIELDS 2 a b", "*2 :2 :2", "hdel h", "HDEL h a, HDEL h b", 2},
		{"HSET h a 1", "HEXPIREAT h 5 FIELDS 1 a", "*1 :2", "hdel h, del h", "HDEL h a", 1},
		{"HSETEX h EX 10 FIELDS 1 a 1", "HPERSIST h FIELDS 1 a", "*1 :1", "hpersist h", asItIs, 1},
		{"HSET h a 1", "HPERSIST h FIELDS 1 a", "*1 :-1", "", "", 0},

		{"HSET h a 1 b 2", "HGETDEL h FIELDS 2 a x", "*2 $1 1 $-1", "hdel h", "HDEL h a", 1},
		{"HSET h a 1", "HGETDEL h FIELDS 1 a", "*1 $1 1", "hdel h, del h", "HDEL h a", 1},
		{"HSET h a 1", "HGETDEL h FIELDS 1 x", "*1 $-1", "", "", 0},
		{"HSET h a 1", "HGETEX h FIELDS 1 a", "*1 $1 1", "", "", 0},
		{"HSET h a 1", "HGETEX h EX 10 FIELDS 2 a x", "*2 $1 1 $-1", "hexpire h", "HPEXPIREAT h 1700000010000 FIELDS 1 a", 1},
		{"HSET h a 1", "HGETEX h PX 0 FIELDS 1 a", "*1 $1 1", "hdel h, del h", "HDEL h a", 1},
		{"HSETEX h EX 10 FIELDS 1 a 1", "HGETEX h PERSIST FIELDS 1 a", "*1 $1 1", "hpersist h", "HPERSIST h FIELDS 1 a", 1},
		{"", "HSETEX h FIELDS 1 a 1", ":1", "hset h", "HSET h a 1", 1},
		{"", "HSETEX h FNX EX 10 FIELDS 2 a 1 b 2", ":1", "hset h, hexpire h",
			"HSETEX h PXAT 1700000010000 FIELDS 2 a 1 b 2", 2},
		{"", "HSETEX h FXX EX 10 FIELDS 1 a 1", ":0", "", "", 0},
		{"HSET h a 1", "HSETEX h EXAT 5 FIELDS 1 a 2", ":1", "hdel h, del h", "HDEL h a", 1},
	} {
		r := newRig(t)
		for given := range strings.SplitSeq(test.given, "; ") {
			if given != "" {
				r.Do("%s", given)
			}
		}
		reply := r.Do("%s", test.do)
		fed := test.fed
		if fed == asItIs {
			fed = test.do
		}
		if reply != test.reply {
			t.Errorf("%s: %s, want %s", test.do, reply, test.reply)
		}
		if got := strings.Join(r.Events, ", "); got != test.events {
			t.Errorf("%s: told %q, want %q", test.do, got, test.events)
		}
		if got := strings.Join(r.Fed, ", "); got != fed {
			t.Errorf("%s: fed %q, want %q", test.do, got, fed)
		}
		if r.Ctx.Dirty != test.dirty {
			t.Errorf("%s: %d changes, want %d", test.do, r.Ctx.Dirty, test.dirty)
		}
	}
}

// A field whose time is past is gone for readers at once, and removed by the
// change that meets it, which tells of it first.
func TestExpiredField(t *testing.T) {
	for _, test := range []struct{ do, reply, events, fed string }{
		{"HGET h a", "$-1", "", ""},
		{"HEXISTS h a", ":0", "", ""},
		{"HSTRLEN h a", ":0", "", ""},
		{"HMGET h a b", "*2 $-1 $1 2", "", ""},
		{"HLEN h", ":1", "", ""},
		{"HGETALL h", "*2 $1 b $1 2", "", ""},
		{"HKEYS h", "*1 $1 b", "", ""},
		{"HVALS h", "*1 $1 2", "", ""},
		{"HRANDFIELD h", "$1 b", "", ""},
		{"HRANDFIELD h 5 WITHVALUES", "*2 $1 b $1 2", "", ""},
		{"HRANDFIELD h -2", "*2 $1 b $1 b", "", ""},
		{"HSCAN h 0 COUNT 100", "*2 $1 0 *2 $1 b $1 2", "", ""},
		{"HTTL h FIELDS 2 a b", "*2 :-2 :-1", "", ""},
		{"HGETEX h EX 5 FIELDS 1 a", "*1 $-1", "", ""},
		{"HSET h a 5", ":1", "+hexpired h false, hset h", "+HDEL h a, HSET h a 5"},
		{"HSETNX h a 5", ":1", "+hexpired h false, hset h", "+HDEL h a, HSETNX h a 5"},
		{"HINCRBY h a 5", ":5", "+hexpired h false, hincrby h", "+HDEL h a, HINCRBY h a 5"},
		{"HDEL h a", ":0", "+hexpired h false", "+HDEL h a"},
		{"HGETDEL h FIELDS 1 a", "*1 $-1", "+hexpired h false", "+HDEL h a"},
		{"HSETEX h FNX KEEPTTL FIELDS 1 a 7", ":1", "+hexpired h false, hset h", "+HDEL h a, HSETEX h FNX KEEPTTL FIELDS 1 a 7"},
		{"HPERSIST h FIELDS 1 a", "*1 :-2", "", ""},
		{"HEXPIRE h 10 FIELDS 1 a", "*1 :-2", "", ""},
	} {
		r := newRig(t)
		r.Do("HSET h b 2")
		r.Do("HSETEX h PX 100 FIELDS 1 a 1")
		r.Ctx.Now += 100
		if got := r.Do("HGET h a"); got != "$1 1" {
			t.Fatalf("%s in the millisecond of its expiry", got)
		}
		r.Ctx.Now++
		if got := r.Do("%s", test.do); got != test.reply {
			t.Errorf("%s: %s, want %s", test.do, got, test.reply)
		}
		if got := strings.Join(r.Events, ", "); got != test.events {
			t.Errorf("%s: told %q, want %q", test.do, got, test.events)
		}
		if got := strings.Join(r.Fed, ", "); got != test.fed {
			t.Errorf("%s: fed %q, want %q", test.do, got, test.fed)
		}
	}
}

// Nobody has to look: the sweeper removes what has expired, and the key with it.
func TestSweptFields(t *testing.T) {
	r := newRig(t)
	r.Do("HSETEX h PX 100 FIELDS 2 a 1 b 2")
	r.Do("HSETEX keep PX 100 FIELDS 1 a 1")
	r.Do("HSET keep b 2")
	r.Ctx.Now += 101
	r.Fed, r.Events = nil, nil
	for sh := range keyspace.Shards {
		for r.Keyspace.Sweep(sh, r.Ctx.Now, 64, true) {
		}
	}
	all := strings.Join(append(r.Fed, r.Events...), ", ")
	for _, want := range []string{"+HDEL h a", "+HDEL h b", "+HDEL keep a", "+hexpired h true", "+hexpired keep false"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
	if n := r.Keyspace.DB(0).Len(); n != 1 || r.Do("HGETALL keep") != "*2 $1 b $1 2" {
		t.Errorf("%d keys are left", n)
	}
	if n := r.Keyspace.Stats().ExpiredMembers; n != 3 {
		t.Errorf("%d fields were counted", n)
	}
}

// HRANDFIELD with a count: different fields, each with nearly the same chance,
// in both forms and by both ways of choosing.
func TestRandomFields(t *testing.T) {
	for _, size := range []int{20, 2000} {
		r := newRig(t)
		for i := range size {
			r.Do("HSET h f%d v%d", i, i)
		}
		for _, count := range []int{1, 5, size / 2, size - 1, size, size + 7} {
			words := strings.Fields(r.Do("HRANDFIELD h %d", count))
			seen := map[string]bool{}
			for i := 2; i < len(words); i += 2 {
				seen[words[i]] = true
			}
			if want := min(count, size); len(seen) != want || len(words) != 1+2*want {
				t.Errorf("%d of %d: %d different fields in %d words", count, size, len(seen), len(words))
			}
		}
	}
	r := newRig(t)
	r.Do("HSET h a 1 b 2 c 3 d 4")
	times := map[string]int{}
	for range 4000 {
		words := strings.Fields(r.Do("HRANDFIELD h 2"))
		times[words[2]]++
		times[words[4]]++
	}
	for field, n := range times {
		if n < 1800 || n > 2200 { // six standard deviations
			t.Errorf("%s came %d times of 2000", field, n)
		}
	}
	if got := r.Do("HRANDFIELD h -9000000000000000000"); got != "-ERR value is out of range" {
		t.Errorf("more than anybody has memory for: %s", got)
	}
}
