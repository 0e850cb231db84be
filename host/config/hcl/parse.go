package hcl

import (
	"fmt"
	"strings"
)

// maxDepth bounds nested blocks and lists: the parser recurses over lists.
const maxDepth = 32

// parser reads bytes directly: the subset is too small to want a separate stage for tokens.
type parser struct {
	src       string
	pos       int
	line      int // of pos, from 1
	lineStart int
	blocks    []block
	names     map[string]int // attribute to the line that set it
	out       File
	errs      []*Error
}

type block struct {
	name string // with those of the blocks around it
	line int
}

// failure carries an *Error from the depths of a value to the statement's loop.
type failure struct{ err *Error }

func (p *parser) fail(format string, args ...any) {
	p.failAt(p.line, p.pos-p.lineStart+1, format, args...)
}

func (p *parser) failAt(line, column int, format string, args ...any) {
	panic(failure{&Error{line, column, fmt.Sprintf(format, args...)}})
}

// file reads statements until the end. After a mistake it takes up again at the next line.
func (p *parser) file() {
	for p.pos < len(p.src) && len(p.errs) < maxErrors {
		if err := p.statement(); err != nil {
			p.errs = append(p.errs, err)
			p.skipLine()
		}
	}
	if n := len(p.blocks); n > 0 && len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{p.line, p.pos - p.lineStart + 1,
			fmt.Sprintf("expected a } to close the block of line %d", p.blocks[n-1].line)})
	}
}

// statement reads one attribute, block opening or block end, with the white space before it.
func (p *parser) statement() (err *Error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = f.err
		}
	}()
	p.space(true)
	switch {
	case p.pos == len(p.src):
		return nil
	case p.peek() == '}':
		p.closeBlock()
	case isNameStart(p.peek()):
		p.named()
	default:
		p.fail("expected the name of a setting, found %s", p.found())
	}
	p.endOfStatement()
	return nil
}

func (p *parser) closeBlock() {
	if len(p.blocks) == 0 {
		p.fail("a } without a block to close")
	}
	p.blocks = p.blocks[:len(p.blocks)-1]
	p.advance()
}

// named reads what starts with a name: an attribute, or the opening of a block.
func (p *parser) named() {
	start, line, column := p.pos, p.line, p.pos-p.lineStart+1
	for p.pos < len(p.src) && isNamePart(p.peek()) {
		p.pos++
	}
	name := p.src[start:p.pos]
	if n := len(p.blocks); n > 0 {
		name = p.blocks[n-1].name + "-" + name
	}
	p.space(false)
	switch p.peek() {
	case '=':
		p.advance()
		p.space(false)
		attr := Attr{Name: name, Line: line, Start: start, Value: p.value(0)}
		if before, twice := p.names[name]; twice { // not a reason to stop reading here
			p.errs = append(p.errs, &Error{line, column, fmt.Sprintf("%s is set twice, first at line %d", name, before)})
			return
		}
		p.names[name] = line
		p.out.Attrs = append(p.out.Attrs, attr)
	case '{':
		if len(p.blocks) == maxDepth {
			p.fail("more than %d blocks inside each other", maxDepth)
		}
		p.advance()
		p.blocks = append(p.blocks, block{name, line})
	case '"':
		p.fail("expected = or { after %s; blocks have no labels here", name)
	default:
		p.fail("expected = or { after %s, found %s", name, p.found())
	}
}

// endOfStatement accepts the end of the line or of the file. A block may also begin or end within a line.
func (p *parser) endOfStatement() {
	last := p.src[p.pos-1]
	p.space(false)
	if p.pos == len(p.src) || p.peek() == '\n' || p.peek() == '}' || last == '{' {
		return
	}
	p.fail("expected the end of the line, found %s", p.found())
}

func (p *parser) value(depth int) Value {
	v := Value{Line: p.line, Start: p.pos}
	switch c := p.peek(); {
	case c == '"':
		v.Kind, v.Text = String, p.quoted()
	case c == '[':
		if depth == maxDepth {
			p.fail("more than %d lists inside each other", maxDepth)
		}
		v.Kind, v.List = List, p.list(depth)
	case c == '-' || isDigit(c):
		v.Kind, v.Text = Number, p.number()
	case c == '<' && strings.HasPrefix(p.src[p.pos:], "<<"):
		p.fail("here-documents are not supported: write a string with \\n")
	case isNameStart(c):
		v.Kind, v.Text = Bool, p.word()
	default:
		p.fail("expected a value (a string in double quotes, a number, true, false or a list), found %s", p.found())
	}
	v.End = p.pos
	return v
}

