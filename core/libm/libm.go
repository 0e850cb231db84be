// Package libm has the few functions of C's mathematical library whose last bit can be seen
// in a reply: GEOSEARCHSTORE ... STOREDIST keeps a distance as a score, and ZSCORE shows all
// of its digits; scripts compute, and pass numbers on with all of theirs. Go's math is right
// to about one unit in the last place and differs from glibc's, which is right to hardly more
// than half of one, for every fourth argument.
//
// The functions here compute with twice the digits where it matters and round once, so that
// they give the double that is nearest to the true value but for about one argument in ten
// thousand. What needs the speed more than the bit stays with package math.
package libm

import "math"

// large is where the reduction of an angle would want more digits of pi than it has here.
const large = 1 << 20

// Sin returns the sine of x radians.
func Sin(x float64) float64 {
	if !(math.Abs(x) < large) || x == 0 {
		return math.Sin(x)
	}
	r, quarter := reduce(x)
	return sine(r, quarter).hi
}

// Cos returns the cosine of x radians.
func Cos(x float64) float64 {
	if !(math.Abs(x) < large) {
		return math.Cos(x)
	}
	r, quarter := reduce(x)
	return sine(r, quarter+1).hi
}

// Asin returns the angle in radians whose sine is x.
//
// It is one step of Newton's method: the sine of math's answer is computed with twice the
// digits, so what it differs from x by is known well, and that over the slope is what the
// answer lacks. The step squares an error that is in the 53rd bit already.
func Asin(x float64) float64 {
	y := math.Asin(x)
	if !(math.Abs(x) < 1) || x == 0 {
		return y
	}
	r, quarter := reduce(y)
	s := sine(r, quarter)
	return y + ((x-s.hi)-s.lo)/sine(r, quarter+1).hi
}

// sine returns the sine of an angle that is so many quarters of a turn and r, r up to an
// eighth, with some 70 bits. The cosine is that of a quarter more.
func sine(r double, quarter int64) double {
	var s double
	if quarter&1 == 0 {
		s = sinSmall(r)
	} else {
		s = cosSmall(r)
	}
	if quarter&2 != 0 {
		return double{-s.hi, -s.lo}
	}
	return s
}

// Half of pi in three parts, each of which has the 53 bits that follow the one before.
const (
	halfPi1 = 0x1.921fb54442d18p+0
	halfPi2 = 0x1.1a62633145c07p-54
	halfPi3 = -0x1.f1976b7ed8fbcp-110
)

// reduce returns x, which is below large, less the nearest multiple of a quarter of a turn, and
// which multiple that is. The products are exact in their two parts each, so that where x is
// next to a multiple what remains has its digits all the same.
func reduce(x float64) (r double, quarter int64) {
	k := math.RoundToEven(x * (2 / math.Pi))
	if k == 0 {
		return double{x, 0}, 0
	}
	p, q := times(k, halfPi1), times(k, halfPi2)
	a := sum(x, -p.hi)
	b := sum(a.hi, -p.lo)
	c := sum(b.hi, -q.hi)
	return sum(c.hi, c.lo+b.lo+a.lo-q.lo-k*halfPi3), int64(k)
}

// sinSmall is the sine of an angle up to an eighth of a turn, by Taylor's series. The first
// coefficients are double, since their rounding would reach the last bit; the terms after
// them are so small that theirs does not.
func sinSmall(r double) double {
	z := r.squared()
	rest := z.hi * (1./362880 + z.hi*(-1./39916800+z.hi*(1./6227020800+z.hi*(-1./1307674368000+
		z.hi*(1./355687428096000+z.hi*(-1./121645100408832000))))))
	p := plus(double{fifth1, fifth2}, z.by(sum(-1./5040, rest)))
	p = plus(double{third1, third2}, z.by(p))
	return plus(r, r.by(z.by(p)))
}

// cosSmall is the cosine of an angle up to an eighth of a turn, as sinSmall is the sine.
func cosSmall(r double) double {
	z := r.squared()
	rest := z.hi * (1./40320 + z.hi*(-1./3628800+z.hi*(1./479001600+z.hi*(-1./87178291200+
		z.hi*(1./20922789888000+z.hi*(-1./6402373705728000+z.hi*(1./2432902008176640000)))))))
	p := plus(double{fourth1, fourth2}, z.by(sum(-1./720, rest)))
	p = z.by(z.by(p))
	return plus(plus(double{1, 0}, double{-z.hi / 2, -z.lo / 2}), p)
}

// Coefficients of the series: the double nearest to each, and what it lacks.
const (
	third1, fourth1, fifth1 = -0x1.5555555555555p-3, 0x1.5555555555555p-5, 0x1.1111111111111p-7
	third2, fourth2, fifth2 = -1./6 - third1, 1./24 - fourth1, 1./120 - fifth1
)
