package list

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"pgregory.net/rapid"
)

// failer is a test or a rapid one.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// rig is a keyspace with one list in it, beside what it should be.
type rig struct {
	failer
	ks    *keyspace.Keyspace
	db    *keyspace.DB
	key   []byte
	model []string
	snaps []snapshot
	mixed bool  // the depth has been another one, or chunks are compressed for being idle
	now   int64 // of pass, Unix milliseconds
}

type snapshot struct {
	*keyspace.Snapshot
	model []string
}

func newRig(t failer, lim keyspace.PackedLimits) *rig {
	ks := keyspace.New(keyspace.Options{Arena: arena.Options{Poison: true}})
	ks.SetPacked(keyspace.List, lim)
	return &rig{failer: t, ks: ks, db: ks.DB(0), key: []byte("list")}
}

func (r *rig) edit() *Editor { return Edit(r.db, r.key, r.db.Find(r.key, 1, 0), 1) }

func (r *rig) view() View { return r.edit().View() }

// look is view for a look that is no use of the list: see Read.
func (r *rig) look() View {
	if e := r.db.Find(r.key, 1, 0); e.OK() {
		return Of(e.Value())
	}
	return View{}
}

// all reads a list forth and compares it back.
func (r *rig) all(v View) []string {
	r.Helper()
	var got []string
	c := v.At(0)
	for e, ok := c.Next(); ok; e, ok = c.Next() {
		got = append(got, string(e.Append(nil)))
	}
	i := len(got)
	c = v.At(v.Len())
	for e, ok := c.Prev(); ok; e, ok = c.Prev() {
		if i--; i < 0 || string(e.Append(nil)) != got[i] {
			r.Fatalf("the way back differs at %d", i)
		}
	}
	if i != 0 || v.Len() != len(got) {
		r.Fatalf("%d elements forth, %d back, Len %d", len(got), len(got)-i, v.Len())
	}
	return got
}

// check compares the list with the model, and the structure with its rules.
func (r *rig) check() {
	r.Helper()
	v := r.look()
	if got := r.all(v); !slices.Equal(got, r.model) {
		r.Fatalf("%d elements are not the %d of the model:\n%.300q\n%.300q", len(got), len(r.model), got, r.model)
	}
	if v.large != nil {
		r.checkLarge(v.large)
	}
}

func (r *rig) checkLarge(l *large) {
	r.Helper()
	mem := int64(0)
	weigh := func(ref arena.Ref) { mem += int64(l.a.Cap(ref)) }
	weigh(arena.Ref(l.ends[Front]))
	if l.ends[Back] != l.ends[Front] {
		weigh(arena.Ref(l.ends[Back]))
	}
	lim := limitsOf(r.ks.Packed(keyspace.List))
	squeezed := 0
	for i := range l.pages {
		p := &l.pages[i]
		weigh(p.ref)
		n := 0
		for _, s := range p.slots() {
			c := s.chunk()
			weigh(arena.Ref(c))
			h := c.head()
			if n += s.count(); s.count() != int(h.count) || h.count == 0 {
				r.Fatalf("a slot says %d elements, its chunk %d", s.count(), h.count)
			}
			used, room := headSize+h.size(), l.a.Cap(arena.Ref(c))
			if h.form == compressed {
				squeezed++
				used = int(h.end)
			}
			if room-used > room/2 && room > 64 {
				r.Errorf("a chunk between the ends has %d bytes for %d", room, used)
			}
			if h.count > 1 && (headSize+h.size() > lim.bytes || int(h.count) > lim.entries) {
				r.Errorf("a chunk of %d elements in %d bytes", h.count, headSize+h.size())
			}
		}
		if n != p.n || p.chunks == 0 {
			r.Fatalf("a page says %d elements in %d chunks, its slots %d", p.n, p.chunks, n)
		}
	}
	if mem != l.mem {
		r.Errorf("the list takes %d bytes and says %d", mem, l.mem)
	}
	if squeezed != l.squeezed || l.ends[Front].head().form == compressed || l.ends[Back].head().form == compressed {
		r.Errorf("%d chunks are compressed, and the list says %d; or an end is", squeezed, l.squeezed)
	}
	if !r.mixed {
		r.checkForms(l, lim)
	}
}

