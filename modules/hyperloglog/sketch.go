package hyperloglog

import (
	"encoding/binary"

	"github.com/ferrousdb/ferrous/core"
)

// sketch is a HyperLogLog as Redis stores it:
//
//	byte 0   "HYLL"
//	byte 4   form: 0 dense, 1 sparse
//	byte 5   3 bytes without a meaning
//	byte 8   8 bytes: the cardinality as last computed, little-endian; the
//	         highest bit is set when registers have changed since
//	byte 16  16384 registers, see dense.go and sparse.go
//
// A valid one may still be sparse with runs that do not add up: those who read
// them find out.
type sketch []byte

const (
	registers  = 1 << indexBits
	headerSize = 16
	denseSize  = headerSize + registers*6/8
)

const (
	formAt = 4
	cardAt = 8

	formDense  = 0
	formSparse = 1
)

// staleCard marks in the last byte of the cardinality that it is out of date.
const staleCard = 0x80

var (
	errNotSketch = error(core.Error{Code: "WRONGTYPE", Text: "Key is not a valid HyperLogLog string value."})
	errCorrupt   = error(core.Error{Code: "INVALIDOBJ", Text: "Corrupted HLL object detected"})
)

// appendEmpty appends a sketch that has seen nothing: one run of zeros.
func appendEmpty(b []byte) sketch {
	return append(b, "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"...)
}

func (s sketch) valid() bool {
	return len(s) >= headerSize && string(s[:4]) == "HYLL" &&
		(s[formAt] == formSparse || s[formAt] == formDense && len(s) == denseSize)
}

func (s sketch) dense() bool { return s[formAt] == formDense }

// cached returns the cardinality, if it is known.
func (s sketch) cached() (card uint64, ok bool) {
	return binary.LittleEndian.Uint64(s[cardAt:]), s[headerSize-1]&staleCard == 0
}

// cache stores the cardinality.
func (s sketch) cache(card uint64) { binary.LittleEndian.PutUint64(s[cardAt:], card) }

// changed forgets the cardinality.
func (s sketch) changed() { s[headerSize-1] |= staleCard }

// raise makes a register at least rank. The result is s, changed in place or
// longer, as with append; or, when a sparse one would be longer than limit or
// the rank does not fit there, a dense one. s is not to be used afterwards,
// unless there was an error, which leaves it as it was.
func (s sketch) raise(index int, rank uint8, limit int64) (_ sketch, raised bool, err error) {
	if !s.dense() {
		if rank <= maxSparseRank {
			at, err := s.locate(index)
			if err != nil || at.rank >= rank {
				return s, false, err
			}
			if s, ok := s.raiseSparse(at, index, rank, limit); ok {
				return s, true, nil
			}
		}
		if s, err = s.toDense(); err != nil {
			return nil, false, err
		}
	}
	if s.register(index) >= rank {
		return s, false, nil
	}
	s.setRegister(index, rank)
	return s, true, nil
}

// toDense returns a new dense sketch of the same registers and header.
func (s sketch) toDense() (sketch, error) {
	var all ranks
	if err := s.mergeInto(&all); err != nil {
		return nil, err
	}
	return s.withRanks(&all), nil
}

// withRanks returns a new dense sketch with the header of s and these registers.
func (s sketch) withRanks(all *ranks) sketch {
	dense := make(sketch, denseSize)
	copy(dense, s[:headerSize])
	dense[formAt] = formDense
	dense.pack(all)
	return dense
}

// ranks are all registers, a byte each.
type ranks [registers]uint8

// count adds all registers to h. Of few elements most registers are zero. Equal ones that
// follow each other would wait for each other in one table.
func (r *ranks) count(h *histogram) {
	var tables [4]histogram
	for b := r[:]; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		if x == 0 {
			h[0] += 8
			continue
		}
		tables[0][x&63]++
		tables[1][x>>8&63]++
		tables[2][x>>16&63]++
		tables[3][x>>24&63]++
		tables[0][x>>32&63]++
		tables[1][x>>40&63]++
		tables[2][x>>48&63]++
		tables[3][x>>56&63]++
	}
	for i := range tables {
		for rank, n := range tables[i] {
			h[rank] += n
		}
	}
}

// mergeInto raises ranks to those of s. After an error some of them are.
func (s sketch) mergeInto(r *ranks) error {
	if s.dense() {
		s.mergeDense(r)
		return nil
	}
	return s.mergeSparse(r)
}

// cardinality estimates how many different elements s has seen.
func (s sketch) cardinality() (uint64, error) {
	var h histogram
	if s.dense() {
		s.countDense(&h)
	} else if err := s.countSparse(&h); err != nil {
		return 0, err
	}
	return h.estimate(), nil
}

// spare is the room worth keeping behind a sketch.
func (s sketch) spare() int {
	if s.dense() {
		return 0
	}
	return min(len(s), 300)
}
