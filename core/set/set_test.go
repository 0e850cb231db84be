package set

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"pgregory.net/rapid"
)

const now = 1_700_000_000_000

// rig is a keyspace with one key that holds a set, and the model of it.
type rig struct {
	t     *rapid.T
	ks    *keyspace.Keyspace
	db    *keyspace.DB
	key   []byte
	model map[string]bool
	snap  *keyspace.Snapshot
	then  []string // what the snapshot shows
}

func newRig(t *rapid.T, lim keyspace.PackedLimits) *rig {
	ks := keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	ks.SetPacked(keyspace.Set, lim)
	return &rig{t: t, ks: ks, db: ks.DB(0), key: []byte("key"), model: map[string]bool{}}
}

// end frees everything and proves that no memory is left.
func (r *rig) end() {
	if r.snap != nil {
		r.snap.End()
	}
	r.db.Flush()
	for sh := range keyspace.Shards {
		for r.ks.Sweep(sh, now, 1000, true) {
		}
	}
	if n := r.ks.ExactMemory(); n != 0 {
		r.t.Fatalf("%d bytes are left in an empty keyspace", n)
	}
	r.ks.Close()
}

func (r *rig) edit() Editor { return Edit(r.db, r.key, r.db.Find(r.key, now, 0), now) }

func (r *rig) want() []string {
	all := make([]string, 0, len(r.model))
	for m := range r.model {
		all = append(all, m)
	}
	slices.Sort(all)
	return all
}

func members(v View) []string {
	all := []string{}
	for it := v.Iter(); it.Next(); {
		all = append(all, string(it.Member()))
	}
	slices.Sort(all)
	return all
}

func (r *rig) check() {
	e := r.db.Find(r.key, now, 0)
	if e.OK() != (len(r.model) > 0) {
		r.t.Fatalf("there is a key: %v, with %d members", e.OK(), len(r.model))
	}
	var v View
	if e.OK() {
		v = Of(e.Value())
	}
	r.same(v, r.want())
	if r.snap != nil {
		var then []string
		for sh := range keyspace.Shards {
			r.snap.Walk(0, sh, func(f keyspace.Frozen) bool {
				then = members(Of(f.Value))
				return true
			})
		}
		if !slices.Equal(then, r.then) {
			r.t.Fatalf("the snapshot moved from %q to %q", r.then, then)
		}
	}
}

func (r *rig) same(v View, want []string) {
	if got := members(v); !slices.Equal(got, want) || v.Len() != len(want) {
		r.t.Fatalf("holds %q, not %q", got, want)
	}
	var scratch [20]byte
	for _, m := range want {
		if !v.Has([]byte(m)) {
			r.t.Fatalf("%q is not found", m)
		}
	}
	if random := v.Random(rapid.Uint64().Draw(r.t, "random"), scratch[:]); len(want) > 0 && !v.Has(random) {
		r.t.Fatalf("a random member is %q", random)
	}
	met := map[string]bool{}
	for cursor := uint64(0); ; {
		cursor = v.Scan(cursor, 3, func(m []byte) { met[string(m)] = true })
		if cursor == 0 {
			break
		}
	}
	if len(met) != len(want) {
		r.t.Fatalf("a scan met %d of %d members", len(met), len(want))
	}
}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(-20, 20).Draw(t, "n")) }),
		rapid.Custom(func(t *rapid.T) string { return strconv.FormatInt(rapid.Int64().Draw(t, "n"), 10) }),
		rapid.StringMatching(`[ab]{0,3}`),
		rapid.Custom(func(t *rapid.T) string { return strings.Repeat("x", rapid.IntRange(60, 70).Draw(t, "n")) }),
		rapid.SampledFrom([]string{"007", "-0", "+1", "9223372036854775808"}),
	)
}

func limits() *rapid.Generator[keyspace.PackedLimits] {
	return rapid.SampledFrom([]keyspace.PackedLimits{
		{Entries: 128, Bytes: 64, Ints: 512}, {Entries: 4, Bytes: 64, Ints: 8}, {Entries: 8, Bytes: 3, Ints: 4}, {},
	})
}

