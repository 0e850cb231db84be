package list

import (
	"fmt"
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"pgregory.net/rapid"
)

// pass lets seconds go by.
func (r *rig) pass(seconds int) {
	for range seconds {
		r.now += 1000
		for sh := range keyspace.Shards {
			for r.ks.Sweep(sh, r.now, 1000, false) {
			}
		}
	}
}

// longList is a rig with a list of many chunks whose middle may be at rest.
func longList(t failer, n int) *rig {
	r := newRig(t, keyspace.PackedLimits{Bytes: 200, Idle: 5})
	r.mixed = true
	for i := range n {
		r.push(Back, fmt.Sprintf("element:%012d", i))
	}
	return r
}

// forms counts the chunks between the ends, and those that are compressed.
func (r *rig) forms() (chunks, squeezed int) {
	l := r.look().large
	for p, ok := l.next(l.place(Front)); ok && p != l.place(Back); p, ok = l.next(p) {
		chunks++
		if l.chunkAt(p).head().form == compressed {
			squeezed++
		}
	}
	return chunks, squeezed
}

// resting fails unless the middle of the list is compressed, and nothing else.
func (r *rig) resting(what string) {
	r.Helper()
	r.check()
	l := r.look().large
	for _, end := range []End{Front, Back} {
		p, _ := l.inwards(end, alwaysPlain-1)
		if q, _ := l.inwards(end, alwaysPlain); l.chunkAt(p).head().form == compressed || l.chunkAt(q).head().form != compressed {
			r.Errorf("%s: the wrong chunks are compressed at end %d", what, end)
		}
	}
	if chunks, squeezed := r.forms(); squeezed != chunks-2*(alwaysPlain-1) {
		r.Fatalf("%s: %d of %d chunks are compressed", what, squeezed, chunks)
	}
}

func TestRest(t *testing.T) {
	r := longList(t, 20_000)
	r.pass(4)
	if _, squeezed := r.forms(); squeezed > 0 {
		t.Errorf("%d chunks are compressed too early", squeezed)
	}
	before := r.ks.ExactMemory()
	r.pass(3)
	r.resting("at rest")
	if now := r.ks.ExactMemory(); now > before*2/3 {
		t.Errorf("%d bytes, %d before", now, before)
	}
	// A queue in use is at rest in its middle.
	for i := range 6000 {
		r.push(Back, fmt.Sprintf("element:%012d", 20_000+i))
		r.drop(Front, 1)
		if i%1000 == 0 {
			r.pass(1)
		}
	}
	r.pass(6)
	r.check()
	if chunks, squeezed := r.forms(); squeezed < chunks-2*alwaysPlain {
		t.Errorf("%d of %d chunks of a queue are compressed", squeezed, chunks)
	}
	r.drop(Front, 15_000)
	r.check()
	r.drop(Back, len(r.model)-10)
	r.check()
	r.end()
}

// What is used is not at rest: it is not compressed, what is written stays plain for a while, and so does all
// that is read much.
func TestUse(t *testing.T) {
	r := longList(t, 20_000)
	for range 10 {
		r.pass(1)
		r.all(Read(r.db.Find(r.key, 1, 0).Value()))
	}
	if _, squeezed := r.forms(); squeezed > 0 {
		t.Errorf("%d chunks are compressed and in use", squeezed)
	}
	r.pass(6)
	r.resting("used no more")
	chunks, squeezed := r.forms()

	ed := r.edit()
	ed.Set(10_000, []byte("another"))
	r.model[10_000] = "another"
	r.pass(4)
	r.check()
	if _, now := r.forms(); now != squeezed-1 {
		t.Errorf("%d of %d chunks are compressed after one was written", now, chunks)
	}
	r.pass(3)
	r.resting("written")

	v := Read(r.db.Find(r.key, 1, 0).Value())
	for range muchRead {
		v.Get(10_000)
	}
	r.pass(2)
	r.check()
	p, _ := v.large.find(10_000)
	for i, pg := range v.large.pages {
		for _, s := range pg.slots() {
			if i == p.page && s.chunk().head().form == compressed {
				t.Fatal("a chunk of which much is read is compressed")
			}
		}
	}
	r.pass(6)
	r.resting("read no more")

	r.ks.SetPacked(keyspace.List, keyspace.PackedLimits{Bytes: 200})
	r.edit().Set(9_000, []byte("one more"))
	r.model[9_000] = "one more"
	r.pass(20)
	r.check()
	if _, now := r.forms(); now != squeezed-1 {
		t.Errorf("%d of %d chunks are compressed, though nothing is to be", now, squeezed)
	}
	r.end()
}

// Whoever makes, moves or copies a list, it is found when it is at rest, and never while a snapshot looks at it.
func TestRestFinds(t *testing.T) {
	r := longList(t, 20_000)
	dump := r.save(true)
	if err := r.load(dump, r.ks.Packed(keyspace.List)); err != nil {
		t.Fatal(err)
	}
	r.pass(6)
	r.resting("loaded")
	v := r.db.Find(r.key, 1, 0).Value()
	h := r.ks.Hash([]byte("copy"))
	r.db.PutValue([]byte("copy"), Copy(v, r.ks.Arena(h), nil), 0, 1)
	r.db.Find([]byte("copy"), 1, 0).Rename(r.db, []byte("moved"), 1)
	r.db.Find(r.key, 1, 0).Delete()
	r.key = []byte("moved")
	r.pass(6)
	r.resting("copied and moved")
	ed := r.edit()
	for i := 5000; i < 15_000; i += 100 {
		ed.Set(i, []byte("changed"))
		r.model[i] = "changed"
	}
	_, squeezed := r.forms()
	r.freeze()
	r.pass(10)
	if _, now := r.forms(); now != squeezed {
		t.Errorf("%d chunks are compressed under a snapshot, %d before", now, squeezed)
	}
	r.push(Front, "x") // now there is a successor
	r.thaw(0)
	r.pass(8)
	r.resting("after a snapshot")
	r.end()
}

// Random changes of a long list, with rests and snapshots.
func TestRestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := longList(t, rapid.IntRange(3000, 5000).Draw(t, "n"))
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "rest") {
				r.pass(rapid.IntRange(1, 8).Draw(t, "seconds"))
			}
			r.step(t)
			r.check()
		}
		r.end()
	})
}
