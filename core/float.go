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
	f, ok := Strtod(b)
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
