package core

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"
)

// ParseFloat parses a number as Redis accepts one: decimal or hexadecimal, inf
// and infinity with a sign, no blanks, no NaN. What a double cannot hold because
// it is too large, or so small that it would be zero, is refused.
func ParseFloat(b []byte) (float64, bool) {
	if f, ok := plain(b); ok {
		return f, true
	}
	f, ok := strtod(b)
	switch {
	case math.IsInf(f, 0) && bytes.IndexByte(b, 'n') < 0 && bytes.IndexByte(b, 'N') < 0,
		f == 0 && !isZero(b):
		return 0, false
	}
	return f, ok
}

// Strtod parses all of b as C's function of that name does, without its leading
// blanks: what is out of range becomes infinity or zero. NaN is refused.
func Strtod(b []byte) (float64, bool) {
	if f, ok := plain(b); ok {
		return f, true
	}
	return strtod(b)
}

// plainDigits is how many digits make a number that a double holds, whatever they are; so it
// does the power of ten of as many.
const plainDigits = 15

var powers = [plainDigits + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plain parses what nearly all numbers are, a few digits with perhaps a sign and a point. Both parts of the
// quotient are exact, so it is the nearest double, as it has to be.
func plain(b []byte) (float64, bool) {
	digits := b
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		digits = b[1:]
	}
	const point = '.' - '0' + 256
	n, fraction := uint64(0), -1
	for i, ch := range digits {
		switch ch -= '0'; {
		case ch <= 9:
			n = n*10 + uint64(ch)
		case ch == point && fraction < 0:
			fraction = len(digits) - 1 - i
		default:
			return 0, false
		}
	}
	count := len(digits)
	if fraction >= 0 {
		count--
	}
	if count == 0 || count > plainDigits {
		return 0, false
	}
	f := float64(n)
	if fraction > 0 {
		f /= powers[fraction]
	}
	if b[0] == '-' {
		f = -f
	}
	return f, true
}

func strtod(b []byte) (float64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	hex, exponent := false, false
	for _, ch := range b {
		switch ch {
		case '_':
			return 0, false
		case 'x', 'X':
			hex = true
		case 'p', 'P':
			exponent = true
		}
	}
	text := unsafe.String(unsafe.SliceData(b), len(b))
	if hex && !exponent {
		text += "p0" // which C does not ask for
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// isZero reports whether the digits of a number, but for its exponent, are zeros.
func isZero(b []byte) bool {
	hex := false
	for _, ch := range b {
		switch ch |= 0x20; {
		case ch == 'x':
			hex = true
		case ch == 'p', ch == 'e' && !hex:
			return true
		case ch >= '1' && ch <= '9', ch >= 'a' && ch <= 'f':
			return false
		}
	}
	return true
}
