// Package random makes names that nobody else has and nobody guesses: of runs, of histories of
// data, of temporary files. Keys of ciphers are no business of it.
package random

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Hex returns n hexadecimal digits. They are ChaCha8's, which the runtime seeds from the system;
// crypto/rand brings self-tests to every start of a server that has no other use for it.
func Hex(n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%016x", rand.Uint64())
	}
	return b.String()[:n]
}
