package hash

import (
	"encoding/hex"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
)

func packOf(elements ...string) []byte {
	var region []byte
	for _, e := range elements {
		region = listpack.Append(region, []byte(e))
	}
	return rdb.AppendString(nil, listpack.AppendPack(nil, region, len(elements)), false)
}

// What Load refuses.
func TestLoadRefuses(t *testing.T) {
	str := func(texts ...string) (b []byte) {
		for _, s := range texts {
			b = rdb.AppendString(b, []byte(s), false)
		}
		return b
	}
	for name, test := range map[string]struct {
		opcode byte
		data   []byte
	}{
		"no fields":                {rdb.TypeHash, []byte{0}},
		"the same field twice":     {rdb.TypeHash, append([]byte{2}, str("a", "1", "a", "2")...)},
		"a missing value":          {rdb.TypeHash, append([]byte{2}, str("a", "1", "b")...)},
		"an empty listpack":        {rdb.TypeHashListpack, packOf()},
		"an odd listpack":          {rdb.TypeHashListpack, packOf("a", "1", "b")},
		"a field twice, packed":    {rdb.TypeHashListpack, packOf("a", "1", "b", "2", "a", "3")},
		"pairs instead of three":   {rdb.TypeHashListpackEx, append(make([]byte, 8), packOf("a", "1", "b", "2")...)},
		"a time that is no number": {rdb.TypeHashListpackEx, append(make([]byte, 8), packOf("a", "1", "x")...)},
		"a negative time":          {rdb.TypeHashListpackPre, packOf("a", "1", "-5")},
		"a time too late":          {rdb.TypeHashMetadataPre, append(rdb.AppendLen([]byte{1}, 1<<48), str("a", "1")...)},
		"no listpack":              {rdb.TypeHashListpack, str("nonsense")},
	} {
		a := arena.NewPool(arena.Options{Poison: true}).NewArena()
		if _, err := Load(test.opcode, rdb.NewReader(test.data), a, testLimits); err == nil {
			t.Errorf("%s: no error", name)
		}
		if a.Used() != 0 {
			t.Errorf("%s: %d bytes are left", name, a.Used())
		}
	}
}

// The forms of Redis 7.4, of fields with times.
func TestLoadTimes(t *testing.T) {
	metadata := rdb.AppendMillis(nil, 5000)
	metadata = append(metadata, 3)
	for _, f := range []struct {
		ttl  uint64
		name string
	}{{0, "a"}, {1, "b"}, {501, "c"}} {
		metadata = rdb.AppendLen(metadata, f.ttl)
		metadata = rdb.AppendString(metadata, []byte(f.name), false)
		metadata = rdb.AppendString(metadata, []byte("v"), false)
	}
	for name, test := range map[string]struct {
		opcode byte
		data   []byte
	}{
		"metadata": {rdb.TypeHashMetadata, metadata},
		"listpack": {rdb.TypeHashListpackEx, append(rdb.AppendMillis(nil, 5000), packOf("b", "v", "5000", "c", "v", "5500", "a", "v", "0")...)},
		"pre":      {rdb.TypeHashListpackPre, packOf("b", "v", "5000", "c", "v", "5500", "a", "v", "0")},
	} {
		a := arena.NewPool(arena.Options{}).NewArena()
		v, err := Load(test.opcode, rdb.NewReader(test.data), a, testLimits)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for field, want := range map[string]int64{"a": 0, "b": 5000, "c": 5500} {
			if at, ok := Of(v, 0).Expire([]byte(field)); at != want || !ok {
				t.Errorf("%s: %q expires at %d (%v), want %d", name, field, at, ok, want)
			}
		}
		opcode, out := saved(v, true)
		if opcode != rdb.TypeHashMetadata || len(out) != len(metadata) {
			t.Errorf("%s: saved as %d, %x", name, opcode, out)
		}
	}
}

// What redis-server 7.0.15 writes for DUMP of: HSET h f v n 12.
func TestSavedAsByRedis(t *testing.T) {
	const want = "1012120000000400816602817602816e020c01ff"
	var b Builder
	b.limits = testLimits
	b.Add([]byte("f"), []byte("v"), 0)
	b.Add([]byte("n"), []byte("12"), 0)
	opcode, got := saved(b.Value(), true)
	got = append([]byte{opcode}, got...)
	if hex.EncodeToString(got) != want {
		t.Errorf("%x, want %s", got, want)
	}
}