// An Editor does to a set what is done to the model, in whatever form the set
// is, and no snapshot moves.
func TestEditor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, limits().Draw(t, "limits"))
		defer r.end()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				if r.snap != nil {
					r.snap.End()
					r.snap = nil
				}
			case 1:
				if r.snap == nil && len(r.model) > 0 {
					r.snap, r.then = r.ks.Freeze(), r.want()
				}
			case 2, 3, 4:
				m := texts().Draw(t, "member")
				ed := r.edit()
				if ed.Remove([]byte(m)) != r.model[m] {
					t.Fatalf("removed %q: %v", m, !r.model[m])
				}
				delete(r.model, m)
				ed.Done()
			case 5:
				ed := r.edit()
				if len(r.model) == 0 {
					continue
				}
				var scratch [20]byte
				p := ed.Random(rapid.Uint64().Draw(t, "r"))
				m := string(ed.Member(p, scratch[:]))
				if !r.model[m] {
					t.Fatalf("popped %q", m)
				}
				ed.Delete(p)
				delete(r.model, m)
				if ed.Done() != (len(r.model) == 0) {
					t.Fatal("the key is there")
				}
			default:
				all := rapid.SliceOfN(texts(), 1, 8).Draw(t, "members")
				ed := r.edit()
				ed.Expect(len(all), []byte(all[0]))
				for _, m := range all {
					if ed.Add([]byte(m)) == r.model[m] {
						t.Fatalf("added %q: %v", m, r.model[m])
					}
					r.model[m] = true
				}
			}
			r.check()
		}
	})
}

// What stands alone is stored, dumped, loaded and copied, and is the same.
func TestAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := limits().Draw(t, "limits")
		r := newRig(t, lim)
		defer r.end()
		a := r.ks.Arena(r.ks.Hash(r.key))
		ed := New(a, lim, rapid.SampledFrom([]Form{Ints, Pack, Large}).Draw(t, "form"), rapid.IntRange(0, 300).Draw(t, "room"))
		for _, m := range rapid.SliceOfN(texts(), 1, 40).Draw(t, "members") {
			if ed.Add([]byte(m)) == r.model[m] {
				t.Fatalf("added %q: %v", m, r.model[m])
			}
			r.model[m] = true
		}
		for _, m := range rapid.SliceOfN(texts(), 0, 20).Draw(t, "removed") {
			if ed.Remove([]byte(m)) != r.model[m] {
				t.Fatalf("removed %q: %v", m, !r.model[m])
			}
			delete(r.model, m)
		}
		if rapid.Bool().Draw(t, "settle") {
			ed.Settle()
		}
		r.same(ed.View(), r.want())
		if len(r.model) == 0 {
			ed.Discard()
			return
		}
		v := ed.Value()
		copied := Copy(v, a, nil)
		other := New(a, lim, Ints, 0)
		for it := Of(v).Iter(); it.Next(); {
			if !it.In(Of(copied)) || !other.AddMember(&it) || other.AddMember(&it) {
				t.Fatalf("%q is not copied", it.Member())
			}
		}
		r.same(other.View(), r.want())
		other.Discard()
		opcode, dump := saved(v, true)
		loaded, err := Load(opcode, rdb.NewReader(dump), a, lim)
		if err != nil {
			t.Fatal(err)
		}
		r.db.PutValue(r.key, v, 0, now)
		r.check()
		r.db.PutValue(r.key, loaded, 0, now)
		r.check()
		r.db.PutValue(r.key, copied, 0, now)
		r.check()
		if again := Encoding(copied); again != Encoding(v) {
			t.Fatalf("%s became %s", Encoding(v), again)
		}
	})
}

func TestRewrite(t *testing.T) {
	ks := keyspace.New(keyspace.Options{Databases: 1})
	defer ks.Close()
	for _, lim := range []keyspace.PackedLimits{{Entries: 500, Bytes: 64, Ints: 500}, {Entries: 500, Bytes: 64}, {}} {
		ed := New(ks.Arena(0), lim, Ints, 0)
		for i := range 200 {
			ed.Add(fmt.Appendf(nil, "%d", 3*i))
		}
		got := map[string]bool{}
		err := Rewrite([]byte("k"), ed.Value(), func(args ...[]byte) error {
			if len(args) > 66 || string(args[0]) != "SADD" || !bytes.Equal(args[1], []byte("k")) {
				t.Errorf("%q", args)
			}
			for _, m := range args[2:] {
				got[string(m)] = true
			}
			return nil
		})
		if err != nil || len(got) != 200 || !got["597"] {
			t.Error(err, len(got))
		}
		ed.Discard()
	}
}

