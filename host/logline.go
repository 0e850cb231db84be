package host

import (
	"strconv"
	"unicode"

	"github.com/hashicorp/go-hclog"
)

// lineLogger makes every message one line of printable characters, whoever had a
// say in it: a client's bytes in an error, the argument of DEBUG LOG, a file's
// name. Otherwise they could forge lines, or play with the terminal of who reads
// the log. The values beside a message are hclog's to quote, which it does.
type lineLogger struct{ hclog.Logger }

func (l lineLogger) Log(level hclog.Level, msg string, args ...any) {
	l.Logger.Log(level, oneLine(msg), args...)
}

func (l lineLogger) Trace(msg string, args ...any) { l.Logger.Trace(oneLine(msg), args...) }
func (l lineLogger) Debug(msg string, args ...any) { l.Logger.Debug(oneLine(msg), args...) }
func (l lineLogger) Info(msg string, args ...any)  { l.Logger.Info(oneLine(msg), args...) }
func (l lineLogger) Warn(msg string, args ...any)  { l.Logger.Warn(oneLine(msg), args...) }
func (l lineLogger) Error(msg string, args ...any) { l.Logger.Error(oneLine(msg), args...) }

func (l lineLogger) With(args ...any) hclog.Logger  { return lineLogger{l.Logger.With(args...)} }
func (l lineLogger) Named(name string) hclog.Logger { return lineLogger{l.Logger.Named(name)} }
func (l lineLogger) ResetNamed(name string) hclog.Logger {
	return lineLogger{l.Logger.ResetNamed(name)}
}

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
