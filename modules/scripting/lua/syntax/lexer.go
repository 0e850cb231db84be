// Package syntax reads Lua 5.1: it makes gopher-lua's syntax tree of a script, so
// that gopher-lua's own parser, which can be made to overflow the stack and knows
// words of later Luas, never sees one.
//
// It refuses what Lua 5.1 refuses, in its words, and rewrites on the way what the
// VM would compute otherwise than Lua 5.1; see Parse.
package syntax

import (
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// Error is a script that is refused.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

type kind int

const (
	eof kind = iota + 256
	name
	numeral
	str
	concat // ..
	dots   // ...
	eq
	ge
	le
	ne
	// The reserved words, in alphabetical order.
	and
	break_
	do
	else_
	elseif
	end
	false_
	for_
	function
	if_
	in
	local
	nil_
	not
	or
	repeat
	return_
	then
	true_
	until
	while
)

var words = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in",
	"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

var signs = [...]string{"<eof>", "<name>", "<number>", "<string>", "..", "...", "==", ">=", "<=", "~="}

// describe names a kind of token as error texts do.
func (k kind) describe() string {
	switch {
	case k >= and:
		return words[k-and]
	case k >= eof:
		return signs[k-eof]
	case k < ' ' || k == 127:
		return fmt.Sprintf("char(%d)", int(k))
	}
	return string([]byte{byte(k)})
}

type token struct {
	kind kind
	text string // of a name or a string: its value
	raw  string // of a numeral or a string: as written
	num  float64
}

// lexer splits a script into tokens. Its errors are panics with *Error.
type lexer struct {
	chunk string // its name in texts of errors
	s     string
	at    int
	line  int // of the next character
}

// fail panics with an error at the present line; near says where, if anything.
func (l *lexer) fail(msg, near string) {
	text := fmt.Sprintf("%s:%d: %s", l.chunk, l.line, msg)
	if near != "" {
		text += " near '" + near + "'"
	}
	panic(&Error{text})
}

func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.s) {
		return l.s[l.at+n]
	}
	return 0
}

// newline steps over a line break, of which \r\n is one.
func (l *lexer) newline() {
	c := l.s[l.at]
	l.at++
	if next := l.peek(0); l.at < len(l.s) && (next == '\n' || next == '\r') && next != c {
		l.at++
	}
	l.line++
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) next() token {
	for l.at < len(l.s) {
		switch c := l.s[l.at]; c {
		case '\n', '\r':
			l.newline()
		case ' ', '\t', '\v', '\f':
			l.at++
		case '-':
			if l.peek(1) != '-' {
				l.at++
				return token{kind: '-'}
			}
			l.comment()
		case '[':
			if level := l.bracket(); level >= 0 {
				return l.long(level, "string")
			} else if level < -1 {
				l.fail("invalid long string delimiter", l.s[l.at:l.at-level])
			}
			l.at++
			return token{kind: '['}
		case '=':
			return l.either('=', '=', eq)
		case '<':
			return l.either('=', '<', le)
		case '>':
			return l.either('=', '>', ge)
		case '~':
			return l.either('=', '~', ne)
		case '"', '\'':
			return l.short(c)
		case '.':
			switch {
			case l.peek(1) == '.' && l.peek(2) == '.':
				l.at += 3
				return token{kind: dots}
			case l.peek(1) == '.':
				l.at += 2
				return token{kind: concat}
			case isDigit(l.peek(1)):
				return l.numeral()
			}
			l.at++
			return token{kind: '.'}
		default:
			switch {
			case isDigit(c):
				return l.numeral()
			case isAlpha(c):
				return l.word()
			}
			l.at++
			return token{kind: kind(c)}
		}
	}
	return token{kind: eof}
}

func (l *lexer) either(second byte, one, two kind) token {
	if l.peek(1) == second {
		l.at += 2
		return token{kind: two}
	}
	l.at++
	return token{kind: one}
}

func (l *lexer) word() token {
	begin := l.at
	for l.at < len(l.s) && (isAlpha(l.s[l.at]) || isDigit(l.s[l.at])) {
		l.at++
	}
	text := l.s[begin:l.at]
	for i, w := range words {
		if w == text {
			return token{kind: and + kind(i)}
		}
	}
	return token{kind: name, text: text}
}

func (l *lexer) numeral() token {
	begin := l.at
	for isDigit(l.peek(0)) || l.peek(0) == '.' {
		l.at++
	}
	if c := l.peek(0); c == 'e' || c == 'E' {
		if l.at++; l.peek(0) == '+' || l.peek(0) == '-' {
			l.at++
		}
	}
	for isAlpha(l.peek(0)) || isDigit(l.peek(0)) {
		l.at++
	}
	text := l.s[begin:l.at]
	f, ok := number.Parse(text)
	if !ok {
		l.fail("malformed number", text)
	}
	return token{kind: numeral, num: f, raw: text}
}

func (l *lexer) comment() {
	l.at += 2
	if l.peek(0) == '[' {
		if level := l.bracket(); level >= 0 {
			l.long(level, "comment")
			return
		}
	}
	for l.at < len(l.s) && l.s[l.at] != '\n' && l.s[l.at] != '\r' {
		l.at++
	}
}

// bracket looks at a [ and tells how many = are in the long bracket that it opens;
// -1 if it is a plain one, less if it has = but no second [.
func (l *lexer) bracket() int {
	n := 1
	for l.peek(n) == '=' {
		n++
	}
	if l.peek(n) == '[' {
		return n - 1
	}
	return -n
}

func (l *lexer) long(level int, what string) token {
	begin := l.at
	l.at += level + 2
	if c := l.peek(0); c == '\n' || c == '\r' && l.at < len(l.s) {
		l.newline()
	}
	closing := "]" + strings.Repeat("=", level) + "]"
	var b strings.Builder
	for l.at < len(l.s) {
		switch c := l.s[l.at]; {
		case c == ']' && strings.HasPrefix(l.s[l.at:], closing):
			l.at += len(closing)
			return token{kind: str, text: b.String(), raw: l.s[begin:l.at]}
		case c == '[' && level == 0 && l.peek(1) == '[':
			l.fail("nesting of [[...]] is deprecated", "[")
		case c == '\n' || c == '\r':
			b.WriteByte('\n')
			l.newline()
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	l.fail("unfinished long "+what, eof.describe())
	return token{}
}

func (l *lexer) short(quote byte) token {
	begin := l.at
	var b []byte
	for l.at++; ; {
		if l.at >= len(l.s) {
			l.fail("unfinished string", eof.describe())
		}
		switch c := l.s[l.at]; c {
		case quote:
			l.at++
			return token{kind: str, text: string(b), raw: l.s[begin:l.at]}
		case '\n', '\r':
			l.fail("unfinished string", string(quote)+string(b))
		case '\\':
			b = l.escape(b, quote)
		default:
			b = append(b, c)
			l.at++
		}
	}
}

func (l *lexer) escape(b []byte, quote byte) []byte {
	l.at++
	if l.at >= len(l.s) {
		return b // the caller complains
	}
	c := l.s[l.at]
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		l.at++
		return append(b, "\a\b\f\n\r\t\v"[i])
	}
	switch {
	case c == '\n' || c == '\r':
		l.newline()
		return append(b, '\n')
	case !isDigit(c):
		l.at++
		return append(b, c)
	}
	n := 0
	for i := 0; i < 3 && isDigit(l.peek(0)); i++ {
		n = n*10 + int(l.peek(0)-'0')
		l.at++
	}
	if n > 255 {
		l.fail("escape sequence too large", string(quote)+string(b))
	}
	return append(b, byte(n))
}
