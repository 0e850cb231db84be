// Package longdouble is arithmetic in the 80-bit extended format of the x87,
// the "long double" in which Redis adds INCRBYFLOAT's and HINCRBYFLOAT's
// numbers: 64 bits of mantissa, 15 of exponent, round to nearest even. With the
// same format come the same digits, whatever machine we run on.
//
// Common numbers (up to 38 digits) are parsed and printed with 128-bit integer
// arithmetic and no allocation; package math/big does the others. Both ways are
// exact before their one rounding, so they cannot disagree.
//
// The package knows no commands and keeps no state.
package longdouble

import "math/bits"

// Float is a number in the format; the zero Float is 0. NaN is not represented:
// what would be one is infinite here, since callers refuse both alike.
type Float struct {
	// mant * 2^exp is the magnitude; mant has its top bit set, unless the number
	// is zero or too small for that (exp is minExp then).
	mant uint64
	exp  int
	neg  bool
	inf  bool
}

// The exponents of a mantissa's lowest bit: the largest number is just below
// 2^16384, the smallest is 2^-16445.
const (
	maxExp = 16384 - 64
	minExp = -16445
)

// FromInt returns the number n, which always is exact.
func FromInt(n int64) Float {
	if n < 0 {
		return round(true, -uint64(n), 0, -64)
	}
	return round(false, uint64(n), 0, -64)
}

// Finite reports whether x is a number.
func (x Float) Finite() bool { return !x.inf }

// Add returns the sum of x and y, rounded. If either is infinite, or the sum is
// too large, the result is not finite.
func (x Float) Add(y Float) Float {
	if x.inf || y.inf {
		return Float{inf: true}
	}
	if x.mant == 0 || y.mant != 0 && x.exp < y.exp {
		x, y = y, x
	}
	if y.mant == 0 {
		return x
	}
	// Both numbers as 128 bits over the larger exponent, one bit kept free for
	// the carry. What y loses at the low end leaves a sticky bit, 62 places below
	// where the sum is rounded; that many are lost only if y is so much smaller
	// that the leading bit moves by one place at most.
	xhi, xlo := x.mant>>1, x.mant<<63
	yhi, ylo := shiftRight(y.mant>>1, y.mant<<63, uint(x.exp-y.exp))
	exp := x.exp - 63
	if x.neg == y.neg {
		lo, carry := bits.Add64(xlo, ylo, 0)
		hi, _ := bits.Add64(xhi, yhi, carry)
		return round(x.neg, hi, lo, exp)
	}
	lo, borrow := bits.Sub64(xlo, ylo, 0)
	hi, borrow := bits.Sub64(xhi, yhi, borrow)
	if borrow != 0 { // |y| was the larger one; the exponents are equal then
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
		return round(!x.neg, hi, lo, exp)
	}
	return round(x.neg, hi, lo, exp)
}

// round makes the number (hi:lo) * 2^exp fit the format. The lowest bit of lo
// may be sticky (standing for any lower bits that are not zero) if hi is not 0.
func round(neg bool, hi, lo uint64, exp int) Float {
	if hi == 0 {
		hi, lo, exp = lo, 0, exp-64
	}
	if hi == 0 {
		return Float{}
	}
	if n := uint(bits.LeadingZeros64(hi)); n > 0 {
		hi, lo, exp = hi<<n|lo>>(64-n), lo<<n, exp-int(n)
	}
	exp += 64 // now that of hi's lowest bit
	if exp < minExp {
		hi, lo = shiftRight(hi, lo, uint(minExp-exp))
		exp = minExp
	}
	const half = 1 << 63
	if lo > half || lo == half && hi&1 != 0 {
		if hi++; hi == 0 {
			hi, exp = half, exp+1
		}
	}
	if exp > maxExp {
		return Float{neg: neg, inf: true}
	}
	return Float{mant: hi, exp: exp, neg: neg}
}

// shiftRight shifts hi:lo by n places; if bits that are not zero fall out, the
// lowest bit is set in their stead.
func shiftRight(hi, lo uint64, n uint) (uint64, uint64) {
	var lost uint64
	if n >= 128 {
		lost, hi, lo = hi|lo, 0, 0
	} else {
		if n >= 64 {
			lost, hi, lo, n = lo, 0, hi, n-64
		}
		lost |= lo & (1<<n - 1)
		hi, lo = hi>>n, lo>>n|hi<<(64-n)
	}
	if lost != 0 {
		lo |= 1
	}
	return hi, lo
}
