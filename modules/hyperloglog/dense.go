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

// mergeDense raises ranks, eight at a time: the bytes of a word are compared by a subtraction
// of which no byte borrows from the next, since ranks are below 64.
func (s sketch) mergeDense(r *ranks) {
	for b, to := s[headerSize:], r[:]; len(b) >= 6 && len(to) >= 8; b, to = b[6:], to[8:] {
		const high = 0x8080808080808080
		x, y := binary.LittleEndian.Uint64(to), spread(eight(b))
		larger := (x | high) - y
		larger &= high // where x is not less
		larger |= larger - larger>>7
		binary.LittleEndian.PutUint64(to, x&larger|y&^larger)
	}
}

// spread gives each of eight registers a byte, by halves, quarters and eighths.
func spread(x uint64) uint64 {
	x = x&0x000000ffffff | x&0xffffff000000<<8
	x = x&0x00000fff00000fff | x&0x00fff00000fff000<<4
	return x&0x003f003f003f003f | x&0x0fc00fc00fc00fc0<<2
}

// gather is the reverse of spread.
func gather(x uint64) uint64 {
	x = x&0x003f003f003f003f | x>>2&0x0fc00fc00fc00fc0
	x = x&0x00000fff00000fff | x>>4&0x00fff00000fff000
	return x&0x000000ffffff | x>>8&0xffffff000000
}

// pack sets all registers of a dense sketch.
func (s sketch) pack(r *ranks) {
	for b, from := s[headerSize:], r[:]; len(b) >= 6 && len(from) >= 8; b, from = b[6:], from[8:] {
		x := gather(binary.LittleEndian.Uint64(from))
		binary.LittleEndian.PutUint32(b, uint32(x))
		binary.LittleEndian.PutUint16(b[4:], uint16(x>>32))
	}
}
