package stream

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core/decimal"
)

// ID is the name of an entry: a time in Unix milliseconds, by habit, and a number
// among those of the same time.
type ID struct{ Ms, Seq uint64 }

// MaxID is the greatest ID. The zero ID is the least, and no entry has it.
var MaxID = ID{math.MaxUint64, math.MaxUint64}

// Compare returns -1, 0 or 1: whether a comes before b, is b, or comes after it.
func (a ID) Compare(b ID) int {
	switch {
	case a == b:
		return 0
	case a.Less(b):
		return -1
	}
	return 1
}

// Less reports whether a comes before b.
func (a ID) Less(b ID) bool { return a.Ms < b.Ms || a.Ms == b.Ms && a.Seq < b.Seq }

// Next returns the ID after a; ok is false if there is none.
func (a ID) Next() (next ID, ok bool) {
	switch {
	case a.Seq < math.MaxUint64:
		return ID{a.Ms, a.Seq + 1}, true
	case a.Ms < math.MaxUint64:
		return ID{a.Ms + 1, 0}, true
	}
	return ID{}, false
}

// Prev returns the ID before a; ok is false if there is none.
func (a ID) Prev() (prev ID, ok bool) {
	switch {
	case a.Seq > 0:
		return ID{a.Ms, a.Seq - 1}, true
	case a.Ms > 0:
		return ID{a.Ms - 1, math.MaxUint64}, true
	}
	return ID{}, false
}

// MaxIDText is the length of the longest text of an ID.
const MaxIDText = 41

// Append appends the ID as text, "1700000000000-0".
func (a ID) Append(b []byte) []byte {
	b = strconv.AppendUint(b, a.Ms, 10)
	return strconv.AppendUint(append(b, '-'), a.Seq, 10)
}

// String returns the ID as text.
func (a ID) String() string { return string(a.Append(nil)) }

// Parse reads an ID. Without a second part it has the number seq; with "*" in its
// place, auto is true and the number 0.
func Parse(text []byte, seq uint64) (id ID, auto, ok bool) {
	at := 0
	for at < len(text) && text[at] != '-' {
		at++
	}
	if id.Ms, ok = parseUint(text[:at]); !ok || at == len(text) {
		id.Seq = seq
		return id, false, ok
	}
	if rest := text[at+1:]; len(rest) == 1 && rest[0] == '*' {
		return id, true, true
	} else if id.Seq, ok = parseUint(rest); !ok {
		return ID{}, false, false
	}
	return id, false, true
}

// parseUint reads a number as Redis's IDs have it: what is no canonical integer of 64 bits
// with a sign is read as C's strtoull does, which knows all of 64 bits, leading blanks, zeros and signs.
func parseUint(text []byte) (uint64, bool) {
	if n, ok := decimal.Parse(text); ok {
		return uint64(n), n >= 0
	}
	text = bytes.TrimLeft(text, " \t\n\v\f\r")
	minus := len(text) > 0 && text[0] == '-'
	if minus || len(text) > 0 && text[0] == '+' {
		text = text[1:]
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if minus {
		n = -n
	}
	return n, err == nil
}

// rawID is the length of an ID in dumps: two big-endian numbers.
const rawID = 16

func appendRaw(b []byte, id ID) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id.Ms), id.Seq)
}

func idFromRaw(b []byte) ID {
	return ID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}
