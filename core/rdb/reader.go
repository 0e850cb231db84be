package rdb

import "errors"

// ErrShort is the error for input that ends too early.
var ErrShort = errors.New("unexpected end of data")

// Reader decodes the elements of a dump from memory. Its first error sticks;
// after it every method returns zero values. Declared lengths are checked
// against what is left before anything is allocated.
type Reader struct {
	b   []byte
	off int
	err error
}

// NewReader reads from b, which must not change meanwhile.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Offset returns how many bytes were read.
func (r *Reader) Offset() int { return r.off }

// Left returns how many bytes are left.
func (r *Reader) Left() int { return len(r.b) - r.off }
