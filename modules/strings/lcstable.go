package strings

import "math/bits"

// lcsTable tells the longest common subsequence of two texts.
//
// Let L(i,j) be its length for the first i bytes of a and the first j of b. In
// each row L grows along j by steps of 0 or 1, so a row is a set of bits, here
// 1 where there is no step. One row follows from the one before by an addition:
// with M the places in b that hold a's byte i, every run of "no step" bits up to
// and including the next step gets its step moved to its first place in M; and
// the carry of V + (V & M) is what runs through those runs (H. Hyyrö,
// "Bit-parallel LCS-length computation revisited", 2004). That is 64 places per
// addition, and a bit per pair of bytes to remember.
type lcsTable struct {
	a, b   []byte
	length int
	// rows holds len(b) bits for each byte of a, without gaps; nil if only the
	// length was asked for.
	rows []uint64
}

// match is a run of n bytes, at a in one text and at b in the other.
type match struct{ a, b, n int }

// commonTable compares a and b; keep says that matches will be asked for.
func commonTable(a, b []byte, keep bool) *lcsTable {
	t := &lcsTable{a: a, b: b}
	if len(a) == 0 || len(b) == 0 {
		return t
	}
	if keep {
		t.rows = make([]uint64, (len(a)*len(b)+63)/64+1)
	}
	words := (len(b) + 63) / 64
	row := make([]uint64, words)
	for i := range row {
		row[i] = ^uint64(0)
	}
	places := placesOf(a, b, words)
	for i, ch := range a {
		carry := uint64(0)
		for w, m := range places[ch] {
			v := row[w]
			var sum uint64
			sum, carry = bits.Add64(v, v&m, carry)
			row[w] = sum | v&^m
		}
		if keep {
			t.store(i, row)
		}
	}
	t.length = len(b)
	for w, v := range row {
		if last := len(b) - w*64; last < 64 {
			v &= 1<<last - 1
		}
		t.length -= bits.OnesCount64(v)
	}
	return t
}

// placesOf returns, for each byte that occurs in a, where it stands in b.
func placesOf(a, b []byte, words int) *[256][]uint64 {
	var places [256][]uint64
	for _, ch := range a {
		if places[ch] == nil {
			places[ch] = make([]uint64, words)
		}
	}
	for j, ch := range b {
		if m := places[ch]; m != nil {
			m[j/64] |= 1 << (j % 64)
		}
	}
	return &places
}

// store keeps the row after byte i of a.
func (t *lcsTable) store(i int, row []uint64) {
	at := i * len(t.b)
	left := len(t.b)
	for _, v := range row {
		if left < 64 {
			v &= 1<<left - 1
		}
		w, shift := at/64, at%64
		t.rows[w] |= v << shift
		t.rows[w+1] |= v >> (64 - shift)
		at += 64
		left -= 64
	}
}

// step reports whether L(i,j) is larger than L(i,j-1).
func (t *lcsTable) step(i, j int) bool {
	at := (i-1)*len(t.b) + j - 1
	return t.rows[at/64]>>(at%64)&1 == 0
}

// matches calls fn for the runs that make up the subsequence, the last one
// first. Of several longest subsequences it is the one that Redis finds, which
// goes back along b unless that would lose a byte.
func (t *lcsTable) matches(fn func(m match)) {
	i, j := len(t.a), len(t.b)
	for i > 0 && j > 0 {
		n := 0
		for i > 0 && j > 0 && t.a[i-1] == t.b[j-1] {
			i, j, n = i-1, j-1, n+1
		}
		switch {
		case n > 0:
			fn(match{i, j, n})
		case t.step(i, j):
			i--
		default:
			j--
		}
	}
}
