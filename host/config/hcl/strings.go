package hcl

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads a string in double quotes.
func (p *parser) quoted() string {
	line, column := p.line, p.pos-p.lineStart+1
	p.advance()
	var b strings.Builder
	for {
		switch c := p.peek(); {
		case p.pos == len(p.src) || c == '\n':
			p.failAt(line, column, "a string that does not end on its line")
		case c == '"':
			p.advance()
			return b.String()
		case c == '\\':
			p.advance()
			p.escape(&b)
		case c == '$' || c == '%':
			p.template(&b, c)
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
}

// template reads a $ or %, which starts a template in HCL proper if a brace follows, unless it is doubled.
func (p *parser) template(b *strings.Builder, c byte) {
	rest := p.src[p.pos:]
	switch {
	case len(rest) >= 2 && rest[1] == '{':
		p.fail("templates are not supported: write %c%c{ for a plain %c{", c, c, c)
	case len(rest) >= 3 && rest[1] == c && rest[2] == '{':
		p.pos += 3
		b.WriteByte(c)
		b.WriteByte('{')
	default:
		p.pos++
		b.WriteByte(c)
	}
}

// escape reads what follows a backslash.
func (p *parser) escape(b *strings.Builder) {
	c := p.peek()
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case c == 'n':
		b.WriteByte('\n')
	case c == 'r':
		b.WriteByte('\r')
	case c == 't':
		b.WriteByte('\t')
	case c == '"' || c == '\\':
		b.WriteByte(c)
	case digits > 0:
		p.hex(b, c, digits)
	default:
		p.pos--
		p.fail(`expected one of \n \r \t \" \\ \xHH \uHHHH \UHHHHHHHH`)
	}
	p.pos++
}

// hex reads the digits of an escape and leaves p at the last of them.
func (p *parser) hex(b *strings.Builder, c byte, digits int) {
	rest := p.src[p.pos+1:]
	if len(rest) < digits {
		rest += strings.Repeat("?", digits)
	}
	n, err := strconv.ParseUint(rest[:digits], 16, 32)
	if err != nil || c != 'x' && !utf8.ValidRune(rune(n)) {
		p.pos--
		p.fail("expected %d hexadecimal digits after \\%c", digits, c)
	}
	if c == 'x' {
		b.WriteByte(byte(n))
	} else {
		b.WriteRune(rune(n))
	}
	p.pos += digits
}

// Quote writes text as a string that Parse reads back.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(text[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			b.WriteByte(text[i])
			b.WriteByte(text[i])
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case !strconv.IsPrint(r):
			if r < 0x10000 {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				fmt.Fprintf(&b, `\U%08x`, r)
			}
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	b.WriteByte('"')
	return b.String()
}
