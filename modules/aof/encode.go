package aof

import "strconv"

// appendTime appends the annotation that what follows was written at a time, in
// seconds since 1970.
func appendTime(b []byte, seconds int64) []byte {
	b = append(b, "#TS:"...)
	b = strconv.AppendInt(b, seconds, 10)
	return append(b, '\r', '\n')
}
