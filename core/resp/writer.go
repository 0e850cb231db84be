// Package resp encodes replies in the Redis serialization protocol, versions 2
// and 3 (https://redis.io/docs/latest/develop/reference/protocol-spec/).
//
// The Writer is semantic: a handler says what a reply means (a map, a double,
// a null, a push) and the Writer spells it for the protocol of the session, so
// no handler asks which protocol is spoken. The package only appends to byte
// slices and hands what becomes too much for one to a Sink: it never touches a
// socket and never allocates beyond growing its buffer. Scanner and Reader read
// replies again, a token at a time; parsing requests is the host's business.
package resp

import (
	"strconv"
)

// Writer appends encoded replies to Buf. It belongs to one session (or one
// command of it) and is not safe for concurrent use. The bytes handed to its
// methods are copied before the call returns.
type Writer struct {
	// Buf holds what has been encoded so far, but for what went to the Sink.
	// Whoever owns the Writer may take it or replace it between commands; who
	// takes back or looks for something that he has written uses Mark.
	Buf []byte
	// Sink is where replies go that are too large for Buf. Without one
	// everything stays in Buf.
	Sink Sink
	// Proto is 2 or 3.
	Proto int
	sunk  int  // bytes that the Sink was given, those that it did not keep included
	deaf  bool // nobody wants any more
	// errs counts the error replies appended, so that the host can tell a
	// failed command whatever way the error was written.
	errs uint64
	last string // the text of the last error
}

// Errors returns how many error replies were appended since the Writer was
// made; the caller compares two readings.
func (w *Writer) Errors() uint64 { return w.errs }

// LastError returns the text of the last error reply.
func (w *Writer) LastError() string { return w.last }

// RESP3 reports whether the session speaks version 3 of the protocol.
func (w *Writer) RESP3() bool { return w.Proto >= 3 }

// Raw appends bytes that are already encoded.
func (w *Writer) Raw(b []byte) {
	if len(w.Buf)+len(b) > MaxBuf {
		w.sinkFor(b)
		return
	}
	w.Buf = append(w.Buf, b...)
}

