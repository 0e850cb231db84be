package resp

import (
	"errors"
	"fmt"
	"strings"
)

// A literal is a reply written on one line, for scripts, recordings and reports:
//
//	"bulk"  +simple  +"two words"  -"ERR text"  :5  ,1.5  #t  (123  ="txt:a"  !"ERR x"
//	nil     RESP2's null bulk string     nil*  RESP2's null array     null  RESP3's null
//	["a" :1 []]   array     {"k" :1}   map     ~["a"]   set     >["message"]   push
//	|{"k" "v"} :1     a reply with attributes
//
// At the top of a line, + and - may be followed by plain text to the end of the line.

// String returns the literal of v. ParseLiteral(v.String()) equals v.
func (v Value) String() string {
	var b strings.Builder
	v.format(&b)
	return b.String()
}

func (v Value) format(b *strings.Builder) {
	if v.Attrs != nil {
		formatAll(b, "|{", v.Attrs, "}")
		b.WriteByte(' ')
	}
	switch v.Kind {
	case Array:
		if v.IsNil {
			b.WriteString("nil*")
			return
		}
		formatAll(b, "[", v.Elems, "]")
	case Map:
		formatAll(b, "{", v.Elems, "}")
	case Set, Push:
		formatAll(b, string(byte(v.Kind))+"[", v.Elems, "]")
	case Null:
		b.WriteString("null")
	case Bulk:
		if v.IsNil {
			b.WriteString("nil")
			return
		}
		b.WriteString(Quote(v.Text))
	case Int, Double, Bool, BigNumber:
		b.WriteByte(byte(v.Kind))
		b.WriteString(v.Text)
	case Simple, Error:
		b.WriteByte(byte(v.Kind))
		if isBareWord(v.Text) {
			b.WriteString(v.Text)
		} else {
			b.WriteString(Quote(v.Text))
		}
	default:
		b.WriteByte(byte(v.Kind))
		b.WriteString(Quote(v.Text))
	}
}

func formatAll(b *strings.Builder, open string, vs []Value, end string) {
	b.WriteString(open)
	for i, v := range vs {
		if i > 0 {
			b.WriteByte(' ')
		}
		v.format(b)
	}
	b.WriteString(end)
}

func isBareWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"[]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// ParseLiteral reads a literal; nothing may follow it.
func ParseLiteral(s string) (Value, error) {
	s = strings.TrimSpace(s)
	if len(s) > 1 && (s[0] == '+' || s[0] == '-') && s[1] != '"' {
		return Value{Kind: Kind(s[0]), Text: s[1:]}, nil
	}
	p := literalParser{rest: s}
	v, err := p.value(0)
	if err == nil && p.peek() != 0 {
		err = errors.New("text after the literal")
	}
	if err != nil {
		return Value{}, fmt.Errorf("literal %q: %w", s, err)
	}
	return v, nil
}

type literalParser struct{ rest string }

// peek skips spaces and returns the next byte, 0 at the end.
func (p *literalParser) peek() byte {
	p.rest = strings.TrimLeft(p.rest, " ")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

func (p *literalParser) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, errors.New("nested too deep")
	}
	c := p.peek()
	switch c {
	case 0:
		return Value{}, errors.New("a value is missing")
	case '"':
		return p.quoted(Bulk)
	case '[':
		return p.list(Array, ']', depth)
	case '{':
		return p.list(Map, '}', depth)
	}
	if c == '|' && strings.HasPrefix(p.rest, "|{") {
		return p.attributed(depth)
	}
	kind := Kind(c)
	switch kind {
	case Set, Push:
		p.rest = p.rest[1:]
		if p.peek() != '[' {
			return Value{}, fmt.Errorf("%c must be followed by [", c)
		}
		return p.list(kind, ']', depth)
	case Simple, Error, BulkError, Verbatim:
		p.rest = p.rest[1:]
		if strings.HasPrefix(p.rest, `"`) {
			return p.quoted(kind)
		}
		if kind == Simple || kind == Error {
			return Value{Kind: kind, Text: p.word()}, nil
		}
		return Value{}, fmt.Errorf("%c must be followed by a quoted string", c)
	case Int, Double, Bool, BigNumber:
		p.rest = p.rest[1:]
		v := Value{Kind: kind, Text: p.word()}
		if !validScalar(kind, v.Text) {
			return Value{}, fmt.Errorf("%q is not a valid %s", v.Text, kind)
		}
		return v, nil
	}
	switch w := p.word(); w {
	case "nil":
		return Value{Kind: Bulk, IsNil: true}, nil
	case "nil*":
		return Value{Kind: Array, IsNil: true}, nil
	case "null":
		return Value{Kind: Null}, nil
	default:
		return Value{}, fmt.Errorf("unknown word %q", w)
	}
}

// word takes everything up to a space or a closing bracket.
func (p *literalParser) word() string {
	end := strings.IndexAny(p.rest, " ]}")
	if end < 0 {
		end = len(p.rest)
	}
	w := p.rest[:end]
	p.rest = p.rest[end:]
	return w
}

func (p *literalParser) quoted(kind Kind) (Value, error) {
	text, rest, err := cutQuoted(p.rest)
	p.rest = rest
	return Value{Kind: kind, Text: text}, err
}

func (p *literalParser) list(kind Kind, end byte, depth int) (Value, error) {
	p.rest = p.rest[1:]
	v := Value{Kind: kind}
	for {
		switch p.peek() {
		case 0:
			return Value{}, fmt.Errorf("missing %c", end)
		case end:
			p.rest = p.rest[1:]
			if kind == Map && len(v.Elems)%2 != 0 {
				return Value{}, errors.New("a map needs pairs")
			}
			return v, nil
		}
		e, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		v.Elems = append(v.Elems, e)
	}
}

func (p *literalParser) attributed(depth int) (Value, error) {
	p.rest = p.rest[1:]
	attrs, err := p.list(Map, '}', depth)
	if err != nil {
		return Value{}, err
	}
	v, err := p.value(depth + 1)
	v.Attrs = attrs.Elems
	if v.Attrs == nil {
		v.Attrs = []Value{}
	}
	return v, err
}