// freeze begins a snapshot.
func (r *rig) freeze() {
	r.snaps = append(r.snaps, snapshot{r.ks.Freeze(), slices.Clone(r.model)})
}

// thaw proves that a snapshot has not moved, and ends it.
func (r *rig) thaw(i int) {
	r.Helper()
	s := r.snaps[i]
	var got []string
	for sh := range keyspace.Shards {
		s.Walk(0, sh, func(f keyspace.Frozen) bool {
			got = r.all(Of(f.Value))
			return true
		})
	}
	if !slices.Equal(got, s.model) {
		r.Fatalf("the snapshot moved:\n%.300q\n%.300q", got, s.model)
	}
	s.End()
	r.snaps = slices.Delete(r.snaps, i, i+1)
}

// end proves that no memory is left when everything is gone.
func (r *rig) end() {
	r.Helper()
	for len(r.snaps) > 0 {
		r.thaw(0)
	}
	r.db.Flush()
	for sh := range keyspace.Shards {
		for r.ks.Sweep(sh, 1, 1000, true) {
		}
	}
	if n := r.ks.ExactMemory(); n != 0 {
		r.Errorf("%d bytes are left", n)
	}
	r.ks.Close()
}

// values are elements; few different ones, for searching.
func values() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return strings.Repeat("g", rapid.IntRange(100, 700).Draw(t, "n"))
		case 1, 2:
			return strconv.Itoa(rapid.IntRange(-5, 300).Draw(t, "int"))
		case 3:
			return strings.Repeat("v", rapid.IntRange(0, 70).Draw(t, "n"))
		}
		return rapid.SampledFrom([]string{"a", "b", "", "17", "some text"}).Draw(t, "text")
	})
}

var someLimits = []keyspace.PackedLimits{{Bytes: 64}, {Bytes: 128}, {Bytes: 300}, {Bytes: 8192, Entries: 1}, {Bytes: 8192, Entries: 3}, {},
	{Bytes: 64, Plain: 1}, {Bytes: 128, Plain: 2}, {Bytes: 300, Plain: 1}, {Bytes: 300, Plain: 3}, {Bytes: 8192, Entries: 9, Plain: 1}, {Bytes: 1000, Plain: 1}}

// A list does what a slice does, and snapshots do not move.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, rapid.SampledFrom(someLimits).Draw(t, "limits"))
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			r.step(t)
			r.check()
		}
		r.end()
	})
}

func (r *rig) step(t *rapid.T) {
	index := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "index") }
	end := rapid.SampledFrom([]End{Front, Back}).Draw(t, "end")
	n := len(r.model)
	what := rapid.IntRange(0, 11).Draw(t, "what")
	switch {
	case what <= 4 || n == 0:
		all := rapid.SliceOfN(values(), 1, 30).Draw(t, "values")
		r.push(end, all...)
	case what == 5:
		if rapid.Bool().Draw(t, "new") || len(r.snaps) == 0 {
			r.freeze()
		} else {
			r.thaw(rapid.IntRange(0, len(r.snaps)-1).Draw(t, "snapshot"))
		}
	case what == 6:
		r.drop(end, rapid.SampledFrom([]int{1, 1, 1, min(2, n), n / 2, n - 1, n}).Draw(t, "n"))
	case what == 7:
		i, v := index(n), values().Draw(t, "value")
		ed := r.edit()
		ed.Set(i, []byte(v))
		ed.Done()
		r.model[i] = v
	case what == 8:
		pivot, v, behind := r.model[index(n)], values().Draw(t, "value"), rapid.Bool().Draw(t, "behind")
		ed := r.edit()
		if ed.InsertNextTo([]byte("nowhere"), behind, []byte(v)) || !ed.InsertNextTo([]byte(pivot), behind, []byte(v)) {
			t.Fatalf("%q is found, or %q is not", "nowhere", pivot)
		}
		ed.Done()
		at := slices.Index(r.model, pivot)
		if behind {
			at++
		}
		r.model = slices.Insert(r.model, at, v)
	case what == 9:
		i, v := index(n+1), values().Draw(t, "value")
		for range rapid.IntRange(1, 10).Draw(t, "times") {
			ed := r.edit()
			ed.Insert(i, []byte(v))
			ed.Done()
			r.model = slices.Insert(r.model, i, v)
		}
	case what == 10:
		r.remove(rapid.SampledFrom([]string{r.model[index(n)], "nowhere"}).Draw(t, "value"), rapid.IntRange(-3, 3).Draw(t, "count"))
	default:
		i, v := index(n), r.view()
		if got := v.Get(i); string(got.Append(nil)) != r.model[i] {
			t.Fatalf("element %d is %q, not %q", i, got.Append(nil), r.model[i])
		}
		at, ok := v.Find([]byte(r.model[i]))
		if want := slices.Index(r.model, r.model[i]); !ok || at != want {
			t.Fatalf("%q found at %d, not %d", r.model[i], at, want)
		}
		if e := v.Peek(end); !PatternOf([]byte(map[End]string{Front: r.model[0], Back: r.model[n-1]}[end])).Matches(e) {
			t.Fatalf("%q is at an end", e.Append(nil))
		}
	}
}

