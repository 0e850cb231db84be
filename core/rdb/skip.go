package rdb

import (
	"encoding/binary"
	"fmt"
	"math"
)

// How values are laid out, as far as one must know to find their ends. Letters
// are elements, and what stands between "*(" and ")" is there as often as the
// number before it says.
//
//	s       a string
//	n       a length or another number of that form
//	d       a number as text
//	1 4 8   that many bytes
//	i       16 bytes: the ID of a stream's entry
//	m       the elements of a loadable module's value, to their end mark
const (
	layoutGroups = "*(snn*(i8n)*(s8*(i)))" // of a stream's consumers
	layoutStream = "*(ss)nnn"              // blocks of entries, length, last ID
)

var layouts = [256]string{
	TypeString:           "s",
	TypeList:             "*(s)",
	TypeSet:              "*(s)",
	TypeZSet:             "*(sd)",
	TypeHash:             "*(ss)",
	TypeZSet2:            "*(s8)",
	TypeModule2:          "nm",
	TypeHashZipmap:       "s",
	TypeListZiplist:      "s",
	TypeSetIntset:        "s",
	TypeZSetZiplist:      "s",
	TypeHashZiplist:      "s",
	TypeListQuicklist:    "*(s)",
	TypeStreamListpacks:  layoutStream + layoutGroups,
	TypeHashListpack:     "s",
	TypeZSetListpack:     "s",
	TypeListQuicklist2:   "*(ns)",
	TypeStreamListpacks2: layoutStream + "nnnnn" + "*(snnn*(i8n)*(s8*(i)))",
	TypeSetListpack:      "s",
	TypeStreamListpacks3: layoutStream + "nnnnn" + "*(snnn*(i8n)*(s88*(i)))",
	TypeHashMetadataPre:  "*(nss)",
	TypeHashListpackPre:  "s",
	TypeHashMetadata:     "8*(nss)",
	TypeHashListpackEx:   "8s",

	OpSlotInfo:      "nnn",
	OpFunction2:     "s",
	OpModuleAux:     "nm",
	OpIdle:          "n",
	OpFreq:          "1",
	OpAux:           "ss",
	OpResizeDB:      "nn",
	OpExpireMillis:  "8",
	OpExpireSeconds: "4",
	OpSelectDB:      "n",
}

// maxDepth is how deep repetitions are nested in the layouts.
const maxDepth = 3

// Skipper finds the end of a value, or of what follows an opcode, without
// decoding it: of input that comes in pieces, so it can be interrupted between
// any two elements and goes on where it was. It believes no length, it only
// waits for that many bytes.
type Skipper struct {
	layout string
	pc     int
	depth  int
	loops  [maxDepth]loop
}

type loop struct {
	body int    // where it begins in the layout
	left uint64 // how often it is still to be passed, this time included
}

// Begin prepares for what follows a type byte, without the key, or an opcode.
// It reports whether the layout is known: it is for all but OpEOF, which
// nothing needs to be known about, and the forms of unreleased versions of Redis's
// modules and functions.
func (s *Skipper) Begin(op byte) (known bool) {
	*s = Skipper{layout: layouts[op]}
	return s.layout != ""
}

// BeginString prepares for a string: a key.
func (s *Skipper) BeginString() { *s = Skipper{layout: "s"} }

// Skip passes over as many whole elements as b holds and returns how many bytes
// they are. more is 0 when the end has been reached; else at least so many bytes
// more than those of b are needed to go on. Skip is then to be called with what
// it has not passed over, and more behind it.
func (s *Skipper) Skip(b []byte) (n int, more uint64, err error) {
	for s.pc < len(s.layout) {
		rest := b[n:]
		var size, count uint64
		next := s.pc + 1
		switch c := s.layout[s.pc]; c {
		case 's':
			size, err = stringSize(rest)
		case 'n', '*':
			count, size, err = lengthOf(rest)
		case 'd':
			size = doubleSize(rest)
		case '1', '4', '8':
			size = uint64(c - '0')
		case 'i':
			size = 16
		case 'm':
			var end bool
			if size, end, err = moduleSize(rest); !end {
				next = s.pc
			}
		case ')':
			next = s.endLoop()
		}
		if err != nil {
			return n, 0, err
		}
		if size > uint64(len(rest)) {
			return n, size - uint64(len(rest)), nil
		}
		n += int(size)
		if s.layout[s.pc] == '*' {
			next = s.beginLoop(count)
		}
		s.pc = next
	}
	return n, 0, nil
}

