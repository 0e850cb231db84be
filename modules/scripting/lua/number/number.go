// Package number is Lua 5.1's idea of numbers as text: how they print, and which
// texts are numbers. It knows no VM; everything here is a function of its
// arguments.
package number

import (
	"math"
	"strconv"
	"strings"
)

// Append appends f as C's "%.14g" prints it, which is what tostring, `..` and
// table.concat give.
func Append(b []byte, f float64) []byte {
	// Integers of up to 14 digits are their decimal digits; most numbers are.
	if i := int64(f); f > -1e14 && f < 1e14 && float64(i) == f && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	return AppendG(b, f, 14)
}

// AppendG appends f as C's "%.<digits>g".
func AppendG(b []byte, f float64, digits int) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(b, NonFinite(f)...)
	}
	if digits == 0 {
		digits = 1
	}
	return strconv.AppendFloat(b, f, 'g', digits, 64)
}

// NonFinite is how C prints an infinity or a NaN, whose sign shows.
func NonFinite(f float64) string {
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan"
	case math.IsNaN(f):
		return "nan"
	case f < 0:
		return "-inf"
	}
	return "inf"
}

// String is Append as a string.
func String(f float64) string {
	var room [32]byte
	return string(Append(room[:0], f))
}

// Space reports whether c is white space to C's isspace.
func Space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// cString cuts s at its first zero byte: Lua 5.1 hands strings to C's functions.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// Parse reads a number as Lua 5.1 converts a string: what C's strtod takes, with
// white space around it.
func Parse(s string) (float64, bool) {
	if len(s) > 0 && len(s) < 16 { // plain digits: the usual case
		n := int64(0)
		i := 0
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			n = n*10 + int64(s[i]-'0')
		}
		if i == len(s) {
			return float64(n), true
		}
	}
	s = cString(s)
	f, n := Strtod(s)
	if n == 0 {
		return 0, false
	}
	for n < len(s) && Space(s[n]) {
		n++
	}
	return f, n == len(s)
}

// Strtod reads the longest number at the beginning of s, after white space, as
// glibc's strtod does in the C locale, and returns it with the number of bytes
// read; none if there is no number.
func Strtod(s string) (f float64, read int) {
	i := 0
	for i < len(s) && Space(s[i]) {
		i++
	}
	start := i
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	negative := i > start && s[start] == '-'
	sign := func(f float64) float64 {
		if negative {
			return -f
		}
		return f
	}
	switch rest := s[i:]; {
	case hasFold(rest, "infinity"):
		return sign(math.Inf(1)), i + 8
	case hasFold(rest, "inf"):
		return sign(math.Inf(1)), i + 3
	case hasFold(rest, "nan"):
		return sign(math.Float64frombits(0x7ff8 << 48)), i + 3 + nanTail(rest[3:])
	case hasFold(rest, "0x"):
		if end := scan(s, i+2, true); end > i+2 {
			return parse(s[start:end], true), end
		}
		return sign(0), i + 1
	}
	end := scan(s, i, false)
	if end == i {
		return 0, 0
	}
	return parse(s[start:end], false), end
}

// nanTail is the length of the "(chars)" that may follow a nan.
func nanTail(s string) int {
	if s == "" || s[0] != '(' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == ')' {
			return i + 1
		}
		if c != '_' && !(c >= '0' && c <= '9') && !(c|0x20 >= 'a' && c|0x20 <= 'z') {
			return 0
		}
	}
	return 0
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// scan returns where the digits, point and exponent that begin at i end; i if
// there are no digits.
func scan(s string, i int, hex bool) int {
	digit := func(c byte) bool {
		return c >= '0' && c <= '9' || hex && (c|0x20 >= 'a' && c|0x20 <= 'f')
	}
	begin, digits := i, 0
	for ; i < len(s) && digit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		j := i + 1
		for ; j < len(s) && digit(s[j]); j++ {
			digits++
		}
		if digits > 0 {
			i = j
		}
	}
	if digits == 0 {
		return begin
	}
	mark := byte('e')
	if hex {
		mark = 'p'
	}
	if i < len(s) && s[i]|0x20 == mark {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && s[j] >= '0' && s[j] <= '9' {
			for i = j; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			}
		}
	}
	return i
}

// parse reads what scan has found: overflow gives an infinity, as in C.
func parse(s string, hex bool) float64 {
	if hex && !strings.ContainsAny(s, "pP") {
		s += "p0"
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// ParseBase is tonumber(s, base) for a base other than ten: C's strtoul, whose
// result wraps around for negative numbers.
func ParseBase(s string, base int) (float64, bool) {
	s = cString(s)
	i := 0
	for i < len(s) && Space(s[i]) {
		i++
	}
	negative := false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		negative = s[i] == '-'
		i++
	}
	if base == 16 && hasFold(s[i:], "0x") && i+2 < len(s) && value(s[i+2]) < 16 {
		i += 2
	}
	n, begin, over := uint64(0), i, false
	for ; i < len(s) && value(s[i]) < base; i++ {
		next := n*uint64(base) + uint64(value(s[i]))
		if n > math.MaxUint64/uint64(base) || next < n {
			over = true
		}
		n = next
	}
	if i == begin {
		return 0, false
	}
	for i < len(s) && Space(s[i]) {
		i++
	}
	switch {
	case i < len(s):
		return 0, false
	case over:
		n = math.MaxUint64
	case negative:
		n = -n
	}
	return float64(n), true
}

// value is what a digit of any base up to 36 is worth, 99 if it is none.
func value(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return 99
}

// ToInt64 is C's cast of a double to a 64-bit integer on x86-64: what does not
// fit gives the smallest one.
func ToInt64(f float64) int64 {
	if f >= -1<<63 && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

// ToUint64 is C's cast of a double to an unsigned 64-bit integer on x86-64.
func ToUint64(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(ToInt64(f-1<<63)) ^ 1<<63
	}
	return uint64(ToInt64(f))
}
