package hash

import (
	"errors"
	"strconv"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/wire"
	"github.com/ferrousdb/ferrous/core/ziplist"
)

// Opcodes are the RDB types that Load reads.
func Opcodes() []byte {
	return []byte{
		rdb.TypeHash, rdb.TypeHashZipmap, rdb.TypeHashZiplist, rdb.TypeHashListpack,
		rdb.TypeHashMetadataPre, rdb.TypeHashListpackPre, rdb.TypeHashMetadata, rdb.TypeHashListpackEx,
	}
}

// Save writes a value in RDB form. Fields that expire have been unknown to Redis
// before 7.4.
func Save(w *rdb.Writer, v keyspace.Value) {
	view := Of(v, 0)
	if view.t == nil {
		w.Begin(rdb.TypeHashListpack)
		w.String(v.Data)
		return
	}
	first := int64(0) // of the times at which fields expire
	if view.Expires() {
		first = view.firstExpire()
	}
	if first == 0 {
		w.Begin(rdb.TypeHash)
	} else {
		// The times are told in relation to the first; 0 means never.
		w.Begin(rdb.TypeHashMetadata)
		w.Millis(first)
	}
	w.Len(uint64(view.Len()))
	c := view.Fields()
	for c.Next() {
		if first != 0 {
			ttl := uint64(0)
			if at := c.Expire(); at != 0 {
				ttl = uint64(at-first) + 1
			}
			w.Len(ttl)
		}
		w.String(c.Field())
		w.String(c.Value())
	}
}

