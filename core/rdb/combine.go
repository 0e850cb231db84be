package rdb

// CombineCRC64 returns the checksum of two pieces put together, of which the
// second has n bytes, from their own: a is the checksum up to the end of the
// first, b that of the second alone. So several goroutines can compute one
// checksum.
//
// A checksum is the remainder of a polynomial. Putting n bytes behind the first
// piece multiplies what it stands for by x^8n, and the second piece adds itself.
func CombineCRC64(a, b uint64, n int64) uint64 {
	for k := 0; n > 0; n >>= 1 {
		if n&1 != 0 {
			a = multiply(a, crcPowers[k])
		}
		k++
	}
	return a ^ b
}

// crcPowers[k] is the remainder of x^(8·2^k).
var crcPowers = buildCRCPowers()

func buildCRCPowers() (p [63]uint64) {
	p[0] = 1 << (63 - 8) // the highest bit is x^0
	for k := 1; k < len(p); k++ {
		p[k] = multiply(p[k-1], p[k-1])
	}
	return p
}

// multiply returns the remainder of a product. The bits are reflected: the
// highest is the coefficient of x^0.
func multiply(a, b uint64) (product uint64) {
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 63)
		b = b>>1 ^ crcPoly&-(b&1)
	}
	return product
}
