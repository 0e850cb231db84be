package bitmaps

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
)

type operation uint8

const (
	and operation = iota
	or
	xor
	not
)

// combine fills dst with the bits of the sources combined; those that are
// shorter end in zeros. It works block by block, and all but the last source are combined
// in a block that stays in the processor's cache: so dst may be a source itself, if both
// begin at the same place.
func combine(op operation, dst []byte, sources [][]byte) {
	if len(sources) < 2 {
		op.alone(dst, sources[0])
		return
	}
	var buf [blockSize]byte
	last := len(sources) - 1
	for at := 0; at < len(dst); at += blockSize {
		to := dst[at:min(at+blockSize, len(dst))]
		so := from(sources[0], at)
		for _, s := range sources[1:last] {
			op.both(buf[:len(to)], so, from(s, at))
			so = buf[:len(to)]
		}
		op.both(to, so, from(sources[last], at))
	}
}

const blockSize = 4096

// ones inverts a block by an exclusive or, which is done in vectors; nobody changes it.
var ones = bytes.Repeat([]byte{0xff}, blockSize)

// from is what lies in s behind position at.
func from(s []byte, at int) []byte { return s[min(at, len(s)):] }

// alone fills dst with what the operation makes of one source, which is no shorter.
func (op operation) alone(dst, src []byte) {
	src = src[:len(dst)]
	for at := 0; at < len(dst); at += blockSize {
		to := dst[at:min(at+blockSize, len(dst))]
		if op == not {
			subtle.XORBytes(to, src[at:], ones[:len(to)])
		} else {
			copy(to, src[at:])
		}
	}
}

// both fills dst with a and b combined, behind both of which there are zeros. It may
// be either of them.
func (op operation) both(dst, a, b []byte) {
	if len(a) < len(b) {
		a, b = b, a
	}
	a = a[:min(len(a), len(dst))]
	b = b[:min(len(b), len(a))]
	n := len(b)
	switch op {
	case and:
		andBytes(dst[:n], a[:n], b)
		clear(dst[n:])
		return
	case or:
		orBytes(dst[:n], a[:n], b)
	case xor:
		subtle.XORBytes(dst, a[:n], b)
	}
	clear(dst[n+copy(dst[n:], a[n:]):])
}

// andBytes and orBytes want slices of the same length.
func andBytes(dst, a, b []byte) {
	le := binary.LittleEndian
	for ; len(dst) >= 64 && len(a) >= 64 && len(b) >= 64; dst, a, b = dst[64:], a[64:], b[64:] {
		to, x, y := (*[64]byte)(dst), (*[64]byte)(a), (*[64]byte)(b) // so the lengths are known below
		le.PutUint64(to[0:], le.Uint64(x[0:])&le.Uint64(y[0:]))
		le.PutUint64(to[8:], le.Uint64(x[8:])&le.Uint64(y[8:]))
		le.PutUint64(to[16:], le.Uint64(x[16:])&le.Uint64(y[16:]))
		le.PutUint64(to[24:], le.Uint64(x[24:])&le.Uint64(y[24:]))
		le.PutUint64(to[32:], le.Uint64(x[32:])&le.Uint64(y[32:]))
		le.PutUint64(to[40:], le.Uint64(x[40:])&le.Uint64(y[40:]))
		le.PutUint64(to[48:], le.Uint64(x[48:])&le.Uint64(y[48:]))
		le.PutUint64(to[56:], le.Uint64(x[56:])&le.Uint64(y[56:]))
	}
	for i, x := range a {
		dst[i] = x & b[i]
	}
}

func orBytes(dst, a, b []byte) {
	le := binary.LittleEndian
	for ; len(dst) >= 64 && len(a) >= 64 && len(b) >= 64; dst, a, b = dst[64:], a[64:], b[64:] {
		to, x, y := (*[64]byte)(dst), (*[64]byte)(a), (*[64]byte)(b)
		le.PutUint64(to[0:], le.Uint64(x[0:])|le.Uint64(y[0:]))
		le.PutUint64(to[8:], le.Uint64(x[8:])|le.Uint64(y[8:]))
		le.PutUint64(to[16:], le.Uint64(x[16:])|le.Uint64(y[16:]))
		le.PutUint64(to[24:], le.Uint64(x[24:])|le.Uint64(y[24:]))
		le.PutUint64(to[32:], le.Uint64(x[32:])|le.Uint64(y[32:]))
		le.PutUint64(to[40:], le.Uint64(x[40:])|le.Uint64(y[40:]))
		le.PutUint64(to[48:], le.Uint64(x[48:])|le.Uint64(y[48:]))
		le.PutUint64(to[56:], le.Uint64(x[56:])|le.Uint64(y[56:]))
	}
	for i, x := range a {
		dst[i] = x | b[i]
	}
}