// word reads true or false; any other bare word is most likely a string without its quotes.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.src) && isNamePart(p.peek()) {
		p.pos++
	}
	word := p.src[start:p.pos]
	if word != "true" && word != "false" {
		p.pos = start
		p.fail("expected a value, found the bare word %s; a string needs quotes: %q", word, word)
	}
	return word
}

func (p *parser) number() string {
	start := p.pos
	if p.peek() == '-' {
		p.advance()
	}
	digits := func() {
		if !isDigit(p.peek()) {
			p.fail("expected a digit, found %s", p.found())
		}
		for isDigit(p.peek()) {
			p.pos++
		}
	}
	digits()
	if p.peek() == '.' {
		p.advance()
		digits()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.advance()
		if c := p.peek(); c == '+' || c == '-' {
			p.advance()
		}
		digits()
	}
	if inBareWord(p.peek()) {
		end := p.pos
		for end < len(p.src) && inBareWord(p.src[end]) {
			end++
		}
		text := p.src[start:end]
		p.pos = start
		p.fail("expected a number, found %s; a size with a unit, or an address, needs quotes: %q", text, text)
	}
	return p.src[start:p.pos]
}

func (p *parser) list(depth int) []Value {
	line := p.line
	p.advance()
	elements := []Value{}
	for {
		p.space(true)
		switch {
		case p.pos == len(p.src):
			p.fail("expected a ] to close the list of line %d", line)
		case p.peek() == ']':
			p.advance()
			return elements
		}
		elements = append(elements, p.value(depth+1))
		p.space(true)
		switch {
		case p.peek() == ',':
			p.advance()
		case p.peek() != ']' && p.pos < len(p.src):
			p.fail("expected a comma or ] in the list of line %d, found %s", line, p.found())
		}
	}
}

// space skips blanks and comments, and line ends where they mean nothing.
func (p *parser) space(newlines bool) {
	for p.pos < len(p.src) {
		switch c := p.peek(); {
		case c == ' ' || c == '\t' || c == '\r':
			p.pos++
		case c == '\n' && newlines:
			p.newline()
		case c == '#' || strings.HasPrefix(p.src[p.pos:], "//"):
			for p.pos < len(p.src) && p.peek() != '\n' {
				p.pos++
			}
		case strings.HasPrefix(p.src[p.pos:], "/*"):
			p.blockComment()
		default:
			return
		}
	}
}

func (p *parser) blockComment() {
	end := strings.Index(p.src[p.pos+2:], "*/")
	if end < 0 {
		line, column := p.line, p.pos-p.lineStart+1
		p.pos = len(p.src)
		p.failAt(line, column, "a comment that never ends")
	}
	for stop := p.pos + 2 + end + 2; p.pos < stop; {
		if p.peek() == '\n' {
			p.newline()
		} else {
			p.pos++
		}
	}
}

func (p *parser) skipLine() {
	for p.pos < len(p.src) && p.peek() != '\n' {
		p.pos++
	}
}

func (p *parser) newline() {
	p.pos++
	p.line++
	p.lineStart = p.pos
}

// advance passes one byte that is not a line end.
func (p *parser) advance() { p.pos++ }

// peek is the byte at hand, 0 at the end; a NUL in the source fits nowhere and so cannot be mistaken for it.
func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

// found describes the byte at hand.
func (p *parser) found() string {
	switch {
	case p.pos == len(p.src):
		return "the end of the file"
	case p.peek() == '\n':
		return "the end of the line"
	}
	return fmt.Sprintf("%q", p.peek())
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }

func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '-' }

// inBareWord tells what people write without quotes by mistake: 100mb, 5%, 127.0.0.1.
func inBareWord(c byte) bool { return isNamePart(c) || c == '.' || c == '%' || c == ':' }
