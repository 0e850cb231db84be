package longdouble

import (
	"bytes"
	"math/bits"
	"strconv"
)

// places is how many digits are printed behind the point, one being 10^places.
const (
	places = 17
	one    = 1e17
)

// Append appends x as Redis prints a long double for people: rounded to 17
// places, half to even, without trailing zeros, and never as "-0". x must be
// finite.
func Append(b []byte, x Float) []byte {
	if x.exp > 0 {
		return appendLarge(b, x)
	}
	whole, fraction := x.split()
	if x.neg && whole|fraction != 0 {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, whole, 10)
	if fraction == 0 {
		return b
	}
	// Print 1 and the fraction's 17 digits, then put the point over the 1.
	at := len(b)
	b = strconv.AppendUint(b, one+fraction, 10)
	b[at] = '.'
	return bytes.TrimRight(b, "0")
}

// split returns x's integer part and its rounded fraction in units of 10^-17.
// x.exp must not be positive.
func (x Float) split() (whole, fraction uint64) {
	const half = 1 << 63
	shift := uint(-x.exp)
	if shift < 64 {
		// The fraction's bits times 10^17: the high word is the digits, the low
		// word what is rounded.
		whole = x.mant >> shift
		hi, lo := bits.Mul64(x.mant<<(64-shift), one)
		if lo > half || lo == half && hi&1 != 0 {
			hi++
		}
		if hi == one {
			return whole + 1, 0
		}
		return whole, hi
	}
	// x is below 1: x * 10^17 is 121 bits wide, and the digits lie in its high
	// word. A sticky bit serves since only the bits below the digits are rounded.
	hi, lo := bits.Mul64(x.mant, one)
	hi, lo = shiftRight(hi, lo, shift-64)
	if lo > half || lo == half && hi&1 != 0 {
		hi++
	}
	if hi == one {
		return 1, 0
	}
	return 0, hi
}

// appendLarge prints a number of 2^64 or more, which is whole.
func appendLarge(b []byte, x Float) []byte {
	if x.neg {
		b = append(b, '-')
	}
	return natural{x.mant}.shift(uint(x.exp)).appendDecimal(b)
}
