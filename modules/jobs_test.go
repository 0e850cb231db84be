package modules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/bitmaps"
	"github.com/ferrousdb/ferrous/modules/hashes"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/sets"
	"github.com/ferrousdb/ferrous/modules/streams"
	mstrings "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/zsets"
)

// jobRig runs commands that may be put off.
type jobRig struct {
	*testing.T
	core.Executor
	reg *core.Table
	ks  *keyspace.Keyspace
	in  *keyspace.Arrivals
}

// silent is known with a log.
type silent struct{ known }

func (silent) Log() core.Logger { return logging.Silent{} }

func (r *jobRig) Arrivals() *keyspace.Arrivals { return r.in }

func newJobRig(t *testing.T) *jobRig {
	reg := core.NewRegistry(config.NewSchema())
	r := &jobRig{T: t, reg: reg.Table()}
	reg.Config.Memory(config.Param{Name: "proto-max-bulk-len", Default: "512mb"}, 1, 1<<40)
	all := []core.Module{mstrings.New(), bitmaps.New(), lists.New(), hashes.New(), sets.New(), zsets.New(), streams.New(), keys.New()}
	for _, m := range all {
		reg.Add(m)
	}
	if _, err := reg.Freeze(); err != nil {
		t.Fatal(err)
	}
	r.ks = keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	r.in = r.ks.NewArrivals()
	r.ks.SetPacked(keyspace.Stream, keyspace.PackedLimits{Entries: 100, Bytes: 4096})
	return r
}

// call runs a command once, as a client's (with the job that was done for it) or within
// a transaction. Its last argument comes where it can stay, if it is large.
func (r *jobRig) call(within bool, done *core.Job, words ...string) (reply string, job *core.Job) {
	r.Helper()
	c := &core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Hooks: r.reg.Hooks,
		Server: silent{known{reg: r.reg}}, Exec: r, Now: 1, NoBlock: within, Prepared: done,
	}
	var args [][]byte
	for _, w := range words {
		b := []byte(w)
		if len(b) > arena.MaxSmall {
			a := r.in.Begin(len(b))
			copy(a.Room(), b)
			c.Arrivals = append(c.Arrivals, a)
			b = a.Bytes()
		}
		args = append(args, b)
	}
	cmd := r.reg.Find(words[0])
	c.Reset(cmd, args)
	r.ks.Lock(keyspace.AllShards)
	err := cmd.Run(c)
	r.ks.Unlock(keyspace.AllShards)
	for _, a := range c.Arrivals {
		a.Release()
	}
	switch {
	case errors.Is(err, core.ErrPutOff):
		if len(c.Buf) > 0 || c.Dirty != 0 {
			r.Errorf("%.60q has replied or changed something before it is put off", words)
		}
		return "", c.PutOff
	case err != nil:
		r.Fatalf("%.60q: %v", words, err)
	}
	return string(c.Buf), nil
}

// do runs a command as within a transaction.
func (r *jobRig) do(words ...string) string {
	r.Helper()
	reply, job := r.call(true, nil, words...)
	if job != nil {
		r.Fatalf("%.60q is put off within a transaction", words)
	}
	return reply
}

// step does a step of a job.
func (r *jobRig) step(j *core.Job) bool {
	r.ks.Lock(j.Locks)
	defer r.ks.Unlock(j.Locks)
	return j.Step()
}

func (r *jobRig) drop(j *core.Job) {
	r.ks.Lock(j.Locks)
	defer r.ks.Unlock(j.Locks)
	j.Drop()
}

// fill makes values that take long to copy.
func (r *jobRig) fill() {
	noise := make([]byte, 6<<20)
	for i, x := 0, uint64(1); i < len(noise); i, x = i+1, x*6364136223846793005+1442695040888963407 {
		noise[i] = byte(x >> 56)
	}
	r.do("SET", "big", string(noise))
	r.do("SET", "text", strings.Repeat("abcdefgh", 1<<20))
	hash, zset, set, list := []string{"HSET", "hash"}, []string{"ZADD", "zset"}, []string{"SADD", "set"}, []string{"RPUSH", "list"}
	long := strings.Repeat(" and so on", 15)
	for i := range 30_000 {
		n := strconv.Itoa(i)
		hash, zset, set = append(hash, "field:"+n, "a value that is some bytes long"+long), append(zset, n, "member:"+n+long), append(set, "a member that is some bytes long:"+n+long)
		list = append(list, "an element that is somewhat longer than most are: "+n+long)
	}
	for _, args := range [][]string{hash, zset, set, list} {
		r.do(args...)
	}
	for i := range 15_000 {
		r.do("XADD", "stream", fmt.Sprint(i+1, "-1"), "field", strings.Repeat("a value that is some bytes long ", 10)+strconv.Itoa(i*7))
	}
}

// empty checks that nothing is left, when everything is deleted.
func (r *jobRig) empty() {
	r.Helper()
	r.ks.Lock(keyspace.AllShards)
	r.ks.DB(0).Flush()
	r.ks.Unlock(keyspace.AllShards)
	for sh := range keyspace.Shards {
		for r.ks.Sweep(sh, 1, 100_000, true) {
		}
	}
	r.ks.Lock(keyspace.AllShards)
	n := r.ks.ExactMemory()
	r.ks.Unlock(keyspace.AllShards)
	if s := r.ks.PoolStats(); n != 0 || s.Huge != 0 {
		r.Errorf("%d bytes and %d mappings are left", n, s.Huge)
	}
	r.ks.Close()
}

