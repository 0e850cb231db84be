// Package cmsgpack is MessagePack as Redis's lua-cmsgpack reads and writes it.
// Values are of whatever type the caller has: a Maker makes them and a Reader
// looks into them, so that the package knows no VM.
package cmsgpack

import (
	"encoding/binary"
	"errors"
	"math"
)

// Kind is what packing distinguishes; everything else is packed as nil.
type Kind int

const (
	Nil Kind = iota
	Boolean
	Number
	String
	Table
)

// Reader looks into values.
type Reader[V any] interface {
	Kind(v V) Kind
	Bool(v V) bool
	Number(v V) float64
	String(v V) string
	Len(table V) int
	Index(table V, i int) V
	// List is what is in a table that has elements without holes and nothing else;
	// empty if it is not known to be one.
	List(table V) []V
	// Fields are what is in a table that has some fields whose names are strings, none of
	// them nil, and nothing else; empty if it is not known to be one.
	Fields(table V) (names, values []V)
	// Each calls f for every pair of a table, and ends with f's error.
	Each(table V, f func(key, value V) error) error
	// Spend is told of work done; an error ends the packing.
	Spend(steps int) error
}

// Maker makes values.
type Maker[V any] interface {
	Nil() V
	Bool(b bool) V
	Number(f float64) V
	String(s string) V
	// Array makes a table of elements, which it copies.
	Array(elements []V) V
	// Object makes a table of pairs, keys and values in turn, which it copies.
	Object(pairs []V) V
	// Key refuses a key that no table takes.
	Key(key V) error
	// Spend is told of work done; an error ends the unpacking.
	Spend(steps int) error
}

const (
	packNesting   = 16   // tables deeper than this are packed as nil
	unpackNesting = 2000 // about where Lua's stack overflows
)

// What Unpack refuses.
var (
	ErrMissing = errors.New("Missing bytes in input.")
	ErrFormat  = errors.New("Bad data format in input.")
	ErrDepth   = errors.New("stack overflow (in function mp_decode_to_lua_array)")
	ErrTooLong = errors.New("not enough memory")
)

var big = binary.BigEndian

// Pack appends v to b, of at most limit bytes (0: any number).
func Pack[V any](b []byte, v V, r Reader[V], limit int) ([]byte, error) {
	p := packer[V]{r, b, limit}
	err := p.value(v, 0)
	return p.b, err
}

type packer[V any] struct {
	r     Reader[V]
	b     []byte
	limit int
}

func (p *packer[V]) value(v V, level int) error {
	if p.limit > 0 && len(p.b) > p.limit {
		return ErrTooLong
	}
	if err := p.r.Spend(1); err != nil {
		return err
	}
	switch kind := p.r.Kind(v); {
	case kind == String:
		p.string(p.r.String(v))
	case kind == Boolean && p.r.Bool(v):
		p.b = append(p.b, 0xc3)
	case kind == Boolean:
		p.b = append(p.b, 0xc2)
	case kind == Number:
		p.number(p.r.Number(v))
	case kind == Table && level < packNesting:
		return p.table(v, level)
	default:
		p.b = append(p.b, 0xc0)
	}
	return nil
}

