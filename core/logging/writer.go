package logging

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// New returns a Logger that writes every message to t, whatever its level.
func New(t Target) Logger { return &writer{file: &file{Target: t}} }

// file is what the Loggers of different names share.
type file struct {
	Target
	mu   sync.Mutex
	line []byte // the last one's memory
}

// writer is a Logger of one name.
type writer struct {
	*file
	name string
}

func (w *writer) Trace(msg string, args ...any) { w.log(Trace, msg, args) }
func (w *writer) Debug(msg string, args ...any) { w.log(Debug, msg, args) }
func (w *writer) Info(msg string, args ...any)  { w.log(Info, msg, args) }
func (w *writer) Warn(msg string, args ...any)  { w.log(Warn, msg, args) }
func (w *writer) Error(msg string, args ...any) { w.log(Error, msg, args) }

func (w *writer) Named(name string) Logger {
	if w.name != "" {
		name = w.name + "." + name
	}
	return &writer{w.file, name}
}

func (w *writer) log(level Level, msg string, args []any) {
	if len(args)%2 != 0 {
		args = append(args[:len(args)-1:len(args)-1], "EXTRA_VALUE_AT_END", args[len(args)-1])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	write := [...]func(b []byte, stamp string, level Level, msg string, args []any) []byte{w.text, w.json, w.logfmt}[w.Format]
	now := time.Now()
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	if layout := w.Stamp.Layout(w.Format); layout != "" {
		stamp = now.Format(layout)
	}
	w.line = append(write(w.line[:0], stamp, level, msg, args), '\n')
	_, _ = w.Output.Write(w.line) // there is nobody to tell
}

func (w *writer) text(b []byte, stamp string, level Level, msg string, args []any) []byte {
	b = fmt.Appendf(b, "%s %-7s ", stamp, "["+strings.ToUpper(levels[level])+"]")
	switch {
	case w.name == "":
		b = append(b, msg...)
	case msg == "":
		b = append(b, w.name...)
	default:
		b = append(append(append(b, w.name...), ": "...), msg...)
	}
	if len(args) > 0 {
		b = append(b, ':')
	}
	for ; len(args) > 0; args = args[2:] {
		name, value := fmt.Sprint(args[0]), fmt.Sprint(args[1])
		if !strings.Contains(value, "\n") {
			b = append(append(append(b, ' '), name...), '=')
			b = appendValue(b, value)
			continue
		}
		// What has lines, such as the stack of a panic, keeps them.
		b = append(append(append(b, "\n  "...), name...), "=\n"...)
		for line := range strings.SplitSeq(strings.TrimSuffix(value, "\n"), "\n") {
			b = append(appendPrintable(append(b, "  | "...), line, 0), '\n')
		}
		b = append(b, "  "...)
	}
	return b
}

// appendValue quotes a value unless it is one word of plain letters.
func appendValue(b []byte, s string) []byte {
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '-' || r > '~' }) < 0 {
		return append(b, s...)
	}
	return append(appendPrintable(append(b, '"'), s, '"'), '"')
}

// appendPrintable escapes what a terminal would not show as it is, and quote if it is not 0.
func appendPrintable(b []byte, s string, quote rune) []byte {
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			b = append(b, '\\', byte(r))
		case unicode.IsPrint(r):
			b = append(b, string(r)...)
		default:
			escaped := strconv.QuoteRune(r)
			b = append(b, escaped[1:len(escaped)-1]...)
		}
	}
	return b
}

func (w *writer) json(b []byte, stamp string, level Level, msg string, args []any) []byte {
	pair := func(name string, value any) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(AppendJSON(b, name), ':')
		switch value.(type) {
		case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64, bool:
			b = fmt.Append(b, value)
		default:
			b = AppendJSON(b, fmt.Sprint(value))
		}
	}
	b = append(b, '{')
	pair("@level", levels[level])
	pair("@message", msg)
	if w.name != "" {
		pair("@module", w.name)
	}
	if w.Stamp == Millis {
		b = append(append(b, `,"@timestamp":`...), stamp...)
	} else {
		pair("@timestamp", stamp)
	}
	for ; len(args) > 0; args = args[2:] {
		pair(fmt.Sprint(args[0]), args[1])
	}
	return append(b, '}')
}

// AppendJSON appends a string of JSON. What is no UTF-8 becomes the replacement character.
func AppendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// logfmt writes the process, the time, the level and the message as Valkey calls them, then the others.
func (w *writer) logfmt(b []byte, stamp string, level Level, msg string, args []any) []byte {
	b = fmt.Appendf(b, "pid=%d timestamp=%s level=%s message=%s", os.Getpid(), logfmtValue(stamp), levels[level], strconv.Quote(msg))
	if w.name != "" {
		b = append(append(b, " module="...), logfmtValue(w.name)...)
	}
	for ; len(args) > 0; args = args[2:] {
		b = append(fmt.Append(append(b, ' '), args[0]), '=')
		b = append(b, logfmtValue(fmt.Sprint(args[1]))...)
	}
	return b
}

// logfmtValue quotes what is not plainly one word.
func logfmtValue(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return strings.ContainsRune(" =\"\\", r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar
	}) {
		return strconv.Quote(s)
	}
	return s
}
