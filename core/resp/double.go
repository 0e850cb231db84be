package resp

import (
	"math"
	"strconv"
)

// AppendDouble appends f as Redis 7.2 prints a score: "inf", "-inf", "nan", an
// integer of up to 62 bits in full, and else the shortest digits that read back
// as f (the Grisu family's result; strconv gives the same).
func AppendDouble(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	case math.IsNaN(f):
		return append(b, "nan"...)
	case f == 0 && math.Signbit(f):
		return append(b, "-0"...)
	case f == math.Trunc(f) && math.Abs(f) <= 1<<62:
		return strconv.AppendInt(b, int64(f), 10)
	}
	if f < 0 {
		b = append(b, '-')
		f = -f
	}
	return appendShortest(b, f)
}

// appendShortest lays out the shortest digits of a positive finite f. With
// f = digits * 10^k, Redis writes whole numbers with at most seven added
// zeros, fractions down to six leading ones, and all else with an exponent
// that has a sign and no padding.
func appendShortest(b []byte, f float64) []byte {
	var tmp [32]byte
	sci := strconv.AppendFloat(tmp[:0], f, 'e', -1, 64) // d.ddde±xx
	var buf [20]byte
	digits, exp := buf[:0], 0
	for i, ch := range sci {
		if ch == 'e' {
			exp, _ = strconv.Atoi(string(sci[i+1:]))
			break
		}
		if ch != '.' {
			digits = append(digits, ch)
		}
	}
	n := len(digits)
	k := exp - (n - 1)
	mag := max(exp, -exp)
	switch {
	case k >= 0 && mag < n+7:
		b = append(b, digits...)
		return appendZeros(b, k)
	case k < 0 && (k > -7 || mag < 4):
		if whole := n + k; whole > 0 {
			b = append(b, digits[:whole]...)
			b = append(b, '.')
			return append(b, digits[whole:]...)
		}
		b = append(b, "0."...)
		b = appendZeros(b, -(n + k))
		return append(b, digits...)
	}
	b = append(b, digits[0])
	if n > 1 {
		b = append(b, '.')
		b = append(b, digits[1:]...)
	}
	b = append(b, 'e')
	if exp < 0 {
		b = append(b, '-')
	} else {
		b = append(b, '+')
	}
	return strconv.AppendInt(b, int64(mag), 10)
}

func appendZeros(b []byte, n int) []byte {
	for ; n > 0; n-- {
		b = append(b, '0')
	}
	return b
}
