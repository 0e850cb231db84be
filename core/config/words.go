package config

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnbalancedQuotes is SplitWords's only complaint.
var ErrUnbalancedQuotes = errors.New("Unbalanced quotes in configuration line")

// SplitWords splits a line into words the way redis.conf, ACL rules and inline commands do. Words are separated by white
// space; "double quotes" understand \n \r \t \b \a, \xHH and \ before any other byte; 'single quotes' understand \' only;
// a closing quote must be followed by white space or the end. The line ends at a NUL byte.
func SplitWords(line string) ([]string, error) {
	if i := strings.IndexByte(line, 0); i >= 0 {
		line = line[:i]
	}
	var words []string
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return words, nil
		}
		word, next, err := nextWord(line, i)
		if err != nil {
			return nil, err
		}
		words, i = append(words, word), next
	}
}

// nextWord reads the word that starts at i. A quote may open in the middle of a word, and its end is the word's end.
func nextWord(line string, i int) (string, int, error) {
	var b strings.Builder
	for ; i < len(line); i++ {
		switch line[i] {
		case ' ', '\n', '\r', '\t':
			return b.String(), i + 1, nil
		case '"':
			return doubleQuoted(&b, line, i+1)
		case '\'':
			return singleQuoted(&b, line, i+1)
		}
		b.WriteByte(line[i])
	}
	return b.String(), i, nil
}

func doubleQuoted(b *strings.Builder, line string, i int) (string, int, error) {
	for ; i < len(line); i++ {
		switch {
		case line[i] == '"':
			return closeQuote(b, line, i)
		case line[i] != '\\' || i+1 == len(line):
			b.WriteByte(line[i])
		case line[i+1] == 'x' && i+3 < len(line) && hexDigit(line[i+2]) >= 0 && hexDigit(line[i+3]) >= 0:
			b.WriteByte(byte(hexDigit(line[i+2])<<4 | hexDigit(line[i+3])))
			i += 3
		default:
			i++
			b.WriteByte(unescape(line[i]))
		}
	}
	return "", i, ErrUnbalancedQuotes
}

func singleQuoted(b *strings.Builder, line string, i int) (string, int, error) {
	for ; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '\'':
			i++
			b.WriteByte('\'')
		case line[i] == '\'':
			return closeQuote(b, line, i)
		default:
			b.WriteByte(line[i])
		}
	}
	return "", i, ErrUnbalancedQuotes
}

func closeQuote(b *strings.Builder, line string, i int) (string, int, error) {
	if i+1 < len(line) && !isSpace(line[i+1]) {
		return "", i, ErrUnbalancedQuotes
	}
	return b.String(), i + 1, nil
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return c
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// Quote writes word in double quotes so that SplitWords reads it back, whatever bytes it has.
func Quote(word string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(word) {
		switch c := word[i]; c {
		case '\\', '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\a':
			b.WriteString(`\a`)
		case '\b':
			b.WriteString(`\b`)
		default:
			if ' ' <= c && c <= '~' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

// QuoteIfNeeded is Quote for words that would not survive bare, given that they are not the first of their line.
func QuoteIfNeeded(word string) string {
	for i := range len(word) {
		if c := word[i]; c <= ' ' || c > '~' || c == '"' || c == '\'' || c == '\\' {
			return Quote(word)
		}
	}
	if word == "" {
		return `""`
	}
	return word
}
