package zset

import (
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// packedKind is the kind of a packed sorted set.
var packedKind = keyspace.MakeKind(keyspace.ZSet, 1)

// View reads a sorted set. The zero View is empty.
type View struct {
	pack []byte // the region of a packed one
	n    int    // its members
}

// Of returns the view of a value, which is a sorted set; the zero Value, a
// missing key, gives an empty one.
func Of(v keyspace.Value) View {
	if len(v.Data) == 0 {
		return View{}
	}
	return View{pack: listpack.Elements(v.Data), n: listpack.Len(v.Data) / 2}
}

// Len returns the number of members.
func (v View) Len() int { return v.n }

// Score returns the score of a member.
func (v View) Score(member []byte) (score float64, ok bool) {
	pos, ok := findPair(v.pack, member)
	if !ok {
		return 0, false
	}
	return scoreAt(v.pack, pos), true
}

// Rank returns a member's rank and its score.
func (v View) Rank(member []byte) (rank int, score float64, ok bool) {
	pos, ok := findPair(v.pack, member)
	if !ok {
		return 0, 0, false
	}
	return rankOf(v.pack, pos), scoreAt(v.pack, pos), true
}

// Below returns the number of members whose score is below the given one, or, if
// inclusive, below or equal. It is the rank of the first that is not.
func (v View) Below(score float64, inclusive bool) int {
	return belowScore(v.pack, score, inclusive)
}

// BelowLex returns the number of members that are below the given one in the
// order of bytes, or, if inclusive, below or equal. It presumes that all scores
// are equal, as ZRANGEBYLEX does; if not, the answer is some number of at most Len.
func (v View) BelowLex(member []byte, inclusive bool) int {
	return belowMember(v.pack, member, inclusive)
}

// At returns a cursor at a rank. It is at no element if there is none of this rank.
func (v View) At(rank int) Cursor {
	c := Cursor{pack: v.pack, rank: rank, n: v.n}
	c.seek()
	return c
}

// Scan calls fn for some members, about count of them, and returns the cursor to
// go on with; 0 begins and ends a scan. A member that is there from the first
// call to the last is visited at least once. A packed set is visited as a whole.
// member is valid during the call of fn only, which must not change the set.
func (v View) Scan(cursor uint64, count int, fn func(member []byte, score float64)) (next uint64) {
	var scratch [20]byte
	for pos := 0; pos < len(v.pack); {
		var member []byte
		var score float64
		member, score, pos = pairAt(v.pack, pos, scratch[:])
		fn(member, score)
	}
	return 0
}
