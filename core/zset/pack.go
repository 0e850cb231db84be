package zset

import (
	"bytes"
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/resp"
)

// The packed form: functions on the region of a listpack of pairs. A pair is
// known by the position of its member.

// maxScore is room for the text of any score, and more than for any integer.
const maxScore = 32

// packedInt returns the integer that a score is stored as, if it is one: as in
// Redis whatever a 64-bit integer holds with a bit to spare. Negative zero so
// becomes zero.
func packedInt(score float64) (int64, bool) {
	if score < -(1<<62) || score > 1<<62 {
		return 0, false
	}
	n := int64(score)
	return n, float64(n) == score
}

// putScore writes the element of a score to dst, which has room for maxScore
// bytes, and returns its size.
func putScore(dst []byte, score float64) int {
	if n, ok := packedInt(score); ok {
		return listpack.PutInt(dst, n)
	}
	var tmp [maxScore]byte
	return listpack.Put(dst, resp.AppendDouble(tmp[:0], score))
}

// scoreOf reads a score. Text that is no number counts as zero; Load lets none in.
func scoreOf(e listpack.Element) float64 {
	if n, ok := e.Int(); ok {
		return float64(n)
	}
	f, _ := parseScore(e)
	return f
}

// parseScore reads the score of a foreign pack.
func parseScore(e listpack.Element) (float64, bool) {
	if n, ok := e.Int(); ok {
		return float64(n), true
	}
	return scoreFromText(e.Text(nil))
}

func scoreFromText(text []byte) (float64, bool) {
	if len(text) > maxScoreText {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, (err == nil || math.IsInf(f, 0)) && !math.IsNaN(f)
}

// maxScoreText is the longest text taken for a score.
const maxScoreText = 127

// pairAt reads a pair. member is in the region, or in scratch if it is an integer.
func pairAt(b []byte, pos int, scratch []byte) (member []byte, score float64, next int) {
	m, mid := listpack.Read(b, pos)
	s, next := listpack.Read(b, mid)
	return m.Text(scratch), scoreOf(s), next
}

// findPair looks a member up.
func findPair(b, member []byte) (pos int, ok bool) { return listpack.Find(b, 0, member, 1) }

// scoreAt returns the score of the pair at pos.
func scoreAt(b []byte, pos int) float64 {
	s, _ := listpack.Read(b, listpack.Next(b, pos))
	return scoreOf(s)
}

// afterPair returns the position after the pair at pos.
func afterPair(b []byte, pos int) int { return listpack.Next(b, listpack.Next(b, pos)) }

// rankOf counts the pairs before pos.
func rankOf(b []byte, pos int) int {
	rank := 0
	for p := 0; p < pos; rank++ {
		p = afterPair(b, p)
	}
	return rank
}

// placeOf returns where a pair that is not in the region belongs.
func placeOf(b, member []byte, score float64) int {
	var scratch [20]byte
	pos := 0
	for pos < len(b) {
		m, mid := listpack.Read(b, pos)
		e, next := listpack.Read(b, mid)
		s := scoreOf(e)
		if s > score || s == score && bytes.Compare(m.Text(scratch[:]), member) > 0 {
			break
		}
		pos = next
	}
	return pos
}

// belowScore counts the pairs with a score below the given one, or with an equal
// one too.
func belowScore(b []byte, score float64, inclusive bool) int {
	n := 0
	for pos := 0; pos < len(b); n++ {
		pos = listpack.Next(b, pos)
		e, next := listpack.Read(b, pos)
		if s := scoreOf(e); s > score || s == score && !inclusive {
			break
		}
		pos = next
	}
	return n
}

// belowMember counts the pairs with a member below the given one, or the same.
func belowMember(b, member []byte, inclusive bool) int {
	var scratch [20]byte
	n := 0
	for pos := 0; pos < len(b); n++ {
		m, mid := listpack.Read(b, pos)
		if c := bytes.Compare(m.Text(scratch[:]), member); c > 0 || c == 0 && !inclusive {
			break
		}
		pos = listpack.Next(b, mid)
	}
	return n
}

// appendPair appends a pair to a region.
func appendPair(b, member []byte, score float64) []byte {
	var tmp [maxScore]byte
	b = listpack.Append(b, member)
	return append(b, tmp[:putScore(tmp[:], score)]...)
}
