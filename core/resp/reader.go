package resp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Replies are read in two places: from memory, where all of them is (Scanner: what a
// script's commands answer), and from a connection (Reader: what another server does).
// Both give the same tokens, which know both versions of the protocol, and leave to the
// caller what is made of them; a reply with elements is a token and then theirs.

// Token is the head of a reply, and all of one that has no elements.
type Token struct {
	Kind byte // the character it begins with: '+', '$', '*', ...
	// N is a number, the length of a string, or how many elements there are (pairs, of
	// maps and attributes); -1 for nothing in the place of a string or of elements.
	N int64
	// Text is the string, or what is on the line. It is valid until the next token of a
	// Reader.
	Text []byte
}

// What is wrong with a reply.
var (
	// ErrShort is that of a Scanner whose bytes end within a reply, or before it.
	ErrShort = errors.New("the reply is not all there")
	// ErrFormat is that of what is no reply.
	ErrFormat = errors.New("not a reply of the protocol")
)

// MaxString is the longest string that a Reader accepts, in bytes.
const MaxString = 512 << 20

// Elements returns how many replies follow that belong to this one. A value follows
// an attribute, too, which it is not counted in.
func (t *Token) Elements() int64 {
	switch t.Kind {
	case '*', '>', '~':
		return max(t.N, 0)
	case '%', '|':
		return 2 * max(t.N, 0)
	}
	return 0
}

// Null reports whether the reply is that there is nothing.
func (t *Token) Null() bool {
	return t.Kind == '_' || t.N < 0 && (t.Kind == '$' || t.Kind == '*')
}

// string reports whether a string of N bytes follows the line.
func (t *Token) string() bool {
	return (t.Kind == '$' || t.Kind == '=' || t.Kind == '!') && t.N >= 0
}

// head makes the token of a line, which is given with its end.
func head(line []byte) (t Token, err error) {
	last := len(line) - len("\r\n")
	if last < 1 || line[last] != '\r' {
		return t, ErrFormat
	}
	t.Kind, t.Text = line[0], line[1:last]
	switch t.Kind {
	case '+', '-', '_', '#', ',', '(':
		return t, nil
	case ':', '$', '=', '!', '*', '>', '~', '%', '|':
		if t.N, err = number(t.Text); err == nil && t.N < -1 && t.Kind != ':' {
			err = ErrFormat
		}
		return t, err
	}
	return t, ErrFormat
}

// number reads a whole number.
func number(b []byte) (n int64, err error) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > len("9223372036854775807") {
		return 0, ErrFormat
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, ErrFormat
		}
		n = n*10 + int64(c-'0') // the least number runs over into itself
	}
	if negative {
		n = -n
	}
	return n, nil
}

// Scanner reads replies from memory. Texts point into it.
type Scanner struct {
	Rest []byte // what has not been read
}

// Next returns the next token. After an error nothing has been read.
func (s *Scanner) Next() (Token, error) {
	end := bytes.IndexByte(s.Rest, '\n') + 1
	if end == 0 {
		return Token{}, ErrShort
	}
	t, err := head(s.Rest[:end])
	if err != nil {
		return t, err
	}
	if t.string() {
		if int64(len(s.Rest)-end-len("\r\n")) < t.N {
			return t, ErrShort
		}
		t.Text = s.Rest[end : end+int(t.N)]
		end += int(t.N) + len("\r\n")
	}
	s.Rest = s.Rest[end:]
	return t, nil
}

// Reader reads replies from a connection. A line may be as long as the buffer of what
// it reads from.
type Reader struct {
	*bufio.Reader
	text bytes.Buffer
}

// NewReader makes a Reader, which shares the buffer of src.
func NewReader(src *bufio.Reader) *Reader { return &Reader{Reader: src} }

// Next returns the next token. An error that is not ErrFormat is the connection's.
func (r *Reader) Next() (Token, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return Token{}, err
	}
	t, err := head(line)
	if err != nil || !t.string() {
		return t, err
	}
	if t.N > MaxString {
		return t, ErrFormat
	}
	r.text.Reset()
	if _, err := io.CopyN(&r.text, r.Reader, t.N); err != nil { // which grows as bytes arrive, whatever N says
		return t, err
	}
	t.Text = r.text.Bytes()
	_, err = r.Discard(len("\r\n"))
	return t, err
}
