package libm

import "math"

// double is a number in two parts, the second less than half a unit in the last place of the
// first. (Dekker, A floating-point technique for extending the available precision, 1971.)
type double struct{ hi, lo float64 }

// sum returns a+b without an error. (Knuth's TwoSum: it does not ask which is larger.)
func sum(a, b float64) double {
	hi := a + b
	b1 := hi - a
	return double{hi, (a - (hi - b1)) + (b - b1)}
}

// times returns a*b without an error: what rounding lost is what a fused multiply and add
// gives of the difference.
func times(a, b float64) double {
	hi := a * b
	return double{hi, math.FMA(a, b, -hi)}
}

func plus(a, b double) double {
	s := sum(a.hi, b.hi)
	return sum(s.hi, s.lo+a.lo+b.lo)
}

func (a double) by(b double) double {
	p := times(a.hi, b.hi)
	return sum(p.hi, p.lo+float64(a.hi*b.lo)+float64(a.lo*b.hi))
}

func (a double) squared() double {
	p := times(a.hi, a.hi)
	return sum(p.hi, p.lo+2*float64(a.hi*a.lo))
}
