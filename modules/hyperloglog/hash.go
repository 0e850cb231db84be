package hyperloglog

import (
	"encoding/binary"
	"math/bits"
)

// An element's hash has two parts: the lowest 14 bits choose a register, and in
// the 50 others the position of the lowest one, counted from 1, is the
// element's rank: a rank of r is seen once in 2^r elements.
const (
	indexBits = 14
	rankBits  = 64 - indexBits
	maxRank   = rankBits + 1 // if there is no one
)

// rankOf returns which register an element concerns, and its rank.
func rankOf(element []byte) (index int, rank uint8) {
	h := murmur(element, 0xadc83b19)
	return int(h % registers), uint8(bits.TrailingZeros64(h>>indexBits|1<<rankBits)) + 1
}

// murmur is MurmurHash64A by Austin Appleby, on little-endian words.
func murmur(b []byte, seed uint64) uint64 {
	const m = 0xc6a4a7935bd1e995
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k = (k ^ k>>47) * m
		h = (h ^ k) * m
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * m
	}
	h = (h ^ h>>47) * m
	return h ^ h>>47
}
