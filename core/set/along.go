package set

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// along is what an Iter knows that goes through a set in order to look its members
// up in others. In tables that are larger than the processor's caches each lookup
// would wait for memory twice; so members are taken some at a time, and what their
// lookups are going to touch is asked for at once.
type along struct {
	tables [2]*large // those worth it
	refs   [16]arena.Ref
	hashes [16]uint64
	i, n   int
}

// outgrown is the number of members above which a table is not in the caches.
const outgrown = 10_000

// Along is Iter for a walk whose members are going to be looked up In others.
func (v View) Along(others []View) Iter {
	it := v.Iter()
	if v.form != Large {
		return it
	}
	n := 0
	for _, o := range others {
		if o.form != Large || o.Len() <= outgrown {
			continue
		}
		if it.along == nil {
			it.along = new(along)
		}
		it.along.tables[n] = o.table
		if n++; n == len(it.along.tables) {
			break
		}
	}
	return it
}

// nextAlong is Next in a large set.
func (it *Iter) nextAlong() bool {
	a := it.along
	if a.i == a.n {
		a.fill(&it.walk)
		if a.n == 0 {
			return false
		}
	}
	it.text = dict.Key(a.refs[a.i])
	it.hash, it.hashed = a.hashes[a.i], true
	a.i++
	return true
}

func (a *along) fill(walk *dict.Walker) {
	a.i, a.n = 0, 0
	for a.n < len(a.refs) {
		ref := walk.Next()
		if ref == 0 {
			break
		}
		h := a.tables[0].Hash(dict.Key(ref))
		a.refs[a.n], a.hashes[a.n] = ref, h
		a.n++
		for _, t := range a.tables {
			if t != nil {
				t.PrefetchBucket(h)
			}
		}
	}
	for _, t := range a.tables {
		for i := 0; t != nil && i < a.n; i++ {
			t.PrefetchEntry(a.hashes[i])
		}
	}
}
