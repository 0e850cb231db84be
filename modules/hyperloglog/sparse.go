package hyperloglog

import "slices"

// In the sparse form the registers are runs of equal ones:
//
//	00nnnnnn            n+1 zeros
//	01nnnnnn nnnnnnnn   n+1 zeros, n in big-endian order
//	1vvvvvnn            n+1 registers of rank v+1
//
// together 16384 registers. Which runs these are depends on the order in which
// registers were raised, and is made to be the same as in Redis.

const (
	maxSparseRank = 32
	maxShortZeros = 64
	maxRanked     = 4
)

// run is some registers of the same rank.
type run struct {
	rank  uint8
	count int // how many registers
	size  int // how many bytes it takes
}

// runAt reads the run at position at; ok is false behind the last one.
func (s sketch) runAt(at int) (r run, ok bool) {
	if at >= len(s) {
		return run{}, false
	}
	switch x := s[at]; {
	case x&0x80 != 0:
		return run{rank: x>>2&31 + 1, count: int(x&3) + 1, size: 1}, true
	case x&0x40 == 0:
		return run{count: int(x) + 1, size: 1}, true
	case at+1 == len(s):
		return run{}, false // cut in the middle: then the runs do not add up
	default:
		return run{count: int(x&63)<<8 + int(s[at+1]) + 1, size: 2}, true
	}
}

func appendRun(b []byte, rank uint8, count int) []byte {
	switch n := count - 1; {
	case count == 0:
		return b
	case rank > 0:
		return append(b, ranked(rank, count))
	case count <= maxShortZeros:
		return append(b, byte(n))
	default:
		return append(b, 0x40|byte(n>>8), byte(n))
	}
}

// ranked is the run of up to four registers of a rank.
func ranked(rank uint8, count int) byte { return 0x80 | (rank-1)<<2 | byte(count-1) }

// place is the run that a register is in.
type place struct {
	run
	at    int // where it is in the sketch
	prev  int // where the run before it is; the same if there is none
	first int // its first register
}

// locate finds the run of a register. What follows it is not looked at.
func (s sketch) locate(index int) (place, error) {
	at, prev, first := headerSize, headerSize, 0
	for at < len(s) {
		// What runAt does for short runs, which are nearly all; zeros and ranks
		// alternate at random, so that a table is faster than a branch.
		count, size := int(counts[s[at]]), 1
		if count == 0 {
			r, ok := s.runAt(at)
			if !ok {
				break
			}
			count, size = r.count, r.size
		}
		if index < first+count {
			r, _ := s.runAt(at)
			return place{run: r, at: at, prev: prev, first: first}, nil
		}
		prev = at
		at += size
		first += count
	}
	return place{}, errCorrupt
}

// counts are the lengths of the runs of one byte, by that byte; 0 for others.
var counts = shortRuns()

func shortRuns() (counts [256]uint8) {
	for x := range counts {
		if r, ok := (sketch{byte(x)}).runAt(0); ok {
			counts[x] = uint8(r.count)
		}
	}
	return counts
}

// raiseSparse gives a register, which is at p and lower, a rank. If the sketch
// became longer and exceeded limit, it is left as it was and ok is false.
func (s sketch) raiseSparse(p place, index int, rank uint8, limit int64) (_ sketch, ok bool) {
	var room [5]byte
	runs := appendRun(room[:0], p.rank, index-p.first)
	runs = appendRun(runs, rank, 1)
	runs = appendRun(runs, p.rank, p.first+p.count-1-index)
	if more := len(runs) - p.size; more > 0 && int64(len(s)+more) > limit {
		return s, false
	}
	s = slices.Replace(s, p.at, p.at+p.size, runs...)
	return s.join(p.prev), true
}

// join makes one run of neighbours with the same rank, where one has room for
// them, among the five runs from position at on. These are as many as raising
// one register can have made joinable.
func (s sketch) join(at int) sketch {
	for range 5 {
		r, ok := s.runAt(at)
		if !ok {
			break
		}
		next, ok := s.runAt(at + r.size)
		if ok && r.rank > 0 && r.rank == next.rank && r.count+next.count <= maxRanked {
			s[at] = ranked(r.rank, r.count+next.count)
			s = slices.Delete(s, at+1, at+2)
			continue // perhaps with the next one too
		}
		at += r.size
	}
	return s
}

func (s sketch) countSparse(h *histogram) error {
	index := 0
	for at := headerSize; at < len(s); {
		r, ok := s.runAt(at)
		if index += r.count; !ok || index > registers {
			return errCorrupt
		}
		h[r.rank] += r.count
		at += r.size
	}
	return complete(index)
}

func (s sketch) mergeSparse(all *ranks) error {
	index := 0
	for at := headerSize; at < len(s); {
		r, ok := s.runAt(at)
		if !ok || index+r.count > registers {
			return errCorrupt
		}
		if r.rank > 0 {
			for i := index; i < index+r.count; i++ {
				all[i] = max(all[i], r.rank)
			}
		}
		index += r.count
		at += r.size
	}
	return complete(index)
}

// complete is the verdict on runs that end at a register.
func complete(index int) error {
	if index != registers {
		return errCorrupt
	}
	return nil
}
