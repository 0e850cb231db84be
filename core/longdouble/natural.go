package longdouble

import "math/bits"

// natural is a number without a sign, of any size: its words, the least first, the last one not
// 0. It does what is needed to read and print long numbers; math/big does more, and would be
// the largest part of a small server that nothing else uses.
type natural []uint64

// mulAdd returns n * by + add; n is used up.
func (n natural) mulAdd(by, add uint64) natural {
	for i, w := range n {
		hi, lo := bits.Mul64(w, by)
		lo, carry := bits.Add64(lo, add, 0)
		n[i], add = lo, hi+carry
	}
	if add != 0 {
		n = append(n, add)
	}
	return n
}

// div returns n / by and the remainder; n is used up.
func (n natural) div(by uint64) (natural, uint64) {
	rest := uint64(0)
	for i := len(n) - 1; i >= 0; i-- {
		n[i], rest = bits.Div64(rest, n[i], by)
	}
	for len(n) > 0 && n[len(n)-1] == 0 {
		n = n[:len(n)-1]
	}
	return n, rest
}

// shift returns n * 2^by.
func (n natural) shift(by uint) natural {
	out := make(natural, by/64, int(by/64)+len(n)+1)
	return append(out, n.mulAdd(1<<(by%64), 0)...)
}

// len returns how many bits n has.
func (n natural) len() int {
	if len(n) == 0 {
		return 0
	}
	return (len(n)-1)*64 + bits.Len64(n[len(n)-1])
}

// top returns the upper 128 bits of n, of n * 2^k if it has less, the number of bits below, which
// is negative then, and whether one of these is set.
func (n natural) top() (hi, lo uint64, below int, sticky bool) {
	if below = n.len() - 128; below < 0 {
		n = n.shift(uint(-below))
		return n[1], n[0], below, false
	}
	at, off := below/64, uint(below%64)
	for i, w := range n[:at+1] {
		if i == at {
			w <<= 64 - off // 0 where off is 0
		}
		sticky = sticky || w != 0
	}
	lo, hi = n[at]>>off|n[at+1]<<(64-off), n[at+1]>>off
	if at+2 < len(n) {
		hi |= n[at+2] << (64 - off)
	}
	return hi, lo, below, sticky
}

// appendDecimal appends the digits of n, which is used up.
func (n natural) appendDecimal(b []byte) []byte {
	var parts []uint64
	for len(n) > 0 {
		var rest uint64
		n, rest = n.div(1e19)
		parts = append(parts, rest)
	}
	start := len(b)
	for i := len(parts) - 1; i >= 0; i-- {
		at := len(b)
		b = append(b, "0000000000000000000"...)
		for p, to := parts[i], at+18; p != 0; p, to = p/10, to-1 {
			b[to] = byte('0' + p%10)
		}
		if i == len(parts)-1 { // without zeros before it
			for b[start] == '0' && len(b)-start > 1 {
				b = append(b[:start], b[start+1:]...)
			}
		}
	}
	return b
}
