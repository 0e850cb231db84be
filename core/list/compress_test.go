package list

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
	"pgregory.net/rapid"
)

// checkForms proves that chunks near an end are plain, and that those between are compressed which can be.
func (r *rig) checkForms(l *large, lim limits) {
	r.Helper()
	for p, ok := l.place(Front), true; ok; p, ok = l.next(p) {
		h := l.chunkAt(p).head()
		switch near := lim.depth == 0 || l.depth(p) < lim.depth; {
		case near && h.form == compressed:
			r.Fatalf("the chunk at %v, of depth %d, is compressed", p, l.depth(p))
		case !near && h.form != compressed && saves(l.chunkAt(p)):
			r.Fatalf("the chunk at %v, of depth %d, is not compressed", p, l.depth(p))
		}
	}
}

// saves reports whether a plain chunk becomes enough shorter in compressed form.
func saves(c chunk) bool {
	pack := listpack.AppendPack(nil, c.region(), int(c.head().count))
	_, ok := rdb.AppendLZF(nil, pack, len(pack)-len(pack)/8)
	return ok && len(pack) >= leastSqueezed && len(pack) <= mostSqueezed
}

// Lists go on as they are when the depth changes, and take it up where they are changed.
func TestDepthChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := rapid.SampledFrom(someLimits).Draw(t, "limits")
		r := newRig(t, lim)
		r.mixed = true
		for range rapid.IntRange(1, 10).Draw(t, "times") {
			lim.Plain = rapid.IntRange(0, 4).Draw(t, "depth")
			r.ks.SetPacked(keyspace.List, lim)
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				r.step(t)
				r.check()
			}
		}
		r.end()
	})
}

// What makes whole values follows the depth, and a copy has the forms that its source has.
func TestCompressedWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := keyspace.PackedLimits{Bytes: 300, Plain: rapid.IntRange(1, 3).Draw(t, "depth")}
		r := newRig(t, lim)
		b := Build(r.ks.Arena(r.ks.Hash(r.key)), lim)
		for i := range rapid.IntRange(50, 400).Draw(t, "n") {
			text := fmt.Sprintf("element:%012d", i)
			r.model = append(r.model, text)
			b.Add([]byte(text))
		}
		r.db.PutValue(r.key, b.Value(), 0, 1)
		r.check()
		v := r.db.Find(r.key, 1, 0).Value()
		plain, packed := r.save(false), r.save(true)
		if l := v.Object.(*large); l.squeezed > 0 {
			p, _ := l.inwards(Front, lim.Plain)
			if !strings.Contains(packed, string(l.chunkAt(p).lzf())) || len(packed) > len(plain)*2/3 {
				t.Fatalf("%d bytes are saved, %d if compressed, and chunks do not go as they are", len(plain), len(packed))
			}
		}
		r.db.PutValue(r.key, Copy(v, r.ks.Arena(r.ks.Hash(r.key)), nil), 0, 1)
		r.check()
		for _, dump := range []string{plain, packed} {
			if err := r.load(dump, lim); err != nil {
				t.Fatal(err)
			}
			r.check()
			if r.save(false) != plain {
				t.Fatal("saved otherwise than before")
			}
		}
		r.end()
	})
}

// What a cursor keeps is not written over.
func TestKeep(t *testing.T) {
	r := newRig(t, keyspace.PackedLimits{Bytes: 300, Plain: 1})
	for i := range 500 {
		r.push(Back, fmt.Sprintf("element:%012d", i))
	}
	c := r.view().At(100)
	c.Keep()
	var got [][]byte
	for e, ok := c.Next(); ok; e, ok = c.Next() {
		got = append(got, e.Text(nil))
	}
	for i, text := range got {
		if string(text) != r.model[100+i] {
			t.Fatalf("element %d is %q", 100+i, text)
		}
	}
	r.end()
}

// A chunk comes back as it was, and a damaged one is not read.
func TestSqueeze(t *testing.T) {
	l := &large{a: arena.NewPool(arena.Options{Poison: true}).NewArena()}
	region := listpack.Append(nil, bytes.Repeat([]byte("text"), 40))
	c := l.squeeze(l.fill(slices.Concat(region, region), 2))
	if c.head().form != compressed || l.mem > 100 {
		t.Fatalf("%d bytes", l.mem)
	}
	c.lzf()[0] ^= 0xff
	func() {
		defer func() {
			if recover() == nil {
				t.Error("read all the same")
			}
		}()
		c.read(new([]byte))
	}()
	c.lzf()[0] ^= 0xff
	c = l.release(c)
	if !bytes.Equal(c.region(), slices.Concat(region, region)) || c.head().count != 2 {
		t.Errorf("%q", c.region())
	}
	l.freeChunk(c)
	if l.mem != 0 || l.squeezed != 0 {
		t.Errorf("%d bytes, %d compressed", l.mem, l.squeezed)
	}
}

// An element in the midst of a compressed chunk is the same by all ways.
func TestPeek(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, keyspace.PackedLimits{Bytes: rapid.SampledFrom([]int{300, 8192}).Draw(t, "bytes"), Plain: 1})
		for i := range 3000 {
			r.push(Back, values().Example(i))
		}
		for range 100 {
			i := rapid.IntRange(0, len(r.model)-1).Draw(t, "i")
			for _, v := range []View{r.look(), r.view()} {
				if got := v.Get(i); string(got.Append(nil)) != r.model[i] {
					t.Fatalf("element %d is %q, not %q", i, got.Append(nil), r.model[i])
				}
			}
		}
		// A cursor that goes on without the lock has nothing of the shard's.
		at := rapid.IntRange(0, len(r.model)-1).Draw(t, "at")
		c := r.view().At(at)
		rest := c.Frozen()
		r.view().Get(len(r.model) / 2)
		for _, want := range r.model[at:] {
			if e, ok := rest.Next(); !ok || string(e.Append(nil)) != want {
				t.Fatalf("%q, not %q", e.Append(nil), want)
			}
		}
		r.end()
	})
}
