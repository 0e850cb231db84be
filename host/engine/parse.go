package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Requests come as RESP arrays of bulk strings or as inline text. A parser
// keeps what it knows of a request that has not arrived whole; between whole
// requests it is empty. It never copies: arguments are slices of the data.
type parser struct {
	left  int    // arguments still to come; 0 between requests
	bulk  int    // length of the argument being read; -1: its header comes next
	pos   int    // where to go on, from the start of the request
	spans []span // the arguments read so far, from the start of the request
	apart []apart
	taken int // how many of those are among the spans
}

// span is where an argument is: in the data, or, if off is below zero, apart: the
// one with the number -1-off.
type span struct{ off, n int }

// apart is a large argument of the request that comes next, received in a place of
// its own: its bytes and the end of its line are left out of the data, where they
// would be at the offset at. It outlasts reset, for a request that is parsed again.
type apart struct {
	at int
	*keyspace.Arrival
}

// limits are what a client may send at most; they depend on its state.
type limits struct {
	bulk      int64 // proto-max-bulk-len
	anonymous bool  // not yet authenticated: small requests only
}

const (
	maxInline        = 64 << 10 // a line without an end is refused at this length
	anonymousArgs    = 10
	anonymousBulk    = 16384
	bigArgument      = arena.MaxSmall // a larger one that has not come whole is received apart
	protocolErrorFmt = "Protocol error: %s"
)

// protocolError is what a client is told before it is cut off.
type protocolError struct{ text string }

func (e protocolError) Error() string { return fmt.Sprintf(protocolErrorFmt, e.text) }

func badProtocol(format string, args ...any) error {
	return protocolError{fmt.Sprintf(format, args...)}
}

// errIncomplete asks for more data.
var errIncomplete = errors.New("incomplete request")

// next parses the request at the beginning of data and returns its arguments,
// appended to args, and its length. errIncomplete means that more data must
// come; data must then begin with the same bytes at the next call. An empty
// request (no arguments) is skipped by the caller. Other errors end the
// session.
func (p *parser) next(data []byte, args [][]byte, lim limits) ([][]byte, int, error) {
	if p.left == 0 {
		if len(data) == 0 {
			return args, 0, errIncomplete
		}
		if data[0] != '*' {
			return parseInline(data, args)
		}
		if len(p.apart) == 0 {
			if out, n, ok := parseWhole(data, args, lim); ok {
				return out, n, nil
			}
		}
		if err := p.begin(data, lim); err != nil || p.left == 0 {
			n := p.pos
			p.reset()
			return args, n, err
		}
	}
	if err := p.resume(data, lim); err != nil {
		return args, 0, err
	}
	for _, s := range p.spans {
		if s.off < 0 {
			args = append(args, p.apart[-1-s.off].Bytes())
			continue
		}
		args = append(args, data[s.off:s.off+s.n:s.off+s.n])
	}
	n := p.pos
	p.reset()
	return args, n, nil
}

func (p *parser) reset() {
	p.left, p.bulk, p.pos, p.taken = 0, -1, 0, 0
	if cap(p.spans) > 64 {
		p.spans = nil
	}
	p.spans = p.spans[:0]
}

// memory is what the parser keeps of an incomplete request, in bytes.
func (p *parser) memory() int {
	return cap(p.spans)*16 + p.received()
}

// parseWhole is the path that nearly every request takes: an array that has
// arrived whole, with short headers. Anything else is left to the state
// machine, errors included.
func parseWhole(data []byte, args [][]byte, lim limits) ([][]byte, int, bool) {
	n, i, ok := shortNumber(data, 1)
	if !ok || n == 0 || lim.anonymous {
		return args, 0, false
	}
	kept := len(args)
	for ; n > 0; n-- {
		if i >= len(data) || data[i] != '$' {
			return args[:kept], 0, false
		}
		size, at, ok := shortNumber(data, i+1)
		if !ok || at+size+2 > len(data) || int64(size) > lim.bulk {
			return args[:kept], 0, false
		}
		args = append(args, data[at:at+size:at+size])
		i = at + size + 2
	}
	return args, i, true
}

// shortNumber reads up to eight digits, without a zero in front, and CRLF at i; at
// is what follows.
func shortNumber(data []byte, i int) (n, at int, ok bool) {
	start := i
	for i < len(data) {
		d := data[i] - '0'
		if d > 9 {
			break
		}
		n = n*10 + int(d)
		i++
	}
	if i == start || i-start > 8 || i-start > 1 && data[start] == '0' || i+1 >= len(data) || data[i] != '\r' {
		return 0, 0, false
	}
	return n, i + 2, true
}

// begin reads the header of an array. A length of zero or less is an empty
// request: left stays 0 and pos is what to skip.
func (p *parser) begin(data []byte, lim limits) error {
	line, at, err := headerLine(data, 0, "mbulk")
	if err != nil {
		return err
	}
	n, ok := decimal.Parse(line[1:])
	switch {
	case !ok || n > math.MaxInt32:
		return badProtocol("invalid multibulk length")
	case n > anonymousArgs && lim.anonymous:
		return badProtocol("unauthenticated multibulk length")
	}
	p.pos, p.bulk = at, -1
	if n > 0 {
		p.left = int(n)
	}
	return nil
}

// resume reads arguments until the request is whole.
func (p *parser) resume(data []byte, lim limits) error {
	for p.left > 0 {
		if p.bulk < 0 {
			if err := p.bulkHeader(data, lim); err != nil {
				return err
			}
		}
		switch {
		case p.taken < len(p.apart) && p.apart[p.taken].at == p.pos:
			if !p.apart[p.taken].Whole() {
				return errIncomplete
			}
			p.spans = append(p.spans, span{-1 - p.taken, p.bulk})
			p.taken++
		case len(data) < p.pos+p.bulk+2:
			return errIncomplete
		default:
			p.spans = append(p.spans, span{p.pos, p.bulk})
			p.pos += p.bulk + 2
		}
		p.bulk = -1
		p.left--
	}
	return nil
}

