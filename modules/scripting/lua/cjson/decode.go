package cjson

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// Maker makes values.
type Maker[V any] interface {
	Null() V
	Bool(b bool) V
	Number(f float64) V
	String(s string) V
	// Array makes a table of elements, which it copies.
	Array(elements []V) V
	// Object makes a table of pairs, keys and values in turn, which it copies.
	Object(pairs []V) V
	// Spend is told of work done; an error ends the decoding.
	Spend(steps int) error
}

type kind int

const (
	objectBegin kind = iota
	objectEnd
	arrayBegin
	arrayEnd
	str
	num
	boolean
	null
	colon
	comma
	end
	bad
)

var kindNames = [...]string{
	"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER",
	"T_BOOLEAN", "T_NULL", "T_COLON", "T_COMMA", "T_END", "T_ERROR",
}

type token struct {
	kind kind
	at   int
	text string // of a string, and what is wrong with a bad token
	num  float64
}

type decoder[V any] struct {
	cfg   *Config
	m     Maker[V]
	s     string
	at    int
	depth int
	tok   token
	stack []V // what is within the arrays and objects that are being read
}

// Decode reads one value, which is all of s.
func Decode[V any](s string, cfg *Config, m Maker[V]) (v V, err error) {
	if len(s) >= 2 && (s[0] == 0 || s[1] == 0) {
		return v, errors.New("JSON parser does not support UTF-16 or UTF-32")
	}
	d := decoder[V]{cfg: cfg, m: m, s: s, stack: make([]V, 0, 32)}
	d.next()
	if v, err = d.value(); err != nil {
		return v, err
	}
	if d.next(); d.tok.kind != end {
		return v, d.expected("the end")
	}
	return v, nil
}

func (d *decoder[V]) expected(what string) error {
	found := kindNames[d.tok.kind]
	if d.tok.kind == bad {
		found = d.tok.text
	}
	return fmt.Errorf("Expected %s but found %s at character %d", what, found, d.tok.at+1)
}

func (d *decoder[V]) value() (v V, err error) {
	if err := d.m.Spend(1); err != nil {
		return v, err
	}
	switch d.tok.kind {
	case str:
		return d.m.String(d.tok.text), nil
	case num:
		return d.m.Number(d.tok.num), nil
	case boolean:
		return d.m.Bool(d.tok.num != 0), nil
	case null:
		return d.m.Null(), nil
	case objectBegin, arrayBegin:
		if d.depth++; d.depth > d.cfg.DecodeDepth {
			return v, fmt.Errorf("Found too many nested data structures (%d) at character %d", d.depth, d.at)
		}
		if d.tok.kind == objectBegin {
			v, err = d.object()
		} else {
			v, err = d.array()
		}
		d.depth--
		return v, err
	}
	return v, d.expected("value")
}

func (d *decoder[V]) object() (v V, err error) {
	base := len(d.stack)
	if d.next(); d.tok.kind == objectEnd {
		return d.m.Object(nil), nil
	}
	for {
		if d.tok.kind != str {
			return v, d.expected("object key string")
		}
		d.stack = append(d.stack, d.m.String(d.tok.text))
		if d.next(); d.tok.kind != colon {
			return v, d.expected("colon")
		}
		d.next()
		x, err := d.value()
		if err != nil {
			return v, err
		}
		d.stack = append(d.stack, x)
		switch d.next(); d.tok.kind {
		case objectEnd:
			v = d.m.Object(d.stack[base:])
			d.stack = d.stack[:base]
			return v, nil
		case comma:
		default:
			return v, d.expected("comma or object end")
		}
		d.next()
	}
}

func (d *decoder[V]) array() (v V, err error) {
	base := len(d.stack)
	if d.next(); d.tok.kind == arrayEnd {
		return d.m.Array(nil), nil
	}
	for {
		x, err := d.value()
		if err != nil {
			return v, err
		}
		d.stack = append(d.stack, x)
		switch d.next(); d.tok.kind {
		case arrayEnd:
			v = d.m.Array(d.stack[base:])
			d.stack = d.stack[:base]
			return v, nil
		case comma:
		default:
			return v, d.expected("comma or array end")
		}
		d.next()
	}
}

// peek is the byte n after the place, 0 behind the end: there, as in C, a zero
// byte ends the text.
func (d *decoder[V]) peek(n int) byte {
	if d.at+n < len(d.s) {
		return d.s[d.at+n]
	}
	return 0
}

func (d *decoder[V]) wrong(what string) { d.tok = token{kind: bad, at: d.at, text: what} }

