package hyperloglog

import "encoding/binary"

// In the dense form each register has six bits. They follow each other from the
// lowest bit of a byte to the highest, so that six bytes, read as a
// little-endian number, hold eight registers, the first one lowest.

// register returns a register of a dense sketch.
func (s sketch) register(index int) uint8 {
	at, shift := headerSize+index*6/8, index*6%8
	x := uint(s[at]) >> shift
	if shift > 2 {
		x |= uint(s[at+1]) << (8 - shift)
	}
	return uint8(x & 63)
}

// setRegister sets a register of a dense sketch.
func (s sketch) setRegister(index int, rank uint8) {
	at, shift := headerSize+index*6/8, index*6%8
	s[at] = s[at]&^(63<<shift) | rank<<shift
	if shift > 2 {
		s[at+1] = s[at+1]&^(63>>(8-shift)) | rank>>(8-shift)
	}
}

// eight returns the eight registers that the six bytes at b hold.
func eight(b []byte) uint64 {
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

func (s sketch) countDense(h *histogram) {
	// Equal neighbours would wait for each other in one table.
	var odd histogram
	for b := s[headerSize:]; len(b) >= 6; b = b[6:] {
		x := eight(b)
		h[x&63]++
		odd[x>>6&63]++
		h[x>>12&63]++
		odd[x>>18&63]++
		h[x>>24&63]++
		odd[x>>30&63]++
		h[x>>36&63]++
		odd[x>>42&63]++
	}
	for rank, n := range odd {
		h[rank] += n
	}
}

func (s sketch) mergeDense(r *ranks) {
	b := s[headerSize:]
	for i := 0; i < registers; i += 8 {
		x := eight(b[i/8*6:])
		for j := range 8 {
			r[i+j] = max(r[i+j], uint8(x&63))
			x >>= 6
		}
	}
}

// pack sets all registers of a dense sketch.
func (s sketch) pack(r *ranks) {
	b := s[headerSize:]
	for i := 0; i < registers; i += 8 {
		x := uint64(0)
		for j := 7; j >= 0; j-- {
			x = x<<6 | uint64(r[i+j])
		}
		binary.LittleEndian.PutUint32(b[i/8*6:], uint32(x))
		binary.LittleEndian.PutUint16(b[i/8*6+4:], uint16(x>>32))
	}
}
