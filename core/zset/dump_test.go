package zset

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// What Redis 7.2.6 answers to DUMP, without the footer, for a set of these members,
// packed and not, with rdbcompression off.
const (
	redisPacked = "114139390100002c0086626f74746f6d07842d696e6605dff902852d302e323506876e65677a65726f080001847a65726f050001836d696e048635652d3332340785736d616c6c068431652d37058574656e74680683302e3104836f6e6504010183312e350483312e35048374776f0402018574687265650603018270690392332e303030303030303030303030303030341385696e74313606f13930038466726163058a3132333435362e3738390b85696e74333306f40000000001000000098370363204f40000000000000040098362696704f490f424ebcd2c1a4709837036330493393232333337323033363835343737363030301483653230048531652b3230068465333030058631652b33303007836d61780497312e37393736393331333438363233313537652b3330381883746f700483696e6604ff"
	redisLarge  = "051603746f70000000000000f07f036d6178ffffffffffffef7f04653330309c7500883ce4377e03653230408cb5781daf154403703633000000000000e043036269673dc97a338bc6d14303703632000000000000d04305696e743333000000000000f0410466726163c976be9f0c24fe4005696e74313600000000801cc840027069010000000000084005746872656500000000000008400374776f000000000000004003312e35000000000000f83f036f6e65000000000000f03f0574656e74689a9999999999b93f05736d616c6c48afbc9af2d77a3e036d696e0100000000000000047a65726f0000000000000000076e65677a65726f0000000000000080c0f9000000000000d0bf06626f74746f6d000000000000f0ff"
)

func redisMembers() model {
	return model{
		"one": 1, "two": 2, "three": 3, "1.5": 1.5, "-7": -0.25, "top": math.Inf(1), "bottom": math.Inf(-1),
		"p62": 1 << 62, "big": 5123456789012345856, "p63": 1 << 63, "e300": 1e300, "pi": 3.0000000000000004,
		"negzero": math.Copysign(0, -1), "zero": 0, "e20": 1e20, "tenth": 0.1, "small": 1e-7, "int16": 12345,
		"int33": 1 << 32, "max": math.MaxFloat64, "min": math.SmallestNonzeroFloat64, "frac": 123456.789,
	}
}

