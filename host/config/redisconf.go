package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// maxLine bounds a line of redis.conf format.
const maxLine = 1 << 20

// redisConf is a koanf parser of the redis.conf format: a parameter and its words on each line, comments on lines of
// their own, include lines replaced by what they name.
type redisConf struct {
	l     *loader
	first config.Origin // of the first line; Line 0 where lines have no numbers
}

// Unmarshal never fails: mistakes go to the loader, beside what could be read.
func (r *redisConf) Unmarshal(data []byte) (map[string]any, error) {
	return r.l.byParameter(r.l.parseRedisConf(r.first, data)), nil
}

// Marshal writes lines in the order they were read.
func (r *redisConf) Marshal(m map[string]any) ([]byte, error) {
	var all []line
	for name, lines := range m {
		ls, ok := lines.([]line)
		if !ok {
			return nil, fmt.Errorf("config: %s holds no lines", name)
		}
		all = append(all, ls...)
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.Seq, b.Seq) })
	var b bytes.Buffer
	for _, ln := range all {
		b.WriteString(confLine(ln.Name, ln.Words))
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

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
