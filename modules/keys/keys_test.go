package keys

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What each command that changes something feeds to logs and replicas, and the
// events that it makes. T stands for the time of the call plus the milliseconds.
func TestPropagationAndEvents(t *testing.T) {
	const now = 1_700_000_000_000
	for _, c := range []struct {
		command, reply string
		fed            string
		events         []string
	}{
		{"DEL k none volatile", ":2", "0 [DEL k none volatile]", []string{"0 del k", "0 del volatile"}},
		{"UNLINK k k", ":1", "0 [UNLINK k k]", []string{"0 del k"}},
		{"DEL none", ":0", "", nil},
		{"DEL gone", ":0", "", []string{"0 expired gone"}},
		{"EXISTS k k none", ":2", "", []string{"0 keymiss none"}},
		{"RENAME k x", "+OK", "0 [RENAME k x]", []string{"0 new x", "0 rename_from k", "0 rename_to x"}},
		{"RENAME k volatile", "+OK", "0 [RENAME k volatile]", []string{"0 new volatile", "0 rename_from k", "0 rename_to volatile"}},
		{"RENAME k k", "+OK", "", nil},
		{"RENAME gone k", "-ERR no such key", "", []string{"0 expired gone"}},
		{"RENAME k gone", "+OK", "0 [RENAME k gone]", []string{"0 expired gone", "0 new gone", "0 rename_from k", "0 rename_to gone"}},
		{"RENAMENX k volatile", ":0", "", nil},
		{"RENAMENX k k", ":0", "", nil},
		{"RENAMENX k x", ":1", "0 [RENAMENX k x]", []string{"0 new x", "0 rename_from k", "0 rename_to x"}},
		{"MOVE k 1", ":1", "0 [MOVE k 1]", []string{"1 new k", "0 move_from k", "1 move_to k"}},
		{"MOVE volatile 1", ":0", "", nil},
		{"MOVE none 1", ":0", "", nil},
		{"MOVE k 0", "-ERR source and destination objects are the same", "", nil},
		{"MOVE k 3", "-ERR DB index is out of range", "", nil},
		{"MOVE k x", "-ERR value is not an integer or out of range", "", nil},
		{"COPY k x", ":1", "0 [COPY k x]", []string{"0 new x", "0 copy_to x"}},
		{"COPY k volatile", ":0", "", nil},
		{"COPY k volatile DB 1 REPLACE", ":1", "0 [COPY k volatile DB 1 REPLACE]", []string{"1 new volatile", "1 copy_to volatile"}},
		{"COPY k k", "-ERR source and destination objects are the same", "", nil},
		{"COPY none x", ":0", "", []string{"0 keymiss none"}},
		{"COPY k x DB", "-ERR syntax error", "", nil},
		{"COPY k x DB 3", "-ERR DB index is out of range", "", nil},
		{"EXPIRE k 10", ":1", "0 [PEXPIREAT k 1700000010000]", []string{"0 expire k"}},
		{"EXPIRE k 10 NX", ":1", "0 [PEXPIREAT k 1700000010000 NX]", []string{"0 expire k"}},
		{"PEXPIRE k 10 lt", ":1", "0 [PEXPIREAT k 1700000000010 lt]", []string{"0 expire k"}},
		{"EXPIREAT k 1700000001", ":1", "0 [PEXPIREAT k 1700000001000]", []string{"0 expire k"}},
		{"PEXPIREAT k 1700000001000", ":1", "0 [PEXPIREAT k 1700000001000]", []string{"0 expire k"}},
		{"EXPIRE k 0", ":1", "0 [DEL k]", []string{"0 del k"}},
		{"EXPIRE k -1", ":1", "0 [DEL k]", []string{"0 del k"}},
		{"EXPIRE k 10 XX", ":0", "", nil},
		{"EXPIRE k 10 XX GT", ":0", "", nil},
		{"EXPIRE volatile 10 XX", ":1", "0 [PEXPIREAT volatile 1700000010000 XX]", []string{"0 expire volatile"}},
		{"EXPIRE k 10 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible", "", nil},
		{"EXPIRE k 10 GT LT", "-ERR GT and LT options at the same time are not compatible", "", nil},
		{"EXPIRE k 10 AB", "-ERR Unsupported option AB", "", nil},
		{"EXPIRE k 9223372036854775", "-ERR invalid expire time in 'expire' command", "", nil},
		{"PEXPIRE k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command", "", nil},
		{"EXPIREAT k -9223372036854776", "-ERR invalid expire time in 'expireat' command", "", nil},
		{"PEXPIREAT k -9223372036854775808", ":1", "0 [DEL k]", []string{"0 del k"}},
		{"PERSIST volatile", ":1", "0 [PERSIST volatile]", []string{"0 persist volatile"}},
		{"PERSIST k", ":0", "", nil},
		{"SWAPDB 0 2", "+OK", "0 [SWAPDB 0 2]", []string{"swap 0 2"}},
		{"SWAPDB 1 1", "+OK", "0 [SWAPDB 1 1]", nil},
		{"SWAPDB x 99", "-ERR invalid first DB index", "", nil},
		{"SWAPDB 99 x", "-ERR invalid second DB index", "", nil},
		{"SWAPDB 99 0", "-ERR DB index is out of range", "", nil},
		{"FLUSHDB", "+OK", "0 [FLUSHDB]", []string{"flush 0"}},
		{"FLUSHALL async", "+OK", "0 [FLUSHALL async]", []string{"flush -1"}},
		{"FLUSHALL now", "-ERR syntax error", "", nil},
		{"FLUSHDB SYNC SYNC", "-ERR syntax error", "", nil},
		{"DBSIZE", ":3", "", nil},
		{"TYPE k", "+string", "", nil},
		{"TYPE none", "+none", "", []string{"0 keymiss none"}},
		{"OBJECT ENCODING none", "$-1", "", nil},
		{"OBJECT REFCOUNT k", ":1", "", nil},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := newTestRig(t)
			r.Set("k", "value", 0)
			r.Set("volatile", "value", now+500)
			r.Set("gone", "value", now-1)
			copy(r.Keyspace.DB(1).Put([]byte("volatile"), keyspace.MakeKind(keyspace.String, keyspace.Raw), 1, 0, now), "v")
			r.want(c.reply, "%s", c.command)
			r.wantFed(c.fed, c.events...)
		})
	}
}

