package server

import (
	"encoding/binary"
	"math/bits"
)

// sha1Sum is SHA-1, which the digest of Redis is made of. It is not crypto/sha1, with which come
// the ciphers and self-tests of FIPS 140, a tenth of a small server and of its start; nothing
// secret depends on it.
func sha1Sum(data []byte) (sum [20]byte) {
	h := [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
	whole := len(data) &^ 63
	for at := 0; at < whole; at += 64 {
		sha1Block(&h, data[at:at+64])
	}
	// The rest, a bit that ends it, and the length in the last eight bytes of a block.
	var last [128]byte
	n := copy(last[:], data[whole:])
	last[n] = 0x80
	end := 64
	if n >= 56 {
		end = 128
	}
	binary.BigEndian.PutUint64(last[end-8:], uint64(len(data))*8)
	for at := 0; at < end; at += 64 {
		sha1Block(&h, last[at:at+64])
	}
	for i, x := range h {
		binary.BigEndian.PutUint32(sum[4*i:], x)
	}
	return sum
}

func sha1Block(h *[5]uint32, block []byte) {
	var w [80]uint32
	for i := range w {
		if i < 16 {
			w[i] = binary.BigEndian.Uint32(block[4*i:])
		} else {
			w[i] = bits.RotateLeft32(w[i-3]^w[i-8]^w[i-14]^w[i-16], 1)
		}
	}
	a, b, c, d, e := h[0], h[1], h[2], h[3], h[4]
	for i, x := range w {
		var f, k uint32
		switch i / 20 {
		case 0:
			f, k = b&c|^b&d, 0x5a827999
		case 1:
			f, k = b^c^d, 0x6ed9eba1
		case 2:
			f, k = b&c|b&d|c&d, 0x8f1bbcdc
		default:
			f, k = b^c^d, 0xca62c1d6
		}
		a, b, c, d, e = bits.RotateLeft32(a, 5)+f+e+k+x, a, bits.RotateLeft32(b, 30), c, d
	}
	h[0] += a
	h[1] += b
	h[2] += c
	h[3] += d
	h[4] += e
}
