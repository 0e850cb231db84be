package zset

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/wire"
	"github.com/ferrousdb/ferrous/core/ziplist"
)

// What the row of the value type needs (see core.ValueType).

// Encoding names the form of a value as OBJECT ENCODING does.
func Encoding(v keyspace.Value) string {
	if v.Kind.IsObject() {
		return "skiplist" // what Redis has in its place
	}
	return "listpack"
}

// Opcodes are the RDB types that Load reads.
func Opcodes() []byte {
	return []byte{rdb.TypeZSet, rdb.TypeZSet2, rdb.TypeZSetListpack, rdb.TypeZSetZiplist}
}

// Save writes a value in the form that Redis would write.
func Save(w *rdb.Writer, v keyspace.Value) {
	if !v.Kind.IsObject() {
		w.Begin(rdb.TypeZSetListpack)
		w.String(v.Data)
		return
	}
	z := Of(v)
	w.Begin(rdb.TypeZSet2)
	w.Len(uint64(z.Len()))
	c := z.At(z.Len() - 1)
	for ; c.OK(); c.Prev() { // from the greatest, as Redis does
		w.String(c.Member())
		w.BinaryDouble(c.Score())
	}
}

var (
	errNaN   = errors.New("a sorted set has a score that is not a number")
	errTwice = errors.New("a sorted set has a member twice")
	errEmpty = rdb.Empty("a sorted set without members")
	errOdd   = errors.New("a listpack of a sorted set has a member without a score")
	errOrder = errors.New("a listpack of a sorted set is not in order")
)

// Load decodes a value of one of the Opcodes; see core.ValueType. Which form it gets
// is for the limits to say.
func Load(opcode byte, r *rdb.Reader, a *arena.Arena, limits keyspace.PackedLimits) (keyspace.Value, error) {
	var v keyspace.Value
	switch opcode {
	case rdb.TypeZSet:
		v = loadPairs(r, a, limits, 2, (*rdb.Reader).Double)
	case rdb.TypeZSet2:
		v = loadPairs(r, a, limits, 9, (*rdb.Reader).BinaryDouble)
	case rdb.TypeZSetListpack:
		v = loadPack(r, a, limits)
	case rdb.TypeZSetZiplist:
		v = loadZiplist(r, a, limits)
	default:
		return v, fmt.Errorf("RDB type %d is no sorted set that can be read", opcode)
	}
	return v, r.Err()
}

// maxReserve bounds the room taken on the word of a declared number of members.
const maxReserve = 1 << 20

// loadPairs reads members with scores, which take at least size bytes each.
func loadPairs(r *rdb.Reader, a *arena.Arena, limits keyspace.PackedLimits, size int, score func(*rdb.Reader) float64) keyspace.Value {
	n := r.Count(size)
	if n == 0 {
		r.Fail(errEmpty)
		return keyspace.Value{}
	}
	b := NewBuilder(a, min(n, maxReserve))
	for range n {
		member := r.String()
		s := score(r)
		p, twice := b.Find(member)
		switch {
		case math.IsNaN(s):
			r.Fail(errNaN)
		case twice:
			r.Fail(errTwice)
		}
		if r.Err() != nil {
			b.Discard()
			return keyspace.Value{}
		}
		b.Add(p, member, s)
	}
	return b.Value(limits)
}

// loadPack reads a packed set. It stays packed, whatever the length of its members,
// unless they are too many.
func loadPack(r *rdb.Reader, a *arena.Arena, limits keyspace.PackedLimits) keyspace.Value {
	data := r.String()
	if r.Err() != nil {
		return keyspace.Value{}
	}
	if err := validate(data); err != nil {
		r.Fail(err)
		return keyspace.Value{}
	}
	v := keyspace.Value{Kind: packedKind, Data: data}
	if view := Of(v); view.Len() > limits.Entries {
		z := newLarge(a, view.Len())
		z.addAll(view, nil)
		v = keyspace.Value{Kind: keyspace.ObjectKind(keyspace.ZSet), Object: z}
	}
	return v
}

// loadZiplist reads a set that was packed before Redis 7: it becomes what it would
// be had its members been added one by one.
func loadZiplist(r *rdb.Reader, a *arena.Arena, limits keyspace.PackedLimits) keyspace.Value {
	data := r.String()
	if r.Err() != nil {
		return keyspace.Value{}
	}
	b := NewBuilder(a, 0)
	var member []byte
	var text [20]byte
	odd := false
	err := ziplist.Each(data, func(e ziplist.Element) error {
		if odd = !odd; odd {
			member = e.Append(member[:0])
			return nil
		}
		score, ok := scoreFromText(e.Append(text[:0]))
		p, twice := b.Find(member)
		switch {
		case !ok:
			return errNaN
		case twice:
			return errTwice
		}
		b.Add(p, member, score)
		return nil
	})
	switch {
	case err == nil && odd:
		err = errOdd
	case err == nil && b.Len() == 0:
		err = errEmpty
	}
	if err != nil {
		r.Fail(err)
		b.Discard()
		return keyspace.Value{}
	}
	return b.Value(limits)
}

// validate checks a foreign pack.
func validate(data []byte) error {
	n, err := listpack.Validate(data)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errEmpty
	case n%2 != 0:
		return errOdd
	}
	var scratch [2][20]byte
	var last []byte
	lastScore := math.Inf(-1)
	b := listpack.Elements(data)
	for pos, i := 0, 0; pos < len(b); i++ {
		m, mid := listpack.Read(b, pos)
		e, next := listpack.Read(b, mid)
		member := m.Text(scratch[i%2][:])
		score, ok := parseScore(e)
		switch {
		case !ok:
			return errNaN
		case score < lastScore || score == lastScore && i > 0 && bytes.Compare(last, member) >= 0:
			return errOrder
		}
		last, lastScore, pos = member, score, next
	}
	if listpack.Canonical(b) {
		if !listpack.Distinct(b, 2, n/2) {
			return errTwice
		}
		return nil
	}
	return differentTexts(b, n/2)
}

// differentTexts checks that no member of a pack is there twice, whose members
// may have several forms.
func differentTexts(b []byte, n int) error {
	var scratch [20]byte
	met := make(map[string]struct{}, n)
	for pos := 0; pos < len(b); pos = listpack.Next(b, pos) {
		var m listpack.Element
		m, pos = listpack.Read(b, pos)
		met[string(m.Text(scratch[:]))] = struct{}{}
	}
	if len(met) < n {
		return errTwice
	}
	return nil
}

// Rewrite emits the commands that rebuild a value.
func Rewrite(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
	var score [maxScore]byte
	z, b := Of(v), wire.NewBatch(emit, []byte("ZADD"), key)
	c := z.At(0)
	for ; c.OK(); c.Next() {
		if b.Add(b.Keep(resp.AppendDouble(score[:0], c.Score())), b.Keep(c.Member())) != nil {
			break
		}
	}
	return b.End()
}

// Copy makes an independent value with its members in a.
func Copy(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) keyspace.Value {
	if !v.Kind.IsObject() {
		return v
	}
	z := newLarge(a, Of(v).Len())
	z.addAll(Of(v), p)
	return keyspace.Value{Kind: v.Kind, Object: z}
}

// Digest feeds the content to a DEBUG DIGEST; xor is that of core.Digester.
func Digest(v keyspace.Value, xor func(parts ...[]byte)) {
	var text [maxScore]byte
	c := Of(v).At(0)
	for ; c.OK(); c.Next() {
		xor(c.Member(), resp.AppendDouble(text[:0], c.Score()))
	}
}
