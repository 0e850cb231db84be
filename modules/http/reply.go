package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
)

// Replies as they are read of a session, which speaks RESP3: strings are []byte, numbers
// int64, doubles float64, big numbers *big.Int, yes and no bool, nothing nil, errors failure, arrays, sets and pushes []any, maps
// pairs.
type (
	failure string // with its code, without the dash
	pairs   []any  // key, value, key, value, ...
)

var errTooLarge = errors.New("the reply is too large to be shown: ask for less of it")

const (
	maxReply = 16 << 20 // bytes, of all strings and elements
	maxDepth = 32
)

// readReply reads one reply. That it is well formed is the server's promise; how large it
// is nobody's.
func readReply(in *bufio.Reader) (any, error) {
	left := maxReply
	return readPart(in, &left, maxDepth)
}

func readPart(in *bufio.Reader, left *int, depth int) (any, error) {
	const element = 16 // bytes that one costs at least
	if *left -= element; *left < 0 || depth == 0 {
		return nil, errTooLarge
	}
	line, err := in.ReadSlice('\n')
	if err != nil || len(line) < 3 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	kind, text := line[0], string(line[1:len(line)-2])
	switch kind {
	case '+':
		return []byte(text), nil
	case '-':
		return failure(text), nil
	case ':':
		return strconv.ParseInt(text, 10, 64)
	case ',':
		return strconv.ParseFloat(text, 64)
	case '#':
		return text == "t", nil
	case '_':
		return nil, nil
	case '(':
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil, fmt.Errorf("no number: %q", text)
		}
		return n, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, nil
	}
	switch kind {
	case '$', '=', '!':
		return readString(in, kind, n, left)
	case '*', '~', '>':
		return readParts(in, n, left, depth)
	case '%':
		all, err := readParts(in, 2*n, left, depth)
		return pairs(all), err
	}
	return nil, fmt.Errorf("a reply of an unknown type %q", kind)
}

func readString(in *bufio.Reader, kind byte, n int, left *int) (any, error) {
	if *left -= n; *left < 0 {
		return nil, errTooLarge
	}
	b := make([]byte, n+2)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, err
	}
	b = b[:n]
	switch kind {
	case '!':
		return failure(b), nil
	case '=':
		return b[min(4, n):], nil // "txt:"
	}
	return b, nil
}

func readParts(in *bufio.Reader, n int, left *int, depth int) ([]any, error) {
	all := make([]any, 0, min(n, 1024))
	for range n {
		part, err := readPart(in, left, depth-1)
		if err != nil {
			return nil, err
		}
		all = append(all, part)
	}
	return all, nil
}
