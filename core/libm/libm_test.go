package libm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestNearest compares with series summed with bits enough. Where the true value is next to the
// middle between two doubles even twice the digits do not tell which is nearer, so a few may
// be the other one; math's functions are so for every fifth argument.
func TestNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 2000
	var sin, cos, asin int
	for range n {
		x := math.Ldexp(r.Float64()*2-1, r.IntN(28)-20)
		s, c := series(x, 1), series(x, 0)
		if got, want := Sin(x), nearest(s); got != want {
			sin++
			within(t, "Sin", x, got, want)
		}
		if got, want := Cos(x), nearest(c); got != want {
			cos++
			within(t, "Cos", x, got, want)
		}
		// The sine of what Asin returns is next to y, on both sides of half a step of it.
		y := math.Ldexp(r.Float64()*2-1, -r.IntN(20))
		a := Asin(y)
		half := (math.Nextafter(math.Abs(a), 9) - math.Abs(a)) / 2
		lower, upper := middle(a, -half), middle(a, half)
		if by := new(big.Float).SetFloat64(y); by.Cmp(lower) < 0 || by.Cmp(upper) > 0 {
			asin++
		}
	}
	if limit := n / 1000; sin > limit || cos > limit || asin > limit {
		t.Fatalf("of %d not the nearest: %d sines, %d cosines, %d arcs", n, sin, cos, asin)
	}
}

func TestSpecial(t *testing.T) {
	for _, x := range []float64{0, math.Copysign(0, -1), 1, -1, 2, math.Inf(1), math.NaN(), 1e300, math.SmallestNonzeroFloat64} {
		for _, f := range []struct {
			name string
			f, g func(float64) float64
		}{{"Sin", Sin, math.Sin}, {"Cos", Cos, math.Cos}, {"Asin", Asin, math.Asin}} {
			got, want := f.f(x), f.g(x)
			if math.Abs(got-want) > 1e-15 || math.IsNaN(got) != math.IsNaN(want) || math.Signbit(got) != math.Signbit(want) {
				t.Errorf("%s(%v) is %v, math's %v", f.name, x, got, want)
			}
		}
	}
}

// within complains of what is more than one double away.
func within(t *testing.T, name string, x, got, want float64) {
	if math.Nextafter(want, got) != got {
		t.Errorf("%s(%v) is %v, not %v", name, x, got, want)
	}
}

func nearest(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}

// middle is the sine of a+half.
func middle(a, half float64) *big.Float {
	x := wide().Add(wide().SetFloat64(a), wide().SetFloat64(half))
	return sumOf(x, 1)
}

// series is the sine of x for 1 and the cosine for 0.
func series(x float64, first int64) *big.Float { return sumOf(wide().SetFloat64(x), first) }

// sumOf adds up x^first/first! - x^(first+2)/(first+2)! + ...; x may be some hundreds, since
// there are bits enough for what cancels.
func sumOf(x *big.Float, first int64) *big.Float {
	term := wide().SetInt64(1)
	if first == 1 {
		term.Set(x)
	}
	total := wide().Set(term)
	square := wide().Mul(x, x)
	for n := first + 2; n < 4000; n += 2 {
		term.Mul(term, square)
		term.Quo(term, wide().SetInt64(-n*(n-1)))
		total.Add(total, term)
		if term.Sign() == 0 || term.MantExp(nil) < -1200 {
			break
		}
	}
	return total
}

func wide() *big.Float { return new(big.Float).SetPrec(1000) }

// TestPowers compares whole powers, roots, exponentials and logarithms with what more bits
// give.
func TestPowers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	bad := 0
	for range 2000 {
		a, n := math.Ldexp(r.Float64()+0.5, r.IntN(8)-4), r.IntN(40)
		p := wide().SetInt64(1)
		for range n {
			p.Mul(p, wide().SetFloat64(a))
		}
		if got, want := Pow(a, float64(n)), nearest(p); got != want {
			t.Errorf("%v^%d is %v, not %v", a, n, got, want)
		}
		if got, want := Pow(-a, float64(-n)), nearest(wide().Quo(wide().SetInt64(1-2*int64(n&1)), p)); got != want {
			within(t, "Pow", -a, got, want)
			bad++
		}
		if got, want := Pow(a, 0.5), math.Sqrt(a); got != want {
			within(t, "Pow", a, got, want)
			bad++
		}
		x := r.Float64()*100 - 50
		if got, want := Exp(x), nearest(exponential(x)); got != want {
			within(t, "Exp", x, got, want)
			bad++
		}
		// What lies half a step beside the logarithm is on the other side of a.
		l := Log(a)
		half := (math.Nextafter(math.Abs(l), 99) - math.Abs(l)) / 2
		lower, upper := exponential(l, -half), exponential(l, half)
		if by := wide().SetFloat64(a); by.Cmp(lower) < 0 || by.Cmp(upper) > 0 {
			bad++
		}
	}
	if bad > 4 {
		t.Errorf("%d of 8000 are not the nearest", bad)
	}
	if Pow(49.25, 7) != 702819242974.75659 { // half way between two
		t.Error(Pow(49.25, 7))
	}
}

// exponential is e to the power of a sum, by the series.
func exponential(of ...float64) *big.Float {
	x := wide()
	for _, f := range of {
		x.Add(x, wide().SetFloat64(f))
	}
	term, total := wide().SetInt64(1), wide().SetInt64(1)
	for n := int64(1); n < 400; n++ {
		term.Mul(term, x)
		term.Quo(term, wide().SetInt64(n))
		total.Add(total, term)
	}
	return total
}
