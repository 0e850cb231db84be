// Package slot tells the hash slot of a key, as Redis Cluster defines it: CRC16 of the
// key, or of its tag, modulo 16384. It knows nothing of who serves which slot.
//
// Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/,
// "Key distribution model" and "Hash tags".
package slot

import "bytes"

// Bits is how many bits number a slot, Count how many slots there are.
const (
	Bits  = 14
	Count = 1 << Bits
)

// Of returns the slot of a key, below Count. If there is a { in the key, and a } behind
// it with something in between, that something is what counts: such keys go together.
func Of(key []byte) uint16 {
	if open := bytes.IndexByte(key, '{'); open >= 0 {
		if n := bytes.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	return crc16(key) & (Count - 1)
}

// crc16 is CRC-16/XMODEM: polynomial 0x1021, beginning with 0, no reflection.
func crc16(b []byte) (crc uint16) {
	for _, c := range b {
		crc = crc<<8 ^ table[byte(crc>>8)^c]
	}
	return crc
}

var table = func() (t [256]uint16) {
	for i := range t {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*0x1021
		}
		t[i] = crc
	}
	return t
}()
