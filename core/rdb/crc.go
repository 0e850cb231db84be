package rdb

import (
	"encoding/binary"
	"errors"
)

// The checksum of dumps is the CRC-64 of David T. Jones: polynomial
// 0xad93d23594c935a9, reflected in and out, beginning with 0 and not inverted
// at the end (that is why hash/crc64, which inverts, does not compute it).
const crcPoly = 0x95ac9329ac4bc9b5 // reflected

// crcTables holds, for each byte value and each k below 8, the checksum of that
// byte followed by k zero bytes: by linearity eight bytes can be looked up at
// once and combined by exclusive or.
var crcTables = buildCRCTables()

func buildCRCTables() *[8][256]uint64 {
	t := new([8][256]uint64)
	for i := range t[0] {
		crc := uint64(i)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ crcPoly
			} else {
				crc >>= 1
			}
		}
		t[0][i] = crc
	}
	for k := 1; k < 8; k++ {
		for i, crc := range t[k-1] {
			t[k][i] = crc>>8 ^ t[0][byte(crc)]
		}
	}
	return t
}

// CRC64 continues the checksum crc with the bytes of b; it begins with 0.
//
// Each step waits for the one before it, while the processor could do several:
// of what is long enough four quarters are summed up side by side.
func CRC64(crc uint64, b []byte) uint64 {
	for ; len(b) >= 4*crcLane; b = b[4*crcLane:] {
		crc = crcLanes(crc, (*[4 * crcLane]byte)(b))
	}
	return crcBytes(crc, b)
}

// crcLane is the length of a quarter: the cost of putting four together must be
// small against it.
const crcLane = 2048

func crcLanes(a uint64, b *[4 * crcLane]byte) uint64 {
	t := crcTables
	step := func(crc uint64, at int) uint64 {
		crc ^= binary.LittleEndian.Uint64(b[at:])
		return t[7][byte(crc)] ^ t[6][byte(crc>>8)] ^ t[5][byte(crc>>16)] ^ t[4][byte(crc>>24)] ^
			t[3][byte(crc>>32)] ^ t[2][byte(crc>>40)] ^ t[1][byte(crc>>48)] ^ t[0][crc>>56]
	}
	var x, y, z uint64
	for i := 0; i < crcLane; i += 8 {
		a, x = step(a, i), step(x, i+crcLane)
		y, z = step(y, i+2*crcLane), step(z, i+3*crcLane)
	}
	a = CombineCRC64(a, x, crcLane)
	a = CombineCRC64(a, y, crcLane)
	return CombineCRC64(a, z, crcLane)
}

func crcBytes(crc uint64, b []byte) uint64 {
	t := crcTables
	for ; len(b) >= 8; b = b[8:] {
		crc ^= binary.LittleEndian.Uint64(b)
		crc = t[7][byte(crc)] ^ t[6][byte(crc>>8)] ^ t[5][byte(crc>>16)] ^ t[4][byte(crc>>24)] ^
			t[3][byte(crc>>32)] ^ t[2][byte(crc>>40)] ^ t[1][byte(crc>>48)] ^ t[0][crc>>56]
	}
	for _, x := range b {
		crc = crc>>8 ^ t[0][byte(crc)^x]
	}
	return crc
}

// footerLen is the length of what ends a DUMP payload: two bytes of version and
// eight of checksum, which covers the version too.
const footerLen = 2 + 8

// ErrFooter is the error for a payload that is damaged or from the future.
var ErrFooter = errors.New("DUMP payload version or checksum are wrong")

// Footer returns what ends a DUMP payload, a type byte and a value, whose checksum is
// crc.
func Footer(crc uint64) (b [footerLen]byte) { return FooterOf(crc, Version) }

// FooterOf is Footer for a payload of a version of the format.
func FooterOf(crc uint64, version int) (b [footerLen]byte) {
	binary.LittleEndian.PutUint16(b[:], uint16(version))
	binary.LittleEndian.PutUint64(b[2:], CRC64(crc, b[:2]))
	return b
}

// AppendFooter ends a DUMP payload, which is all of b.
func AppendFooter(b []byte) []byte {
	footer := Footer(CRC64(0, b))
	return append(b, footer[:]...)
}

// CheckFooter verifies a DUMP payload, its checksum only if sum is set, and
// returns it without its footer. The error is ErrFooter.
func CheckFooter(b []byte, sum bool) ([]byte, error) { return CheckFooterAt(b, sum, nil) }

// CheckFooterAt is CheckFooter that tells pace, unless that is nil, how many bytes it has summed up.
func CheckFooterAt(b []byte, sum bool, pace func(n int)) ([]byte, error) {
	if len(b) < footerLen {
		return nil, ErrFooter
	}
	body, crc := b[:len(b)-8], binary.LittleEndian.Uint64(b[len(b)-8:])
	payload := body[:len(body)-2]
	if binary.LittleEndian.Uint16(body[len(payload):]) > MaxVersion || sum && crcAt(body, pace) != crc {
		return nil, ErrFooter
	}
	return payload, nil
}

func crcAt(b []byte, pace func(n int)) (crc uint64) {
	for pace != nil && len(b) > crcStep {
		crc = CRC64(crc, b[:crcStep])
		b = b[crcStep:]
		pace(crcStep)
	}
	return CRC64(crc, b)
}

// crcStep is how much is summed up between two words about the pace.
const crcStep = 256 << 10
