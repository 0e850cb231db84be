// Package wire is the write feed as bytes: the form in which a log keeps it and in
// which a master sends it. Commands are requests of RESP, a database is chosen by
// SELECT, and what belongs together stands between MULTI and EXEC: a unit.
//
// Append functions write it; a Parser cuts a stream of it into units. The package
// knows no files, sockets or commands.
package wire

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core/arena"
)

// The marks of a unit of several commands.
const (
	Multi = "*1\r\n$5\r\nMULTI\r\n"
	Exec  = "*1\r\n$4\r\nEXEC\r\n"
)

// AppendCommand appends a command.
func AppendCommand(b []byte, args ...[]byte) []byte {
	b = AppendHead(b, '*', len(args))
	for _, a := range args {
		b = AppendHead(b, '$', len(a))
		b = arena.Append(b, a)
		b = append(b, '\r', '\n')
	}
	return b
}

// AppendWords is AppendCommand for words.
func AppendWords(b []byte, words ...string) []byte {
	b = AppendHead(b, '*', len(words))
	for _, w := range words {
		b = AppendHead(b, '$', len(w))
		b = append(b, w...)
		b = append(b, '\r', '\n')
	}
	return b
}

// AppendSelect appends the choice of a database for the commands that follow.
func AppendSelect(b []byte, db int) []byte {
	var digits [20]byte
	return AppendCommand(b, []byte("SELECT"), strconv.AppendInt(digits[:0], int64(db), 10))
}

// AppendHead appends what begins an array ('*') of n elements or a string ('$') of n
// bytes.
func AppendHead(b []byte, kind byte, n int) []byte {
	b = append(b, kind)
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\r', '\n')
}
