package zset

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/btree"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// packedKind is the kind of a packed sorted set.
var packedKind = keyspace.MakeKind(keyspace.ZSet, 1)

// View reads a sorted set. The zero View is empty. It is valid until the set is
// changed.
type View struct {
	pack  []byte // the region of a packed one
	large *large // or this
	n     int    // members
}

// Of returns the view of a value, which is a sorted set; the zero Value, a
// missing key, gives an empty one.
func Of(v keyspace.Value) View {
	if z, ok := v.Object.(*large); ok {
		return View{large: z, n: z.Len()}
	}
	if len(v.Data) == 0 {
		return View{}
	}
	return View{pack: listpack.Elements(v.Data), n: listpack.Len(v.Data) / 2}
}

// Len returns the number of members.
func (v View) Len() int { return v.n }

// Score returns the score of a member.
func (v View) Score(member []byte) (score float64, ok bool) {
	if v.large != nil {
		p, ok := v.large.place(member)
		return p.score, ok
	}
	pos, ok := findPair(v.pack, member)
	if !ok {
		return 0, false
	}
	return scoreAt(v.pack, pos), true
}

// Rank returns a member's rank and its score.
func (v View) Rank(member []byte) (rank int, score float64, ok bool) {
	if z := v.large; z != nil {
		_, item, ok := z.find(z.index.Hash(member), member)
		if !ok {
			return 0, 0, false
		}
		return z.tree.Rank(item), item.Score, true
	}
	pos, ok := findPair(v.pack, member)
	if !ok {
		return 0, 0, false
	}
	return rankOf(v.pack, pos), scoreAt(v.pack, pos), true
}

// Below returns the number of members whose score is below the given one, or, if
// inclusive, below or equal. It is the rank of the first that is not.
func (v View) Below(score float64, inclusive bool) int {
	if v.large != nil {
		return v.large.tree.Below(btree.Bound{Score: score, After: inclusive})
	}
	return belowScore(v.pack, score, inclusive)
}

// BelowLex returns the number of members that are below the given one in the
// order of bytes, or, if inclusive, below or equal. It presumes that all scores
// are equal, as ZRANGEBYLEX does; if not, the answer is some number of at most Len.
func (v View) BelowLex(member []byte, inclusive bool) int {
	if v.large != nil {
		return v.large.tree.Below(btree.Bound{Member: member, Order: btree.ByMember, After: inclusive})
	}
	return belowMember(v.pack, member, inclusive)
}

// At returns a cursor at a rank. It is at no element if there is none of this rank.
func (v View) At(rank int) Cursor {
	c := Cursor{pack: v.pack, rank: rank, n: v.n}
	switch {
	case !c.OK():
	case v.large != nil:
		c.tree = v.large.tree.At(rank)
	case rank < v.n/2:
		c.pos = listpack.Seek(v.pack, 2*rank)
	default:
		c.pos = listpack.SeekBack(v.pack, 2*(v.n-rank)-1)
	}
	return c
}

// Scan calls fn for some members, about count of them, and returns the cursor to
// go on with; 0 begins and ends a scan. A member that is there from the first
// call to the last is visited at least once. A packed set is visited as a whole.
// member is valid during the call of fn only, which must not change the set.
func (v View) Scan(cursor uint64, count int, fn func(member []byte, score float64)) (next uint64) {
	if v.large != nil {
		return v.large.scan(cursor, count, fn)
	}
	var scratch [20]byte
	for pos := 0; pos < len(v.pack); {
		var member []byte
		var score float64
		member, score, pos = pairAt(v.pack, pos, scratch[:])
		fn(member, score)
	}
	return 0
}

func (z *large) scan(cursor uint64, count int, fn func(member []byte, score float64)) (next uint64) {
	for next = cursor & (1<<dict.CursorBits - 1); ; {
		next = z.index.Scan(next, func(ref arena.Ref) {
			fn(dict.Key(ref), entryScore(ref))
			count--
		})
		if next == 0 || count <= 0 {
			return next
		}
	}
}
