package longdouble

import (
	"math/bits"
)

// maxText is the length from which on Redis refuses a number's text.
const maxText = 5 * 1024

// Parse reads a number as C's strtold does and Redis takes it: decimal or
// hexadecimal, with an exponent if need be, or an infinity; no blanks, no NaN,
// and neither too large nor too small for the format.
func Parse(b []byte) (Float, bool) {
	if len(b) == 0 || len(b) >= maxText {
		return Float{}, false
	}
	neg := b[0] == '-'
	if neg || b[0] == '+' {
		b = b[1:]
	}
	if isWord(b, "inf") || isWord(b, "infinity") {
		return Float{neg: neg, inf: true}, true
	}
	s := scanner{base: 10}
	if len(b) > 2 && b[0] == '0' && b[1]|0x20 == 'x' {
		s.base, b = 16, b[2:]
	}
	if !s.scan(b) {
		return Float{}, false
	}
	if s.hi|s.lo == 0 {
		return Float{}, true
	}
	x := s.float(neg)
	return x, !x.inf && x.mant != 0
}

func isWord(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range b {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

// scanner takes the text of a number apart: it is mant * 10^exp, or mant * 2^exp
// in hexadecimal, if no digits were lost.
type scanner struct {
	base     int
	hi, lo   uint64 // mant, 128 bits
	digits   int    // of mant, without leading zeros
	exp      int
	lost     bool   // digits other than 0 did not fit into mant
	text     []byte // all digits, and perhaps a point
	fraction int    // how many of them stand behind the point
	written  int    // the exponent in the text
}

// maxExponent bounds exponents: with less than 5120 digits, no number that has a
// larger one is in range.
const maxExponent = 1 << 20

// scan reports whether b is the text of a number without its sign.
func (s *scanner) scan(b []byte) bool {
	i, n, point := 0, 0, false
	for ; i < len(b); i++ {
		if b[i] == '.' && !point {
			point = true
			continue
		}
		d := digit(b[i])
		if d >= s.base {
			break
		}
		n++
		s.add(uint64(d), point)
	}
	s.text = b[:i]
	switch {
	case n == 0:
		return false
	case i == len(b):
		return true
	case s.base == 10 && b[i]|0x20 != 'e', s.base == 16 && b[i]|0x20 != 'p':
		return false
	}
	var ok bool
	s.written, ok = exponent(b[i+1:])
	s.exp += s.written
	return ok
}

// add takes one digit and keeps the account of the exponent.
func (s *scanner) add(d uint64, fraction bool) {
	place, room := 1, 38 // as many decimal digits fit into mant
	if s.base == 16 {
		place, room = 4, 32
	}
	if fraction {
		s.fraction++
		s.exp -= place
	}
	if s.digits == room {
		s.lost = s.lost || d != 0
		s.exp += place
		return
	}
	over, lo := bits.Mul64(s.lo, uint64(s.base))
	lo, carry := bits.Add64(lo, d, 0)
	s.hi, s.lo = s.hi*uint64(s.base)+over+carry, lo
	if s.hi|s.lo != 0 {
		s.digits++
	}
}

// digit returns the value of a hexadecimal digit, 16 for any other byte.
func digit(ch byte) int {
	switch {
	case ch >= '0' && ch <= '9':
		return int(ch - '0')
	case ch|0x20 >= 'a' && ch|0x20 <= 'f':
		return int(ch|0x20-'a') + 10
	}
	return 16
}

func exponent(b []byte) (int, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	n := 0
	for _, ch := range b {
		if ch < '0' || ch > '9' {
			return 0, false
		}
		n = min(n*10+int(ch-'0'), maxExponent)
	}
	if neg {
		n = -n
	}
	return n, len(b) > 0
}

// float rounds what was scanned, mant not being 0.
func (s *scanner) float(neg bool) Float {
	switch {
	case s.base == 16:
		lo := s.lo
		if s.lost { // behind 32 digits, so that this is a sticky bit
			lo |= 1
		}
		return round(neg, s.hi, lo, s.exp)
	case !s.lost && s.exp >= -maxPow && (s.exp <= 0 || s.exp <= maxPow && s.hi == 0):
		return s.short(neg)
	// The magnitude is known to a power of ten: what cannot be in range is
	// settled before it costs anything.
	case s.digits+s.exp > 4940:
		return Float{neg: neg, inf: true}
	case s.digits+s.exp < -4960:
		return Float{}
	}
	return s.long(neg)
}

// maxPow is the exponent of the largest power of 5 that fits into 64 bits.
const maxPow = 27

// short is for numbers as people write them, whose power of 5 fits into 64 bits
// (and mant as well, if it is multiplied). Since 10^e is 5^e * 2^e, the exact
// product or quotient of both is rounded just once.
func (s *scanner) short(neg bool) Float {
	pow := uint64(1)
	for range max(s.exp, -s.exp) {
		pow *= 5
	}
	if s.exp > 0 {
		hi, lo := bits.Mul64(s.lo, pow)
		return round(neg, hi, lo, s.exp)
	}
	// Divide num * 2^63 by den, both with their top bits set: the quotient has
	// 127 or 128 bits, and a remainder is its sticky bit.
	hi, lo, exp := s.hi, s.lo, s.exp-63
	if hi == 0 {
		hi, lo, exp = lo, 0, exp-64
	}
	up, down := bits.LeadingZeros64(hi), bits.LeadingZeros64(pow)
	hi, lo = hi<<up|lo>>(64-up), lo<<up
	den := pow << down
	high, rest := bits.Div64(hi>>1, hi<<63|lo>>1, den)
	low, rest := bits.Div64(rest, lo<<63, den)
	if rest != 0 {
		low |= 1
	}
	return round(neg, high, low, exp+down-up)
}

// long is for any decimal number.
func (s *scanner) long(neg bool) Float {
	var num natural
	for _, ch := range s.text {
		if ch != '.' {
			num = num.mulAdd(10, uint64(ch-'0'))
		}
	}
	exp := s.written - s.fraction
	two, sticky := exp, false // num * 2^two * 5^(what is still to do)
	if exp < 0 {
		up := max(0, -exp*7/3+1-num.len()+128) // 5^3 is less than 2^7: at least 128 bits are left of the quotient
		num, two = num.shift(uint(up)), exp-up
	}
	for left := max(exp, -exp); left > 0; left -= maxPow {
		pow := uint64(1)
		for range min(left, maxPow) {
			pow *= 5
		}
		if exp > 0 {
			num = num.mulAdd(pow, 0)
			continue
		}
		var rest uint64
		num, rest = num.div(pow)
		sticky = sticky || rest != 0
	}
	// What counts is the upper 128 bits, and whether anything is below.
	hi, lo, below, more := num.top()
	if sticky || more {
		lo |= 1
	}
	return round(neg, hi, lo, two+below)
}