func (d *decoder[V]) next() {
	for c := d.peek(0); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = d.peek(0) {
		d.at++
	}
	c := d.peek(0)
	d.tok = token{at: d.at}
	switch c {
	case '{', '}', '[', ']', ':', ',':
		d.at++
		d.tok.kind = [...]kind{objectBegin, objectEnd, arrayBegin, arrayEnd, colon, comma}[strings.IndexByte("{}[]:,", c)]
		return
	case 0:
		d.tok.kind = end
		return
	case '"':
		d.string()
		return
	}
	rest := d.s[d.at:]
	switch {
	case c == '-' || c >= '0' && c <= '9':
		if !d.cfg.DecodeInvalid && invalid(rest) {
			d.wrong("invalid number")
			return
		}
		d.number()
	case strings.HasPrefix(rest, "true"):
		d.tok.kind, d.tok.num = boolean, 1
		d.at += 4
	case strings.HasPrefix(rest, "false"):
		d.tok.kind = boolean
		d.at += 5
	case strings.HasPrefix(rest, "null"):
		d.tok.kind = null
		d.at += 4
	case strings.IndexByte("+INin", c) >= 0 && d.cfg.DecodeInvalid && invalid(rest):
		d.number()
	default:
		d.wrong("invalid token")
	}
}

// invalid reports whether what begins like a number is none of JSON's.
func invalid(s string) bool {
	at := func(i int) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	i := 0
	switch at(0) {
	case '+':
		return true
	case '-':
		i++
	}
	switch c := at(i); {
	case c == '0':
		next := at(i + 1)
		return next|0x20 == 'x' || next >= '0' && next <= '9'
	case c <= '9':
		return false
	}
	if len(s) < i+3 {
		return false
	}
	word := strings.ToLower(s[i : i+3])
	return word == "inf" || word == "nan"
}

func (d *decoder[V]) number() {
	f, n := number.Strtod(d.s[d.at:])
	if n == 0 {
		d.wrong("invalid number")
		return
	}
	d.tok.kind, d.tok.num = num, f
	d.at += n
}

const escapes = "\"\\/btnfr"
const escaped = "\"\\/\b\t\n\f\r"

func (d *decoder[V]) string() {
	d.at++
	begin := d.at
	var buf []byte // only if there are escapes
	for {
		switch c := d.peek(0); c {
		case '"':
			d.tok.kind = str
			if d.tok.text = d.s[begin:d.at]; buf != nil {
				d.tok.text = string(append(buf, d.s[begin:d.at]...))
			}
			d.at++
			return
		case 0:
			d.wrong("unexpected end of string")
			return
		case '\\':
			buf = append(buf, d.s[begin:d.at]...)
			if d.peek(1) == 'u' {
				r, n := d.unicode()
				if n == 0 {
					d.wrong("invalid unicode escape code")
					return
				}
				buf = appendRune(buf, r)
				d.at += n
			} else {
				i := strings.IndexByte(escapes, d.peek(1))
				if i < 0 {
					d.wrong("invalid escape code")
					return
				}
				buf = append(buf, escaped[i])
				d.at += 2
			}
			begin = d.at
		default:
			d.at++
		}
	}
}

// unicode reads a \u escape, or two that are a pair of surrogates, and tells its
// length; 0 if it is malformed.
func (d *decoder[V]) unicode() (r rune, n int) {
	r = d.hex4(2)
	if r < 0 {
		return 0, 0
	}
	if r&0xF800 != 0xD800 {
		return r, 6
	}
	if r&0x400 != 0 || d.peek(6) != '\\' || d.peek(7) != 'u' {
		return 0, 0
	}
	low := d.hex4(8)
	if low < 0 || low&0xFC00 != 0xDC00 {
		return 0, 0
	}
	return ((r&0x3FF)<<10 | (low & 0x3FF)) + 0x10000, 12
}

func (d *decoder[V]) hex4(from int) (r rune) {
	for i := from; i < from+4; i++ {
		switch c := d.peek(i); {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}

// appendRune appends r as UTF-8.
func appendRune(b []byte, r rune) []byte {
	switch {
	case r < 0x80:
		return append(b, byte(r))
	case r < 0x800:
		return append(b, byte(0xC0|r>>6), byte(0x80|r&0x3F))
	case r < 0x10000:
		return append(b, byte(0xE0|r>>12), byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F))
	}
	return append(b, byte(0xF0|r>>18), byte(0x80|r>>12&0x3F), byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F))
}