func unhex(t testing.TB, text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var roomy = keyspace.PackedLimits{Entries: 128, Bytes: 64}

// A set saves as the bytes that Redis writes, however it was built, and loads
// from them.
func TestRedisDumps(t *testing.T) {
	for name, c := range map[string]struct {
		dump   string
		limits keyspace.PackedLimits
	}{"packed": {redisPacked, roomy}, "large": {redisLarge, keyspace.PackedLimits{}}} {
		dump := unhex(t, c.dump)
		m := newMachine()
		m.ks.SetPacked(keyspace.ZSet, c.limits)
		a := m.ks.Arena(m.ks.Hash(m.key))
		ed := Edit(m.db, m.key, m.entry(), 1)
		b := NewBuilder(a, 0)
		for member, score := range redisMembers() {
			ed.Set([]byte(member), 7)
			ed.Set([]byte(member), score)
			b.Set([]byte(member), score)
		}
		built := b.Value(c.limits)
		loaded, err := Load(dump[0], rdb.NewReader(dump[1:]), a, c.limits)
		if err != nil {
			t.Fatal(name, err)
		}
		for what, v := range map[string]keyspace.Value{
			"edited": m.entry().Value(), "built": built, "loaded": loaded, "copied": Copy(built, a, nil),
		} {
			opcode, out := saved(v, false)
			if opcode != dump[0] || !bytes.Equal(out, dump[1:]) {
				t.Errorf("%s, %s: saved as type %d\n%x\nnot\n%x", name, what, opcode, out, dump[1:])
			}
			if err := differs(Of(v), redisMembers().sorted()); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		m.ks.Close()
	}
}

// The limits choose the form of what is loaded.
func TestLoadConverts(t *testing.T) {
	for name, c := range map[string]struct {
		dump   string
		limits keyspace.PackedLimits
		want   string
	}{
		"pack, too many":  {redisPacked, keyspace.PackedLimits{Entries: 21, Bytes: 64}, "skiplist"},
		"pack, too long":  {redisPacked, keyspace.PackedLimits{Entries: 22, Bytes: 2}, "listpack"},
		"pairs, few":      {redisLarge, keyspace.PackedLimits{Entries: 22, Bytes: 7}, "listpack"},
		"pairs, too long": {redisLarge, keyspace.PackedLimits{Entries: 22, Bytes: 6}, "skiplist"},
		"pairs, too many": {redisLarge, keyspace.PackedLimits{Entries: 21, Bytes: 64}, "skiplist"},
	} {
		dump := unhex(t, c.dump)
		pool := arena.NewPool(arena.Options{Poison: true})
		v, err := Load(dump[0], rdb.NewReader(dump[1:]), pool.NewArena(), c.limits)
		if err != nil || Encoding(v) != c.want || differs(Of(v), redisMembers().sorted()) != nil {
			t.Errorf("%s: %v %s", name, err, Encoding(v))
		}
		pool.Close()
	}
}

// asText is a set in the form of the first Redis.
func asText(pairs ...any) []byte {
	b := rdb.AppendLen(nil, uint64(len(pairs)/2))
	for i := 0; i < len(pairs); i += 2 {
		b = rdb.AppendString(b, []byte(pairs[i].(string)), false)
		b = rdb.AppendDouble(b, pairs[i+1].(float64))
	}
	return b
}

func asPack(elements ...string) []byte {
	var region []byte
	for _, e := range elements {
		region = listpack.Append(region, []byte(e))
	}
	return rdb.AppendString(nil, listpack.AppendPack(nil, region, len(elements)), false)
}

func TestLoadText(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	in := asText("b", 2.5, "a", math.Inf(1), "c", -1.0)
	v, err := Load(rdb.TypeZSet, rdb.NewReader(in), pool.NewArena(), roomy)
	if err != nil {
		t.Fatal(err)
	}
	if err := differs(Of(v), model{"b": 2.5, "a": math.Inf(1), "c": -1}.sorted()); err != nil {
		t.Error(err)
	}
}

// asZiplist is a saved ziplist of n elements, whose header is made for them.
func asZiplist(n byte, elements ...byte) []byte {
	last := 10
	for at, i := 10, byte(0); i < n; i++ {
		last = at
		size := 2 // an integer within its head
		if c := elements[at-10+1]; c < 64 {
			size += int(c)
		}
		at += size
	}
	b := []byte{byte(11 + len(elements)), 0, 0, 0, byte(last), 0, 0, 0, n, 0}
	return rdb.AppendString(nil, append(append(b, elements...), 0xff), false)
}

// The packed form of Redis before 7: f has 1, and 5 has 2.5.
func TestLoadZiplist(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	in := asZiplist(4, 0, 1, 'f', 3, 0xf2, 2, 0xf6, 2, 3, '2', '.', '5')
	for _, limits := range []keyspace.PackedLimits{roomy, {}} {
		v, err := Load(rdb.TypeZSetZiplist, rdb.NewReader(in), pool.NewArena(), limits)
		if err != nil {
			t.Fatal(err)
		}
		if err := differs(Of(v), model{"f": 1, "5": 2.5}.sorted()); err != nil {
			t.Error(err)
		}
	}
}

// What is not a sorted set is refused with an error that says why, and nothing is
// left of it.
func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		opcode byte
		data   []byte
		want   string
	}{
		"NaN":              {rdb.TypeZSet, asText("a", math.NaN()), "not a number"},
		"twice":            {rdb.TypeZSet, asText("a", 1.0, "b", 2.0, "a", 3.0), "twice"},
		"empty":            {rdb.TypeZSet, asText(), "without members"},
		"short":            {rdb.TypeZSet, asText("a", 1.0, "b", 2.0)[:6], "unexpected end"},
		"lying count":      {rdb.TypeZSet2, rdb.AppendLen(nil, 1<<40), "elements declared"},
		"NaN in binary":    {rdb.TypeZSet2, rdb.AppendBinaryDouble([]byte{1, 1, 'a'}, math.NaN()), "not a number"},
		"odd":              {rdb.TypeZSetListpack, asPack("a", "1", "b"), "without a score"},
		"empty pack":       {rdb.TypeZSetListpack, asPack(), "without members"},
		"no score":         {rdb.TypeZSetListpack, asPack("a", "x"), "not a number"},
		"NaN in a pack":    {rdb.TypeZSetListpack, asPack("a", "nan"), "not a number"},
		"endless score":    {rdb.TypeZSetListpack, asPack("a", "1."+strings.Repeat("0", 200)), "not a number"},
		"order of scores":  {rdb.TypeZSetListpack, asPack("a", "2", "b", "1"), "not in order"},
		"order of members": {rdb.TypeZSetListpack, asPack("b", "1", "a", "1"), "not in order"},
		"order of numbers": {rdb.TypeZSetListpack, asPack("9", "1", "10", "1"), "not in order"},
		"twice in a row":   {rdb.TypeZSetListpack, asPack("5", "1", "5", "1"), "not in order"},
		"twice in a pack":  {rdb.TypeZSetListpack, asPack("a", "1", "b", "2", "a", "3"), "twice"},
		"no pack":          {rdb.TypeZSetListpack, []byte{3, 'a', 'b', 'c'}, "listpack"},
		"another type":     {rdb.TypeHash, asPack("a", "1"), "RDB type 4"},
		"odd ziplist":      {rdb.TypeZSetZiplist, asZiplist(1, 0, 1, 'f'), "without a score"},
		"empty ziplist":    {rdb.TypeZSetZiplist, asZiplist(0), "without members"},
		"twice in ziplist": {rdb.TypeZSetZiplist, asZiplist(4, 0, 1, 'f', 3, 0xf2, 2, 1, 'f', 3, 0xf2), "twice"},
		"NaN in a ziplist": {rdb.TypeZSetZiplist, asZiplist(2, 0, 1, 'f', 3, 3, 'n', 'a', 'n'), "not a number"},
		"no ziplist":       {rdb.TypeZSetZiplist, asPack("a", "1"), "corrupt"},
	} {
		for _, limits := range []keyspace.PackedLimits{roomy, {}} {
			pool := arena.NewPool(arena.Options{Poison: true})
			a := pool.NewArena()
			_, err := Load(c.opcode, rdb.NewReader(c.data), a, limits)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
			if a.Used() != 0 {
				t.Errorf("%s: %d bytes leaked", name, a.Used())
			}
			pool.Close()
		}
	}
}

