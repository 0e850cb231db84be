package keys

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// The order of a SORT. What is moved about are small items without pointers; most
// comparisons end with the key in them, and of what LIMIT leaves out nothing is
// brought into order.

// sortItem is an element by its place in sorter.elements.
type sortItem struct {
	key uint64 // smaller keys come first; what has the same key is compared in full
	at  uint32
}

// weigh finds out what each element is sorted by, and makes the items. It fails if
// that should be a number and is none.
func (s *sorter) weigh() bool {
	good := true
	s.items = make([]sortItem, len(s.elements))
	if s.alpha && s.by != nil {
		s.weights = make([][]byte, len(s.elements))
	}
	var scratch [20]byte
	for i := range s.elements {
		e, key, ok := &s.elements[i], uint64(0), true
		switch {
		case s.by == nil && s.alpha:
			key = textKey(e.bytes(scratch[:]))
		case s.by == nil && e.text == nil:
			key = numberKey(float64(e.n))
		case s.by == nil:
			key, ok = weightKey(e.text)
		default:
			by, found := s.lookup(s.by, e.bytes(scratch[:]))
			switch {
			case s.alpha && found:
				s.weights[i] = s.own(by)
				key = textKey(by)
			case s.alpha: // comes first
			case found:
				key, ok = weightKey(by)
			default:
				key = numberKey(0)
			}
		}
		if s.desc {
			key = ^key
		}
		s.items[i] = sortItem{key, uint32(i)}
		good = good && ok
	}
	return good
}

// textKey is the order of texts as far as their first eight bytes tell.
func textKey(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.BigEndian.Uint64(text)
	}
	var first [8]byte
	copy(first[:], text)
	return binary.BigEndian.Uint64(first[:])
}

// numberKey is the order of numbers: the bits of positive ones grow with them, those of
// negative ones the other way.
func numberKey(f float64) uint64 {
	bits := math.Float64bits(f + 0) // which makes -0 the same as 0
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

func weightKey(text []byte) (key uint64, ok bool) {
	f, ok := weight(text)
	return numberKey(f), ok
}

// order brings the items that LIMIT wants into order, and lets the others go.
func (s *sorter) order() {
	start, end := s.window(len(s.items))
	selectFirst(s.items, end, s.compare)
	s.items = s.items[:end]
	selectFirst(s.items, start, s.compare)
	s.items = s.items[start:]
	if len(s.items) < radixFrom {
		slices.SortFunc(s.items, s.compare)
		return
	}
	s.items = radix(s.items)
	for rest := s.items; len(rest) > 0; { // what has the same key
		n := 1
		for n < len(rest) && rest[n].key == rest[0].key {
			n++
		}
		if n > 1 {
			slices.SortFunc(rest[:n], s.compare)
		}
		rest = rest[n:]
	}
}

// radixFrom is from how many items on it is quicker to distribute them than to compare them.
const radixFrom = 256

// radix returns the items in the order of their keys: distributed by one byte of the key after
// another, from the last to the first. Bytes in which all are alike, of small numbers most of
// them, are passed over.
func radix(items []sortItem) []sortItem {
	var differ uint64
	for i := range items {
		differ |= items[i].key ^ items[0].key
	}
	other := make([]sortItem, len(items))
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var next [256]uint32
		for i := range items {
			next[items[i].key>>shift&0xff]++
		}
		at := uint32(0)
		for b, n := range next {
			next[b], at = at, at+n
		}
		for _, it := range items {
			b := it.key >> shift & 0xff
			other[next[b]] = it
			next[b]++
		}
		items, other = other, items
	}
	return items
}

// selectFirst brings the k smallest items to the front, in no order: quickselect, with
// the median of three as the pivot. Where that has chosen badly time and again, it sorts.
func selectFirst(items []sortItem, k int, compare func(a, b sortItem) int) {
	for bad := 0; k > 0 && k < len(items); {
		if len(items) < 16 || bad > 32 {
			slices.SortFunc(items, compare)
			return
		}
		mid := partition(items, compare)
		if min(mid, len(items)-mid) < len(items)/16 {
			bad++
		}
		switch {
		case k == mid || k == mid+1: // the pivot itself stands right
			return
		case k < mid:
			items = items[:mid]
		default:
			items, k = items[mid+1:], k-mid-1
		}
	}
}

// partition moves what is less than a pivot before it, and the rest behind it. It
// returns where the pivot is.
func partition(items []sortItem, compare func(a, b sortItem) int) int {
	last := len(items) - 1
	a, b, c := 0, len(items)/2, last
	if compare(items[a], items[b]) > 0 {
		a, b = b, a
	}
	if compare(items[b], items[c]) > 0 {
		b = c
		if compare(items[a], items[b]) > 0 {
			b = a
		}
	}
	items[b], items[last] = items[last], items[b]
	pivot, at := items[last], 0
	for i := range last {
		if compare(items[i], pivot) < 0 {
			items[i], items[at] = items[at], items[i]
			at++
		}
	}
	items[at], items[last] = items[last], items[at]
	return at
}

// compare is the order of items. Numbers that are the same are ordered by the
// elements' bytes, and what is the same in every way by where it stood, so that the
// result is the same always.
func (s *sorter) compare(a, b sortItem) int {
	if a.key != b.key {
		if a.key < b.key {
			return -1
		}
		return 1
	}
	order := s.compareInFull(a, b)
	if s.desc {
		order = -order
	}
	if order == 0 {
		order = cmp.Compare(a.at, b.at)
	}
	return order
}

func (s *sorter) compareInFull(a, b sortItem) int {
	if s.weights != nil {
		v, w := s.weights[a.at], s.weights[b.at]
		switch {
		case v != nil && w != nil:
			return bytes.Compare(v, w)
		case v != nil: // none comes before any
			return 1
		case w != nil:
			return -1
		}
		return 0
	}
	v, w := &s.elements[a.at], &s.elements[b.at]
	if v.text == nil && w.text == nil && v.n == w.n {
		return 0
	}
	var one, other [20]byte
	return bytes.Compare(v.bytes(one[:]), w.bytes(other[:]))
}
