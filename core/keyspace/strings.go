package keyspace

import (
	"encoding/binary"
	"strconv"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/dict"
)

// embLimit is the length up to which OBJECT ENCODING calls a string "embstr".
const embLimit = 44

// PutString gives key a string value: an integer where the text is one in
// canonical form, else its bytes. h is the key's hash; expire is as in Put.
func (db *DB) PutString(h uint64, key, value []byte, expire, now int64) {
	if n, ok := decimal.Parse(value); ok {
		db.PutInt(h, key, n, expire, now)
		return
	}
	enc := uint8(Raw)
	if len(value) <= embLimit {
		enc = EmbStr
	}
	arena.Copy(db.PutHashed(h, key, MakeKind(String, enc), len(value), expire, now), value)
}

// PutInt gives key an integer as its string value.
func (db *DB) PutInt(h uint64, key []byte, n, expire, now int64) {
	data := db.PutHashed(h, key, MakeKind(String, Int), 8, expire, now)
	binary.LittleEndian.PutUint64(data, uint64(n))
}

// IsInt reports whether the key holds a string stored as an integer.
func (e Entry) IsInt() bool { return e.Kind() == MakeKind(String, Int) }

// Int returns the integer of an entry for which IsInt holds.
func (e Entry) Int() int64 { return int64(binary.LittleEndian.Uint64(e.Data())) }

// SetInt changes the integer of an entry for which IsInt holds.
func (e *Entry) SetInt(n int64) { binary.LittleEndian.PutUint64(e.Writable(), uint64(n)) }

// Text returns the bytes of a string value. Those of an integer are written to
// tmp, which should have room for 20; others point into the arena.
func (e Entry) Text(tmp []byte) []byte { return TextOf(Value{Kind: e.Kind(), Data: e.Data()}, tmp) }

// TextOf is Text for a view of a string value.
func TextOf(v Value, tmp []byte) []byte {
	if v.Kind.Encoding() == Int {
		return strconv.AppendInt(tmp[:0], int64(binary.LittleEndian.Uint64(v.Data)), 10)
	}
	return v.Data
}

// TextLen returns the length of a string value.
func (e Entry) TextLen() int {
	if e.IsInt() {
		var tmp [20]byte
		return len(strconv.AppendInt(tmp[:0], e.Int(), 10))
	}
	return len(e.Data())
}

// GrowText makes a string value n bytes long for writing, as Grow does; what
// was an integer becomes its text first. Behind a value that becomes longer some
// room is kept, for those that are built piece by piece.
func (e *Entry) GrowText(n int) []byte {
	kind := MakeKind(String, Raw)
	if !e.IsInt() {
		return e.Grow(kind, n, spareBeyond(len(e.Data()), n))
	}
	var tmp [20]byte
	text := e.Text(tmp[:])
	data := e.Grow(kind, n, spareBeyond(len(text), n))
	copy(data, text)
	return data
}

// TextMoves returns how many bytes PadText is going to copy or to clear.
func (e Entry) TextMoves(n int) int {
	switch {
	case !e.OK():
		return n
	case dict.Outside(e.ref) == 0:
		return max(len(e.Data()), n)
	case e.private() && e.reaches(n):
		return max(n-len(e.Data()), 0)
	}
	return max(len(e.Data()), n)
}

// PadText makes the string value of a key at least n bytes long for writing,
// with zero bytes behind what it has. h is the key's hash and e its entry; the
// zero Entry is a missing key, which is created.
func (db *DB) PadText(h uint64, key []byte, e Entry, n int, now int64) []byte {
	old := 0
	var data []byte
	if e.OK() {
		old = e.TextLen()
		data = e.GrowText(max(old, n))
	} else {
		data = db.PutHashed(h, key, MakeKind(String, Raw), n, 0, now)
	}
	arena.Clear(data[old:])
	return data
}

// spareBeyond is the room kept behind a value that grows from old to n bytes. A
// share of its size makes the copying of n bytes in pieces cost O(n); a large
// value gets a smaller share, so as not to waste memory.
func spareBeyond(old, n int) int {
	const large = 1 << 20
	switch {
	case n <= old:
		return 0
	case n > large:
		return n / 8
	}
	return n / 2
}
