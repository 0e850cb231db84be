package aof

import "strconv"

// appendCommand appends a command in the form in which the log holds it, that of
// a request.
func appendCommand(b []byte, args ...[]byte) []byte {
	b = appendHead(b, '*', len(args))
	for _, a := range args {
		b = appendHead(b, '$', len(a))
		b = append(b, a...)
		b = append(b, '\r', '\n')
	}
	return b
}

func appendHead(b []byte, kind byte, n int) []byte {
	b = append(b, kind)
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\r', '\n')
}

const (
	multi = "*1\r\n$5\r\nMULTI\r\n"
	exec  = "*1\r\n$4\r\nEXEC\r\n"
)

// appendSelect appends the choice of a database for the commands that follow.
func appendSelect(b []byte, db int) []byte {
	var digits [20]byte
	return appendCommand(b, []byte("SELECT"), strconv.AppendInt(digits[:0], int64(db), 10))
}

// appendTime appends the annotation that what follows was written at a time, in
// seconds since 1970.
func appendTime(b []byte, seconds int64) []byte {
	b = append(b, "#TS:"...)
	b = strconv.AppendInt(b, seconds, 10)
	return append(b, '\r', '\n')
}
