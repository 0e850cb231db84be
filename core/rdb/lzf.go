package rdb

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// LZF, the compression of Redis's strings, is a sequence of two things:
//
//	000nnnnn  bytes                     n+1 bytes as they are (1 to 32)
//	lllooooo  [length]  offset          a copy of earlier output
//
// A copy's length is lll+2, or 9 plus the length byte if lll is 7 (3 to 264
// bytes); it begins ooooo·256 + offset + 1 bytes back (1 to 8192), and may
// overlap what it produces.
const (
	lzfMaxLiteral = 1 << 5
	lzfMinCopy    = 3
	lzfMaxCopy    = 7 + 255 + 2
	lzfMaxOffset  = 1 << 13
)

// lzfMaxRatio bounds what a compressed byte can become: a copy of 264 bytes
// takes three. A declared length beyond it is a lie.
const lzfMaxRatio = lzfMaxCopy / 3

var errLZF = errors.New("corrupt LZF data")

// AppendLZF appends src in compressed form. It gives up, returning false and
// dst as it was, when that would take more than limit bytes.
func AppendLZF(dst, src []byte, limit int) ([]byte, bool) {
	// The table must be cleared for each call: a short string gets a small one.
	if len(src) <= 1024 {
		var table [1 << 9]uint16
		return appendLZF(dst, src, limit, &table)
	}
	var table [1 << 13]uint16
	return appendLZF(dst, src, limit, &table)
}

// lzfTable maps a hash of three bytes to the low 16 bits of their last place.
// That names one place within reach, because the reach is 13 bits; whether the
// bytes there are the right ones is compared, so neither collisions, stale
// entries nor the zeros of the beginning need care.
type lzfTable interface {
	[1 << 9]uint16 | [1 << 13]uint16
}

// appendLZF is greedy: at each place it takes the latest earlier occurrence of
// the next three bytes that the table remembers, as far as it goes.
func appendLZF[T lzfTable](dst, src []byte, limit int, table *T) ([]byte, bool) {
	end := len(dst) + limit
	out := dst
	literal := 0 // where the bytes begin that no copy covers
	for {
		i, back := repetition(src, literal, table)
		if back == 0 {
			break
		}
		n := matchLen(src, i, back)
		out = appendLiterals(out, src[literal:i])
		out = appendCopy(out, n, back)
		if len(out) > end {
			return dst, false
		}
		literal = i + n
		remember(src, i+1, literal, table)
	}
	if len(out)+len(src)-literal > end { // the usual end for what cannot be compressed
		return dst, false
	}
	if out = appendLiterals(out, src[literal:]); len(out) > end {
		return dst, false
	}
	return out, true
}

// lzfPart is how much compressed data a long string's compression hands on at once; it
// is a multiple of lzfMaxLiteral.
const lzfPart = 64 << 10

// compressLong compresses src, whose compressed form is handed on in parts that are valid
// during the call of emit, and returns how long it is. It gives up, returning false,
// when that would be more than limit bytes.
func compressLong(src []byte, limit int, emit func(out []byte)) (n int, ok bool) {
	var table [1 << 13]uint16
	out := make([]byte, 0, lzfPart+lzfPart/8)
	literal := 0
	for ok = true; ok; {
		i, back := repetition(src, literal, &table)
		if back == 0 {
			i = len(src)
		}
		for literal < i && n+len(out) <= limit {
			to := min(literal+lzfPart, i)
			out = appendLiterals(out, src[literal:to])
			if literal = to; len(out) >= lzfPart {
				n += len(out)
				emit(out)
				out = out[:0]
			}
		}
		if ok = n+len(out) <= limit; !ok || back == 0 {
			break
		}
		m := matchLen(src, i, back)
		out = appendCopy(out, m, back)
		literal = i + m
		remember(src, i+1, literal, &table)
	}
	if n += len(out); ok {
		emit(out)
	}
	return n, ok && n <= limit
}

// repetition finds the next place, from literal on, whose three bytes were met
// before, and how far back that was: 0 if there is none. Most of the time of a
// compression is spent here.
func repetition[T lzfTable](src []byte, literal int, table *T) (i, back int) {
	for i = literal; ; {
		rest := src[min(i, len(src)):]
		if len(rest) <= lzfMinCopy {
			return i, 0
		}
		three := load3(rest)
		slot := lzfSlot(table, three)
		back = int(uint16(i) - *slot)
		*slot = uint16(i)
		if uint(back-1) < uint(min(i, lzfMaxOffset)) && load3(src[i-back:]) == three {
			return i, back
		}
		// The longer nothing is found, the larger the steps: what cannot be
		// compressed is passed over quickly.
		i += 1 + (i-literal)>>7
	}
}

// lzfRemembered is how many places of a copy are remembered: the last ones, where the next copy may begin. What is repeated once is
// mostly repeated as a whole, so that more would cost time and bring next to nothing.
const lzfRemembered = 2

// remember enters the last of the places from from to to in the table.
func remember[T lzfTable](src []byte, from, to int, table *T) {
	for i := max(from, to-lzfRemembered); i < min(to, len(src)-lzfMinCopy); i++ {
		*lzfSlot(table, load3(src[i:])) = uint16(i)
	}
}

// lzfSlot multiplies three bytes so that the high bits depend on all of them, and
// takes as many of those as the table needs.
func lzfSlot[T lzfTable](table *T, three uint32) *uint16 {
	n := uint32(len(*table))
	return &(*table)[uint64(three*0x9E3779B1)*uint64(n)>>32%uint64(n)]
}

