package listpack

import "github.com/ferrousdb/ferrous/core/decimal"

// Count returns the number of elements of a region.
func Count(b []byte) int {
	n := 0
	for pos := 0; pos < len(b); n++ {
		pos = Next(b, pos)
	}
	return n
}

// Seek returns the position of element i, which is at least 0; the region's
// length if there are not so many.
func Seek(b []byte, i int) int {
	pos := 0
	for ; i > 0 && pos < len(b); i-- {
		pos = Next(b, pos)
	}
	return pos
}

// SeekBack returns the position of the element that is the i-th from the end, 0
// being the last. There are more than i elements.
func SeekBack(b []byte, i int) int {
	pos := Prev(b, len(b))
	for ; i > 0; i-- {
		pos = Prev(b, pos)
	}
	return pos
}

// Find returns the position of the first element at or after from that has these
// bytes, looking at one element of every 1+skip (1 for the fields of a hash).
func Find(b []byte, from int, value []byte, skip int) (pos int, ok bool) {
	n, num := decimal.Parse(value)
	if num {
		return findInt(b, from, n, skip)
	}
	if len(value) > 0 && len(value) < 64 {
		return findShort(b, from, value, skip)
	}
	size := strSize(len(value))
	for pos = from; pos < len(b); {
		next := Next(b, pos)
		if next-pos == size && equalText(b, pos, value) {
			return pos, true
		}
		pos = next
		for range skip {
			pos = Next(b, pos)
		}
	}
	return 0, false
}

// findShort is Find for texts whose length stands in an element's first byte. Texts of one list are often of
// one length and begin alike: so the last byte is asked first.
func findShort(b []byte, from int, value []byte, skip int) (pos int, ok bool) {
	n := len(value)
	tag, last := tagStr6|byte(n), value[n-1]
	for pos = from; pos < len(b); {
		if b[pos] == tag && b[pos+n] == last && string(b[pos+1:pos+1+n]) == string(value) {
			return pos, true
		}
		pos = Next(b, pos)
		for range skip {
			pos = Next(b, pos)
		}
	}
	return 0, false
}

// equalText compares with an element that takes as many bytes as value would.
func equalText(b []byte, pos int, value []byte) bool {
	e, _ := Read(b, pos)
	return e.text != nil && string(e.Text(nil)) == string(value)
}

func findInt(b []byte, from int, n int64, skip int) (pos int, ok bool) {
	var element [10]byte
	size := PutInt(element[:], n) // an integer has one form only
	for pos = from; pos < len(b); {
		if b[pos] == element[0] && len(b)-pos >= size && string(b[pos:pos+size]) == string(element[:size]) {
			return pos, true
		}
		pos = Next(b, pos)
		for range skip {
			pos = Next(b, pos)
		}
	}
	return 0, false
}
