package hash

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// packedKind is the kind of a packed hash.
var packedKind = keyspace.MakeKind(keyspace.Hash, 1)

// View reads a hash. The zero View is empty.
type View struct {
	pack []byte // the region of a packed one
	n    int    // its fields
	t    *dict.Table
	now  int64
}

// Of returns the view of a value, which is a hash; the zero Value, a missing key,
// gives an empty one. now is the time in Unix milliseconds that decides which
// fields have expired: those are not seen. With 0 all are, as dumps want it.
func Of(v keyspace.Value, now int64) View {
	if v.Object != nil {
		return View{t: &v.Object.(*large).table, now: now}
	}
	if len(v.Data) == 0 {
		return View{}
	}
	return View{pack: listpack.Elements(v.Data), n: listpack.Len(v.Data) / 2}
}

// Encoding names the form of a value as OBJECT ENCODING does.
func Encoding(v keyspace.Value) string {
	if v.Object != nil {
		return "hashtable"
	}
	return "listpack"
}

// expired reports whether an entry's time is past.
func expired(ref arena.Ref, now int64) bool {
	if !dict.HasExpire(ref) {
		return false
	}
	at := dict.Expire(ref)
	return at >= 0 && at < now
}

// Len returns the number of fields. It takes constant time, unless fields have
// expired and were not removed yet: then those are counted.
func (v View) Len() int {
	if v.t == nil {
		return v.n
	}
	return v.t.Len() - v.t.CountDue(v.now-1)
}

// Get returns the value of a field. An integer of a packed hash has no bytes
// there: its text is written to scratch, which should have room for 20.
func (v View) Get(field, scratch []byte) (value []byte, ok bool) {
	if v.t == nil {
		pos, ok := listpack.Find(v.pack, 0, field, 1)
		if !ok {
			return nil, false
		}
		e, _ := listpack.Read(v.pack, listpack.Next(v.pack, pos))
		return e.Text(scratch), true
	}
	ref, ok := v.find(field)
	if !ok {
		return nil, false
	}
	return dict.Value(ref), true
}

// Has reports whether there is a field.
func (v View) Has(field []byte) bool {
	if v.t == nil {
		_, ok := listpack.Find(v.pack, 0, field, 1)
		return ok
	}
	_, ok := v.find(field)
	return ok
}

// find looks a field of the large form up.
func (v View) find(field []byte) (ref arena.Ref, ok bool) {
	pos, ok := v.t.Find(v.t.Hash(field), field)
	if !ok {
		return 0, false
	}
	ref = v.t.At(pos)
	return ref, !expired(ref, v.now)
}

// Expire returns when a field expires, in Unix milliseconds; 0 means never. ok is
// false if there is no such field.
func (v View) Expire(field []byte) (at int64, ok bool) {
	if v.t == nil {
		return 0, v.Has(field)
	}
	ref, ok := v.find(field)
	if !ok {
		return 0, false
	}
	return max(dict.Expire(ref), 0), true
}

// Packed reports whether the hash is in the packed form, which an empty one is.
func (v View) Packed() bool { return v.t == nil }

// Expires reports whether there may be a field that expires.
func (v View) Expires() bool { return v.t != nil && v.t.Expires() > 0 }

// Random returns a cursor at a field chosen by the random number r, so that Next
// need not be called; ok is false if there is none.
func (v View) Random(r uint64) (c Cursor, ok bool) {
	c = v.Fields()
	if v.t == nil {
		if v.n == 0 {
			return c, false
		}
		c.pos = listpack.Seek(v.pack, 2*int(r%uint64(v.n)))
		return c, c.Next()
	}
	for range randomTries {
		if c.ref = v.t.Random(r); c.ref == 0 {
			return c, false
		}
		if !expired(c.ref, v.now) {
			return c, true
		}
		r = r*6364136223846793005 + 1442695040888963407 // Knuth's MMIX
	}
	return c, c.Next() // most have expired: any other will do
}

// randomTries is how often Random tries to meet a field that has not expired.
const randomTries = 64

// Scan calls fn for some fields, about count of them, and returns the cursor to go
// on with; 0 begins and ends a scan. A field that is there from the first call to
// the last is visited at least once. A packed hash is visited as a whole. field
// and value are valid during the call of fn only, which must not change the hash.
func (v View) Scan(cursor uint64, count int, fn func(field, value []byte)) (next uint64) {
	if v.t == nil {
		c := v.Fields()
		for c.Next() {
			fn(c.Field(), c.Value())
		}
		return 0
	}
	cursor &= 1<<dict.CursorBits - 1
	met := 0
	for effort := scanEffort * count; effort > 0 && met < count; effort-- {
		cursor = v.t.Scan(cursor, func(ref arena.Ref) {
			met++
			if !expired(ref, v.now) {
				fn(dict.KeyValue(ref))
			}
		})
		cursor &= 1<<dict.CursorBits - 1
		if cursor == 0 {
			break
		}
	}
	return cursor
}

// scanEffort bounds a call: that many times its count places are visited, most of
// which hold several fields.
const scanEffort = 10
