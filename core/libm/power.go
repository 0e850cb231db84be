package libm

import "math"

// over returns a/n.
func (a double) over(n float64) double {
	q := a.hi / n
	p := times(q, n)
	return sum(q, (a.hi-p.hi-p.lo+a.lo)/n)
}

// ln2 is the logarithm of two.
var ln2 = double{math.Ln2, 2.3190468138462996e-17}

// exp is e^x without its exponent of two: e^x = y * 2^k.
func exp(x double) (y double, k int) {
	k = int(math.Round(x.hi / math.Ln2))
	n := float64(-k)
	r := plus(x, ln2.by(double{n, 0}))
	// A small argument needs few terms; e^r - 1 is squared up again.
	const halvings = 9
	r = double{r.hi / (1 << halvings), r.lo / (1 << halvings)}
	p := double{}
	for i := 9.0; i >= 1; i-- { // r/1 * (1 + r/2 * (1 + ...))
		p = r.over(i).by(plus(double{1, 0}, p))
	}
	for range halvings {
		p = plus(double{2 * p.hi, 2 * p.lo}, p.squared())
	}
	return plus(double{1, 0}, p), k
}

// log is the logarithm of a positive number.
func log(x float64) double {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	y := math.Log(m)
	inverse, k := exp(double{-y, 0})
	scale := math.Ldexp(1, k)
	t := plus(double{inverse.hi * scale, inverse.lo * scale}.by(double{m, 0}), double{-1, 0}) // what is left: log(1 + t)
	l := plus(plus(double{y, 0}, t), double{-t.hi * t.hi / 2, 0})
	return plus(ln2.by(double{float64(e), 0}), l)
}

// ordinary reports whether x is positive, and neither tiny nor huge.
func ordinary(x float64) bool { return x > 1e-307 && x < 1e308 }

// Log returns the natural logarithm of x.
func Log(x float64) float64 {
	if !ordinary(x) {
		return math.Log(x)
	}
	return log(x).hi
}

// Exp returns e to the power x.
func Exp(x float64) float64 {
	f := math.Exp(x)
	if !ordinary(f) || x == 0 {
		return f
	}
	y, k := exp(double{x, 0})
	return math.Ldexp(y.hi, k)
}

// Pow returns a to the power b.
func Pow(a, b float64) float64 {
	f := math.Pow(a, b)
	size := math.Abs(f)
	if !ordinary(size) || !ordinary(math.Abs(a)) || b == 1 || size == 1 && math.Abs(a) == 1 {
		return f
	}
	if n := math.Abs(b); n <= 64 && n == math.Trunc(n) && size > 1e-250 && size < 1e250 {
		return math.Copysign(whole(math.Abs(a), int(n), b < 0), f)
	}
	y, k := exp(log(math.Abs(a)).by(double{b, 0}))
	return math.Copysign(math.Ldexp(y.hi, k), f)
}

// whole is a^n, or its inverse, by products: what lies half way between two floats is
// exact.
func whole(a float64, n int, inverse bool) float64 {
	y, square := double{1, 0}, double{a, 0}
	for {
		if n&1 != 0 {
			y = y.by(square)
		}
		if n >>= 1; n == 0 {
			break
		}
		square = square.squared()
	}
	if !inverse {
		return y.hi
	}
	q := 1 / y.hi
	p := y.by(double{q, 0})
	return q + float64(q*(1-p.hi-p.lo))
}
