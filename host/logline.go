package host

import (
	"strconv"
	"sync/atomic"
	"unicode"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/logging"
)

// lineLogger lets the messages of a level and above pass, and makes every one a line of printable
// characters, whoever had a say in it: a client's bytes in an error, the argument of DEBUG LOG, a
// file's name. Otherwise they could forge lines, or play with the terminal of who reads the log.
// The values beside a message are for whom it passes them to to quote.
type lineLogger struct {
	to    core.Logger
	level *atomic.Int32 // shared by all names
}

func newLineLogger(to core.Logger, level logging.Level) lineLogger {
	l := lineLogger{to, new(atomic.Int32)}
	l.setLevel(level)
	return l
}

func (l lineLogger) setLevel(level logging.Level) { l.level.Store(int32(level)) }

func (l lineLogger) on(level logging.Level) bool { return int32(level) >= l.level.Load() }

func (l lineLogger) Trace(msg string, args ...any) {
	if l.on(logging.Trace) {
		l.to.Trace(oneLine(msg), args...)
	}
}

func (l lineLogger) Debug(msg string, args ...any) {
	if l.on(logging.Debug) {
		l.to.Debug(oneLine(msg), args...)
	}
}

func (l lineLogger) Info(msg string, args ...any) {
	if l.on(logging.Info) {
		l.to.Info(oneLine(msg), args...)
	}
}

func (l lineLogger) Warn(msg string, args ...any) {
	if l.on(logging.Warn) {
		l.to.Warn(oneLine(msg), args...)
	}
}

func (l lineLogger) Error(msg string, args ...any) {
	if l.on(logging.Error) {
		l.to.Error(oneLine(msg), args...)
	}
}

func (l lineLogger) Named(name string) core.Logger { return lineLogger{l.to.Named(name), l.level} }

// oneLine returns s as it is if all of it is printable, else escaped as Go does.
func oneLine(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar { // which stands for what is no UTF-8
			quoted := strconv.Quote(s)
			return quoted[1 : len(quoted)-1]
		}
	}
	return s
}
