package rdb

import (
	"encoding/binary"
	"math"
	"strconv"
)

// AppendLen appends a length, or any other unsigned number that is mostly small.
func AppendLen(b []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return append(b, len14<<6|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, len32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, len64), n)
}

// compressAbove is the length above which compression is tried, and compressGain
// what it must save, as in Redis.
const (
	compressAbove = 20
	compressGain  = 4
)

// maxIntText is the length of the longest text of an encodable integer.
const maxIntText = len("-2147483648")

// AppendString appends a string in its shortest form: as an integer if it is
// the text of one of at most 32 bits, else compressed if asked for and worth
// it, else as it is.
func AppendString(b, s []byte, compress bool) []byte {
	if len(s) <= maxIntText {
		if n, ok := parseInt32(s); ok {
			return appendInt32(b, n)
		}
	}
	if compress && len(s) > compressAbove {
		if out, ok := appendCompressed(b, s); ok {
			return out
		}
	}
	return append(AppendLen(b, uint64(len(s))), s...)
}

// AppendInt appends the string that is the decimal text of n.
func AppendInt(b []byte, n int64) []byte {
	if n == int64(int32(n)) {
		return appendInt32(b, int32(n))
	}
	var tmp [20]byte
	s := strconv.AppendInt(tmp[:0], n, 10)
	return append(AppendLen(b, uint64(len(s))), s...)
}

func appendInt32(b []byte, n int32) []byte {
	switch {
	case n == int32(int8(n)):
		return append(b, lenEncoded<<6|encInt8, byte(n))
	case n == int32(int16(n)):
		return binary.LittleEndian.AppendUint16(append(b, lenEncoded<<6|encInt16), uint16(n))
	}
	return binary.LittleEndian.AppendUint32(append(b, lenEncoded<<6|encInt32), uint32(n))
}

// parseInt32 reads a number whose canonical text is s.
func parseInt32(s []byte) (int32, bool) {
	digits := s
	if len(s) > 0 && s[0] == '-' {
		digits = s[1:]
	}
	neg := len(digits) < len(s)
	if len(digits) == 0 || len(digits) > 10 || digits[0] == '0' && (neg || len(digits) > 1) {
		return 0, false
	}
	var n int64
	for _, ch := range digits {
		if ch < '0' || ch > '9' {
			return 0, false
		}
		n = n*10 + int64(ch-'0')
	}
	if neg {
		n = -n
	}
	return int32(n), n == int64(int32(n))
}

// appendCompressed appends s as an LZF string if that is short enough.
func appendCompressed(b, s []byte) ([]byte, bool) {
	// The header tells the compressed length, known only afterwards: compress
	// behind the longest header, then close the gap.
	const longest = 1 + 9 + 9
	start := len(b)
	b = append(b, make([]byte, longest)...)
	b, ok := AppendLZF(b, s, len(s)-compressGain)
	if !ok {
		return b[:start], false
	}
	data := b[start+longest:]
	b = append(b[:start], lenEncoded<<6|encLZF)
	b = AppendLen(b, uint64(len(data)))
	b = AppendLen(b, uint64(len(s)))
	return append(b, data...), true
}

// AppendDouble appends a number as text, the form of the oldest sorted sets.
func AppendDouble(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, doubleNaN)
	case math.IsInf(f, 1):
		return append(b, doubleInf)
	case math.IsInf(f, -1):
		return append(b, doubleNegInf)
	}
	at := len(b)
	b = strconv.AppendFloat(append(b, 0), f, 'g', 17, 64)
	b[at] = byte(len(b) - at - 1)
	return b
}

// What stands for the length of a number's text when it has none.
const (
	doubleNaN    = 253
	doubleInf    = 254
	doubleNegInf = 255
)

// AppendBinaryDouble appends a number as its eight bytes.
func AppendBinaryDouble(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}

// AppendMillis appends a time in Unix milliseconds (or any number of 64 bits).
func AppendMillis(b []byte, ms int64) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(ms))
}
