package dump_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// every is a small dump with a key of each form, old ones included.
func every(tb testing.TB) []byte {
	r := newRig(tb, registry(tb))
	r.do("set int 12345")
	r.do("set raw some-text-that-is-longer-than-embstr-allows-it-to-be-so-it-is-raw")
	r.do("set compressed aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbb pxat %d", now+1)
	r.do("rpush list a 1 bcd")
	r.do("sadd ints 1 2 70000")
	r.do("sadd words a b 3")
	r.do("hset hash f v g 2")
	r.do("zadd zset 1 a 2.5 b -inf c")
	r.do("hset ttls a 1 b 2")
	r.do("hpexpireat ttls %d fields 1 a", now+5000)
	for _, kind := range []keyspace.Type{keyspace.Set, keyspace.ZSet, keyspace.Hash} {
		r.Keyspace.SetPacked(kind, keyspace.PackedLimits{})
	}
	r.Ctx.DB = r.Keyspace.DB(3)
	r.do("sadd bigset a b 3")
	r.do("hset bighash f v g 2")
	r.do("zadd bigzset 1 a 2.5 b -inf c")
	b := r.save(dump.SaveOptions{RedisVersion: "7.2.4"})
	b = b[:len(b)-9]
	b = key(b, rdb.TypeHashZipmap, "zipmap", text(nil, "\x01\x01f\x01\x00v\xff")...)
	zip := "\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01k\x03\xf2\xff"
	b = key(b, rdb.TypeHashZiplist, "ziphash", text(nil, zip)...)
	b = key(b, rdb.TypeZSetZiplist, "zipzset", text(nil, zip)...)
	b = key(b, rdb.TypeListZiplist, "ziplist", text(nil, zip)...)
	b = key(b, rdb.TypeListQuicklist, "quicklist", append([]byte{1}, text(nil, zip)...)...)
	b = key(b, rdb.TypeZSet, "textzset", 1, 1, 'a', 3, '2', '.', '5')
	b = key(b, rdb.TypeList, "oldlist", 2, 1, 'a', 1, 'b')
	b = append(b, rdb.OpIdle, 5, rdb.OpExpireSeconds, 0, 0, 0, 0x7f)
	return end(key(b, rdb.TypeString, "last", 1, 'v'))
}

// No byte changed or missing goes unnoticed, and nothing that may be in its place
// does harm: no panic, no memory that the file does not account for, and what was
// brought in can be dropped without a rest.
func TestDamage(t *testing.T) {
	b := every(t)
	r := newRig(t, registry(t))
	before := r.mustLoad(b, dump.LoadOptions{Checksum: true})
	r.Drop()
	if before.Keys != 20 {
		t.Fatalf("%d keys", before.Keys)
	}
	try := func(in []byte, o dump.LoadOptions, what string, at int) {
		t.Helper()
		defer r.Drop()
		var was, is runtime.MemStats
		runtime.ReadMemStats(&was)
		_, err := r.load(in, o)
		runtime.ReadMemStats(&is)
		if err == nil && o.Checksum {
			t.Errorf("%s byte %d: no error", what, at)
		}
		var e *dump.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s byte %d: %v", what, at, err)
		}
		// A block for the reader and one more if something seems long, and what
		// LZF may make of the input.
		if n := is.TotalAlloc - was.TotalAlloc; n > 2<<20 {
			t.Errorf("%s byte %d: %d bytes were allocated (%v)", what, at, n, err)
		}
		if n := r.Keyspace.UsedMemory(); n > 1<<20 {
			t.Errorf("%s byte %d: %d bytes of data (%v)", what, at, n, err)
		}
		_, serr := dump.Scan(context.Background(), bytes.NewReader(in), int64(len(in)), r.Registry,
			dump.ScanOptions{Decode: true, Checksum: o.Checksum, Now: now})
		if serr == nil && err != nil && !errors.As(err, &e) {
			t.Errorf("%s byte %d: Scan finds nothing, Load %v", what, at, err)
		}
	}
	for i := range b {
		for _, mask := range []byte{0xff, 1, 0x80, 0x40} {
			in := bytes.Clone(b)
			in[i] ^= mask
			try(in, dump.LoadOptions{Checksum: true, Workers: 1}, "changed", i)
			try(in, dump.LoadOptions{Workers: 1}, "changed, not verified,", i)
		}
		try(b[:i], dump.LoadOptions{Checksum: true, Workers: 1}, "without", i)
	}
}

func FuzzLoad(f *testing.F) {
	b := every(f)
	f.Add(b)
	for at := 0; at < len(b); at += 37 {
		f.Add(append([]byte("REDIS0011\xfe\x00"), b[at:]...))
	}
	f.Add(end(key([]byte(header), rdb.TypeModule2, "ring", module(ringName, 2, 5, 3, 1, 2, 3)...)))
	reg := registry(f, ringModule)
	f.Fuzz(func(t *testing.T, in []byte) {
		defer reg.Functions.Flush()
		r := newRig(t, reg)
		res, err := r.load(in, dump.LoadOptions{Workers: 1, Preamble: true})
		if err != nil {
			r.Drop()
			return
		}
		rep, err := dump.Scan(context.Background(), bytes.NewReader(in), int64(len(in)), reg,
			dump.ScanOptions{Decode: true, Preamble: true, Now: now})
		if err != nil || rep.Keys-rep.Expired != res.Keys && rep.Expired == res.Expired {
			t.Errorf("loaded %+v, but Scan says %+v, %v", res, rep, err)
		}
		again := newRig(t, reg)
		again.mustLoad(r.save(dump.SaveOptions{Checksum: true}), dump.LoadOptions{Checksum: true, KeepExpired: true})
		same(t, again, r)
		r.Drop()
		again.Drop()
	})
}

// Any data come back as they were.
func TestAnyData(t *testing.T) {
	reg := registry(t, ringModule)
	rapid.Check(t, func(rt *rapid.T) {
		from := newRig(t, reg)
		word := rapid.StringMatching(`[a-c]{1,3}|-?[0-9]{1,12}|x{20,90}`)
		for range rapid.IntRange(0, 60).Draw(rt, "commands") {
			from.Ctx.DB = from.Keyspace.DB(rapid.IntRange(0, 3).Draw(rt, "db"))
			kind := rapid.SampledFrom([]string{"set", "rpush", "sadd", "hset", "zadd", "pexpireat"}).Draw(rt, "command")
			name := kind + word.Draw(rt, "key")
			switch kind {
			case "set":
				from.do("set %s %s", name, word.Draw(rt, "value"))
			case "hset":
				from.do("hset %s %s %s", name, word.Draw(rt, "field"), word.Draw(rt, "value"))
			case "zadd":
				from.do("zadd %s %g %s", name, rapid.Float64().Draw(rt, "score"), word.Draw(rt, "member"))
			case "pexpireat":
				from.do("pexpireat set%s %d", name[len(kind):], now+rapid.Int64Range(1, 1<<40).Draw(rt, "time"))
			default:
				from.do("%s %s %s", kind, name, word.Draw(rt, "member"))
			}
		}
		b := from.save(dump.SaveOptions{Checksum: true, Workers: rapid.IntRange(1, 3).Draw(rt, "savers")})
		to := newRig(t, reg)
		to.mustLoad(b, dump.LoadOptions{Checksum: true, Workers: rapid.IntRange(1, 3).Draw(rt, "loaders")})
		same(t, to, from)
		to.Drop()
		from.Drop()
	})
}