// After a flush that found nothing the replicas flush all the same.
func TestFlushOfNothingIsFed(t *testing.T) {
	r := newTestRig(t)
	r.want("+OK", "FLUSHALL")
	r.wantFed("0 [FLUSHALL]", "flush -1")
}

func TestLazyExpirePropagatesUnlink(t *testing.T) {
	r := newTestRig(t)
	if err := r.Registry.Config.Set([]config.Pair{{Name: "lazyfree-lazy-expire", Value: "yes"}}, config.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	r.Set("k", "value", 0)
	r.want(":1", "EXPIREAT k 1")
	r.wantFed("0 [UNLINK k]", "0 del k")
}

// On a replica and while a log is loaded a time in the past is no deletion:
// that comes by itself.
func TestPastExpiryIsKeptWhereKeysDoNotExpire(t *testing.T) {
	for _, mode := range []keyspace.ExpiryMode{keyspace.HideExpired, keyspace.ShowExpired} {
		r := newTestRig(t)
		r.Set("k", "value", 0)
		r.Keyspace.Lock(keyspace.AllShards)
		r.Keyspace.SetExpiry("test", mode)
		r.Keyspace.Unlock(keyspace.AllShards)
		r.want(":1", "PEXPIREAT k -5")
		r.wantFed("0 [PEXPIREAT k -5]", "0 expire k")
		if n := r.Keyspace.DB(0).Len(); n != 1 {
			t.Errorf("mode %d: %d keys", mode, n)
		}
	}
}

func TestTimesToLive(t *testing.T) {
	r := newTestRig(t)
	r.Set("k", "v", r.Ctx.Now+1500)
	r.Set("forever", "v", 0)
	r.want(":2", "TTL k") // rounded
	r.want(":1500", "PTTL k")
	r.want(fmt.Sprint(":", (r.Ctx.Now+1500+500)/1000), "EXPIRETIME k")
	r.want(fmt.Sprint(":", r.Ctx.Now+1500), "PEXPIRETIME k")
	for _, name := range []string{"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"} {
		r.want(":-1", "%s forever", name)
		r.want(":-2", "%s none", name)
	}
	r.Ctx.Now += 1500
	r.want(":0", "PTTL k")
	r.Ctx.Now++
	r.want(":-2", "PTTL k")
}

func TestIdleAndFrequency(t *testing.T) {
	r := newTestRig(t)
	r.Set("k", "v", 0)
	r.Ctx.Now += 5000
	for _, name := range []string{"TTL k", "EXISTS k", "TYPE k", "OBJECT ENCODING k"} { // leave no trace
		r.do("%s", name)
	}
	r.want(":5", "OBJECT IDLETIME k")
	r.want("-"+errNoLFU.Error(), "OBJECT FREQ k")
	r.Ctx.Session.NoTouch = true
	r.want(":1", "TOUCH k") // even then
	r.want(":0", "OBJECT IDLETIME k")
	r.Keyspace.Lock(keyspace.AllShards)
	r.Keyspace.SetClock(keyspace.LFU, 10, 1)
	r.Keyspace.Unlock(keyspace.AllShards)
	r.want("-"+errLFU.Error(), "OBJECT IDLETIME k")
	r.Set("new", "v", 0)
	r.want(":5", "OBJECT FREQ new")
}

func TestRandomkeyNeverAnswersExpiredKeys(t *testing.T) {
	r := newTestRig(t)
	r.want("$-1", "RANDOMKEY")
	for i := range 50 {
		r.Set(fmt.Sprint("gone", i), "v", r.Ctx.Now-1)
	}
	r.Set("k", "v", 0)
	for range 20 {
		r.want("$1 k", "RANDOMKEY")
	}
	r.want(":1", "DEL k")
	r.want("$-1", "RANDOMKEY")
	r.want(":0", "DBSIZE")
	// Where they may not be deleted the search ends all the same.
	r.Set("hidden", "v", r.Ctx.Now-1)
	r.Keyspace.Lock(keyspace.AllShards)
	r.Keyspace.SetExpiry("test", keyspace.HideExpired)
	r.Keyspace.Unlock(keyspace.AllShards)
	r.want("$6 hidden", "RANDOMKEY")
}

// Keys wander between names and databases, packed or with members in the arena,
// with a snapshot or without: a model says where they are, and when all is
// deleted no memory is left.
func TestWanderingKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		type place struct {
			db  int
			key string
		}
		model := map[place]string{}
		var snap *keyspace.Snapshot
		freeze := func(on bool) {
			if snap != nil {
				snap.End()
				snap = nil
			}
			if on {
				r.Keyspace.Lock(keyspace.AllShards)
				snap = r.Keyspace.Freeze()
				r.Keyspace.Unlock(keyspace.AllShards)
			}
		}
		names := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		dbs := rapid.IntRange(0, rigDatabases-1)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			from := place{dbs.Draw(t, "db"), names.Draw(t, "from")}
			to := place{dbs.Draw(t, "to db"), names.Draw(t, "to")}
			r.Ctx.DB = r.Keyspace.DB(from.db)
			old, exists := model[from]
			_, taken := model[to]
			switch rapid.SampledFrom([]string{"set", "numbers", "rename", "renamenx", "move", "copy", "copy replace", "del", "dump", "swap", "freeze"}).Draw(t, "what") {
			case "set":
				from.db = 0
				r.Set(from.key, "text", 0)
				model[from] = "text"
			case "numbers":
				n := rapid.SliceOfN(rapid.Uint64Range(0, 99), 1, 100).Draw(t, "numbers")
				r.setNumbers(from.db, from.key, n, r.Ctx.Now+1000)
				model[from] = fmt.Sprint(n, " at ", r.Ctx.Now+1000)
			case "rename":
				if r.do("RENAME %s %s", from.key, to.key) == "+OK" && from.key != to.key {
					delete(model, from)
					model[place{from.db, to.key}] = old
				}
			case "renamenx":
				_, taken := model[place{from.db, to.key}]
				if got := r.do("RENAMENX %s %s", from.key, to.key); exists && !taken {
					delete(model, from)
					model[place{from.db, to.key}] = old
					if got != ":1" {
						t.Fatalf("RENAMENX: %s", got)
					}
				}
			case "move":
				to.key = from.key
				_, taken = model[to]
				got := r.do("MOVE %s %d", from.key, to.db)
				if exists && !taken && from.db != to.db {
					delete(model, from)
					model[to] = old
					if got != ":1" {
						t.Fatalf("MOVE: %s", got)
					}
				}
			case "copy":
				if got := r.do("COPY %s %s DB %d", from.key, to.key, to.db); exists && !taken && from != to {
					model[to] = old
					if got != ":1" {
						t.Fatalf("COPY: %s", got)
					}
				}
			case "copy replace":
				if got := r.do("COPY %s %s REPLACE DB %d", from.key, to.key, to.db); exists && from != to {
					model[to] = old
					if got != ":1" {
						t.Fatalf("COPY: %s", got)
					}
				}
			case "del":
				r.do("DEL %s", from.key)
				delete(model, from)
			case "dump":
				e := r.Keyspace.DB(from.db).Find([]byte(from.key), r.Ctx.Now, 0)
				if e.OK() {
					at := fmt.Sprint(e.Expire())
					payload := dumpOf(r, from.key)
					r.Ctx.DB = r.Keyspace.DB(to.db)
					if got := r.run([]byte("RESTORE"), []byte(to.key), []byte(at), payload, []byte("REPLACE"), []byte("ABSTTL")); got != "+OK" {
						t.Fatalf("RESTORE: %s", got)
					}
					model[to] = old
				}
			case "swap":
				r.do("SWAPDB %d %d", from.db, to.db)
				swapped := map[place]string{}
				for p, v := range model {
					switch p.db {
					case from.db:
						p.db = to.db
					case to.db:
						p.db = from.db
					}
					swapped[p] = v
				}
				model = swapped
			case "freeze":
				freeze(snap == nil)
			}
			n := 0
			for db := range rigDatabases {
				n += r.Keyspace.DB(db).Len()
			}
			if n != len(model) {
				t.Fatalf("%d keys, want %d", n, len(model))
			}
			for p, want := range model {
				if got := r.get(p.db, p.key); got != want {
					t.Fatalf("key %s of database %d holds %q, want %q", p.key, p.db, got, want)
				}
			}
		}
		freeze(false)
		r.End()
	})
}
