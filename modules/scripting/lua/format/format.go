// Package format is the directives of string.format as Lua 5.1 and C's printf
// have them. It reads one directive and prints one value; who walks the format
// string and takes the arguments is the caller.
package format

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// Directive is one directive, from behind its percent sign.
type Directive struct {
	Verb                          byte // 0 at the end of the format
	Width                         int
	Precision                     int // -1 if there is none
	minus, plus, space, alt, zero bool
}

// Read reads the directive at the beginning of s and tells its length.
func Read(s string) (d Directive, n int, err error) {
	d.Precision = -1
	for n < len(s) && strings.IndexByte("-+ #0", s[n]) >= 0 {
		switch s[n] {
		case '-':
			d.minus = true
		case '+':
			d.plus = true
		case ' ':
			d.space = true
		case '#':
			d.alt = true
		case '0':
			d.zero = true
		}
		n++
	}
	if n >= 6 {
		return d, n, errors.New("invalid format (repeated flags)")
	}
	digits := func() (v int) {
		for i := 0; i < 2 && n < len(s) && isDigit(s[n]); i++ {
			v = v*10 + int(s[n]-'0')
			n++
		}
		return v
	}
	d.Width = digits()
	if n < len(s) && s[n] == '.' {
		n++
		d.Precision = digits()
	}
	if n < len(s) && isDigit(s[n]) {
		return d, n, errors.New("invalid format (width or precision too long)")
	}
	if n < len(s) {
		d.Verb = s[n]
		n++
	}
	return d, n, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// pad appends text with its sign, in the directive's width. Zeros go between the
// two.
func pad[T string | []byte](d *Directive, b []byte, sign string, text T, zero bool) []byte {
	fill := d.Width - len(sign) - len(text)
	switch {
	case fill <= 0:
		return append(append(b, sign...), text...)
	case d.minus:
		return repeat(append(append(b, sign...), text...), ' ', fill)
	case zero:
		return append(repeat(append(b, sign...), '0', fill), text...)
	}
	return append(append(repeat(b, ' ', fill), sign...), text...)
}

// repeat appends c so many times.
func repeat(b []byte, c byte, times int) []byte {
	for ; times > 0; times-- {
		b = append(b, c)
	}
	return b
}

func (d *Directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.space:
		return " "
	}
	return ""
}

// Char appends the character of %c. Lua 5.1 prints through C's strings, so that
// the zero character ends what is printed.
func (d *Directive) Char(b []byte, c byte) []byte {
	if c == 0 {
		if d.minus || d.Width <= 1 {
			return b
		}
		return repeat(b, ' ', d.Width-1)
	}
	return pad(d, b, "", []byte{c}, false)
}

// Int appends %d, %i.
func (d *Directive) Int(b []byte, f float64) []byte {
	n := number.ToInt64(f)
	var room [20]byte
	return integer(d, b, d.sign(n < 0), strconv.AppendUint(room[:0], magnitude(n), 10), n == 0)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// Uint appends %u, %o, %x, %X.
func (d *Directive) Uint(b []byte, f float64) []byte {
	n := number.ToUint64(f)
	text, prefix := "", ""
	switch d.Verb {
	case 'o':
		text = strconv.FormatUint(n, 8)
		if d.alt && n != 0 && d.Precision <= len(text) {
			text = "0" + text
		} else if d.alt && n == 0 && d.Precision == 0 {
			return pad(d, b, "", "0", false)
		}
	case 'x':
		text, prefix = strconv.FormatUint(n, 16), "0x"
	case 'X':
		text, prefix = strings.ToUpper(strconv.FormatUint(n, 16)), "0X"
	default:
		text = strconv.FormatUint(n, 10)
	}
	if !d.alt || n == 0 {
		prefix = ""
	}
	return integer(d, b, prefix, text, n == 0)
}

func integer[T string | []byte](d *Directive, b []byte, sign string, text T, isZero bool) []byte {
	switch {
	case d.Precision == 0 && isZero:
		return pad(d, b, sign, "", false)
	case d.Precision > len(text):
		return pad(d, b, sign, append(repeat(nil, '0', d.Precision-len(text)), text...), false)
	}
	return pad(d, b, sign, text, d.zero && d.Precision < 0)
}

// Float appends %e, %E, %f, %g, %G.
func (d *Directive) Float(b []byte, f float64) []byte {
	upper := d.Verb == 'E' || d.Verb == 'G'
	if math.IsInf(f, 0) || math.IsNaN(f) {
		text := strings.TrimPrefix(number.NonFinite(f), "-")
		if upper {
			text = strings.ToUpper(text)
		}
		return pad(d, b, d.sign(math.Signbit(f)), text, false)
	}
	precision := d.Precision
	if precision < 0 {
		precision = 6
	}
	verb := d.Verb | 0x20
	if verb == 'g' && precision == 0 {
		precision = 1
	}
	abs := math.Abs(f)
	text := strconv.FormatFloat(abs, verb, precision, 64)
	if d.alt {
		text = withPoint(abs, text, verb, precision)
	}
	if upper {
		text = strings.ToUpper(text)
	}
	return pad(d, b, d.sign(math.Signbit(f)), text, d.zero)
}

// withPoint is the # flag: there is a decimal point, and %g keeps its zeros.
func withPoint(abs float64, text string, verb byte, precision int) string {
	mantissa, exponent := text, ""
	if i := strings.IndexByte(text, 'e'); i >= 0 {
		mantissa, exponent = text[:i], text[i:]
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += "."
	}
	if verb == 'g' {
		digits := len(strings.TrimLeft(strings.Replace(mantissa, ".", "", 1), "0"))
		if abs == 0 {
			digits = 1
		}
		if digits < precision {
			mantissa += strings.Repeat("0", precision-digits)
		}
	}
	return mantissa + exponent
}

// Str appends %s. A string that is short enough to go through C's buffer ends at
// its first zero byte there; longer ones are taken as they are.
func (d *Directive) Str(b []byte, s string) []byte {
	if d.Precision < 0 && len(s) >= 100 {
		return append(b, s...)
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	if d.Precision >= 0 && len(s) > d.Precision {
		s = s[:d.Precision]
	}
	return pad(d, b, "", s, false)
}

// Quote appends %q: a string that Lua reads back.
func Quote(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case 0:
			b = append(b, `\000`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