// Status appends a simple string. It must hold no CR or LF.
func (w *Writer) Status(s string) {
	w.Buf = append(w.Buf, '+')
	w.Buf = append(w.Buf, s...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// OK appends the status OK.
func (w *Writer) OK() { w.Buf = append(w.Buf, "+OK\r\n"...) }

// Error appends an error reply; text begins with its code, as in "ERR syntax
// error". Line breaks in it become blanks, since the protocol cannot carry them.
func (w *Writer) Error(text string) {
	w.errs++
	w.last = text
	w.Buf = append(w.Buf, '-')
	for i := 0; i < len(text); i++ {
		ch := text[i]
		if ch == '\r' || ch == '\n' {
			ch = ' '
		}
		w.Buf = append(w.Buf, ch)
	}
	w.Buf = append(w.Buf, '\r', '\n')
}

// Int appends an integer.
func (w *Writer) Int(n int64) { w.header(':', n) }

// Bulk appends a binary-safe string.
func (w *Writer) Bulk(b []byte) {
	if len(w.Buf)+len(b) > MaxBuf {
		w.header('$', int64(len(b)))
		w.sinkFor(b)
		w.Buf = append(w.Buf, '\r', '\n')
		return
	}
	buf := append(appendHeader(w.Buf, '$', int64(len(b))), b...)
	w.Buf = append(buf, '\r', '\n')
}

// BulkString is Bulk for a Go string.
func (w *Writer) BulkString(s string) {
	if len(w.Buf)+len(s) > MaxBuf {
		w.Bulk([]byte(s))
		return
	}
	buf := append(appendHeader(w.Buf, '$', int64(len(s))), s...)
	w.Buf = append(buf, '\r', '\n')
}

// BulkInt appends an integer in decimal as a bulk string.
func (w *Writer) BulkInt(n int64) {
	var tmp [20]byte
	w.Bulk(strconv.AppendInt(tmp[:0], n, 10))
}

// BulkSpace appends the frame of a bulk string of n bytes and returns the
// place where its content belongs; the caller fills all of it before the next
// call on the Writer.
func (w *Writer) BulkSpace(n int) []byte {
	w.header('$', int64(n))
	at := len(w.Buf)
	w.Buf = append(w.Buf, make([]byte, n)...)
	w.Buf = append(w.Buf, '\r', '\n')
	return w.Buf[at : at+n : at+n]
}

// Null appends the absent value: "_" in RESP3, the null bulk string in RESP2.
func (w *Writer) Null() {
	if w.Proto >= 3 {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "$-1\r\n"...)
}

// NullArray appends the absent array; RESP3 knows only one kind of null.
func (w *Writer) NullArray() {
	if w.Proto >= 3 {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "*-1\r\n"...)
}

// Array opens an array of n elements; the n replies that follow are its content.
func (w *Writer) Array(n int) { w.header('*', int64(n)) }

// Map opens a map of n pairs: 2n replies follow. In RESP2 it is a flat array.
func (w *Writer) Map(n int) {
	if w.Proto >= 3 {
		w.header('%', int64(n))
		return
	}
	w.header('*', int64(2*n))
}

// Set opens an unordered collection of n elements; an array in RESP2.
func (w *Writer) Set(n int) {
	if w.Proto >= 3 {
		w.header('~', int64(n))
		return
	}
	w.header('*', int64(n))
}

// Push opens an out-of-band message of n elements; an array in RESP2.
func (w *Writer) Push(n int) {
	if w.Proto >= 3 {
		w.header('>', int64(n))
		return
	}
	w.header('*', int64(n))
}

// Attribute opens n pairs of auxiliary data that precede a reply. Only RESP3
// has them: with RESP2 it reports false and the caller must not write the pairs.
func (w *Writer) Attribute(n int) bool {
	if w.Proto < 3 {
		return false
	}
	w.header('|', int64(n))
	return true
}

// Bool appends a boolean; 1 or 0 in RESP2.
func (w *Writer) Bool(v bool) {
	switch {
	case w.Proto < 3 && v:
		w.Buf = append(w.Buf, ":1\r\n"...)
	case w.Proto < 3:
		w.Buf = append(w.Buf, ":0\r\n"...)
	case v:
		w.Buf = append(w.Buf, "#t\r\n"...)
	default:
		w.Buf = append(w.Buf, "#f\r\n"...)
	}
}

// Double appends a floating-point number in its shortest exact form; in RESP2
// as a bulk string.
func (w *Writer) Double(f float64) {
	var tmp [32]byte
	w.Number(AppendDouble(tmp[:0], f))
}

// Number is Double for a number whose digits the caller has chosen.
func (w *Writer) Number(text []byte) {
	if w.Proto < 3 {
		w.Bulk(text)
		return
	}
	w.Buf = append(w.Buf, ',')
	w.Buf = append(w.Buf, text...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// BigNumber appends an integer of any size, given by its digits, perhaps behind a sign; a bulk
// string in RESP2.
func (w *Writer) BigNumber(digits string) {
	if w.Proto < 3 {
		w.BulkString(digits)
		return
	}
	w.Buf = append(w.Buf, '(')
	w.Buf = append(w.Buf, digits...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Verbatim appends text with a three-letter format ("txt", "mkd"); a plain
// bulk string in RESP2.
func (w *Writer) Verbatim(format, text string) { w.VerbatimBytes(format, []byte(text)) }

// VerbatimBytes is Verbatim for bytes.
func (w *Writer) VerbatimBytes(format string, text []byte) {
	if w.Proto < 3 {
		w.Bulk(text)
		return
	}
	w.header('=', int64(len(text)+4))
	w.Buf = append(w.Buf, format...)
	w.Buf = append(w.Buf, ':')
	w.Raw(text)
	w.Buf = append(w.Buf, '\r', '\n')
}

// VerbatimFunc is Verbatim for the text that fill appends.
func (w *Writer) VerbatimFunc(format string, fill func(b []byte) []byte) {
	var room [32]byte // for what comes before, which tells the length
	at := len(w.Buf)
	w.Buf = fill(append(w.Buf, room[:]...))
	n := len(w.Buf) - at - len(room)
	head := room[:0]
	if w.Proto < 3 {
		head = appendHeader(head, '$', int64(n))
	} else {
		head = append(append(appendHeader(head, '=', int64(n+4)), format...), ':')
	}
	copy(w.Buf[at+copy(w.Buf[at:], head):], w.Buf[at+len(room):])
	w.Buf = append(w.Buf[:at+len(head)+n], '\r', '\n')
}

// header appends a type byte, a decimal number and CRLF.
func (w *Writer) header(kind byte, n int64) { w.Buf = appendHeader(w.Buf, kind, n) }

// appendHeader is header for a buffer: who appends more stores it but once. Replies are
// mostly short, so numbers of one and two digits take paths of their own.
func appendHeader(buf []byte, kind byte, n int64) []byte {
	switch {
	case uint64(n) < 10:
		return append(buf, kind, byte('0'+n), '\r', '\n')
	case uint64(n) < 100:
		return append(buf, kind, byte('0'+n/10), byte('0'+n%10), '\r', '\n')
	}
	buf = strconv.AppendInt(append(buf, kind), n, 10)
	return append(buf, '\r', '\n')
}
