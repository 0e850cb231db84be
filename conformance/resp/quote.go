package resp

import (
	"errors"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// Quote returns s in double quotes with redis-cli's escapes: \n \r \t \a \b \" \\
// and \xHH for every byte that is not printable ASCII.
func Quote(s string) string { return config.Quote(s) }

var (
	errUnbalanced = errors.New("unbalanced quotes")
	errAfterQuote = errors.New("closing quote must be followed by a space")
)

// SplitWords splits a line into arguments by redis-cli's rules: words are separated
// by spaces; "..." understands escapes, '...' only \'.
func SplitWords(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return words, nil
		}
		word, rest, err := cutWord(line)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
		line = rest
	}
}

func cutWord(s string) (word, rest string, err error) {
	switch s[0] {
	case '"':
		word, rest, err = cutQuoted(s)
	case '\'':
		word, rest, err = cutSingle(s)
	default:
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], nil
	}
	if err == nil && rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		err = errAfterQuote
	}
	return word, rest, err
}

// cutQuoted reads a "..." at the start of s and returns what follows it.
func cutQuoted(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case s[i+1] == 'x' && i+3 < len(s) && isHex(s[i+2]) && isHex(s[i+3]):
			b.WriteByte(unhex(s[i+2])<<4 | unhex(s[i+3]))
			i += 3
		default:
			i++
			b.WriteByte(unescape(s[i]))
		}
	}
	return "", "", errUnbalanced
}

func cutSingle(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errUnbalanced
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'a':
		return '\a'
	case 'b':
		return '\b'
	}
	return c
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
