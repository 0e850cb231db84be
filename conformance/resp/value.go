// Package resp is the conformance harness's own small reader and writer of the
// Redis serialization protocol, versions 2 and 3.
//
// It is deliberately separate from the server's protocol code: a bug shared by
// both sides of a comparison would be invisible. It favours fidelity over speed:
// numbers keep the text they arrived in, the two RESP2 nulls and the RESP3 null
// stay distinct, and frames that are not in canonical form (":+5", "$03") are
// rejected. So two equal Values were equal byte for byte on the wire.
//
// The package knows nothing about servers or scripts.
package resp

import (
	"strconv"
	"strings"
)

// Kind is the byte that introduces a frame on the wire.
type Kind byte

// The kinds of RESP2, then those added by RESP3.
const (
	Simple Kind = '+'
	Error  Kind = '-'
	Int    Kind = ':'
	Bulk   Kind = '$'
	Array  Kind = '*'

	Null      Kind = '_'
	Double    Kind = ','
	Bool      Kind = '#'
	BigNumber Kind = '('
	BulkError Kind = '!'
	Verbatim  Kind = '='
	Map       Kind = '%'
	Set       Kind = '~'
	Push      Kind = '>'
	attribute Kind = '|'
)

// Value is one reply, of any kind. The zero Value is not a reply.
type Value struct {
	Kind Kind
	// IsNil marks RESP2's null bulk string ("$-1") and null array ("*-1").
	// RESP3's null is a Kind of its own.
	IsNil bool
	// Text is the payload of every scalar kind as it was on the wire: the digits
	// of a number, "t" or "f", and for Verbatim the format too ("txt:hello").
	Text string
	// Elems are the elements of an aggregate; a Map's are key, value, key, value.
	Elems []Value
	// Attrs are the key, value, ... of the attribute frame that preceded this
	// reply, nil when there was none.
	Attrs []Value
}

// IsErr reports whether v is an error reply of either kind.
func (v Value) IsErr() bool { return v.Kind == Error || v.Kind == BulkError }

// IsNull reports whether v is any of the three nulls.
func (v Value) IsNull() bool { return v.IsNil || v.Kind == Null }

// aggregate reports whether a kind carries Elems.
func (k Kind) aggregate() bool {
	return k == Array || k == Map || k == Set || k == Push
}

// String returns the kind's name, as used in mismatch reports.
func (k Kind) String() string {
	names := map[Kind]string{
		Simple: "simple string", Error: "error", Int: "integer", Bulk: "bulk string",
		Array: "array", Null: "null", Double: "double", Bool: "boolean",
		BigNumber: "big number", BulkError: "bulk error", Verbatim: "verbatim string",
		Map: "map", Set: "set", Push: "push",
	}
	if n, ok := names[k]; ok {
		return n
	}
	return "kind " + strconv.QuoteRune(rune(k))
}

// Equal reports whether two values are the same on the wire.
func (v Value) Equal(w Value) bool {
	if v.Kind != w.Kind || v.IsNil != w.IsNil || v.Text != w.Text {
		return false
	}
	return equalAll(v.Elems, w.Elems) && equalAll(v.Attrs, w.Attrs)
}

func equalAll(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// Append writes v in wire form to dst and returns the extended slice.
func (v Value) Append(dst []byte) []byte {
	if v.Attrs != nil {
		dst = appendHeader(dst, attribute, len(v.Attrs)/2)
		dst = appendAll(dst, v.Attrs)
	}
	switch {
	case v.IsNil:
		return append(append(dst, byte(v.Kind)), "-1\r\n"...)
	case v.Kind == Map:
		return appendAll(appendHeader(dst, Map, len(v.Elems)/2), v.Elems)
	case v.Kind.aggregate():
		return appendAll(appendHeader(dst, v.Kind, len(v.Elems)), v.Elems)
	case v.Kind == Bulk || v.Kind == BulkError || v.Kind == Verbatim:
		dst = appendHeader(dst, v.Kind, len(v.Text))
		dst = append(dst, v.Text...)
		return append(dst, '\r', '\n')
	default:
		dst = append(append(dst, byte(v.Kind)), v.Text...)
		return append(dst, '\r', '\n')
	}
}

func appendAll(dst []byte, vs []Value) []byte {
	for _, v := range vs {
		dst = v.Append(dst)
	}
	return dst
}

func appendHeader(dst []byte, k Kind, n int) []byte {
	dst = append(dst, byte(k))
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '\r', '\n')
}

// AppendCommand writes a command as clients send it: an array of bulk strings.
func AppendCommand(dst []byte, args []string) []byte {
	dst = appendHeader(dst, Array, len(args))
	for _, a := range args {
		dst = appendHeader(dst, Bulk, len(a))
		dst = append(dst, a...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// Downgrade returns the RESP2 form of a RESP3 value, as a Redis server converts
// it: maps are flattened, sets and pushes become arrays, doubles, big numbers and
// verbatim strings become bulk strings, booleans become 1 and 0.
// A Null becomes the null bulk string; a null array has to be spelled out.
func (v Value) Downgrade() Value {
	w := Value{Kind: v.Kind, IsNil: v.IsNil, Text: v.Text}
	switch v.Kind {
	case Map, Set, Push:
		w.Kind = Array
	case Double, BigNumber:
		w.Kind = Bulk
	case Verbatim:
		w.Kind = Bulk
		if _, text, ok := strings.Cut(v.Text, ":"); ok {
			w.Text = text
		}
	case BulkError:
		w.Kind = Error
	case Bool:
		w.Kind, w.Text = Int, "0"
		if v.Text == "t" {
			w.Text = "1"
		}
	case Null:
		w.Kind, w.IsNil = Bulk, true
	}
	for _, e := range v.Elems {
		w.Elems = append(w.Elems, e.Downgrade())
	}
	return w
}

// Upgrade returns v with both RESP2 nulls turned into the RESP3 null: the only
// difference between a RESP2 literal and its RESP3 form that loses nothing.
func (v Value) Upgrade() Value {
	if v.IsNil {
		return Value{Kind: Null}
	}
	w := v
	w.Elems = nil
	for _, e := range v.Elems {
		w.Elems = append(w.Elems, e.Upgrade())
	}
	return w
}
