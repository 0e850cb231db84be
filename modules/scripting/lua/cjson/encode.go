package cjson

import (
	"errors"
	"fmt"
	"math"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// Kind is what encoding distinguishes.
type Kind int

const (
	Other Kind = iota // cannot be encoded
	Nothing
	Boolean
	Number
	String
	Table
)

// Reader looks into values.
type Reader[V any] interface {
	Kind(v V) Kind
	TypeName(v V) string // for texts of errors
	Bool(v V) bool
	Number(v V) float64
	String(v V) string
	// Each calls f for every pair of a table, and ends with f's error.
	Each(table V, f func(key, value V) error) error
	Index(table V, i int) V
	// List is what is in a table that has elements without holes and nothing else;
	// empty if it is not known to be one.
	List(table V) []V
	// Fields are what is in a table that has some fields whose names are strings, none of
	// them nil, and nothing else; empty if it is not known to be one.
	Fields(table V) (names, values []V)
	// Spend is told of work done; an error ends the encoding.
	Spend(steps int) error
}

// ErrTooLong is the error for a result beyond Config.MaxBytes.
var ErrTooLong = errors.New("not enough memory")

type encoder[V any] struct {
	cfg *Config
	r   Reader[V]
	b   []byte
}

// Encode appends v as JSON to b.
func Encode[V any](b []byte, v V, cfg *Config, r Reader[V]) ([]byte, error) {
	e := encoder[V]{cfg: cfg, r: r, b: b}
	err := e.value(v, 0)
	return e.b, err
}

func (e *encoder[V]) refuse(v V, reason string) error {
	return fmt.Errorf("Cannot serialise %s: %s", e.r.TypeName(v), reason)
}

func (e *encoder[V]) value(v V, depth int) error {
	if e.cfg.MaxBytes > 0 && len(e.b) > e.cfg.MaxBytes {
		return ErrTooLong
	}
	switch e.r.Kind(v) {
	case String:
		e.string(e.r.String(v))
	case Number:
		return e.number(v)
	case Boolean:
		if e.r.Bool(v) {
			e.b = append(e.b, "true"...)
		} else {
			e.b = append(e.b, "false"...)
		}
	case Nothing:
		e.b = append(e.b, "null"...)
	case Table:
		return e.table(v, depth+1)
	default:
		return e.refuse(v, "type not supported")
	}
	return nil
}

func (e *encoder[V]) table(v V, depth int) error {
	if depth > e.cfg.EncodeDepth {
		return fmt.Errorf("Cannot serialise, excessive nesting (%d)", depth)
	}
	if list := e.r.List(v); len(list) > 0 {
		return e.list(list, depth)
	}
	if names, values := e.r.Fields(v); len(names) > 0 {
		return e.fields(names, values, depth)
	}
	n, err := e.length(v)
	if err != nil {
		return err
	}
	if n > 0 {
		return e.array(v, n, depth)
	}
	return e.object(v, depth)
}

var errObject = errors.New("an object")

// length is how long an array the table is, -1 if it is an object.
func (e *encoder[V]) length(v V) (int, error) {
	most, items := 0.0, 0
	err := e.r.Each(v, func(key, _ V) error {
		if e.r.Kind(key) != Number {
			return errObject
		}
		k := e.r.Number(key)
		if k < 1 || math.Floor(k) != k {
			return errObject
		}
		most = max(most, k)
		items++
		return nil
	})
	if err == errObject {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	if err := e.r.Spend(items); err != nil {
		return 0, err
	}
	if e.cfg.SparseRatio > 0 && most > float64(items)*float64(e.cfg.SparseRatio) && most > float64(e.cfg.SparseSafe) {
		if !e.cfg.SparseConvert {
			return 0, e.refuse(v, "excessively sparse array")
		}
		return -1, nil
	}
	return int(most), nil
}

func (e *encoder[V]) list(list []V, depth int) error {
	e.b = append(e.b, '[')
	for i, x := range list {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		if err := e.value(x, depth); err != nil {
			return err
		}
	}
	e.b = append(e.b, ']')
	return e.r.Spend(len(list))
}

func (e *encoder[V]) fields(names, values []V, depth int) error {
	e.b = append(e.b, '{')
	for i, name := range names {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.string(e.r.String(name))
		e.b = append(e.b, ':')
		if err := e.value(values[i], depth); err != nil {
			return err
		}
	}
	e.b = append(e.b, '}')
	return e.r.Spend(len(names))
}

func (e *encoder[V]) array(v V, n, depth int) error {
	e.b = append(e.b, '[')
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.b = append(e.b, ',')
		}
		if err := e.value(e.r.Index(v, i), depth); err != nil {
			return err
		}
	}
	e.b = append(e.b, ']')
	return nil
}

func (e *encoder[V]) object(v V, depth int) error {
	e.b = append(e.b, '{')
	first := true
	err := e.r.Each(v, func(key, value V) error {
		if !first {
			e.b = append(e.b, ',')
		}
		first = false
		switch e.r.Kind(key) {
		case Number:
			e.b = append(e.b, '"')
			if err := e.number(key); err != nil {
				return err
			}
			e.b = append(e.b, '"', ':')
		case String:
			e.string(e.r.String(key))
			e.b = append(e.b, ':')
		default:
			return e.refuse(key, "table key must be a number or string")
		}
		return e.value(value, depth)
	})
	e.b = append(e.b, '}')
	return err
}

func (e *encoder[V]) number(v V) error {
	f := e.r.Number(v)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		switch e.cfg.EncodeInvalid {
		case Refuse:
			return e.refuse(v, "must not be NaN or Inf")
		case Null:
			e.b = append(e.b, "null"...)
			return nil
		}
		if math.IsNaN(f) {
			e.b = append(e.b, "nan"...)
			return nil
		}
	}
	if e.cfg.Precision == 14 {
		e.b = number.Append(e.b, f)
	} else {
		e.b = number.AppendG(e.b, f, e.cfg.Precision)
	}
	return nil
}

const hex = "0123456789abcdef"

func (e *encoder[V]) string(s string) {
	b := append(e.b, '"')
	begin := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != '/' && c != 127 {
			continue
		}
		b = append(b, s[begin:i]...)
		begin = i + 1
		switch c {
		case '"', '\\', '/':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	e.b = append(append(b, s[begin:]...), '"')
}
