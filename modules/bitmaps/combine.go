package bitmaps

import (
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
// shorter end in zeros. It works block by block, on a copy of the first source's
// that stays in the processor's cache: so dst may be a source itself, if both
// begin at the same place.
func combine(op operation, dst []byte, sources [][]byte) {
	var buf [4096]byte
	for at := 0; at < len(dst); at += len(buf) {
		block := buf[:min(len(buf), len(dst)-at)]
		clear(block[copy(block, from(sources[0], at)):])
		for _, s := range sources[1:] {
			op.apply(block, from(s, at))
		}
		if op == not {
			invert(block)
		}
		copy(dst[at:], block)
	}
}

// from is what lies in s behind position at.
func from(s []byte, at int) []byte { return s[min(at, len(s)):] }

// apply combines dst with src, behind which there are zeros.
func (op operation) apply(dst, src []byte) {
	n := min(len(dst), len(src))
	switch op {
	case and:
		andBytes(dst[:n], src[:n])
		clear(dst[n:])
	case or:
		orBytes(dst[:n], src[:n])
	case xor:
		subtle.XORBytes(dst, dst, src[:n])
	}
}

// andBytes and orBytes want slices of the same length.
func andBytes(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)&binary.LittleEndian.Uint64(src))
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(dst[8:])&binary.LittleEndian.Uint64(src[8:]))
		binary.LittleEndian.PutUint64(dst[16:], binary.LittleEndian.Uint64(dst[16:])&binary.LittleEndian.Uint64(src[16:]))
		binary.LittleEndian.PutUint64(dst[24:], binary.LittleEndian.Uint64(dst[24:])&binary.LittleEndian.Uint64(src[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i, x := range src {
		dst[i] &= x
	}
}

func orBytes(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)|binary.LittleEndian.Uint64(src))
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(dst[8:])|binary.LittleEndian.Uint64(src[8:]))
		binary.LittleEndian.PutUint64(dst[16:], binary.LittleEndian.Uint64(dst[16:])|binary.LittleEndian.Uint64(src[16:]))
		binary.LittleEndian.PutUint64(dst[24:], binary.LittleEndian.Uint64(dst[24:])|binary.LittleEndian.Uint64(src[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i, x := range src {
		dst[i] |= x
	}
}

func invert(b []byte) {
	for ; len(b) >= 32; b = b[32:] {
		binary.LittleEndian.PutUint64(b, ^binary.LittleEndian.Uint64(b))
		binary.LittleEndian.PutUint64(b[8:], ^binary.LittleEndian.Uint64(b[8:]))
		binary.LittleEndian.PutUint64(b[16:], ^binary.LittleEndian.Uint64(b[16:]))
		binary.LittleEndian.PutUint64(b[24:], ^binary.LittleEndian.Uint64(b[24:]))
	}
	for i := range b {
		b[i] = ^b[i]
	}
}