// beginLoop returns where the layout goes on after the number before a loop.
func (s *Skipper) beginLoop(count uint64) int {
	body := s.pc + 2
	if count > 0 {
		s.loops[s.depth] = loop{body, count}
		s.depth++
		return body
	}
	for open := 1; open > 0; body++ {
		switch s.layout[body] {
		case '(':
			open++
		case ')':
			open--
		}
	}
	return body
}

func (s *Skipper) endLoop() int {
	top := &s.loops[s.depth-1]
	if top.left--; top.left > 0 {
		return top.body
	}
	s.depth--
	return s.pc + 1
}

// The sizes of elements, from their first bytes. Where those are not all there
// yet, the size is one that is larger than what is there.

// lengthOf returns a length, or another number of that form, and its size.
func lengthOf(b []byte) (v, size uint64, err error) {
	v, size, encoded, err := prefix(b)
	if encoded {
		err = errEncoded
	}
	return v, size, err
}

var errEncoded = fmt.Errorf("a string encoding where a length should be")

func prefix(b []byte) (v, size uint64, encoded bool, err error) {
	if len(b) == 0 {
		return 0, 1, false, nil
	}
	switch first := b[0]; first >> 6 {
	case len6:
		return uint64(first), 1, false, nil
	case len14:
		if len(b) > 1 {
			v = uint64(first&63)<<8 | uint64(b[1])
		}
		return v, 2, false, nil
	case lenEncoded:
		return uint64(first & 63), 1, true, nil
	}
	switch b[0] {
	case len32:
		if len(b) >= 5 {
			v = uint64(binary.BigEndian.Uint32(b[1:]))
		}
		return v, 5, false, nil
	case len64:
		if len(b) >= 9 {
			v = binary.BigEndian.Uint64(b[1:])
		}
		return v, 9, false, nil
	}
	return 0, 0, false, fmt.Errorf("unknown form of length %#x", b[0])
}

func stringSize(b []byte) (uint64, error) {
	n, size, encoded, err := prefix(b)
	switch {
	case err != nil || size > uint64(len(b)):
		return size, err
	case !encoded:
		return plus(size, n), nil
	case n <= encInt32:
		return 1 + 1<<n, nil
	case n != encLZF:
		return 0, fmt.Errorf("unknown string encoding %d", n)
	}
	packed, a, err := lengthOf(b[1:])
	if size = 1 + a; err != nil || size > uint64(len(b)) {
		return size, err
	}
	_, a, err = lengthOf(b[size:])
	return plus(size+a, packed), err
}

// StringHead is what stands before the bytes of a string.
type StringHead struct {
	Size  uint64 // of it, in bytes
	There uint64 // bytes that follow and stand for the string
	N     uint64 // bytes of the string
	LZF   bool   // it is compressed; else There is N
}

// StringHeadOf reads the head of the string that b begins with. Where b is shorter than its
// Size the rest is not known yet. ok is false for integers and what is no string.
func StringHeadOf(b []byte) (h StringHead, ok bool) {
	n, size, encoded, err := prefix(b)
	switch {
	case err != nil || encoded && n != encLZF:
		return h, false
	case !encoded:
		return StringHead{Size: size, There: n, N: n}, true
	}
	h = StringHead{Size: 1, LZF: true}
	for _, to := range []*uint64{&h.There, &h.N} {
		if h.Size > uint64(len(b)) {
			break
		}
		v, size, err := lengthOf(b[h.Size:])
		if err != nil {
			return h, false
		}
		*to = v
		h.Size += size
	}
	return h, !lzfLie(h.There, h.N) || h.Size > uint64(len(b))
}

// plus adds a length that may be a lie.
func plus(size, n uint64) uint64 { return min(n, math.MaxUint64-size) + size }

func doubleSize(b []byte) uint64 {
	if len(b) == 0 || b[0] >= doubleNaN {
		return 1
	}
	return 1 + uint64(b[0])
}

// moduleSize is the size of one element with its mark, and whether that is the
// end mark.
func moduleSize(b []byte) (size uint64, end bool, err error) {
	mark, size, err := lengthOf(b)
	if err != nil || size > uint64(len(b)) {
		return size, false, err
	}
	var n uint64
	switch mark {
	case moduleEOF:
		return size, true, nil
	case moduleSigned, moduleUnsigned:
		_, n, err = lengthOf(b[size:])
	case moduleFloat:
		n = 4
	case moduleDouble:
		n = 8
	case moduleString:
		n, err = stringSize(b[size:])
	default:
		err = fmt.Errorf("unknown element %d in a module's value", mark)
	}
	return plus(size, n), false, err
}
