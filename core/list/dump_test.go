package list

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"pgregory.net/rapid"
)

// What Redis 7.2.6 answers to DUMP, without the footer, with rdbcompression off: a list
// of one listpack, and one with list-max-listpack-size 2.
const (
	redisShort = "\x12\x01\x0222\x00\x00\x00\x06\x00\x81a\x02\x0c\x01\xf2\x90\xee\xfe\x04\x80\x01\x93some text of a list\x14\xf4\xff\xff\xff\xff\xff\xff\xff\x7f\t\xff"
	redisLong  = "\x12\x03\x02\r\r\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff\x02\x0c\x0c\x00\x00\x00\x02\x00\x03\x01\x81d\x02\xff\x02\x0c\x0c\x00\x00\x00\x01\x00\xf2P\xc3\x00\x04\xff"
)

var two = keyspace.PackedLimits{Entries: 2, Bytes: 8192}

// load decodes a dump that begins with its opcode, and gives it to the key.
func (r *rig) load(dump string, lim keyspace.PackedLimits) error {
	rd := rdb.NewReader([]byte(dump))
	v, err := Load(rd.Byte(), rd, r.ks.Arena(r.ks.Hash(r.key)), lim)
	if err != nil {
		return err
	}
	if rd.Left() > 0 {
		r.Errorf("%d bytes are left of %q", rd.Left(), dump)
	}
	r.db.PutValue(r.key, v, 0, 1)
	return nil
}

func (r *rig) save(compress bool) string {
	v := r.db.Find(r.key, 1, 0).Value()
	opcode, out := rdb.Encode(compress, func(w *rdb.Writer) { Save(w, v) })
	return string(opcode) + string(out)
}

func TestRedisDumps(t *testing.T) {
	for _, c := range []struct {
		dump   string
		limits keyspace.PackedLimits
		want   []string
	}{
		{redisShort, keyspace.PackedLimits{}, []string{"a", "12", "-70000", "", "some text of a list", "9223372036854775807"}},
		{redisLong, two, []string{"a", "b", "3", "d", "50000"}},
	} {
		r := newRig(t, c.limits)
		r.push(Back, c.want...)
		if got := r.save(false); got != c.dump {
			t.Errorf("saved as %q, not %q", got, c.dump)
		}
		if err := r.load(c.dump, c.limits); err != nil {
			t.Error(err)
		}
		r.check()
		if got := r.save(false); got != c.dump {
			t.Errorf("saved again as %q, not %q", got, c.dump)
		}
		r.end()
	}
}

// Every form that lists have had in dumps, and what is wrong with some.
func TestLoad(t *testing.T) {
	const zip = "\x16\x16\x00\x00\x00\x12\x00\x00\x00\x04\x00" + "\x00\x01a" + "\x03\xf6" + "\x02\x01b" + "\x03\xfe\x80" + "\xff"
	old := []string{"a", "5", "b", "-128"}
	for _, c := range []struct {
		name, dump string
		want       []string
	}{
		{"strings", "\x01\x03\x01a\xc0\x0512345", nil},
		{"strings", "\x01\x03\x01a\xc0\x05\x0212", []string{"a", "5", "12"}},
		{"a plain node", "\x12\x02\x01\x05hello" + redisLong[17:31], []string{"hello", "3", "d"}},
		{"only plain nodes", "\x12\x02\x01\x05hello\x01\xc0\x07", []string{"hello", "7"}},
		{"an empty node", "\x12\x02\x02\x07\x07\x00\x00\x00\x00\x00\xff\x01\x05hello", []string{"hello"}},
		{"a ziplist", "\x0a" + zip, old},
		{"ziplists", "\x0e\x02" + zip + zip, append(slices.Clone(old), old...)},
		{"nothing", "\x12\x00", nil},
		{"no strings", "\x01\x00", nil},
		{"nothing but empty nodes", "\x12\x01\x02\x07\x07\x00\x00\x00\x00\x00\xff", nil},
		{"no container", "\x12\x01\x03\x01a", nil},
		{"half", "\x12\x02\x01\x05hello", nil},
		{"too many", "\x12\xbf\xff\x01\x05hello", nil},
		{"a bad listpack", "\x12\x02\x01\x05hello\x02\x07\x07\x00\x00\x00\x01\x00\xff", nil},
		{"a bad ziplist", "\x0a" + zip[:11] + "\x07" + zip[12:], nil},
		{"another type", "\x02\x01\x01a", nil},
	} {
		for _, lim := range someLimits {
			r := newRig(t, lim)
			r.model = c.want
			err := r.load(c.dump, lim)
			if (err == nil) != (c.want != nil) {
				t.Errorf("%s: %v", c.name, err)
			}
			r.check()
			r.end()
		}
	}
}

