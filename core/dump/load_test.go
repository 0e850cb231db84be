package dump_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// header begins a dump of the newest version.
const header = "REDIS0012"

// text appends a string as it is.
func text(b []byte, s string) []byte { return append(rdb.AppendLen(b, uint64(len(s))), s...) }

// key appends a key of a type.
func key(b []byte, op byte, name string, value ...byte) []byte {
	return append(text(append(b, op), name), value...)
}

// end ends a dump.
func end(b []byte) []byte { return crc(append(b, rdb.OpEOF)) }

// What is wrong with a dump is told with its place and the key.
func TestErrors(t *testing.T) {
	short := append([]byte(header), rdb.TypeHash)
	good := key([]byte(header), rdb.TypeString, "k", text(nil, "value")...)
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"no dump":           {[]byte("PK0012 and more"), "offset 0: header: Wrong signature trying to load DB from file"},
		"nothing":           {nil, "offset 0: header: Wrong signature trying to load DB from file"},
		"part of a header":  {[]byte("REDIS"), "offset 0: header: Wrong signature trying to load DB from file"},
		"the future":        {[]byte("REDIS0013\xff"), "offset 5: header: Can't handle RDB format version 13"},
		"no version":        {[]byte("REDIS00ab\xff"), "offset 5: header: Can't handle RDB format version 0"},
		"no end":            {good, "offset 18: next key: unexpected end of data"},
		"no checksum":       {append(slices.Clone(good), rdb.OpEOF, 1, 2), "offset 19: checksum: unexpected end of data"},
		"wrong checksum":    {append(append(slices.Clone(good), rdb.OpEOF), 1, 2, 3, 4, 5, 6, 7, 8), "offset 19: checksum: Wrong RDB checksum expected: (807060504030201) but got ("},
		"something behind":  {append(end(good), "SELECT"...), "offset 27: end: 6 bytes of something else follow"},
		"half a key":        {text(short, "k")[:10], "offset 10: hash: unexpected end of data"},
		"half a hash":       {append(text(short, "k"), 2, 1, 'f', 1, 'v', 1, 'g'), `offset 19: hash "k": unexpected end of data`},
		"a field twice":     {end(append(text(short, "k"), 2, 1, 'f', 1, 'v', 1, 'f', 1, 'w')), `offset 21: hash "k": a hash with the same field twice`},
		"a key twice":       {end(key(good, rdb.TypeString, "k", 1, 'w')), `offset 18: string "k": RDB has duplicated key 'k' in DB 0`},
		"too many members":  {key(good, rdb.TypeSet, "s", append(rdb.AppendLen(nil, 1<<60), 1, 'm', 1, 'n')...), `offset 34: set "s": unexpected end of data`},
		"long key":          {append([]byte(header), rdb.TypeString, 0x80, 0xff, 0xff, 0xff, 0xff, 'k'), "offset 10: string: unexpected end of data"},
		"a database":        {end([]byte(header + "\xfe\x10")), "offset 11: number of a database: Data file was created with a Redis server configured to handle more than 16 databases"},
		"a stream":          {end(key([]byte(header), rdb.TypeStreamListpacks3, "s", make([]byte, 10)...)), `type 21 "s": no module of this server loads RDB type 21, a stream`},
		"a module's value":  {end(key([]byte(header), rdb.TypeModule2, "m", module("hello-typ", 3)...)), `type 'hello-typ' "m": The RDB file contains module data I can't load: no matching module type 'hello-typ'`},
		"an old module":     {end(key([]byte(header), rdb.TypeModulePreGA, "m", 0)), `type 6 "m": Pre-release module format not supported`},
		"an old function":   {end([]byte(header + "\xf6\x01f\x01f\x00")), "function library: Pre-release function format not supported."},
		"an unknown type":   {end(key([]byte(header), 77, "k", 0)), `offset 12: type 77 "k": unknown RDB type 77`},
		"bad LZF key":       {end(append([]byte(header), rdb.TypeString, 0xc3, 1, 60, 7, 1, 'v')), "string: corrupt LZF data"},
		"bad LZF value":     {end(key([]byte(header), rdb.TypeString, "k", 0xc3, 1, 60, 7)), `string "k": corrupt LZF data`},
		"too much value":    {end(key([]byte(header), rdb.TypeSetIntset, "k", text(nil, "\x02\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00")...)), `set "k": `},
		"text for a length": {end([]byte(header + "\xfe\xc0\x01")), "offset 10: number of a database: a string encoding where a length should be"},
	} {
		for _, workers := range []int{1, 3} {
			r := newRig(t, registry(t))
			_, err := r.load(c.in, dump.LoadOptions{Checksum: true, Workers: workers})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: the error is %v, not %s", name, err, c.want)
			}
			var e *dump.Error
			if err != nil && !errors.As(err, &e) {
				t.Errorf("%s: the error is a %T", name, err)
			}
			r.Drop()
		}
	}
}