// FuzzLoad: whatever is loaded without an error saves and loads again, and all its
// memory comes back.
func FuzzLoad(f *testing.F) {
	for _, dump := range []string{redisPacked, redisLarge} {
		b := unhex(f, dump)
		f.Add(b[0], b[1:], true)
		f.Add(b[0], b[1:], false)
	}
	f.Add(byte(rdb.TypeZSet), asText("a", 1.0, "b", math.Inf(-1)), true)
	f.Add(byte(rdb.TypeZSetListpack), asPack("9", "1", "a", "inf"), true)
	f.Add(byte(rdb.TypeZSetZiplist), asZiplist(4, 0, 1, 'f', 3, 0xf2, 2, 0xf6, 2, 3, '2', '.', '5'), false)
	f.Fuzz(func(t *testing.T, opcode byte, data []byte, packed bool) {
		var limits keyspace.PackedLimits
		if packed {
			limits = roomy
		}
		pool := arena.NewPool(arena.Options{Poison: true})
		defer pool.Close()
		a := pool.NewArena()
		v, err := Load(opcode, rdb.NewReader(data), a, limits)
		if err == nil {
			content := model{}
			for c := Of(v).At(0); c.OK(); c.Next() {
				content[string(c.Member())] = c.Score()
			}
			opcode, out := saved(v, true)
			again, err := Load(opcode, rdb.NewReader(out), a, limits)
			if err != nil {
				t.Fatal("not even we can read it: ", err)
			}
			for _, v := range []keyspace.Value{v, again} {
				if err := differs(Of(v), content.sorted()); err != nil {
					t.Fatal(err)
				}
				release(v)
			}
		}
		if a.Used() != 0 {
			t.Fatal(a.Used(), "bytes leaked")
		}
	})
}

