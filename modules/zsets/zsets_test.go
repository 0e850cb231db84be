package zsets

import (
	"slices"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

// TestEventsAndFeed: what is told of each change, and in which form it is
// repeated. Replies are the business of the conformance scripts.
func TestEventsAndFeed(t *testing.T) {
	for _, entries := range []int64{128, 0} {
		r := newRig(t)
		defer r.Keyspace.Close()
		r.packed(entries)
		for _, test := range []struct {
			do     string
			events []string
			fed    []string
		}{
			{"ZADD z 1 a 2 b 3 c 4 d", []string{"zadd z"}, []string{"ZADD z 1 a 2 b 3 c 4 d"}},
			{"ZADD z 1 a", nil, nil},
			{"ZADD z NX 5 a", nil, nil},
			{"ZADD missing XX 5 a", nil, nil},
			{"ZADD z CH 1.5 a", []string{"zadd z"}, []string{"ZADD z CH 1.5 a"}},
			{"ZADD z INCR 1 a", []string{"zincr z"}, []string{"ZADD z INCR 1 a"}},
			{"ZADD z INCR 0 a", nil, nil},
			{"ZINCRBY z 1 a", []string{"zincr z"}, []string{"ZINCRBY z 1 a"}},
			{"ZREM z a nobody", []string{"zrem z"}, []string{"ZREM z a nobody"}},
			{"ZREM z nobody", nil, nil},
			{"ZRANGESTORE r z 0 -1", []string{"zrangestore r"}, []string{"ZRANGESTORE r z 0 -1"}},
			{"ZRANGESTORE r z 5 6", []string{"del r"}, []string{"ZRANGESTORE r z 5 6"}},
			{"ZRANGESTORE r z 5 6", nil, nil},
			{"ZUNIONSTORE u 1 z", []string{"zunionstore u"}, []string{"ZUNIONSTORE u 1 z"}},
			{"ZINTERSTORE i 2 z u", []string{"zinterstore i"}, []string{"ZINTERSTORE i 2 z u"}},
			{"ZDIFFSTORE d 1 z", []string{"zdiffstore d"}, []string{"ZDIFFSTORE d 1 z"}},
			{"ZDIFFSTORE d 2 z u", []string{"del d"}, []string{"ZDIFFSTORE d 2 z u"}},
			{"ZUNIONSTORE none 1 missing", nil, nil},
			{"ZREMRANGEBYRANK u 0 0", []string{"zremrangebyrank u"}, []string{"ZREMRANGEBYRANK u 0 0"}},
			{"ZREMRANGEBYRANK u 5 9", nil, nil},
			{"ZREMRANGEBYSCORE u 3 3", []string{"zremrangebyscore u"}, []string{"ZREMRANGEBYSCORE u 3 3"}},
			{"ZREMRANGEBYLEX u - +", []string{"zremrangebylex u", "del u"}, []string{"ZREMRANGEBYLEX u - +"}},
			{"ZPOPMIN z", []string{"zpopmin z"}, []string{"ZPOPMIN z"}},
			{"ZPOPMAX z 0", nil, nil},
			{"ZPOPMAX z 5", []string{"zpopmax z", "del z"}, []string{"ZPOPMAX z 5"}},
			{"ZMPOP 2 none i MAX COUNT 2", []string{"zpopmax i"}, []string{"ZPOPMAX i 2"}},
			{"ZMPOP 2 none i MIN COUNT 9", []string{"zpopmin i", "del i"}, []string{"ZPOPMIN i 1"}},
			{"ZADD b 1 a 2 b 3 c 4 d", []string{"zadd b"}, []string{"ZADD b 1 a 2 b 3 c 4 d"}},
			{"BZPOPMIN none b 0", []string{"zpopmin b"}, []string{"ZPOPMIN b"}},
			{"BZPOPMAX b none 0", []string{"zpopmax b"}, []string{"ZPOPMAX b"}},
			{"BZMPOP 0 1 b MIN COUNT 5", []string{"zpopmin b", "del b"}, []string{"ZPOPMIN b 2"}},
		} {
			reply := r.Do("%s", test.do)
			if reply[0] == '-' {
				t.Errorf("%s: %s", test.do, reply)
			}
			if !slices.Equal(r.Events, test.events) || !slices.Equal(r.Fed, test.fed) {
				t.Errorf("%s (at most %d packed): told %q, fed %q", test.do, entries, r.Events, r.Fed)
			}
		}
	}
}

// TestWaiting: who is served, and what is repeated then.
func TestWaiting(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	wait := func(command string) core.Wait {
		if reply := r.Do("%s", command); reply != "blocked" {
			t.Fatalf("%s: %s", command, reply)
		}
		return *r.Ctx.Waiting
	}
	w := wait("BZMPOP 1.5 2 x y MAX COUNT 2")
	if w.Deadline != r.Ctx.Now+1500 || len(w.Keys) != 2 || string(w.Keys[1]) != "y" {
		t.Error("waits for", w.Keys, "until", w.Deadline)
	}
	if r.retry(w, "x") {
		t.Error("served though there is nothing")
	}
	w = wait("BZPOPMIN x y 0")
	args := r.Ctx.Args
	r.Do("ZADD y 1 a 2 b")
	r.Do("ZADD x 5 c") // of two keys that are ready the first is served
	r.Ctx.Args = args
	if !r.retry(w, "y") || r.Reply() != "*3 $1 x $1 c $1 5" {
		t.Error("served:", r.Reply())
	}
	if !slices.Equal(r.Fed, []string{"ZPOPMIN x"}) || !slices.Equal(r.Events, []string{"zpopmin x", "del x"}) {
		t.Error("fed", r.Fed, "told", r.Events)
	}
	if !r.retry(w, "y") || r.Reply() != "*3 $1 y $1 a $1 1" {
		t.Error("served:", r.Reply())
	}
	r.Do("ZPOPMIN y")
	w = wait("BZPOPMIN y 0")
	r.Ctx.DB.PutInt(r.Keyspace.Hash([]byte("y")), []byte("y"), 1, 0, r.Ctx.Now)
	if r.retry(w, "y") {
		t.Error("served with a string")
	}
	r.Ctx.NoBlock = true
	if reply := r.Do("BZPOPMIN x 0"); reply != "*-1" {
		t.Error("without waiting:", reply)
	}
}

// TestScanned: the two forms print scores differently, as in Redis.
func TestScanned(t *testing.T) {
	for _, test := range []struct {
		score  float64
		packed string
		large  string
	}{{0.1, "0.1", "0.10000000000000001"}, {3, "3", "3"}, {1e20, "1e+20", "1e+20"}, {1e-7, "1e-7", "9.9999999999999995e-08"}} {
		if got := string(appendScanned(nil, test.score, false)); got != test.packed {
			t.Error(got)
		}
		if got := string(appendScanned(nil, test.score, true)); got != test.large {
			t.Error(got)
		}
	}
}

// TestChangesCounted: a command counts as many changes as members it has changed,
// which decides when the data are saved. The numbers are Redis's.
func TestChangesCounted(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	for _, test := range []struct {
		do      string
		changes int64
	}{
		{"ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g", 7}, {"ZADD z 1 a 3 b", 1}, {"ZINCRBY z 1 a", 1}, {"ZADD z 2 a", 0},
		{"ZREM z a b nobody", 2}, {"ZREMRANGEBYRANK z 0 1", 2}, {"ZPOPMIN z 2", 2},
		{"ZADD x 1 a 2 b 3 c 4 d 5 e 6 f 7 g", 7}, {"ZMPOP 1 x MIN COUNT 2", 2}, {"BZMPOP 0 1 x MIN COUNT 2", 2},
		{"BZPOPMAX x 0", 1}, {"ZUNIONSTORE d 2 x z", 1}, {"ZRANGESTORE r d 0 -1", 1}, {"ZDIFFSTORE d 1 none", 1},
	} {
		r.Do("%s", test.do)
		if r.Ctx.Dirty != test.changes {
			t.Errorf("%s: %d changes, want %d", test.do, r.Ctx.Dirty, test.changes)
		}
	}
}