// Lists load as they were saved, are copied and written as commands, whatever the limits
// are there.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := func(name string) keyspace.PackedLimits {
			return rapid.SampledFrom(someLimits).Draw(t, name)
		}
		r := newRig(t, limits("limits"))
		r.push(Back, rapid.SliceOfN(values(), 1, 200).Draw(t, "values")...)
		dump := r.save(rapid.Bool().Draw(t, "compress"))
		e := r.db.Find(r.key, 1, 0)
		other := []byte("copy")
		r.db.PutValue(other, Copy(e.Value(), r.ks.Arena(r.ks.Hash(other)), nil), 0, 1)
		if got := r.all(Of(r.db.Find(other, 1, 0).Value())); !slices.Equal(got, r.model) {
			t.Fatalf("copied as %.300q", got)
		}
		var again []string
		err := Rewrite(r.key, r.db.Find(r.key, 1, 0).Value(), func(args ...[]byte) error {
			if string(args[0]) != "RPUSH" || string(args[1]) != "list" || len(args) > 2+64 {
				t.Fatalf("%.100q", args)
			}
			for _, a := range args[2:] {
				again = append(again, string(a))
			}
			return nil
		})
		if err != nil || !slices.Equal(again, r.model) {
			t.Fatalf("%v; rewritten as %.300q", err, again)
		}
		lim := limits("other limits")
		r.ks.SetPacked(keyspace.List, lim)
		if err := r.load(dump, lim); err != nil {
			t.Fatal(err)
		}
		r.check()
		r.end()
	})
}

// FuzzLoad: what loads is a sound list, and what does not leaves nothing behind.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(redisShort))
	f.Add([]byte(redisLong))
	f.Add([]byte("\x12\x02\x01\x05hello\x01\xc0\x07"))
	f.Add([]byte("\x0a\x11\x11\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xf6\xff"))
	f.Add([]byte("\x01\x03\x01a\xc0\x05\x0212"))
	f.Fuzz(func(t *testing.T, dump []byte) {
		for _, lim := range []keyspace.PackedLimits{{Bytes: 64}, {Bytes: 64, Plain: 1}, two, {}} {
			ks := keyspace.New(keyspace.Options{Arena: arena.Options{Poison: true}})
			r := &rig{failer: t, ks: ks, db: ks.DB(0), key: []byte("list")}
			ks.SetPacked(keyspace.List, lim)
			rd := rdb.NewReader(dump)
			if v, err := Load(rd.Byte(), rd, ks.Arena(ks.Hash(r.key)), lim); err == nil {
				r.db.PutValue(r.key, v, 0, 1)
				r.model = r.all(r.view())
				r.check()
				r.push(Front, "before")
				r.remove(r.model[len(r.model)/2], 1)
				r.check()
			}
			r.end()
		}
	})
}

// Positions in the middle of a list of a million chunks are found soon, memory is given
// back, and a snapshot costs one copy of what is changed.
func BenchmarkHuge(b *testing.B) {
	ks := keyspace.New(keyspace.Options{})
	defer ks.Close()
	ks.SetPacked(keyspace.List, keyspace.PackedLimits{Bytes: 64})
	db, key := ks.DB(0), []byte("list")
	ed := Edit(db, key, keyspace.Entry{}, 1)
	const n = 1_000_000
	for i := range n {
		ed.Push(Back, []byte("an element of the length of a chunk: "+strconv.Itoa(i)))
	}
	edit := func() *Editor { return Edit(db, key, db.Find(key, 1, 0), 1) }
	b.Run("Get", func(b *testing.B) {
		v := edit().View()
		for i := 0; b.Loop(); i++ {
			v.Get(i * 7919 % n)
		}
	})
	b.Run("Insert", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			edit().Insert(i*7919%n, []byte("something between"))
		}
	})
	b.Run("SetUnderSnapshots", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s := ks.Freeze()
			edit().Set(i*7919%n, []byte("something"))
			s.End()
		}
	})
}

// A list is not larger than its elements and a few bytes each; what is popped is given
// back.
func TestMemory(t *testing.T) {
	for _, size := range []int{1, 10, 100, 1000, 3000, 10000} {
		r := newRig(t, keyspace.PackedLimits{})
		r.ks.Close()
		r.ks = keyspace.New(keyspace.Options{})
		r.db = r.ks.DB(0)
		ed := r.edit()
		text := []byte(strings.Repeat("x", size))
		n := 1<<20/size + 100
		for range n {
			ed.Push(Back, text)
		}
		// Two bytes around a short element, and what does not fill a chunk or a size
		// class.
		if got, most := r.ks.ExactMemory(), int64(n*(size+5)*112/100); got > most {
			t.Errorf("%d elements of %d bytes take %d, more than %d", n, size, got, most)
		}
		ed = r.edit()
		ed.Drop(Front, n-3)
		ed.Done()
		if got, most := r.ks.ExactMemory(), int64(9*(size+5)+2000); got > most {
			t.Errorf("3 elements of %d bytes take %d", size, got)
		}
		r.ks.Close()
	}
}

// An end that is popped bare does not keep the room of a full chunk.
func TestEndsShrink(t *testing.T) {
	for _, end := range []End{Front, Back} {
		r := newRig(t, keyspace.PackedLimits{})
		for range 5000 {
			r.push(Back, "some text")
		}
		l := r.view().large
		r.drop(end, l.count(end)-2)
		if room := l.a.Cap(arena.Ref(l.ends[end])); room > 4*firstGap {
			t.Errorf("two elements have %d bytes", room)
		}
		r.end()
	}
}