func release(v keyspace.Value) {
	if v.Object != nil {
		for !v.Object.Release(10) {
		}
	}
}

// The commands of a rewrite make the same set.
func TestRewrite(t *testing.T) {
	m := newMachine()
	defer m.ks.Close()
	for _, n := range []int{1, 10, 64, 65, 500} {
		want := numbered(n)
		b := NewBuilder(m.ks.Arena(0), n)
		for member, score := range want {
			b.Set([]byte(member), score+0.5)
			want[member] = score + 0.5
		}
		v := b.Value(roomy)
		got := model{}
		if err := Rewrite([]byte("key"), v, func(args ...[]byte) error {
			if string(args[0]) != "ZADD" || string(args[1]) != "key" || len(args) > 2+2*64 || len(args)%2 != 0 {
				t.Errorf("%q", args)
			}
			region := []byte{}
			for i := 2; i < len(args); i += 2 {
				region = listpack.Append(region[:0], args[i])
				e, _ := listpack.Read(region, 0)
				got[string(args[i+1])], _ = parseScore(e)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := differs(Of(v), got.sorted()); err != nil {
			t.Error(n, err)
		}
	}
}

// A Builder may be looked at, changed and thrown away.
func TestBuilder(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	a := pool.NewArena()
	b := NewBuilder(a, 0)
	for i := range 300 {
		b.Set([]byte{byte(i), byte(i >> 8)}, float64(i%10))
	}
	for i := range 300 {
		p, ok := b.Find([]byte{byte(i), byte(i >> 8)})
		if !ok || p.Score() != float64(i%10) {
			t.Fatal(i, p.Score(), ok)
		}
		if i%2 == 0 {
			b.Update(p, p.Score()+1)
		} else {
			b.Remove([]byte{byte(i), byte(i >> 8)})
		}
	}
	if b.Len() != 150 || b.View().Below(1, true) != 30 {
		t.Error(b.Len(), b.View().Below(1, true))
	}
	b.Discard()
	if a.Used() != 0 {
		t.Error(a.Used(), "bytes leaked")
	}
}

// Digest feeds what DEBUG DIGEST-VALUE of Redis does: scores with 17 digits.
func TestDigest(t *testing.T) {
	pool := arena.NewPool(arena.Options{})
	defer pool.Close()
	for _, limits := range []keyspace.PackedLimits{roomy, {}} {
		b := NewBuilder(pool.NewArena(), 0)
		for member, score := range (model{"5": 0.1, "b": 1e20, "c": 3, "d": math.Inf(-1)}) {
			b.Set([]byte(member), score)
		}
		var got []string
		Digest(b.Value(limits), func(parts ...[]byte) { got = append(got, string(bytes.Join(parts, []byte("=")))) })
		if want := "d=-inf 5=0.1 c=3 b=1e+20"; strings.Join(got, " ") != want {
			t.Errorf("%q", got)
		}
	}
}

// saved returns what Save writes: its type and the rest.
func saved(v keyspace.Value, compress bool) (opcode byte, out []byte) {
	return rdb.Encode(compress, func(w *rdb.Writer) { Save(w, v) })
}
