package lists

import (
	"fmt"
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What every command feeds, which events it publishes and how many changes it counts.
func TestEffects(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	for _, step := range []struct {
		command, reply, fed string
		dirty               int64
		events              []string
	}{
		{"RPUSH l a b c d e f g h", ":8", "RPUSH l a b c d e f g h", 8, []string{"rpush l"}},
		{"LPUSH l z", ":9", "LPUSH l z", 1, []string{"lpush l"}},
		{"LPUSHX no z", ":0", "", 0, nil},
		{"RPUSHX l i", ":10", "RPUSHX l i", 1, []string{"rpush l"}},
		{"LPOP l", "$1 z", "LPOP l", 1, []string{"lpop l"}},
		{"RPOP l 2", "*2 $1 i $1 h", "RPOP l 2", 2, []string{"rpop l"}},
		{"LPOP l 0", "*0", "", 0, nil},
		{"LSET l 0 a", "+OK", "LSET l 0 a", 1, []string{"lset l"}},
		{"LSET l 100 a", "-ERR index out of range", "", 0, nil},
		{"LINSERT l BEFORE b 5", ":8", "LINSERT l BEFORE b 5", 1, []string{"linsert l"}},
		{"LINSERT l BEFORE nothing 5", ":-1", "", 0, nil},
		{"LREM l 0 nothing", ":0", "", 0, nil},
		{"LREM l 0 5", ":1", "LREM l 0 5", 1, []string{"lrem l"}},
		{"LTRIM l 0 -1", "+OK", "", 0, []string{"ltrim l"}},
		{"LTRIM l 0 4", "+OK", "LTRIM l 0 4", 2, []string{"ltrim l"}},
		{"LMPOP 2 no l RIGHT", "*2 $1 l *1 $1 e", "RPOP l 1", 1, []string{"rpop l"}},
		{"BLMPOP 0 1 l LEFT COUNT 2", "*2 $1 l *2 $1 a $1 b", "LPOP l 2", 2, []string{"lpop l"}},
		{"BLPOP no l 0", "*2 $1 l $1 c", "LPOP l", 1, []string{"lpop l"}},
		{"LMOVE l m LEFT RIGHT", "$1 d", "LMOVE l m LEFT RIGHT", 1, []string{"rpush m", "lpop l", "del l"}},
		{"RPOPLPUSH m m", "$1 d", "RPOPLPUSH m m", 1, []string{"lpush m", "rpop m"}},
		{"BRPOPLPUSH m n 0", "$1 d", "RPOPLPUSH m n", 1, []string{"lpush n", "rpop m", "del m"}},
		{"BLMOVE n m left Right 0", "$1 d", "LMOVE n m left Right", 1, []string{"rpush m", "lpop n", "del n"}},
		{"LTRIM m 1 0", "+OK", "LTRIM m 1 0", 1, []string{"ltrim m", "del m"}},
		{"RPUSH l 1", ":1", "RPUSH l 1", 1, []string{"rpush l"}},
		{"LREM l 0 1", ":1", "LREM l 0 1", 1, []string{"lrem l", "del l"}},
		{"RPUSH l 1 2", ":2", "RPUSH l 1 2", 2, []string{"rpush l"}},
		{"LPOP l 100", "*2 $1 1 $1 2", "LPOP l 100", 2, []string{"lpop l", "del l"}},
		{"BRPOP l 0", "blocked", "", 0, nil},
		{"BLMOVE l m LEFT LEFT 0", "blocked", "", 0, nil},
	} {
		r.Want(step.command, step.reply, step.fed, step.events...)
		if r.Ctx.Dirty != step.dirty {
			t.Errorf("%s: %d changes, not %d", step.command, r.Ctx.Dirty, step.dirty)
		}
	}
}

// A client that waits is served in the same forms.
func TestServedWaiters(t *testing.T) {
	for _, c := range []struct{ command, reply, fed string }{
		{"BLPOP k l 0", "*2 $1 l $1 a", "LPOP l"},
		{"BRPOP k l 0", "*2 $1 l $1 c", "RPOP l"},
		{"BLMPOP 0 2 k l RIGHT COUNT 2", "*2 $1 l *2 $1 c $1 b", "RPOP l 2"},
		{"BLMOVE l m RIGHT LEFT 0", "$1 c", "LMOVE l m RIGHT LEFT"},
		{"BRPOPLPUSH l m 0", "$1 c", "RPOPLPUSH l m"},
	} {
		r := newRig(t)
		if got := r.Do("%s", c.command); got != "blocked" {
			t.Fatalf("%s: %s", c.command, got)
		}
		w, args, cmd := *r.Ctx.Waiting, r.Ctx.Args, r.Ctx.Cmd
		text := []byte("text")
		r.Ctx.SetString([]byte("l"), text, 0)
		r.Ctx.Reset(cmd, args)
		if r.retry(w, "l") {
			t.Errorf("%s: served with a string", c.command)
		}
		r.Ctx.DB.Find([]byte("l"), r.Ctx.Now, 0).Delete()
		r.Do("RPUSH l a b c")
		r.Ctx.Reset(cmd, args)
		if !r.retry(w, "l") || r.Reply() != c.reply {
			t.Errorf("%s: served with %q, not %q", c.command, r.Reply(), c.reply)
		}
		if len(r.Fed) != 1 || r.Fed[0] != c.fed {
			t.Errorf("%s: fed %q, not %q", c.command, r.Fed, c.fed)
		}
		r.Keyspace.Close()
	}
}

// Where waiting is not allowed, commands that move reply another null than the others.
func TestNoBlock(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	r.Ctx.NoBlock = true
	for command, reply := range map[string]string{
		"BLPOP l 0": "*-1", "BLMPOP 0 1 l LEFT": "*-1", "BLMOVE l m LEFT LEFT 0": "$-1", "BRPOPLPUSH l m 0": "$-1",
	} {
		if got := r.Do("%s", command); got != reply {
			t.Errorf("%s: %s", command, got)
		}
	}
}

// A single element that is moved onto its own list keeps the key and its expiry, in
// either form of the list.
func TestRotation(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	for _, size := range []int64{-2, 1} {
		r.packed(size)
		r.Do("RPUSH l a b c")
		r.Do("LPOP l 2")
		e := r.Ctx.DB.Find([]byte("l"), r.Ctx.Now, 0)
		e.SetExpire(r.Ctx.Now + 1000)
		for range 3 {
			r.Want("LMOVE l l LEFT RIGHT", "$1 c", "LMOVE l l LEFT RIGHT", "rpush l", "lpop l")
		}
		if at := r.Ctx.DB.Find([]byte("l"), r.Ctx.Now, 0).Expire(); at != r.Ctx.Now+1000 {
			t.Errorf("expires at %d", at)
		}
		r.Want("LPOP l", "$1 c", "LPOP l", "lpop l", "del l")
	}
}

// The limits follow the parameter.
func TestLimits(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	for size, want := range map[int64]keyspace.PackedLimits{
		-1: {Bytes: 4096}, -2: {Bytes: 8192}, -5: {Bytes: 65536}, -9: {Bytes: 65536}, -2147483648: {Bytes: 65536},
		0: {Entries: 1, Bytes: 8192}, 1: {Entries: 1, Bytes: 8192}, 128: {Entries: 128, Bytes: 8192},
	} {
		r.packed(size)
		want.Idle = 60
		if got := r.Keyspace.Packed(keyspace.List); got != want {
			t.Errorf("%d: %+v", size, got)
		}
	}
	r.module.plain.Store(3)
	r.module.idle.Store(0)
	r.packed(-1)
	if got, want := r.Keyspace.Packed(keyspace.List), (keyspace.PackedLimits{Bytes: 4096, Plain: 3}); got != want {
		t.Errorf("%+v", got)
	}
}

func TestAllocations(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	r.Do("RPUSH short a b c d 5 6")
	for i := range 5000 {
		r.Do("RPUSH long element:%d", i)
	}
	r.Listen(false)
	for _, key := range []string{"short", "long"} {
		for _, words := range [][]string{
			{"LPUSH", key, "some text"}, {"RPUSH", key, "12345"}, {"LPOP", key}, {"RPOP", key}, {"LPOP", key, "1"}, {"RPUSH", key, "x"},
			{"LMOVE", key, key, "LEFT", "RIGHT"}, {"LLEN", key}, {"LINDEX", key, "3"}, {"LRANGE", key, "0", "5"},
			{"LSET", key, "2", "anything"}, {"LPOS", key, "nothing"}, {"LTRIM", key, "0", "-1"}, {"LREM", key, "1", "nothing"},
		} {
			var argv [][]byte
			for _, w := range words {
				argv = append(argv, []byte(w))
			}
			cmd := r.Registry.Find(words[0])
			c := &r.Ctx
			run := func() {
				c.Reset(cmd, argv)
				c.Buf = c.Buf[:0]
				if err := cmd.Run(c); err != nil {
					t.Fatal(err)
				}
			}
			run()
			if n := testing.AllocsPerRun(100, run); n != 0 {
				t.Errorf("%v: %v allocations", words, n)
			}
		}
	}
}

// TestMoveWithinAShard: under a snapshot the opening of one list copies the part of the
// table in which the entry of the other may be.
func TestMoveWithinAShard(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	r.packed(1)
	shard := func(key string) int { return keyspace.ShardOf(r.Keyspace.Hash([]byte(key))) }
	var near []string // keys of one shard
	for i := 0; len(near) < 3; i++ {
		if key := fmt.Sprint("k", i); shard(key) == shard("k0") {
			near = append(near, key)
		}
	}
	from, to, other := near[0], near[1], near[2]
	r.Do("RPUSH %s a b c", from)
	r.Do("RPUSH %s x y z", to)
	r.Do("RPUSH %s 1", other)
	r.Keyspace.Lock(keyspace.AllShards)
	s := r.Keyspace.Freeze()
	r.Keyspace.Unlock(keyspace.AllShards)
	for _, step := range [][2]string{
		{"LMOVE " + from + " " + to + " LEFT RIGHT", "$1 a"},
		{"LRANGE " + from + " 0 -1", "*2 $1 b $1 c"},
		{"LRANGE " + to + " 0 -1", "*4 $1 x $1 y $1 z $1 a"},
		{"LRANGE " + other + " 0 -1", "*1 $1 1"},
	} {
		if got := r.Do("%s", step[0]); got != step[1] {
			t.Errorf("%s: %q, want %q", step[0], got, step[1])
		}
	}
	s.End()
}