// firstExpire returns the earliest time at which a field expires, 0 for none.
func (v View) firstExpire() int64 {
	first := int64(0)
	c := v.Fields()
	for c.Next() {
		if at := c.Expire(); at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first
}

var (
	errEmpty     = rdb.Empty("a hash without fields")
	errDuplicate = errors.New("a hash with the same field twice")
	errOdd       = errors.New("a hash whose last field has no value")
	errExpire    = errors.New("a field with an impossible expiry")
)

// maxTime is the latest expiry of a field that the format allows.
const maxTime = 1<<48 - 2

// Load decodes a value of one of the types of Opcodes, as core.ValueType wants it.
// The limits say whether it will be packed.
func Load(opcode byte, r *rdb.Reader, a *arena.Arena, limits keyspace.PackedLimits) (keyspace.Value, error) {
	l := loader{r: r, a: a, limits: limits}
	switch opcode {
	case rdb.TypeHash:
		l.pairs(false, 0)
	case rdb.TypeHashMetadata:
		l.pairs(true, r.Millis())
	case rdb.TypeHashMetadataPre:
		l.pairs(true, 1) // times are absolute there, and not moved by one
	case rdb.TypeHashListpack:
		return l.pack()
	case rdb.TypeHashListpackEx:
		r.Millis() // the first expiry, which the fields tell too
		l.triples()
	case rdb.TypeHashListpackPre:
		l.triples()
	case rdb.TypeHashZiplist:
		l.ziplist()
	case rdb.TypeHashZipmap:
		l.zipmap()
	default:
		r.Failf("type %d is no hash", opcode)
	}
	if err := r.Err(); err != nil {
		if l.b != nil {
			l.b.Discard()
		}
		return keyspace.Value{}, err
	}
	return l.b.Value(), nil
}

// loader is a Load in progress. What goes wrong is the Reader's error.
type loader struct {
	r      *rdb.Reader
	a      *arena.Arena
	limits keyspace.PackedLimits
	b      *Builder
}

// begin makes the Builder for n fields.
func (l *loader) begin(n int) {
	if n == 0 {
		l.r.Fail(errEmpty)
	}
	if l.r.Err() == nil {
		l.b = NewBuilder(l.a, l.limits, n)
	}
}

func (l *loader) add(field, value []byte, expire int64) {
	switch {
	case l.r.Err() != nil:
	case expire < 0 || expire > maxTime:
		l.r.Fail(errExpire)
	case !l.b.Add(field, value, expire):
		l.r.Fail(errDuplicate)
	}
}

// pairs reads fields and values, each pair with a time before it if timed. Times
// other than 0 are relative to first, and one more.
func (l *loader) pairs(timed bool, first int64) {
	size := 2
	if timed {
		size = 3
	}
	n := l.r.Count(size)
	l.begin(n)
	for ; n > 0 && l.r.Err() == nil; n-- {
		expire := int64(0)
		if timed {
			if ttl := l.r.Len(); ttl > maxTime || first < 0 || first > maxTime {
				l.r.Fail(errExpire)
			} else if ttl != 0 {
				expire = int64(ttl) + first - 1
			}
		}
		field := l.r.String()
		l.add(field, l.r.String(), expire)
	}
}

// short reports whether all elements are within the limits.
func (l *loader) short(region []byte) bool {
	for pos := 0; pos < len(region); {
		e, next := listpack.Read(region, pos)
		if next-pos > l.limits.Bytes && e.Len() > l.limits.Bytes {
			return false
		}
		pos = next
	}
	return true
}

// elements reads and checks a listpack, and returns it with a number: how many
// times it has of elements. Both are zero if something is wrong.
func (l *loader) elements(of int) (pack []byte, n int) {
	pack = l.r.String()
	if l.r.Err() != nil {
		return nil, 0
	}
	n, err := listpack.Validate(pack)
	switch {
	case err != nil:
		l.r.Fail(err)
	case n == 0:
		l.r.Fail(errEmpty)
	case n%of != 0:
		l.r.Fail(errOdd)
	default:
		return pack, n / of
	}
	return nil, 0
}

// triples reads a listpack of fields, values and times.
func (l *loader) triples() {
	pack, n := l.elements(3)
	l.begin(n)
	if n == 0 {
		return
	}
	region := listpack.Elements(pack)
	for pos := 0; pos < len(region) && l.r.Err() == nil; {
		var tmp [2][20]byte
		var f, v, t listpack.Element
		f, pos = listpack.Read(region, pos)
		v, pos = listpack.Read(region, pos)
		t, pos = listpack.Read(region, pos)
		at, ok := t.Int()
		if !ok {
			l.r.Fail(errExpire)
		}
		l.add(f.Text(tmp[0][:]), v.Text(tmp[1][:]), at)
	}
}

// pack reads a listpack of fields and values. Within the limits it becomes the
// value as it is, once it is known that it has no field twice and that lookups
// will find every field.
func (l *loader) pack() (keyspace.Value, error) {
	pack, n := l.elements(2)
	if n == 0 {
		return keyspace.Value{}, l.r.Err()
	}
	region := listpack.Elements(pack)
	if n <= l.limits.Entries && len(pack) < maxPack && listpack.Canonical(region) && l.short(region) {
		if !listpack.Distinct(region, 2, n) {
			l.r.Fail(errDuplicate)
			return keyspace.Value{}, l.r.Err()
		}
		return keyspace.Value{Kind: packedKind, Data: pack}, nil
	}
	l.begin(n)
	c := (View{pack: region, n: n}).Fields()
	for l.r.Err() == nil && c.Next() {
		l.add(c.Field(), c.Value(), 0)
	}
	if err := l.r.Err(); err != nil {
		if l.b != nil {
			l.b.Discard()
		}
		return keyspace.Value{}, err
	}
	return l.b.Value(), nil
}

// ziplist reads a ziplist of fields and values: the packed form of Redis 2.6 to 6.
func (l *loader) ziplist() {
	b := l.r.String()
	l.begin(1)
	var field []byte
	odd := false
	var room [2][20]byte
	err := ziplist.Each(b, func(e ziplist.Element) error {
		text := e.Bytes
		if e.IsInt {
			scratch := room[0][:0]
			if odd {
				scratch = room[1][:0]
			}
			text = strconv.AppendInt(scratch, e.Int, 10)
		}
		if odd {
			l.add(field, text, 0)
		}
		field, odd = text, !odd
		return l.r.Err()
	})
	l.endOld(err, odd)
}

// zipmap reads a zipmap, the packed form of Redis 2.4.
func (l *loader) zipmap() {
	b := l.r.String()
	l.begin(1)
	l.endOld(ziplist.EachField(b, func(field, value []byte) error {
		l.add(field, value, 0)
		return l.r.Err()
	}), false)
}

// endOld ends the reading of an old form with what was found wrong.
func (l *loader) endOld(err error, odd bool) {
	switch {
	case l.r.Err() != nil:
	case err != nil:
		l.r.Fail(err)
	case odd:
		l.r.Fail(errOdd)
	case l.b.Len() == 0:
		l.r.Fail(errEmpty)
	}
}

// Rewrite emits the commands that rebuild a value.
func Rewrite(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
	view := Of(v, 0)
	b := wire.NewBatch(emit, []byte("HMSET"), key)
	c := view.Fields()
	for c.Next() {
		if b.Add(arena.Append(nil, c.Field()), arena.Append(nil, c.Value())) != nil {
			break
		}
	}
	if err := b.End(); err != nil {
		return err
	}
	if !view.Expires() {
		return nil
	}
	c = view.Fields()
	for c.Next() {
		if at := c.Expire(); at != 0 {
			err := emit([]byte("HPEXPIREAT"), key, strconv.AppendInt(nil, at, 10), []byte("FIELDS"), []byte("1"), c.Field())
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Copy makes an independent value whose members, if it is large, are in a.
func Copy(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) keyspace.Value {
	if v.Object == nil {
		return v
	}
	view := Of(v, 0)
	h := newLarge(a, view.Len())
	c := view.Fields()
	for c.Next() {
		h.insert(h.table.Hash(c.Field()), c.Field(), c.Value(), c.Expire())
		p.Did(len(c.Field()) + len(c.Value()))
	}
	return keyspace.Value{Kind: v.Kind, Object: h}
}