// load3 reads three bytes; a fourth must be there.
func load3(b []byte) uint32 { return binary.LittleEndian.Uint32(b) << 8 }

// matchLen returns how many bytes from i on repeat what stands back bytes before.
func matchLen(b []byte, i, back int) int {
	limit := min(len(b)-i, lzfMaxCopy)
	here, there := b[i:i+limit], b[i-back:i-back+limit]
	n := lzfMinCopy
	for ; n+8 <= limit; n += 8 {
		if x := binary.LittleEndian.Uint64(here[n:]) ^ binary.LittleEndian.Uint64(there[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for n < limit && here[n] == there[n] {
		n++
	}
	return n
}

func appendLiterals(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), lzfMaxLiteral)
		dst = append(append(dst, byte(n-1)), b[:n]...)
		b = b[n:]
	}
	return dst
}

func appendCopy(dst []byte, n, back int) []byte {
	high, low := byte((back-1)>>8), byte(back-1)
	if n -= 2; n < 7 {
		return append(dst, byte(n)<<5|high, low)
	}
	return append(dst, 7<<5|high, byte(n-7), low)
}

// expandStep is after how many bytes an expansion tells of its pace.
const expandStep = 256 << 10

// lzfLie reports whether so many bytes of LZF cannot become n.
func lzfLie(packed, n uint64) bool { return n == 0 || n/lzfMaxRatio > packed }

// expandLZF decompresses src into dst, which must come out exactly full. pace, which may be
// nil, is called for every expandStep bytes.
func expandLZF(dst, src []byte, pace func(n int)) error {
	at, next := 0, math.MaxInt
	if pace != nil {
		next = expandStep
	}
	for {
		used, to, err := expand(dst, at, src, len(src), next)
		if src, at = src[used:], to; err != nil {
			return err
		}
		if len(src) == 0 || at < next {
			break
		}
		pace(expandStep)
		next += expandStep
	}
	if len(src) > 0 || at != len(dst) {
		return errLZF
	}
	return nil
}

// ExpandLZF decompresses src into dst, which must come out exactly full.
func ExpandLZF(dst, src []byte) error { return expandLZF(dst, src, nil) }

// ExpandLZFTo goes on with decompressing src into dst, from at on, until dst is full up to stop at least. It returns what is
// left of src, and how far dst is full.
func ExpandLZFTo(dst []byte, at int, src []byte, stop int) (rest []byte, to int, err error) {
	used, to, err := expand(dst, at, src, len(src), stop)
	if err == nil && to < stop {
		err = errLZF
	}
	return src[used:], to, err
}

// expand decompresses into dst, from at on, what begins before the byte limit of src and
// before the byte stop of dst. It returns how much of src that was, and how far it came in
// dst. What is not whole in src is left.
func expand(dst []byte, at int, src []byte, limit, stop int) (used, to int, err error) {
	i := 0
	for i < limit && at < stop {
		begin, ctrl := i, int(src[i])
		i++
		if ctrl < lzfMaxLiteral {
			n := ctrl + 1
			if n > len(src)-i {
				return begin, at, nil
			}
			if n > len(dst)-at {
				return begin, at, errLZF
			}
			copy(dst[at:], src[i:i+n])
			i, at = i+n, at+n
			continue
		}
		n := ctrl>>5 + 2
		if n == 9 {
			if i == len(src) {
				return begin, at, nil
			}
			n += int(src[i])
			i++
		}
		if i == len(src) {
			return begin, at, nil
		}
		back := (ctrl&31)<<8 + int(src[i]) + 1
		i++
		if back > at || n > len(dst)-at {
			return begin, at, errLZF
		}
		expandCopy(dst[at:at+n], dst[at-back:at])
		at += n
	}
	return i, at, nil
}

// Expander decompresses a string that comes in parts to where it stays: that is also where
// it looks back.
type Expander struct {
	dst []byte
	at  int
	cut []byte // what the parts so far have ended with and is not whole
}

// NewExpander makes one for a string of len(dst) bytes.
func NewExpander(dst []byte) *Expander { return &Expander{dst: dst} }

// Add decompresses the next part, which is not kept.
func (x *Expander) Add(part []byte) error {
	if len(x.cut) > 0 {
		n := len(x.cut)
		x.cut = append(x.cut, part[:min(len(part), 1+lzfMaxLiteral)]...)
		used, at, err := expand(x.dst, x.at, x.cut, n, math.MaxInt)
		if x.at = at; err != nil || used < n { // the part is too short for it, too
			x.cut = append(x.cut[:0], x.cut[used:]...)
			return err
		}
		part, x.cut = part[used-n:], x.cut[:0]
	}
	used, at, err := expand(x.dst, x.at, part, len(part), math.MaxInt)
	x.at = at
	x.cut = append(x.cut, part[used:]...)
	return err
}

// End says that there is no more: now the string must be whole.
func (x *Expander) End() error {
	if len(x.cut) > 0 || x.at != len(x.dst) {
		return errLZF
	}
	return nil
}

// expandCopy fills dst with repetitions of from, which ends where dst begins.
func expandCopy(dst, from []byte) {
	n := copy(dst, from)
	for n < len(dst) { // what has been written repeats: copy it, doubling
		n += copy(dst[n:], dst[:n])
	}
}
