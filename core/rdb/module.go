package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Values of types that are not Redis's are laid out as Redis lays out those of its
// loadable modules (TypeModule2): the number of the type, then fields, each with a
// mark of its kind before it, then an end mark. So whoever does not know the type
// finds the end of a value (see Skipper) and the name of what it lacks.

// moduleAlphabet are the characters of the names of such types, and moduleNameLen is
// how many a name has. The number of a type holds them, six bits each, and a version
// in the bits below.
const (
	moduleAlphabet    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	moduleNameLen     = 9
	moduleVersionBits = 10
)

// MaxModuleVersion is the highest version of a type's layout.
const MaxModuleVersion = 1<<moduleVersionBits - 1

// ModuleID returns the number of a type with the version 0, which is that of every
// version but for the bits of MaxModuleVersion.
func ModuleID(name string) (uint64, error) {
	if len(name) != moduleNameLen {
		return 0, fmt.Errorf("the name %q in dumps has %d characters, and not %d", name, len(name), moduleNameLen)
	}
	id := uint64(0)
	for _, ch := range []byte(name) {
		i := strings.IndexByte(moduleAlphabet, ch)
		if i < 0 {
			return 0, fmt.Errorf("the name %q in dumps has a %q, and not only letters, digits, '-' and '_'", name, ch)
		}
		id = id<<6 | uint64(i)
	}
	return id << moduleVersionBits, nil
}

// ModuleName returns the name of a type from its number.
func ModuleName(id uint64) string {
	var name [moduleNameLen]byte
	id >>= moduleVersionBits
	for i := len(name) - 1; i >= 0; i-- {
		name[i] = moduleAlphabet[id&63]
		id >>= 6
	}
	return string(name[:])
}

// The marks before each field.
const (
	moduleEOF = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleString
)

// FieldWriter writes the fields of a value. Redis's modules write the same with the
// functions of its module API that save values, so a type may be known to both servers.
type FieldWriter struct{ w *Writer }

// Module writes a value of the type with the number id, whose low bits are the version
// of its layout.
func (w *Writer) Module(id uint64, fields func(w *FieldWriter)) {
	w.Begin(TypeModule2)
	w.Len(id)
	fields(&FieldWriter{w})
	w.Len(moduleEOF)
}

// Uint writes a number.
func (w *FieldWriter) Uint(n uint64) {
	w.w.Len(moduleUnsigned)
	w.w.Len(n)
}

// Int writes a number that may be negative, as Redis does: under the mark of those
// that are not.
func (w *FieldWriter) Int(n int64) { w.Uint(uint64(n)) }

// String writes bytes.
func (w *FieldWriter) String(s []byte) {
	w.w.Len(moduleString)
	w.w.String(s)
}

// Double writes a floating-point number.
func (w *FieldWriter) Double(f float64) {
	w.w.Len(moduleDouble)
	w.w.BinaryDouble(f)
}

// Float writes a floating-point number of 32 bits.
func (w *FieldWriter) Float(f float32) {
	w.w.Len(moduleFloat)
	w.w.Raw(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
}

// FieldReader reads the fields of a value in the order in which they were written. As
// with Reader, the first error sticks and everything after it is zero. Its input is
// foreign: no number in it is to be believed.
type FieldReader struct {
	r       *Reader
	version int
}

// ReadModule begins to read a value: its type's number.
func ReadModule(r *Reader) FieldReader {
	return FieldReader{r, int(r.Len() & MaxModuleVersion)}
}

// Version returns that of the layout which the value was written in.
func (r *FieldReader) Version() int { return r.version }

// Err returns the first error.
func (r *FieldReader) Err() error { return r.r.Err() }

// Failf makes what the decoder finds wrong itself the error, unless there is one.
func (r *FieldReader) Failf(format string, args ...any) { r.r.Failf(format, args...) }

// smallestField is the least that a field takes: its mark, and a length.
const smallestField = 2

// Count reads a number that Uint has written and that says how many elements follow, of at least one field
// each. More than can be there is an error, so the result may be used to allocate.
func (r *FieldReader) Count() int {
	r.mark(moduleUnsigned, moduleSigned)
	return r.r.Count(smallestField)
}

// Uint reads a number.
func (r *FieldReader) Uint() uint64 {
	r.mark(moduleUnsigned, moduleSigned)
	return r.r.Len()
}

// Int reads a number that may be negative.
func (r *FieldReader) Int() int64 { return int64(r.Uint()) }

// String reads bytes, which last no longer than the call of the decoder: what is kept
// is copied.
func (r *FieldReader) String() []byte {
	r.mark(moduleString, moduleString)
	return r.r.String()
}

// Double reads a floating-point number. It may be NaN.
func (r *FieldReader) Double() float64 {
	r.mark(moduleDouble, moduleDouble)
	return r.r.BinaryDouble()
}

// Float reads a floating-point number of 32 bits. It may be NaN.
func (r *FieldReader) Float() float32 {
	r.mark(moduleFloat, moduleFloat)
	return math.Float32frombits(r.r.Uint32())
}

// End reads the end mark: fields that nobody has read are an error.
func (r *FieldReader) End() { r.mark(moduleEOF, moduleEOF) }

// fieldNames are the kinds of fields in errors.
var fieldNames = [...]string{"the end of the value", "a number", "a number", "a float", "a double", "a string"}

// mark reads the mark of a field, which may be one of two.
func (r *FieldReader) mark(want, or uint64) {
	switch got := r.r.Len(); {
	case r.r.Err() != nil || got == want || got == or:
	case got >= uint64(len(fieldNames)):
		r.Failf("unknown element %d in a module's value", got)
	default:
		r.Fail(errors.New(fieldNames[got] + " where " + fieldNames[want] + " should be"))
	}
}

// Fail makes err the error, unless there is one.
func (r *FieldReader) Fail(err error) { r.r.Fail(err) }
