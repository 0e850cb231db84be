// Package bitop is LuaBitOp's arithmetic: numbers are taken modulo 2^32 and
// results are signed.
package bitop

import "math"

// Bits is a number as LuaBitOp sees it: rounded to the nearest, ties to even,
// modulo 2^32.
func Bits(f float64) uint32 {
	f += 6755399441055744.0 // 2^52 + 2^51: the low bits of the sum are the integer
	return uint32(math.Float64bits(f))
}

// Number is a result.
func Number(b uint32) float64 { return float64(int32(b)) }

// Lshift and the others shift or rotate b by the low five bits of n.
func Lshift(b, n uint32) uint32  { return b << (n & 31) }
func Rshift(b, n uint32) uint32  { return b >> (n & 31) }
func Arshift(b, n uint32) uint32 { return uint32(int32(b) >> (n & 31)) }
func Rol(b, n uint32) uint32     { n &= 31; return b<<n | b>>(32-n) }
func Ror(b, n uint32) uint32     { n &= 31; return b>>n | b<<(32-n) }

// Swap reverses the order of the bytes.
func Swap(b uint32) uint32 { return b>>24 | b>>8&0xff00 | b&0xff00<<8 | b<<24 }

// Hex gives n hexadecimal digits, the least significant ones; capitals if n is
// negative.
func Hex(b uint32, n int32) string {
	digits := "0123456789abcdef"
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	if n > 8 || n < 0 {
		n = 8
	}
	var out [8]byte
	for i := n - 1; i >= 0; i-- {
		out[i] = digits[b&15]
		b >>= 4
	}
	return string(out[:n])
}
