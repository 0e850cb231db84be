// Package decimal knows which texts Redis takes for integers: strings, packed
// elements and arguments share the rule. It knows nothing else.
package decimal

import (
	"strconv"
	"unsafe"
)

// Parse parses a 64-bit integer in the only form that Redis takes for one:
// what printing the number would give.
func Parse(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	i, neg := 0, b[0] == '-'
	if neg {
		i = 1
	}
	switch {
	case i == len(b), b[i] == '0' && (neg || len(b) > 1), len(b)-i > 19:
		return 0, false
	case len(b)-i == 19: // may overflow: the library knows how to tell
		n, err := strconv.ParseInt(unsafe.String(unsafe.SliceData(b), len(b)), 10, 64)
		return n, err == nil && b[i] != '+'
	}
	var n int64
	for ; i < len(b); i++ {
		d := b[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if neg {
		n = -n
	}
	return n, true
}
