package number

import (
	"math"

	"github.com/ferrousdb/ferrous/core/libm"
)

// Mod is Lua 5.1's `%`.
func Mod(a, b float64) float64 { return a - float64(math.Floor(a/b)*b) }

// Pow is C's pow: glibc's gives a negative NaN to an odd power without its sign.
func Pow(a, b float64) float64 {
	if a != a && math.Abs(math.Mod(b, 2)) == 1 {
		return math.Abs(a)
	}
	return Signed(libm.Pow(a, b), a, b)
}

// Signed gives a result that is NaN the sign that scripts see in its text: that of
// the operand which is, or that of the processor's own.
func Signed(f, a, b float64) float64 {
	switch {
	case f == f:
		return f
	case a != a:
		return a
	case b != b:
		return b
	}
	return math.Float64frombits(0xfff8 << 48) // bits of it can be seen, too
}