func (r *rig) push(end End, all ...string) {
	var args [][]byte
	for _, v := range all {
		args = append(args, []byte(v))
		if end == Front {
			r.model = slices.Insert(r.model, 0, v)
		} else {
			r.model = append(r.model, v)
		}
	}
	r.edit().Push(end, args...)
}

func (r *rig) drop(end End, n int) {
	ed := r.edit()
	ed.Drop(end, n)
	if end == Front {
		r.model = r.model[n:]
	} else {
		r.model = r.model[:len(r.model)-n]
	}
	if ed.Done() != (len(r.model) == 0) {
		r.Fatalf("Done does not say what it has done")
	}
	if r.db.Find(r.key, 1, 0).OK() != (len(r.model) > 0) {
		r.Fatalf("an empty list is left")
	}
}

func (r *rig) remove(v string, count int) {
	ed := r.edit()
	got := ed.Remove([]byte(v), int64(count))
	ed.Done()
	want := 0
	for i := 0; i < len(r.model) && (count <= 0 || want < count); {
		at := i
		if count < 0 {
			at = len(r.model) - 1 - i
			if want == -count {
				break
			}
		}
		if r.model[at] != v {
			i++
			continue
		}
		r.model = slices.Delete(slices.Clone(r.model), at, at+1)
		want++
	}
	if got != want {
		r.Fatalf("removed %d, not %d", got, want)
	}
}

// Lists of many chunks, whose pages split and go.
func TestManyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, keyspace.PackedLimits{Bytes: 64, Plain: rapid.SampledFrom([]int{0, 1, 40}).Draw(t, "depth")})
		for i := range rapid.IntRange(3000, 6000).Draw(t, "n") {
			r.push(End(i/700)&1, fmt.Sprint("element ", i))
			if i%900 == 0 {
				r.freeze()
			}
			if len(r.snaps) > 3 {
				r.thaw(0)
			}
		}
		r.check()
		for range 700 {
			i := rapid.IntRange(0, len(r.model)-1).Draw(t, "i")
			ed := r.edit()
			ed.Insert(i, []byte("something that comes between"))
			r.model = slices.Insert(r.model, i, "something that comes between")
		}
		r.check()
		r.freeze()
		for range 5 {
			i := rapid.IntRange(0, len(r.model)-1).Draw(t, "i")
			if got := r.view().Get(i); string(got.Append(nil)) != r.model[i] {
				t.Fatalf("element %d is %q, not %q", i, got.Append(nil), r.model[i])
			}
		}
		r.remove("something that comes between", rapid.IntRange(-600, 600).Draw(t, "count"))
		r.check()
		r.drop(Front, len(r.model)/2)
		r.drop(Back, len(r.model)/3)
		r.check()
		r.end()
	})
}
