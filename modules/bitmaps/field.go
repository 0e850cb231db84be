package bitmaps

import "encoding/binary"

// field is an integer inside a string: bits wide, from the bit at offset on,
// its highest bit first. Unsigned ones have at most 63 bits, so that all values
// are int64.
type field struct {
	offset int64
	bits   uint8 // 1 to 64
	signed bool
}

// last is the position of the field's last bit.
func (f field) last() int64 { return f.offset + int64(f.bits) - 1 }

// window is the nine bytes that hold any field, as 64 bits from the field's
// first one on; what lies behind data is zero.
func (f field) window(data []byte) (w uint64, buf [9]byte) {
	if at := f.offset >> 3; at < int64(len(data)) {
		copy(buf[:], data[at:])
	}
	skip := f.offset & 7
	return binary.BigEndian.Uint64(buf[:])<<skip | uint64(buf[8])>>(8-skip), buf
}

// load reads the field.
func (f field) load(data []byte) int64 {
	w, _ := f.window(data)
	return f.extend(w >> (64 - f.bits))
}

// extend makes a value of the lowest bits of x.
func (f field) extend(x uint64) int64 {
	unused := 64 - f.bits
	if f.signed {
		return int64(x<<unused) >> unused
	}
	return int64(x << unused >> unused)
}

// store writes the lowest bits of v into the field, all of which data holds.
func (f field) store(data []byte, v int64) {
	w, buf := f.window(data)
	unused := 64 - f.bits
	w = w<<f.bits>>f.bits | uint64(v)<<unused
	skip := f.offset & 7
	kept := ^(^uint64(0) >> skip) // bits of the first byte that are before the field
	binary.BigEndian.PutUint64(buf[:], binary.BigEndian.Uint64(buf[:])&kept|w>>skip)
	buf[8] = buf[8]&(0xff>>skip) | byte(w<<(8-skip))
	copy(data[f.offset>>3:], buf[:])
}

// overflow says what becomes of a number that a field has no room for.
type overflow uint8

const (
	wrap     overflow = iota // its lowest bits are kept
	saturate                 // it becomes the nearest one that there is room for
	fail                     // nothing is written
)

// sum returns value plus incr as it is to be stored; ok is false if it must not
// be. Of both at most one is out of the field's bounds, the other being 0.
func (f field) sum(value, incr int64, o overflow) (sum int64, ok bool) {
	low, high := f.bounds()
	sum = value + incr
	carry := (sum < value) != (incr < 0) // out of 64 bits already
	// A negative number set into an unsigned field counts as a huge one.
	above := carry && incr > 0 || !carry && sum > high || !f.signed && value < 0
	below := !above && (carry || sum < low)
	switch {
	case !above && !below:
		return sum, true
	case o == wrap:
		return f.extend(uint64(sum)), true
	case o == fail:
		return 0, false
	case above:
		return high, true
	}
	return low, true
}

// bounds are the smallest and the largest value.
func (f field) bounds() (low, high int64) {
	if f.signed {
		high = 1<<(f.bits-1) - 1
		return -high - 1, high
	}
	return 0, 1<<f.bits - 1
}