func (p *packer[V]) string(s string) {
	switch n := len(s); {
	case n < 32:
		p.b = append(p.b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		p.b = append(p.b, 0xd9, byte(n))
	case n <= math.MaxUint16:
		p.b = big.AppendUint16(append(p.b, 0xda), uint16(n))
	default:
		p.b = big.AppendUint32(append(p.b, 0xdb), uint32(n))
	}
	p.b = append(p.b, s...)
}

func (p *packer[V]) number(f float64) {
	if f >= -1<<63 && f < 1<<63 && float64(int64(f)) == f {
		p.int(int64(f))
		return
	}
	if single := float32(f); float64(single) == f {
		p.b = big.AppendUint32(append(p.b, 0xca), math.Float32bits(single))
	} else {
		p.b = big.AppendUint64(append(p.b, 0xcb), math.Float64bits(f))
	}
}

func (p *packer[V]) int(n int64) {
	switch {
	case n >= -32 && n <= math.MaxInt8:
		p.b = append(p.b, byte(n))
	case n >= 0 && n <= math.MaxUint8:
		p.b = append(p.b, 0xcc, byte(n))
	case n >= 0 && n <= math.MaxUint16:
		p.b = big.AppendUint16(append(p.b, 0xcd), uint16(n))
	case n >= 0 && n <= math.MaxUint32:
		p.b = big.AppendUint32(append(p.b, 0xce), uint32(n))
	case n >= 0:
		p.b = big.AppendUint64(append(p.b, 0xcf), uint64(n))
	case n >= math.MinInt8:
		p.b = append(p.b, 0xd0, byte(n))
	case n >= math.MinInt16:
		p.b = big.AppendUint16(append(p.b, 0xd1), uint16(n))
	case n >= math.MinInt32:
		p.b = big.AppendUint32(append(p.b, 0xd2), uint32(n))
	default:
		p.b = big.AppendUint64(append(p.b, 0xd3), uint64(n))
	}
}

func (p *packer[V]) table(v V, level int) error {
	if list := p.r.List(v); len(list) > 0 {
		p.header(0x90, 0xdc, len(list))
		for _, x := range list {
			if err := p.value(x, level+1); err != nil {
				return err
			}
		}
		return nil
	}
	if names, values := p.r.Fields(v); len(names) > 0 {
		p.header(0x80, 0xde, len(names))
		for i, name := range names {
			p.string(p.r.String(name))
			if err := p.value(values[i], level+1); err != nil {
				return err
			}
		}
		return p.r.Spend(len(names))
	}
	array, count, err := p.isArray(v)
	if err != nil {
		return err
	}
	if !array {
		p.header(0x80, 0xde, count)
		return p.r.Each(v, func(key, value V) error {
			if err := p.value(key, level+1); err != nil {
				return err
			}
			return p.value(value, level+1)
		})
	}
	n := p.r.Len(v)
	p.header(0x90, 0xdc, n)
	for i := 1; i <= n; i++ {
		if err := p.value(p.r.Index(v, i), level+1); err != nil {
			return err
		}
	}
	return nil
}

// isArray reports whether the keys are 1 to n, and how many there are.
func (p *packer[V]) isArray(v V) (array bool, count int, err error) {
	array = true
	most := 0.0
	err = p.r.Each(v, func(key, _ V) error {
		count++
		if array = array && p.r.Kind(key) == Number; array {
			k := p.r.Number(key)
			array = k > 0 && math.Floor(k) == k
			most = max(most, k)
		}
		return nil
	})
	return array && most == float64(count), count, err
}

// header opens an array or a map: small is the byte for up to 15 elements, long
// the one for 16 bits, which is followed by the one for 32.
func (p *packer[V]) header(small, long byte, n int) {
	switch {
	case n <= 15:
		p.b = append(p.b, small|byte(n))
	case n <= math.MaxUint16:
		p.b = big.AppendUint16(append(p.b, long), uint16(n))
	default:
		p.b = big.AppendUint32(append(p.b, long+1), uint32(n))
	}
}

// Unpack reads the value at the beginning of s and tells how long it is.
func Unpack[V any](s string, m Maker[V]) (v V, n int, err error) {
	u := unpacker[V]{m: m, s: s}
	v, err = u.value(0)
	return v, len(s) - len(u.s), err
}

type unpacker[V any] struct {
	m     Maker[V]
	s     string
	stack []V // what is within the tables that are being read
}

// take removes n bytes from the input.
func (u *unpacker[V]) take(n uint64) (string, error) {
	if n > uint64(len(u.s)) {
		return "", ErrMissing
	}
	s := u.s[:n]
	u.s = u.s[n:]
	return s, nil
}

// uint reads an unsigned integer of n bytes.
func (u *unpacker[V]) uint(n int) (uint64, error) {
	s, err := u.take(uint64(n))
	v := uint64(0)
	for i := 0; i < len(s); i++ {
		v = v<<8 | uint64(s[i])
	}
	return v, err
}

func (u *unpacker[V]) value(depth int) (v V, err error) {
	if depth > unpackNesting {
		return v, ErrDepth
	}
	if err := u.m.Spend(1); err != nil {
		return v, err
	}
	s, err := u.take(1)
	if err != nil {
		return v, err
	}
	switch c := s[0]; {
	case c < 0x80 || c >= 0xe0:
		return u.m.Number(float64(int8(c))), nil
	case c < 0x90:
		return u.dict(uint64(c&15), depth)
	case c < 0xa0:
		return u.array(uint64(c&15), depth)
	case c < 0xc0:
		return u.string(uint64(c & 31))
	case c == 0xc0:
		return u.m.Nil(), nil
	case c == 0xc2 || c == 0xc3:
		return u.m.Bool(c == 0xc3), nil
	case c >= 0xca && c <= 0xd3:
		return u.number(c)
	case c >= 0xd9:
		size := 0
		switch c {
		case 0xd9:
			size = 1
		case 0xda, 0xdc, 0xde:
			size = 2
		default:
			size = 4
		}
		n, err := u.uint(size)
		switch {
		case err != nil:
			return v, err
		case c <= 0xdb:
			return u.string(n)
		case c <= 0xdd:
			return u.array(n, depth)
		}
		return u.dict(n, depth)
	}
	return v, ErrFormat
}

func (u *unpacker[V]) number(c byte) (v V, err error) {
	size := [...]int{4, 8, 1, 2, 4, 8, 1, 2, 4, 8}[c-0xca]
	n, err := u.uint(size)
	if err != nil {
		return v, err
	}
	f := 0.0
	switch {
	case c == 0xca:
		f = float64(math.Float32frombits(uint32(n)))
	case c == 0xcb:
		f = math.Float64frombits(n)
	case c <= 0xcf:
		f = float64(n)
	default:
		shift := 64 - 8*size
		f = float64(int64(n<<shift) >> shift)
	}
	return u.m.Number(f), nil
}

func (u *unpacker[V]) string(n uint64) (v V, err error) {
	s, err := u.take(n)
	if err != nil {
		return v, err
	}
	return u.m.String(s), nil
}

func (u *unpacker[V]) array(n uint64, depth int) (v V, err error) {
	base := len(u.stack)
	for ; n > 0; n-- {
		x, err := u.value(depth + 1)
		if err != nil {
			return v, err
		}
		u.stack = append(u.stack, x)
	}
	v = u.m.Array(u.stack[base:])
	u.stack = u.stack[:base]
	return v, nil
}

func (u *unpacker[V]) dict(n uint64, depth int) (v V, err error) {
	base := len(u.stack)
	for ; n > 0; n-- {
		key, err := u.value(depth + 1)
		if err != nil {
			return v, err
		}
		x, err := u.value(depth + 1)
		if err != nil {
			return v, err
		}
		if err := u.m.Key(key); err != nil {
			return v, err
		}
		u.stack = append(u.stack, key, x)
	}
	v = u.m.Object(u.stack[base:])
	u.stack = u.stack[:base]
	return v, nil
}
