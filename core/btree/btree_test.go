package btree

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"pgregory.net/rapid"
)

// rig is a tree with the arena that it lives in.
type rig struct {
	pool *arena.Pool
	a    *arena.Arena
	t    *Tree
}

func newRig(poison bool) *rig {
	r := &rig{pool: arena.NewPool(arena.Options{Poison: poison}), t: new(Tree)}
	r.a = r.pool.NewArena()
	r.t.Init(r.a)
	return r
}

// entry makes a dict entry of a member.
func (r *rig) entry(member []byte) arena.Ref {
	ref := r.a.Alloc(dict.Size(len(member), 8, 0))
	dict.Write(ref, 0, member, make([]byte, 8), 0)
	return ref
}

func compare(a, b Item) int {
	if c := cmp.Compare(a.Score, b.Score); c != 0 {
		return c
	}
	return bytes.Compare(dict.Key(a.Ref), dict.Key(b.Ref))
}

// check verifies everything that the tree relies on.
func (t *Tree) check() error {
	if t.root == 0 {
		if t.count != 0 || t.nodes != 0 {
			return fmt.Errorf("an empty tree has %d items, %d nodes", t.count, t.nodes)
		}
		return nil
	}
	nodes := 0
	var last *Item
	var visit func(ref arena.Ref, level int32, root bool) (int, error)
	visit = func(ref arena.Ref, level int32, root bool) (int, error) {
		nodes++
		h := headAt(ref)
		if h.level != level {
			return 0, fmt.Errorf("level %d where %d should be", h.level, level)
		}
		if int(h.n) > h.capacity() || h.n < 1 || level > 0 && h.n < 2 {
			return 0, fmt.Errorf("%d in a node of level %d", h.n, level)
		}
		if level == 0 {
			l := h.asLeaf()
			for i := range int(l.n) {
				it := l.item(i)
				if last != nil && compare(*last, it) >= 0 {
					return 0, fmt.Errorf("%v %q before %v %q", last.Score, dict.Key(last.Ref), it.Score, dict.Key(it.Ref))
				}
				last = &it
			}
			return int(l.n), nil
		}
		p, sum := h.asInner(), 0
		for i := range int(p.n) {
			if p.item(i) != p.kid(i).first() {
				return 0, fmt.Errorf("a child's first item is not what its parent says")
			}
			n, err := visit(p.kids[i], level-1, false)
			if err != nil {
				return 0, err
			}
			if n != p.counts[i] {
				return 0, fmt.Errorf("%d items where %d should be", n, p.counts[i])
			}
			sum += n
		}
		return sum, nil
	}
	n, err := visit(t.root, headAt(t.root).level, true)
	if err == nil && (n != t.count || nodes != t.nodes) {
		err = fmt.Errorf("%d items and %d nodes, not %d and %d", n, nodes, t.count, t.nodes)
	}
	return err
}

func (t *Tree) items() []Item {
	var all []Item
	if t.Len() == 0 {
		return nil
	}
	c := t.At(0)
	for i := range t.Len() {
		if i > 0 {
			c.Next()
		}
		all = append(all, c.Item())
	}
	return all
}

// frozen is a copy of a tree with what it must go on to hold.
type frozen struct {
	epoch arena.Epoch
	tree  Tree
	items []Item
	done  chan error
}

func freeze(r *rig, model []Item) *frozen {
	f := &frozen{epoch: r.pool.Epochs().Begin(), tree: *r.t, items: slices.Clone(model), done: make(chan error, 1)}
	keys := make([]string, len(model))
	for i, it := range model {
		keys[i] = string(dict.Key(it.Ref))
	}
	go func() { // reads while the writer goes on
		err := f.tree.check()
		for range 3 {
			got := f.tree.items()
			if !slices.Equal(got, f.items) {
				err = fmt.Errorf("the snapshot moved")
			}
			for i, it := range got {
				if string(dict.Key(it.Ref)) != keys[i] || f.tree.Rank(it) != i {
					err = fmt.Errorf("a member of the snapshot moved")
				}
			}
		}
		f.done <- err
	}()
	return f
}

func (f *frozen) end(t *rapid.T, r *rig) {
	if err := <-f.done; err != nil {
		t.Fatal(err)
	}
	r.pool.Epochs().End(f.epoch)
}

