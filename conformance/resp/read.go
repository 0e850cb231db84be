package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxBulk  = 512 << 20 // proto-max-bulk-len's default
	maxElems = 16 << 20
	maxDepth = 64
	maxLine  = 64 << 10
)

// ErrProtocol wraps every complaint about malformed or non-canonical frames.
var ErrProtocol = errors.New("protocol error")

func protoErr(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// Read reads exactly one reply, with the attribute frame before it if there is one.
// It returns io.EOF only when the stream ended before the first byte,
// io.ErrUnexpectedEOF when it ended inside a frame, and an ErrProtocol otherwise.
func Read(r *bufio.Reader) (Value, error) {
	if _, err := r.Peek(1); err != nil {
		return Value{}, err
	}
	v, err := read(r, 0)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

func read(r *bufio.Reader, depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, protoErr("nesting deeper than %d", maxDepth)
	}
	line, err := readLine(r)
	if err != nil {
		return Value{}, err
	}
	if line == "" {
		return Value{}, protoErr("empty line")
	}
	kind, text := Kind(line[0]), line[1:]
	switch kind {
	case Simple, Error:
		return Value{Kind: kind, Text: text}, nil
	case Int, Double, Bool, BigNumber, Null:
		if !validScalar(kind, text) {
			return Value{}, protoErr("%s %q", kind, text)
		}
		return Value{Kind: kind, Text: text}, nil
	case Bulk, BulkError, Verbatim:
		return readBulk(r, kind, text)
	case Array, Map, Set, Push:
		return readAggregate(r, kind, text, depth)
	case attribute:
		attrs, err := readAggregate(r, Map, text, depth)
		if err != nil {
			return Value{}, err
		}
		v, err := read(r, depth+1)
		if err != nil {
			return Value{}, err
		}
		if v.Attrs != nil {
			return Value{}, protoErr("two attributes before one reply")
		}
		v.Attrs = attrs.Elems
		if v.Attrs == nil {
			v.Attrs = []Value{}
		}
		return v, nil
	}
	return Value{}, protoErr("unknown type byte %q", line[0])
}

// readLine returns a line without its CR LF; a bare CR or LF inside is an error,
// because a reply line that contains one would split differently in other clients.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err == bufio.ErrBufferFull && len(line) <= maxLine {
			continue
		}
		if err == bufio.ErrBufferFull {
			return "", protoErr("line longer than %d bytes", maxLine)
		}
		if err != nil {
			return "", err
		}
		break
	}
	s, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok || strings.ContainsRune(s, '\r') {
		return "", protoErr("line %q does not end in CR LF", line)
	}
	return s, nil
}

func readBulk(r *bufio.Reader, kind Kind, text string) (Value, error) {
	if kind == Bulk && text == "-1" {
		return Value{Kind: Bulk, IsNil: true}, nil
	}
	n, err := length(text, maxBulk)
	if err != nil {
		return Value{}, err
	}
	// Grow as bytes arrive: a hostile length must not allocate by itself.
	var b strings.Builder
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return Value{}, err
	}
	var end [2]byte
	if _, err := io.ReadFull(r, end[:]); err != nil {
		return Value{}, err
	}
	if end != [2]byte{'\r', '\n'} {
		return Value{}, protoErr("%s of %d bytes does not end in CR LF", kind, n)
	}
	if kind == Verbatim && (n < 4 || b.String()[3] != ':') {
		return Value{}, protoErr("verbatim string %q without a format", b.String())
	}
	return Value{Kind: kind, Text: b.String()}, nil
}

func readAggregate(r *bufio.Reader, kind Kind, text string, depth int) (Value, error) {
	if kind == Array && text == "-1" {
		return Value{Kind: Array, IsNil: true}, nil
	}
	n, err := length(text, maxElems)
	if err != nil {
		return Value{}, err
	}
	if kind == Map {
		n *= 2
	}
	v := Value{Kind: kind}
	for range n {
		e, err := read(r, depth+1)
		if err != nil {
			return Value{}, err
		}
		v.Elems = append(v.Elems, e)
	}
	return v, nil
}

// length parses a canonical non-negative length.
func length(text string, limit int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || strconv.Itoa(n) != text {
		return 0, protoErr("bad length %q", text)
	}
	if n > limit {
		return 0, protoErr("length %d over the limit of %d", n, limit)
	}
	return n, nil
}

func validScalar(kind Kind, text string) bool {
	switch kind {
	case Null:
		return text == ""
	case Bool:
		return text == "t" || text == "f"
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		return err == nil && strconv.FormatInt(n, 10) == text
	case Double:
		if text == "inf" || text == "-inf" || text == "nan" || text == "-nan" {
			return true
		}
		_, err := strconv.ParseFloat(text, 64)
		return (err == nil || errors.Is(err, strconv.ErrRange)) &&
			strings.Trim(text, "0123456789+-.eE") == ""
	case BigNumber:
		digits := strings.TrimPrefix(text, "-")
		return digits != "" && strings.Trim(digits, "0123456789") == ""
	}
	return false
}