func (p *parser) bulkHeader(data []byte, lim limits) error {
	if p.pos >= len(data) {
		return errIncomplete
	}
	line, at, err := headerLine(data, p.pos, "bulk")
	if err != nil {
		return err
	}
	if data[p.pos] != '$' { // which may be the end of an empty line
		return badProtocol("expected '$', got '%s'", data[p.pos:p.pos+1])
	}
	n, ok := decimal.Parse(line[1:])
	switch {
	case !ok || n < 0 || n > lim.bulk:
		return badProtocol("invalid bulk length")
	case n > anonymousBulk && lim.anonymous:
		return badProtocol("unauthenticated bulk length")
	}
	p.bulk, p.pos = int(n), at
	return nil
}

// lineEnd is where the line ends that data begin with, below zero without an end. Nothing behind a zero byte is looked at, as in
// Redis, whose lines are C strings: such a line has no end, ever, and is refused when it is too long.
func lineEnd(data []byte, end byte) int {
	i := bytes.IndexByte(data, end)
	if i >= 0 && bytes.IndexByte(data[:i], 0) >= 0 {
		return -1
	}
	return i
}

// headerLine returns the line at i without its end, and what follows it.
func headerLine(data []byte, i int, what string) ([]byte, int, error) {
	end := lineEnd(data[i:], '\r')
	switch {
	case end > maxInline, end < 0 && len(data)-i > maxInline:
		return nil, 0, badProtocol("too big %s count string", what)
	case end < 0:
		return nil, 0, errIncomplete
	}
	if i+end+1 >= len(data) {
		return nil, 0, errIncomplete
	}
	return data[i : i+end], i + end + 2, nil
}

// parseInline reads a request typed as text: words, quoted where needed.
func parseInline(data []byte, args [][]byte) ([][]byte, int, error) {
	end := lineEnd(data, '\n')
	switch {
	case end > maxInline, end < 0 && len(data) > maxInline:
		return args, 0, badProtocol("too big inline request")
	case end < 0:
		return args, 0, errIncomplete
	}
	line := data[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	args, ok := splitWords(line, args)
	if !ok {
		return args, 0, badProtocol("unbalanced quotes in request")
	}
	return args, end + 1, nil
}

// splitWords splits a line as redis-cli and redis.conf do: blanks separate;
// double quotes allow \n \r \t \b \a \xHH and \ before any other character;
// single quotes allow only \'. A closing quote must be followed by a blank.
// It is config.SplitWords for bytes, which leaves words where they are.
func splitWords(line []byte, words [][]byte) ([][]byte, bool) {
	i := 0
	for {
		for i < len(line) && isBlank(line[i]) {
			i++
		}
		if i == len(line) {
			return words, true
		}
		start := i
		for i < len(line) && !endsWord(line[i]) && line[i] != '"' && line[i] != '\'' {
			i++
		}
		if i == len(line) || endsWord(line[i]) {
			words = append(words, line[start:i:i])
			continue
		}
		word, n, ok := quotedWord(line[start:])
		if !ok {
			return words, false
		}
		words = append(words, word)
		i = start + n
	}
}

// quotedWord reads a word that holds quotes.
func quotedWord(s []byte) (word []byte, n int, ok bool) {
	word = []byte{}
	for i := 0; i < len(s); {
		switch ch := s[i]; {
		case endsWord(ch):
			return word, i, true
		case ch == '"' || ch == '\'':
			i++
			for {
				if i >= len(s) {
					return nil, 0, false
				}
				if s[i] == ch {
					break
				}
				var b byte
				b, i = unescape(s, i, ch)
				word = append(word, b)
			}
			i++
			if i < len(s) && !isBlank(s[i]) {
				return nil, 0, false
			}
			return word, i, true
		default:
			word = append(word, ch)
			i++
		}
	}
	return word, len(s), true
}

// unescape reads one character inside quotes and returns what follows it.
func unescape(s []byte, i int, quote byte) (byte, int) {
	if s[i] != '\\' || i+1 >= len(s) {
		return s[i], i + 1
	}
	next := s[i+1]
	if quote == '\'' {
		if next == '\'' {
			return next, i + 2
		}
		return '\\', i + 1
	}
	switch next {
	case 'x':
		if i+3 < len(s) {
			hi, ok1 := unhex(s[i+2])
			lo, ok2 := unhex(s[i+3])
			if ok1 && ok2 {
				return hi<<4 | lo, i + 4
			}
		}
	case 'n':
		return '\n', i + 2
	case 'r':
		return '\r', i + 2
	case 't':
		return '\t', i + 2
	case 'b':
		return '\b', i + 2
	case 'a':
		return '\a', i + 2
	}
	return next, i + 2
}

func unhex(ch byte) (byte, bool) {
	switch {
	case ch >= '0' && ch <= '9':
		return ch - '0', true
	case ch >= 'a' && ch <= 'f':
		return ch - 'a' + 10, true
	case ch >= 'A' && ch <= 'F':
		return ch - 'A' + 10, true
	}
	return 0, false
}

// isBlank reports whether ch may stand between words. Within one, a vertical tab and a form feed are characters as any other.
func isBlank(ch byte) bool  { return ch == ' ' || ch >= '\t' && ch <= '\r' }
func endsWord(ch byte) bool { return isBlank(ch) && ch != '\v' && ch != '\f' }
