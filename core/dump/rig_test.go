package dump_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/modules/hashes"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/sets"
	mstrings "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/zsets"
)

// now is the time of all tests, in Unix milliseconds.
const now = 1_800_000_000_000

// rig is data, and the commands to make some.
type rig struct {
	*coretest.Rig
	tb testing.TB
}

// registry knows Redis's types, and more.
func registry(tb testing.TB, more ...core.Module) *core.Table {
	tb.Helper()
	return registryOf(tb, append(more, mstrings.New(), lists.New(), hashes.New(), sets.New(), zsets.New(), keys.New())...)
}

func registryOf(tb testing.TB, modules ...core.Module) *core.Table {
	tb.Helper()
	reg := core.NewRegistry(config.NewSchema())
	for _, m := range append(modules, coretest.HostParams()) {
		reg.Add(m)
	}
	table, err := reg.Freeze()
	if err != nil {
		tb.Fatal(err)
	}
	return table
}

// newRig makes 16 empty databases in which freed memory is poisoned, unless it is
// for a benchmark.
func newRig(tb testing.TB, reg *core.Table) *rig {
	tb.Helper()
	_, bench := tb.(*testing.B)
	r := &rig{coretest.Over(tb, reg, keyspace.Options{Databases: 16, Arena: arena.Options{Poison: !bench}}), tb}
	tb.Cleanup(r.Keyspace.Close)
	// As the modules have them by default, which say so when they start.
	r.Keyspace.SetPacked(keyspace.Hash, keyspace.PackedLimits{Entries: 128, Bytes: 64})
	r.Keyspace.SetPacked(keyspace.Set, keyspace.PackedLimits{Entries: 128, Bytes: 64, Ints: 512})
	r.Keyspace.SetPacked(keyspace.ZSet, keyspace.PackedLimits{Entries: 128, Bytes: 64})
	r.Keyspace.SetPacked(keyspace.List, keyspace.PackedLimits{Bytes: 8 << 10})
	r.Ctx.Now = now
	return r
}

// do runs a command, given as words separated by blanks.
func (r *rig) do(format string, args ...any) {
	r.tb.Helper()
	r.done(r.Do(format, args...), format)
}

func (r *rig) args(argv ...[]byte) {
	r.tb.Helper()
	r.done(r.Run(argv...), string(argv[0]))
}

func (r *rig) done(reply, command string) {
	r.tb.Helper()
	if strings.HasPrefix(reply, "-") {
		r.tb.Fatalf("%s: %s", command, reply)
	}
}

// fill makes keys of every type and encoding, in several databases.
func (r *rig) fill() {
	r.do("set int 12345")
	r.do("set big 1234567890123")
	r.do("set small hello")
	r.do("set -1 -1")
	r.do("set raw %s", strings.Repeat("abcdefgh", 20))
	r.args([]byte("set"), []byte("random"), noise(300))
	r.args([]byte("set"), []byte("empty"), nil)
	r.args([]byte("set"), nil, []byte("the key is empty"))
	r.do("set %s longkey", strings.Repeat("key", 50))
	r.do("set expires value pxat %d", now+100000)
	r.do("set past value")
	r.do("rpush list a b c 1 2 3")
	r.do("sadd ints 1 2 3")
	r.do("sadd words a b c 4")
	r.do("hset hash f v g 2")
	r.do("zadd zset 1 a 2.5 b -inf c")
	for i := range 600 {
		r.do("rpush biglist %d element:%d %s", i, i, strings.Repeat("x", i%200))
		r.do("sadd bigints %d", i*i)
		r.do("sadd bigset m%d", i)
		r.do("hset bighash f%d %d", i, i)
		r.do("zadd bigzset %d.5 member:%d", i*7%13, i)
	}
	r.do("hset ttls a 1 b 2 c 3")
	r.do("hpexpireat ttls %d fields 2 a c", now+5000)
	r.do("hset bigttls a 1 b %s c 3", strings.Repeat("y", 100))
	r.do("hpexpireat bigttls %d fields 1 a", now+7000)
	r.Ctx.DB = r.Keyspace.DB(9)
	for i := range 200 {
		r.do("set key:%d %d", i, i)
		if i%3 == 0 {
			r.do("pexpireat key:%d %d", i, now+int64(i)*1000)
		}
	}
	r.Ctx.DB = r.Keyspace.DB(0)
}

// noise is n bytes that cannot be compressed, the same every time.
func noise(n int) []byte {
	b := make([]byte, n)
	rnd := rand.NewChaCha8([32]byte{})
	_, _ = rnd.Read(b)
	return b
}

// save writes everything.
func (r *rig) save(o dump.SaveOptions) []byte {
	r.tb.Helper()
	s := r.Keyspace.Capture()
	defer s.End()
	if o.Now == 0 {
		o.Now = now
	}
	var b bytes.Buffer
	res, err := dump.Save(context.Background(), &b, r.Registry, s, o)
	if err != nil {
		r.tb.Fatal(err)
	}
	if res.Bytes != int64(b.Len()) || res.Keys != s.Keys() {
		r.tb.Fatalf("saved %+v, but there are %d bytes and %d keys", res, b.Len(), s.Keys())
	}
	return b.Bytes()
}

// load brings a dump in.
func (r *rig) load(b []byte, o dump.LoadOptions) (dump.Result, error) {
	if o.Now == 0 {
		o.Now = now
	}
	return dump.Load(context.Background(), bytes.NewReader(b), int64(len(b)), r.Registry, r.Keyspace, o)
}

func (r *rig) mustLoad(b []byte, o dump.LoadOptions) dump.Result {
	r.tb.Helper()
	res, err := r.load(b, o)
	if err != nil {
		r.tb.Fatal(err)
	}
	return res
}

// digester collects a value's content.
type digester struct {
	ordered []byte
	set     []string
}

func (d *digester) Mix(elements ...[]byte) {
	for _, e := range elements {
		d.ordered = fmt.Appendf(d.ordered, "%q,", e)
	}
}

func (d *digester) Xor(parts ...[]byte) { d.set = append(d.set, fmt.Sprintf("%q", parts)) }

// content is everything in a form that can be compared: for each key its
// database, expiry, type, encoding and a digest.
func (r *rig) content() map[string]string {
	s := r.Keyspace.Capture()
	defer s.End()
	all := map[string]string{}
	for db := range s.Databases() {
		for shard := range keyspace.Shards {
			s.Walk(db, shard, func(f keyspace.Frozen) bool {
				t := r.Registry.TypeOf(f.Value)
				var d digester
				t.Digest(f.Value, &d)
				slices.Sort(d.set)
				all[fmt.Sprintf("%d %q", db, f.Key)] = fmt.Sprintf("%d %s %s %x", f.Expire, t.Name, t.Encoding(f.Value),
					sha256.Sum256(fmt.Appendf(d.ordered, "%q", d.set)))
				return true
			})
		}
	}
	return all
}

// same compares the data of two rigs.
func same(tb testing.TB, got, want *rig) {
	tb.Helper()
	a, b := got.content(), want.content()
	for key, v := range b {
		if a[key] != v {
			tb.Errorf("key %s is %q, not %q", key, a[key], v)
		}
	}
	for key := range a {
		if _, ok := b[key]; !ok {
			tb.Errorf("key %s has come from nowhere", key)
		}
	}
}

// crc gives a dump that ends with the opcode its checksum.
func crc(b []byte) []byte {
	sum := rdb.CRC64(0, b)
	return rdb.AppendMillis(slices.Clone(b), int64(sum))
}