// FuzzLoad: foreign dumps give an error or a set that can be used.
func FuzzLoad(f *testing.F) {
	for _, lim := range []keyspace.PackedLimits{{Entries: 8, Bytes: 8, Ints: 8}, {}} {
		for _, all := range [][]string{{"1", "2", "70000"}, {"a", "b", "12"}} {
			pool := arena.NewPool(arena.Options{})
			ed := New(pool.NewArena(), lim, Ints, 0)
			for _, m := range all {
				ed.Add([]byte(m))
			}
			opcode, b := saved(ed.Value(), true)
			f.Add(opcode, b)
			pool.Close()
		}
	}
	f.Add(byte(rdb.TypeSetListpack), []byte("\x0e\x0e\x00\x00\x00\x02\x00\x01\x01\x8212\x03\xff")) // not canonical
	f.Fuzz(func(t *testing.T, opcode byte, b []byte) {
		pool := arena.NewPool(arena.Options{Poison: true})
		defer pool.Close()
		a := pool.NewArena()
		v, err := Load(opcode, rdb.NewReader(b), a, keyspace.PackedLimits{Entries: 8, Bytes: 8, Ints: 8})
		if err == nil {
			n := 0
			for it := Of(v).Iter(); it.Next(); n++ {
				if !Of(v).Has(it.Member()) {
					t.Fatalf("%q is not found", it.Member())
				}
			}
			if n == 0 || n != Of(v).Len() {
				t.Fatal(n, "members of", Of(v).Len())
			}
			if v.Object != nil {
				v.Object.Release(1 << 30)
			}
		}
		if a.Used() != 0 {
			t.Fatalf("%d bytes are lost", a.Used())
		}
	})
}

// Looking up, adding what is there and popping allocate nothing.
func TestAllocations(t *testing.T) {
	ks := keyspace.New(keyspace.Options{Databases: 1})
	defer ks.Close()
	db, key := ks.DB(0), []byte("key")
	for _, lim := range []keyspace.PackedLimits{{Entries: 500, Bytes: 64, Ints: 500}, {Entries: 500, Bytes: 64}, {}} {
		ks.SetPacked(keyspace.Set, lim)
		ed := Edit(db, key, db.Find(key, now, 0), now)
		for i := range 400 {
			ed.Add(fmt.Appendf(nil, "%d", i))
		}
		if n := testing.AllocsPerRun(100, func() {
			ed := Edit(db, key, db.Find(key, now, 0), now)
			if ed.Add([]byte("200")) || !ed.View().Has([]byte("399")) {
				t.Fatal("200 or 399 is not there")
			}
			var scratch [20]byte
			p := ed.Random(77777777777)
			m := append(scratch[:0], ed.Member(p, scratch[:])...)
			ed.Delete(p)
			ed.Done()
			if !ed.Add(m) {
				t.Fatal("what was popped is there")
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations", ed.View().Form(), n)
		}
		db.Find(key, now, 0).Delete()
	}
}

// In and Along find what Has finds, in sets of any sizes.
func TestIn(t *testing.T) {
	pool := arena.NewPool(arena.Options{})
	defer pool.Close()
	a := pool.NewArena()
	var sets []View
	for i, n := range []int{3, 100, 800, 5000, 30_000, 120_000} {
		ed := New(a, keyspace.PackedLimits{}, Large, 0)
		for k := range n {
			ed.Add(fmt.Appendf(nil, "%d", k*(i+2)))
		}
		sets = append(sets, ed.View())
	}
	small := New(a, keyspace.PackedLimits{Entries: 100, Bytes: 64}, Ints, 0)
	for k := range 50 {
		small.Add(fmt.Appendf(nil, "%d", k*6))
	}
	few := small.View()
	sets = append(sets, few)
	for _, v := range sets {
		for _, o := range sets {
			want, got, meet, without, wantFew, fewOf := 0, 0, 0, 0, 0, 0
			for it := v.Iter(); it.Next(); {
				if o.Has(it.Member()) {
					want++
					if few.Has(it.Member()) {
						wantFew++
					}
				}
				if it.In(o) {
					got++
				}
			}
			for m := v.Meeting(); m.NextIn([]View{o, few, o}); {
				if !o.Has(m.Member()) || !few.Has(m.Member()) {
					t.Fatalf("%q is not in both", m.Member())
				}
				fewOf++
			}
			for m := v.Meeting(); m.NextIn([]View{o}); {
				meet++
			}
			for m := v.Meeting(); m.NextOutside([]View{o}); {
				if o.Has(m.Member()) {
					t.Fatalf("%q is in what it should not be in", m.Member())
				}
				without++
			}
			if got != want || meet != want || without != v.Len()-want || fewOf != wantFew {
				t.Errorf("%d of %d are in %d, %d with the few: In finds %d, Meet %d and %d, Without %d", want, v.Len(), o.Len(), wantFew, got, meet, fewOf, without)
			}
		}
	}
}

// saved returns what Save writes: its type and the rest.
func saved(v keyspace.Value, compress bool) (opcode byte, out []byte) {
	return rdb.Encode(compress, func(w *rdb.Writer) { Save(w, v) })
}
