// Package logging is what a server and its modules log through, and a writer of lines in the
// forms that log-format offers. It opens no file and knows no parameter: where lines go, and
// which of them, is decided by whoever makes a Logger.
package logging

import "io"

// Logger takes messages, each with pairs of a name and a value. Redis's levels map like this:
// debug is Trace, verbose is Debug, notice is Info, warning is Warn. It may be used by many
// goroutines at once.
type Logger interface {
	Trace(msg string, args ...any)
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
	// Named returns a Logger whose lines tell a name, that of a module for example. Names of
	// names are joined by a point.
	Named(name string) Logger
}

// Level tells how much a message matters.
type Level int8

// The levels, what matters least first.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
	Off // no message is of this level
)

var levels = [...]string{"trace", "debug", "info", "warn", "error"}

// Format is the form of a line.
type Format uint8

// The formats.
const (
	Text   Format = iota // time [LEVEL] name: message: name=value ...
	JSON                 // an object for each line
	Logfmt               // name=value ..., as Valkey writes it
)

// Stamp is how a line tells the time.
type Stamp uint8

// The stamps.
const (
	Redis  Stamp = iota // as in Redis's log, but in JSON
	ISO                 // ISO 8601, with the zone
	Millis              // milliseconds since 1970
)

// Layout returns the stamp as a layout of package time, "" for Millis, which has none.
func (s Stamp) Layout(f Format) string {
	switch {
	case s == Millis:
		return ""
	case s == ISO || f == JSON:
		return "2006-01-02T15:04:05.000Z07:00"
	}
	return "02 Jan 2006 15:04:05.000"
}

// Target says where a Logger writes, and what its lines look like.
type Target struct {
	Output io.Writer // gets one whole line with each call, and no two calls at once
	Format Format
	Stamp  Stamp
}

// Silent is a Logger that drops everything.
type Silent struct{}

// Trace implements Logger, as the others do.
func (Silent) Trace(string, ...any) {}

// Debug implements Logger.
func (Silent) Debug(string, ...any) {}

// Info implements Logger.
func (Silent) Info(string, ...any) {}

// Warn implements Logger.
func (Silent) Warn(string, ...any) {}

// Error implements Logger.
func (Silent) Error(string, ...any) {}

// Named implements Logger.
func (s Silent) Named(string) Logger { return s }