// Of several errors the first in the file is told, though workers find them in
// any order.
func TestFirstError(t *testing.T) {
	b := []byte(header)
	first := 0
	for i := range 40000 {
		if i%1000 == 7 {
			if first == 0 {
				first = len(b)
			}
			b = key(b, rdb.TypeHashListpack, fmt.Sprintf("bad:%d", i), text(nil, "nonsense")...)
		}
		b = key(b, rdb.TypeString, fmt.Sprintf("key:%d", i), text(nil, strings.Repeat("x", 30))...)
	}
	reg := registry(t)
	for range 20 {
		r := newRig(t, reg)
		_, err := r.load(end(b), dump.LoadOptions{Workers: 4})
		if err == nil || !strings.Contains(err.Error(), `hash "bad:7"`) {
			t.Fatal(err)
		}
		r.Drop()
	}
}

// However the input comes, and whether its length is known, it is the same data.
func TestPieces(t *testing.T) {
	reg := registry(t)
	from := newRig(t, reg)
	from.fill()
	from.args([]byte("set"), []byte("large"), noise(3<<20))
	for i := range 3000 {
		from.do("hset large-hash %d %s", i, strings.Repeat("v", 100))
	}
	b := from.save(dump.SaveOptions{Checksum: true})
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":  func(r io.Reader) io.Reader { return r },
		"halves": iotest.HalfReader, "data with the end": iotest.DataErrReader,
		"bytes": func(r io.Reader) io.Reader {
			return io.MultiReader(iotest.OneByteReader(io.LimitReader(r, 300000)), r)
		},
	} {
		for _, size := range []int64{-1, int64(len(b))} {
			to := newRig(t, reg)
			res, err := dump.Load(context.Background(), wrap(bytes.NewReader(b)), size, reg, to.Keyspace,
				dump.LoadOptions{Checksum: true, Now: now})
			if err != nil || res.Bytes != int64(len(b)) {
				t.Fatalf("%s: %+v, %v", name, res, err)
			}
			same(t, to, from)
			to.Drop()
		}
	}
}

// stingy fails the test when more is read than there is up to the end of the
// dump: a source may have nothing more, and never end.
type stingy struct {
	t *testing.T
	r io.Reader
}

func (s stingy) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if n == 0 {
		s.t.Error("read beyond the end of the dump")
	}
	return n, err
}

