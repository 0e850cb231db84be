package core

import (
	"fmt"
	"strconv"
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
	// Fill writes the fields. It runs with all shards locked and every event
	// loop stopped: it may read everything and must be quick.
	Fill func(w *InfoWriter)
}

// InfoWriter collects the fields of a section.
type InfoWriter struct{ buf []byte }

// Heading begins a section.
func (w *InfoWriter) Heading(name string) {
	if len(w.buf) > 0 {
		w.buf = append(w.buf, "\r\n"...)
	}
	w.buf = append(w.buf, "# "+name+"\r\n"...)
}

// String adds a field.
func (w *InfoWriter) String(name, value string) {
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, ':')
	w.buf = append(w.buf, value...)
	w.buf = append(w.buf, '\r', '\n')
}

// Int adds a field.
func (w *InfoWriter) Int(name string, v int64) { w.String(name, strconv.FormatInt(v, 10)) }

// Float adds a field with two decimals.
func (w *InfoWriter) Float(name string, v float64) {
	w.String(name, strconv.FormatFloat(v, 'f', 2, 64))
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
	w.String(name, fmt.Sprintf(format, args...))
}

// Bytes returns what was written; the writer keeps it.
func (w *InfoWriter) Bytes() []byte { return w.buf }

// HumanBytes prints a number of bytes as INFO's *_human fields do.
func HumanBytes(n int64) string {
	const k = 1024.0
	f := float64(n)
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%dB", n)
	case n < 1<<20:
		return fmt.Sprintf("%.2fK", f/k)
	case n < 1<<30:
		return fmt.Sprintf("%.2fM", f/(k*k))
	case n < 1<<40:
		return fmt.Sprintf("%.2fG", f/(k*k*k))
	case n < 1<<50:
		return fmt.Sprintf("%.2fT", f/(k*k*k*k))
	}
	return fmt.Sprintf("%.2fP", f/(k*k*k*k*k))
}