// The packed forms of Redis before 7: f is v, and 5 is 300 in the ziplist.
func TestLoadOld(t *testing.T) {
	zip := []byte{
		21, 0, 0, 0, 18, 0, 0, 0, 4, 0, // bytes, where the last element is, elements
		0, 1, 'f', 3, 1, 'v', 3, 0xf6, 2, 0xc0, 44, 1, 0xff,
	}
	zip[0], zip[4] = byte(len(zip)), byte(len(zip)-5)
	odd := []byte{14, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 1, 'f', 0xff}
	for name, test := range map[string]struct {
		opcode byte
		data   []byte
		fields map[string]string // nil: refused
	}{
		"ziplist":             {rdb.TypeHashZiplist, zip, map[string]string{"f": "v", "5": "300"}},
		"odd ziplist":         {rdb.TypeHashZiplist, odd, nil},
		"empty ziplist":       {rdb.TypeHashZiplist, []byte{11, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0xff}, nil},
		"broken ziplist":      {rdb.TypeHashZiplist, zip[:8], nil},
		"zipmap":              {rdb.TypeHashZipmap, []byte{1, 1, 'f', 1, 0, 'v', 0xff}, map[string]string{"f": "v"}},
		"empty zipmap":        {rdb.TypeHashZipmap, []byte{0, 0xff}, nil},
		"zipmap with a twice": {rdb.TypeHashZipmap, []byte{2, 1, 'a', 1, 0, 'v', 1, 'a', 1, 0, 'v', 0xff}, nil},
	} {
		a := arena.NewPool(arena.Options{Poison: true}).NewArena()
		v, err := Load(test.opcode, rdb.NewReader(rdb.AppendString(nil, test.data, false)), a, testLimits)
		if (err == nil) != (test.fields != nil) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var room [20]byte
		for field, want := range test.fields {
			if got, _ := Of(v, 0).Get([]byte(field), room[:]); string(got) != want {
				t.Errorf("%s: %q is %q, want %q", name, field, got, want)
			}
		}
		if err == nil && Of(v, 0).Len() != len(test.fields) {
			t.Errorf("%s: %d fields", name, Of(v, 0).Len())
		}
	}
}

// FuzzLoad: whatever the bytes are there is an error or a sound hash that survives
// another round, and nothing is left behind.
func FuzzLoad(f *testing.F) {
	f.Add(byte(rdb.TypeHashListpack), packOf("a", "1", "b", "2"))
	f.Add(byte(rdb.TypeHash), []byte{1, 1, 'a', 1, 'b'})
	f.Add(byte(rdb.TypeHashMetadata), append(rdb.AppendMillis(nil, 99), 1, 1, 1, 'a', 1, 'b'))
	f.Add(byte(rdb.TypeHashListpackEx), append(rdb.AppendMillis(nil, 99), packOf("a", "1", "5")...))
	f.Add(byte(rdb.TypeHashZipmap), rdb.AppendString(nil, []byte{1, 1, 'f', 1, 0, 'v', 0xff}, false))
	f.Add(byte(rdb.TypeHashZiplist), rdb.AppendString(nil, []byte{17, 0, 0, 0, 13, 0, 0, 0, 2, 0, 0, 1, 'f', 3, 1, 'v', 0xff}, false))
	f.Fuzz(func(t *testing.T, opcode byte, data []byte) {
		a := arena.NewPool(arena.Options{Poison: true}).NewArena()
		defer a.Pool().Close()
		v, err := Load(opcode, rdb.NewReader(data), a, testLimits)
		if err != nil {
			if a.Used() != 0 {
				t.Fatalf("%d bytes are left after %v", a.Used(), err)
			}
			return
		}
		view := Of(v, 0)
		var room [20]byte
		n := 0
		for c := view.Fields(); c.Next(); n++ {
			if got, ok := view.Get(c.Field(), room[:]); !ok || string(got) != string(c.Value()) {
				t.Fatalf("%q is %q (%v), want %q", c.Field(), got, ok, c.Value())
			}
		}
		if n != view.Len() || n == 0 {
			t.Fatalf("%d fields, Len %d", n, view.Len())
		}
		opcode, out := saved(v, true)
		again, err := Load(opcode, rdb.NewReader(out), a, testLimits)
		if err != nil || Of(again, 0).Len() != n {
			t.Fatalf("not read back: %v", err)
		}
		release(v)
		release(again)
		if a.Used() != 0 {
			t.Fatalf("%d bytes are left", a.Used())
		}
	})
}

func release(v keyspace.Value) {
	for v.Object != nil && !v.Object.Release(1000) {
	}
}

// saved returns what Save writes: its type and the rest.
func saved(v keyspace.Value, compress bool) (opcode byte, out []byte) {
	return rdb.Encode(compress, func(w *rdb.Writer) { Save(w, v) })
}
