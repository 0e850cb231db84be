package hyperloglog

import "math"

// histogram tells how many registers have each rank. There are none above
// maxRank but in a sketch that somebody has made up; these are not counted.
type histogram [64]int

// estimate is the improved raw estimator of Otmar Ertl, "New cardinality
// estimation algorithms for HyperLogLog sketches", arXiv:1702.01284 (2017),
// which needs no correction for small and large numbers. Products that are
// added are rounded first (float64), so that no processor fuses the two and
// everyone gets the same number.
func (h *histogram) estimate() uint64 {
	const m = float64(registers)
	const alpha = 0.5 / math.Ln2
	z := m * tau((m-float64(h[maxRank]))/m)
	for rank := rankBits; rank >= 1; rank-- {
		z = (z + float64(h[rank])) * 0.5
	}
	z += float64(m * sigma(float64(h[0])/m))
	if n := math.Round(alpha * m * m / z); n < math.MaxInt64 {
		return uint64(n)
	}
	return 1 << 63 // too large to tell, which Redis shows as this, and so never cached
}

// sigma is the share of the registers that are still zero: the sum of x and
// x^(2^k) * 2^(k-1) for k = 1, 2...
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += float64(x * y)
		y += y
		if z == before {
			return z
		}
	}
}

// tau is the share of those that can rise no more: a third of 1-x less the sum
// of (1-x^(2^-k))^2 * 2^-k for k = 1, 2...
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= float64(float64((1-x)*(1-x)) * y)
		if z == before {
			return z / 3
		}
	}
}
