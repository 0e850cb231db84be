package core

import (
	"fmt"
	"strconv"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// InfoSection is a section of the INFO reply.
type InfoSection struct {
	// Name in lower case, as INFO's argument; its heading is Name with a
	// capital first letter, unless Heading says otherwise.
	Name    string
	Heading string
	// Part orders those that share a Name, which are one section: the lower comes
	// first, and where it is the same who was registered first.
	Part int
	// Extra sections are shown only by name or by "all"/"everything".
	Extra bool
	// Fill writes the fields, and must be quick. Commands of other event loops run meanwhile, but none
	// with AllSessions: what only those change, it may read; what other commands change, only by atomics
	// or under a mutex of its own. Of the keyspace it reads what InfoWriter.Keys says, of sessions
	// nothing.
	Fill func(w *InfoWriter)
	// Look, for a section that tells what belongs to event loops, sessions or shards, makes the look that is
	// taken before Fill, which has it in InfoWriter.Found. It may be called from anywhere; nil is no look.
	Look func() *Look
}

// Overhead is memory that a module takes beside the data.
type Overhead struct {
	// Name is the field of MEMORY STATS: Redis's, if it has one ("aof.buffer").
	Name string
	// Bytes returns how much it is. Commands of other event loops run meanwhile.
	Bytes func() int64
}

// InfoWriter collects the fields of a section.
type InfoWriter struct {
	// Keys is what there is in the keyspace, as the shards were when they were asked, one after the other.
	Keys *keyspace.Survey
	// Found is that of the section's look, if it has one.
	Found any
	// Of is the host's, for its own sections.
	Of any

	buf  []byte
	from int // where it begins to write in it
}

// AppendTo has a writer that is new write behind what there is in b.
func (w *InfoWriter) AppendTo(b []byte) { w.buf, w.from = b, len(b) }

// Heading begins a section.
func (w *InfoWriter) Heading(name string) {
	if len(w.buf) > w.from {
		w.buf = append(w.buf, "\r\n"...)
	}
	w.buf = append(w.buf, "# "+name+"\r\n"...)
}

// String adds a field.
func (w *InfoWriter) String(name, value string) { w.end(append(w.name(name), value...)) }

// name begins a field.
func (w *InfoWriter) name(name string) []byte { return append(append(w.buf, name...), ':') }

// end ends it.
func (w *InfoWriter) end(b []byte) { w.buf = append(b, '\r', '\n') }

// Int adds a field.
func (w *InfoWriter) Int(name string, v int64) { w.end(strconv.AppendInt(w.name(name), v, 10)) }

// Float adds a field with two decimals.
func (w *InfoWriter) Float(name string, v float64) { w.Decimal(name, v, 2) }

// Decimal adds a field with so many decimals.
func (w *InfoWriter) Decimal(name string, v float64, decimals int) {
	w.end(strconv.AppendFloat(w.name(name), v, 'f', decimals, 64))
}

// Bool adds a field that is 1 or 0.
func (w *InfoWriter) Bool(name string, v bool) {
	if v {
		w.String(name, "1")
		return
	}
	w.String(name, "0")
}

// Printf adds a field with a formatted value.
func (w *InfoWriter) Printf(name, format string, args ...any) {
	w.end(fmt.Appendf(w.name(name), format, args...))
}

// Bytes returns what was written; the writer keeps it.
func (w *InfoWriter) Bytes() []byte { return w.buf }

// HumanBytes prints a number of bytes as INFO's *_human fields do.
func HumanBytes(n int64) string { return string(appendHuman(nil, n)) }

// Human adds a field in bytes, and one more as people read it, with _human behind its name.
func (w *InfoWriter) Human(name string, n int64) {
	w.Int(name, n)
	w.buf = append(w.buf, name...)
	w.end(appendHuman(append(w.buf, "_human:"...), n))
}

func appendHuman(b []byte, n int64) []byte {
	if n < 1<<10 {
		return append(strconv.AppendInt(b, n, 10), 'B')
	}
	f := float64(n) / 1024
	for _, unit := range "KMGT" {
		if f < 1024 {
			return append(strconv.AppendFloat(b, f, 'f', 2, 64), byte(unit))
		}
		f /= 1024
	}
	return append(strconv.AppendFloat(b, f, 'f', 2, 64), 'P')
}