// TestWhatTakesLongIsPutOff: it is done in small steps before it takes effect, and comes
// to the same as what is done at once.
func TestWhatTakesLongIsPutOff(t *testing.T) {
	r := newJobRig(t)
	r.fill()
	payload := func(key string) string {
		reply := r.do("DUMP", key)
		return reply[strings.IndexByte(reply, '\n')+1 : len(reply)-2]
	}
	for _, args := range [][]string{
		{"COPY", "hash", "OUT", "REPLACE"}, {"COPY", "zset", "OUT", "REPLACE"}, {"COPY", "set", "OUT"}, {"COPY", "list", "OUT"}, {"COPY", "stream", "OUT"},
		{"RESTORE", "OUT", "0", payload("hash"), "REPLACE"}, {"RESTORE", "OUT", "0", payload("zset")}, {"RESTORE", "OUT", "0", payload("set")},
		{"RESTORE", "OUT", "0", payload("list")}, {"RESTORE", "OUT", "0", payload("stream")}, {"RESTORE", "OUT", "0", payload("big")},
		{"RESTORE", "OUT", "0", payload("text")},
		{"BITOP", "NOT", "OUT", "big"}, {"BITOP", "XOR", "OUT", "big", "text", "nothing"},
		{"SETRANGE", "OUT", "77", "x"}, {"APPEND", "OUT", "x"}, {"APPEND", "OUT", strings.Repeat("long", 5<<20)}, {"SETBIT", "OUT", "100000000", "1"},
		{"BITFIELD", "OUT", "SET", "u8", "100", "7"},
		{"SETRANGE", "SMALL", "15000000", "x"}, {"SETBIT", "SMALL", "100000000", "1"},
	} {
		name, out := fmt.Sprintf("%.60q", args), "one"
		command := func(key string) (words []string) {
			r.do("DEL", key)
			for _, arg := range args {
				switch arg {
				case "OUT":
					if args[1] == "OUT" && args[0] != "RESTORE" {
						r.do("COPY", "big", key)
					}
					arg = key
				case "SMALL":
					r.do("SET", key, "123")
					arg = key
				}
				words = append(words, arg)
			}
			return words
		}
		words := command(out)
		_, job := r.call(false, nil, words...)
		if job == nil {
			t.Errorf("%s is done at once", name)
			continue
		}
		steps := 1
		for r.step(job) {
			steps++
		}
		if steps < 4 {
			t.Errorf("%s is done in %d steps", name, steps)
		}
		reply, again := r.call(false, job, words...)
		r.drop(job)
		if again != nil {
			t.Errorf("%s is put off though nothing has changed", name)
			continue
		}
		if want := r.do(command("other")...); reply != want || payload("one") != payload("other") {
			t.Errorf("%s: %q, and %q at once, or another value", name, reply, want)
		}
	}
	r.empty()
}

// TestChangesMeanwhile: what was made of values that have changed since is thrown away, and
// a command is not put off for ever.
func TestChangesMeanwhile(t *testing.T) {
	r := newJobRig(t)
	r.fill()
	dump := func(key string) string { return r.do("DUMP", key) }
	for _, test := range []struct{ command, change []string }{
		{[]string{"APPEND", "KEY", "tail"}, []string{"SETRANGE", "KEY", "5", "changed"}},
		{[]string{"APPEND", "KEY", "tail"}, []string{"COPY", "text", "KEY", "REPLACE"}},
		{[]string{"BITOP", "NOT", "OUT", "KEY"}, []string{"SETRANGE", "KEY", "5", "changed"}},
		{[]string{"BITOP", "NOT", "OUT", "KEY"}, []string{"DEL", "KEY"}},
		{[]string{"COPY", "hash", "OUT", "REPLACE"}, []string{"HSET", "hash", "field:1", "changed"}},
		{[]string{"COPY", "list", "OUT", "REPLACE"}, []string{"LSET", "list", "100", "changed"}},
	} {
		with := func(args []string, key, out string) (all []string) {
			for _, arg := range args {
				switch arg {
				case "KEY":
					arg = key
				case "OUT":
					arg = out
				}
				all = append(all, arg)
			}
			return all
		}
		r.do("COPY", "big", "key", "REPLACE")
		var job *core.Job
		for times := 0; ; times++ {
			reply, next := r.call(false, job, with(test.command, "key", "out")...)
			if job != nil {
				r.drop(job)
			}
			if job = next; job == nil {
				if times < 1 || times > 4 || reply == "" {
					t.Errorf("%q is put off %d times", test.command, times)
				}
				break
			}
			for n := 0; r.step(job); n++ {
				if n == 2 {
					r.do(with(test.change, "key", "out")...)
				}
			}
		}
		// The same, one after the other.
		r.do("COPY", "big", "key2", "REPLACE")
		r.do(with(test.change, "key2", "out2")...)
		r.do(with(test.command, "key2", "out2")...)
		if dump("key") != dump("key2") || dump("out") != dump("out2") {
			t.Errorf("%q and %q: it was made of what was", test.command, test.change)
		}
		r.do("DEL", "out", "out2")
	}
	r.empty()
}