// What the tree says is what a sorted slice says, whatever is done to it, and
// what a snapshot sees does not move.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(true)
		defer r.pool.Close()
		var model []Item
		var snaps []*frozen
		serial := uint32(0)
		scores := rapid.SampledFrom([]int{1, 5, 1000, 1 << 40}).Draw(t, "scores")
		member := func() []byte {
			serial++
			key := binary.BigEndian.AppendUint32(nil, serial*2654435761)
			return key
		}
		put := func(it Item) {
			at, _ := slices.BinarySearchFunc(model, it, compare)
			r.t.Insert(it)
			model = slices.Insert(model, at, it)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		score := func() float64 { return float64(rng.IntN(scores)) }
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			n := rapid.IntRange(1, 400).Draw(t, "n")
			switch rapid.IntRange(0, 8).Draw(t, "what") {
			case 0, 1:
				for range n {
					put(Item{score(), r.entry(member())})
				}
			case 2: // in order, at an end
				for range n {
					if len(model) == 0 {
						break
					}
					if n%2 == 0 {
						put(Item{model[len(model)-1].Score + 1, r.entry(member())})
					} else {
						put(Item{model[0].Score - 1, r.entry(member())})
					}
				}
			case 3:
				for range min(n, len(model)) {
					at := rng.IntN(len(model))
					r.t.Delete(model[at])
					r.a.Free(model[at].Ref)
					model = slices.Delete(model, at, at+1)
				}
			case 4: // a range
				if len(model) == 0 {
					break
				}
				from := rng.IntN(len(model))
				for rest := min(n, len(model)-from); rest > 0; {
					run := r.t.DeleteRun(from, rest, nil)
					k := len(run)
					if k == 0 || !slices.Equal(run, model[from:from+k]) {
						t.Fatal("other items were removed")
					}
					for _, it := range run {
						r.a.Free(it.Ref)
					}
					model = slices.Delete(model, from, from+k)
					rest -= k
				}
			case 5:
				for range min(n, len(model)) {
					at := rng.IntN(len(model))
					from := model[at]
					to := Item{from.Score + float64(rng.IntN(3)-1), from.Ref}
					if len(snaps) > 0 {
						to.Ref = r.entry(dict.Key(from.Ref))
					}
					r.t.Move(from, to)
					if to.Ref != from.Ref {
						r.a.Free(from.Ref)
					}
					model = slices.Delete(model, at, at+1)
					at, _ = slices.BinarySearchFunc(model, to, compare)
					model = slices.Insert(model, at, to)
				}
			case 6:
				snaps = append(snaps, freeze(r, model))
				next := *r.t
				r.t = &next
			case 7:
				if len(snaps) > 0 {
					i := rng.IntN(len(snaps))
					snaps[i].end(t, r)
					snaps = slices.Delete(snaps, i, i+1)
				}
			case 8:
				for range 20 {
					lookup(t, r, model, rng, score)
				}
			}
			if err := r.t.check(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.t.items(), model) {
				t.Fatal("the items are not the model's")
			}
		}
		for _, f := range snaps {
			f.end(t, r)
		}
		for !r.t.Release(rapid.IntRange(1, 300).Draw(t, "budget")) {
		}
		for _, it := range model {
			r.a.Free(it.Ref)
		}
		for r.a.Reclaim(1000) > 0 {
		}
		if r.a.Used() != 0 || r.t.MemoryUsed() != 0 {
			t.Fatal(r.a.Used(), "bytes leaked")
		}
	})
}

// lookup asks for ranks, bounds and cursors.
func lookup(t *rapid.T, r *rig, model []Item, rng *rand.Rand, score func() float64) {
	b := Bound{Score: score(), After: rng.IntN(2) == 0}
	if len(model) > 0 && rng.IntN(2) == 0 {
		it := model[rng.IntN(len(model))]
		b.Score, b.Order, b.Member = it.Score, Order(rng.IntN(2)), dict.Key(it.Ref)
	}
	want := 0
	for _, it := range model {
		if b.below(it.Score, it.Ref) {
			want++
		}
	}
	if got := r.t.Below(b); got != want {
		t.Fatalf("%d below %+v, not %d", got, b, want)
	}
	if len(model) == 0 {
		return
	}
	at := rng.IntN(len(model))
	if got := r.t.Rank(model[at]); got != at {
		t.Fatal("rank", got, "not", at)
	}
	c := r.t.At(at)
	for i := at; i >= max(at-100, 0); i-- {
		if i != at {
			c.Prev()
		}
		if c.Item() != model[i] {
			t.Fatal("another item at", i)
		}
	}
}

// Infinities are the ends, zeros of both signs are equal.
func TestSpecialScores(t *testing.T) {
	r := newRig(true)
	defer r.pool.Close()
	in := []Item{
		{math.Inf(1), r.entry([]byte("top"))},
		{math.Copysign(0, -1), r.entry([]byte("b"))},
		{0, r.entry([]byte("a"))},
		{math.Inf(-1), r.entry([]byte("bottom"))},
		{0, r.entry([]byte("c"))},
	}
	for _, it := range in {
		r.t.Insert(it)
	}
	var got []string
	for _, it := range r.t.items() {
		got = append(got, string(dict.Key(it.Ref)))
	}
	if want := []string{"bottom", "a", "b", "c", "top"}; !slices.Equal(got, want) {
		t.Error(got)
	}
}

// In-order insertion, from either end, leaves no room unused.
func TestFill(t *testing.T) {
	const n = 20000
	for name, score := range map[string]func(i int) float64{
		"ascending":  func(i int) float64 { return float64(i) },
		"descending": func(i int) float64 { return float64(-i) },
		"random":     func(int) float64 { return rand.Float64() },
	} {
		r := newRig(false)
		for i := range n {
			r.t.Insert(Item{score(i), r.entry([]byte(fmt.Sprint(i)))})
		}
		fill := float64(n) / float64(r.t.nodes*leafCap)
		t.Logf("%s: %.3f of the room in nodes is used", name, fill)
		if limit := map[bool]float64{true: 0.77, false: 0.93}[name == "random"]; fill < limit {
			t.Errorf("%s: %.3f", name, fill)
		}
		r.pool.Close()
	}
}

// A snapshot may be read while it is being taken from the writer.
func TestConcurrentReaders(t *testing.T) {
	r := newRig(false)
	defer r.pool.Close()
	for i := range 5000 {
		r.t.Insert(Item{float64(i % 77), r.entry([]byte(fmt.Sprint(i)))})
	}
	for range 5 {
		e := r.pool.Epochs().Begin()
		old := *r.t
		want := old.items()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if !slices.Equal(old.items(), want) {
					t.Error("the snapshot moved")
				}
			})
		}
		for i := range 500 {
			it := r.t.At(i * 3 % r.t.Len()).item()
			r.t.Move(it, Item{it.Score + 5, it.Ref})
		}
		wg.Wait()
		r.pool.Epochs().End(e)
	}
}

func (c Cursor) item() Item { return c.Item() }
