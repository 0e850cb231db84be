package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// maxLine bounds a line of redis.conf format.
const maxLine = 1 << 20

// confLine is a line of redis.conf without its end.
func confLine(name string, words []string) string {
	out := config.QuoteIfNeeded(name)
	if strings.HasPrefix(out, "#") {
		out = config.Quote(name) // not a comment
	}
	for _, w := range words {
		out += " " + config.QuoteIfNeeded(w)
	}
	return out
}

// parseRedisConf reads redis.conf format.
func (l *loader) parseRedisConf(first config.Origin, data []byte) []line {
	var lines []line
	origin := first
	for i, raw := range strings.Split(string(bytes.TrimPrefix(data, []byte("\ufeff"))), "\n") {
		if first.Line > 0 {
			origin.Line = first.Line + i
		}
		words, err := confWords(raw)
		switch {
		case err != nil:
			l.fail(fmt.Errorf("bad line %s: %w", origin.At(), err))
		case len(words) == 0:
		case words[0] == "include" && len(words) == 2:
			lines = append(lines, l.include(words[1], origin)...)
		case words[0] == "include":
			l.fail(fmt.Errorf("bad line %s: include takes one path", origin.At()))
		default:
			lines = append(lines, l.newLine(words[0], words[1:], origin))
		}
	}
	return lines
}

// confWords splits a line into a parameter's name, in lower case, and its words. Comments and blank lines have none.
func confWords(raw string) ([]string, error) {
	trimmed := strings.Trim(raw, " \t\r\n")
	switch {
	case trimmed == "" || trimmed[0] == '#':
		return nil, nil
	case len(raw) > maxLine:
		return nil, fmt.Errorf("longer than %d bytes", maxLine)
	case strings.IndexByte(trimmed, 0) >= 0:
		return nil, errors.New("a NUL byte, so this is no text file")
	}
	words, err := config.SplitWords(trimmed)
	if err != nil {
		// The rest of the line may be a password.
		name, _, _ := strings.Cut(trimmed, " ")
		return nil, fmt.Errorf("'%s ...': %w", name, err)
	}
	if len(words) > 0 {
		words[0] = strings.ToLower(words[0])
	}
	return words, nil
}