func TestReadsNoMore(t *testing.T) {
	reg := registry(t)
	from := newRig(t, reg)
	from.fill()
	b := from.save(dump.SaveOptions{Checksum: true})
	to := newRig(t, reg)
	_, err := dump.Load(context.Background(), stingy{t, bytes.NewReader(b)}, -1, reg, to.Keyspace, dump.LoadOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
}

// A dump may have a log of commands behind it.
func TestPreamble(t *testing.T) {
	from := newRig(t, registry(t))
	from.fill()
	b := from.save(dump.SaveOptions{Checksum: true})
	to := newRig(t, from.Registry)
	res := to.mustLoad(append(slices.Clone(b), strings.Repeat("*1\r\n$4\r\nPING\r\n", 50000)...), dump.LoadOptions{Preamble: true, Checksum: true})
	if res.Bytes != int64(len(b)) {
		t.Errorf("the dump has %d bytes, not %d", len(b), res.Bytes)
	}
	same(t, to, from)
}

// Versions before 5 have no checksum, and a checksum of 0 is none.
func TestChecksum(t *testing.T) {
	body := key([]byte("REDIS0004"), rdb.TypeString, "k", 1, 'v')
	old := append(slices.Clone(body), rdb.OpEOF)
	none := append([]byte("REDIS0005"), old[9:]...)
	none = append(none, make([]byte, 8)...)
	wrong := slices.Clone(none)
	wrong[len(wrong)-1] = 1
	for name, c := range map[string]struct {
		b      []byte
		verify bool
		ok     bool
	}{
		"old": {old, true, true}, "none": {none, true, true},
		"wrong": {wrong, true, false}, "wrong, not verified": {wrong, false, true},
	} {
		r := newRig(t, registry(t))
		if _, err := r.load(c.b, dump.LoadOptions{Checksum: c.verify}); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Keys whose time is past are left out, unless a log follows that knows better.
func TestExpired(t *testing.T) {
	b := []byte(header)
	for _, c := range []struct {
		name string
		at   int64
	}{{"long ago", 0}, {"before all time", -5}, {"just now", now}, {"a moment ago", now - 1}, {"never", -1}} {
		b = key(rdb.AppendMillis(append(b, rdb.OpExpireMillis), c.at), rdb.TypeString, c.name, 1, 'v')
	}
	b = append(b, rdb.OpExpireSeconds, 0, 0x5c, 0x26, 0x05) // in 1972
	b = key(b, rdb.TypeHash, "seconds", 1, 1, 'f', 1, 'v')
	b = end(b)
	r := newRig(t, registry(t))
	if res := r.mustLoad(b, dump.LoadOptions{}); res.Keys != 2 || res.Expired != 4 {
		t.Errorf("%+v", res)
	}
	r.Drop()
	if res := r.mustLoad(b, dump.LoadOptions{KeepExpired: true}); res.Keys != 6 || res.Expired != 0 {
		t.Errorf("%+v", res)
	}
	for name, want := range map[string]int64{
		"long ago": 1, "before all time": 1, "just now": now, "never": 0, "seconds": 0x05265c00 * 1000,
	} {
		if e := r.Keyspace.DB(0).Find([]byte(name), now, keyspace.KeepExpired); !e.OK() || e.Expire() != want {
			t.Errorf("%s expires at %d, not at %d", name, e.Expire(), want)
		}
	}
	rep, err := dump.Scan(context.Background(), bytes.NewReader(b), -1, r.Registry, dump.ScanOptions{Now: now})
	if err != nil || rep.Keys != 6 || rep.Expires != 5 || rep.Expired != 4 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// DEBUG RELOAD brings a dump in over what is there, with all locks held.
func TestReplace(t *testing.T) {
	from := newRig(t, registry(t))
	from.fill()
	b := from.save(dump.SaveOptions{})
	to := newRig(t, from.Registry)
	to.fill()
	to.do("set bighash something")
	to.do("del int")
	to.do("sadd int other things")
	to.do("pexpireat raw %d", now-1)
	to.Keyspace.Lock(keyspace.AllShards)
	res, err := to.load(b, dump.LoadOptions{Replace: true, Locked: true, Workers: 3})
	to.Keyspace.Unlock(keyspace.AllShards)
	if err != nil || res.Keys != int64(len(from.content())) {
		t.Fatal(res, err)
	}
	same(t, to, from)
	to.Drop()
}

// What is told of keys' use is kept in the mode that it is of.
func TestAccess(t *testing.T) {
	reg := registry(t)
	from := newRig(t, reg)
	from.do("set old v")
	from.do("set %s v", strings.Repeat("n", 100))
	e := from.Keyspace.DB(0).Find([]byte("old"), now, 0)
	e.SetIdle(now, 5000_000)
	b := from.save(dump.SaveOptions{Access: dump.Idle})
	to := newRig(t, reg)
	to.mustLoad(b, dump.LoadOptions{})
	if e := to.Keyspace.DB(0).Find([]byte("old"), now, 0); e.Idle(now) != 5000_000 {
		t.Errorf("idle for %d ms", e.Idle(now))
	}
	if b := from.save(dump.SaveOptions{Access: dump.Freq}); bytes.IndexByte(b, rdb.OpFreq) >= 0 {
		t.Error("a frequency in the mode LRU")
	}
	from.Keyspace.SetClock(keyspace.LFU, 10, 1)
	e.SetFreq(now, 99)
	b = from.save(dump.SaveOptions{Access: dump.Freq})
	to = newRig(t, reg)
	to.Keyspace.SetClock(keyspace.LFU, 10, 1)
	to.mustLoad(b, dump.LoadOptions{})
	if e := to.Keyspace.DB(0).Find([]byte("old"), now, 0); e.Freq(now) != 99 {
		t.Errorf("frequency %d", e.Freq(now))
	}
}

// What is not a key is understood or passed over.
func TestOpcodes(t *testing.T) {
	reg := registry(t)
	if err := reg.Functions.Load([]byte("#!lua name=kept\n"+strings.Repeat("-- text\n", 20)), false); err != nil {
		t.Fatal(err)
	}
	from := newRig(t, reg)
	from.do("set k v")
	b := from.save(dump.SaveOptions{
		Base: true, RedisVersion: "7.2.4", Aux: []dump.Pair{{Name: "repl-id", Value: "abc"}, {Name: "other", Value: "1"}},
	})
	b = b[:len(b)-9]
	b = append(b, rdb.OpSlotInfo, 1, 2, 3)
	b = end(key(b, rdb.TypeString, "after", 1, 'v'))
	var log bytes.Buffer
	other := registry(t)
	to := newRig(t, other)
	res := to.mustLoad(b, dump.LoadOptions{Log: logging.New(logging.Target{Output: &log})})
	for name, want := range map[string]string{
		"redis-ver": "7.2.4", "redis-bits": "64", "ctime": fmt.Sprint(now / 1000), "aof-base": "1", "repl-id": "abc",
	} {
		if res.Aux[name] != want {
			t.Errorf("field %s is %q, not %q", name, res.Aux[name], want)
		}
	}
	if all := other.Functions.All(); len(all) != 1 || !bytes.Equal(all[0], reg.Functions.All()[0]) {
		t.Errorf("libraries: %q", all)
	}
	for _, want := range []string{
		"Loading RDB produced by version 7.2.4", "RDB age 0 seconds", "RDB is base AOF",
		"Unrecognized RDB AUX field: 'other'", "Done loading RDB, keys loaded: 2, keys expired: 0.",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in the log: %s", want, &log)
		}
	}
	b = b[:len(b)-9]
	b = append(append(b, rdb.OpModuleAux), module("hello-typ", 3, 2, 1, 5, 1, 'x', 4, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 7)...)
	b = end(b)
	rep, err := dump.Scan(context.Background(), bytes.NewReader(b), int64(len(b)), other, dump.ScanOptions{Decode: true, Checksum: true})
	if err != nil || rep.Keys != 2 || rep.Libraries != 1 || rep.ModuleFields != 1 || rep.Types["string"] != 2 || rep.Databases[0] != 2 {
		t.Errorf("%+v, %v", rep, err)
	}
	if err := rep.Loadable(); err == nil || err.Error() != "this server cannot load the file: "+
		"The RDB file contains AUX module data I can't load: no matching module 'hello-typ' (1 times)" {
		t.Errorf("loadable: %v", err)
	}
}

// What an old version of Redis wrote for collections without members is passed
// over.
func TestEmpty(t *testing.T) {
	b := key([]byte(header), rdb.TypeSet, "set", 0)
	b = key(b, rdb.TypeList, "list", 0)
	b = key(b, rdb.TypeHash, "hash", 0)
	b = key(b, rdb.TypeZSet2, "zset", 0)
	b = key(b, rdb.TypeHashListpack, "listpack", text(nil, "\x07\x00\x00\x00\x00\x00\xff")...)
	b = end(key(b, rdb.TypeString, "string", 0)) // that is not one
	r := newRig(t, registry(t))
	if res := r.mustLoad(b, dump.LoadOptions{}); res.Keys != 1 || res.Empty != 5 {
		t.Errorf("%+v", res)
	}
	rep, err := dump.Scan(context.Background(), bytes.NewReader(b), -1, r.Registry, dump.ScanOptions{Decode: true})
	if err != nil || rep.Keys != 1 || rep.Empty != 5 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// Progress is told, and a wait can be interrupted.
func TestProgressAndDelay(t *testing.T) {
	from := newRig(t, registry(t))
	for i := range 100 {
		from.do("set %d %d", i, i)
	}
	s := from.Keyspace.Capture()
	defer s.End()
	for name, run := range map[string]func(ctx context.Context, p *core.Progress, delay func() time.Duration) error{
		"save": func(ctx context.Context, p *core.Progress, delay func() time.Duration) error {
			_, err := dump.Save(ctx, io.Discard, from.Registry, s, dump.SaveOptions{Progress: p, Delay: delay})
			return err
		},
		"load": func(ctx context.Context, p *core.Progress, delay func() time.Duration) error {
			b := from.save(dump.SaveOptions{})
			_, err := dump.Load(ctx, bytes.NewReader(b), -1, from.Registry, newRig(t, from.Registry).Keyspace, dump.LoadOptions{Progress: p, Delay: delay, Now: now})
			return err
		},
	} {
		var p core.Progress
		start := time.Now()
		if err := run(context.Background(), &p, func() time.Duration { return time.Millisecond / 2 }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); p.Keys() != 100 || p.Done() < 300 || took < 49*time.Millisecond {
			t.Errorf("%s: %d keys, %d bytes in %v", name, p.Keys(), p.Done(), took)
		}
		p = core.Progress{}
		ctx, cancel := context.WithCancel(context.Background())
		err := run(ctx, &p, func() time.Duration {
			if p.Keys() < 10 {
				return 0
			}
			cancel()
			return time.Hour
		})
		if e := new(dump.Error); !errors.Is(err, context.Canceled) || errors.As(err, &e) || p.Keys() >= 100 {
			t.Errorf("%s: %v after %d keys", name, err, p.Keys())
		}
		cancel()
	}
}

// The same dump takes the same memory every time, whatever the workers do.
func TestSameMemory(t *testing.T) {
	from := newRig(t, registry(t))
	from.fill()
	for i := range 20000 {
		from.do("set key:%d value:%d", i, i)
	}
	b := from.save(dump.SaveOptions{})
	var first int64
	for i := range 4 {
		to := newRig(t, from.Registry)
		to.mustLoad(b, dump.LoadOptions{Workers: 1 + i})
		to.Keyspace.Lock(keyspace.AllShards)
		n := to.Keyspace.ExactMemory()
		to.Keyspace.Unlock(keyspace.AllShards)
		if first == 0 {
			first = n
		}
		if d := n - first; d < -first/50 || d > first/50 {
			t.Errorf("%d bytes, and before %d", n, first)
		}
		to.Drop()
	}
}
