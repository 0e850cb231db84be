// Package lines holds layouts of memory to what they promise: what one core writes is on other lines of the cache than what
// another one wants. It is for tests.
package lines

import "testing"

// Size is that of a line, in bytes. (Processors that fetch them in pairs lose less by the other half than by the same line.)
const Size = 64

// Apart has something that ends at an offset be on no line with what begins at another one, wherever the object begins that both are in.
func Apart(t *testing.T, what string, to, at uintptr) {
	t.Helper()
	if at < to+Size-8 { // words do not lie across
		t.Errorf("%s: %d bytes after the end of the one the other begins, which may be on the same line", what, int(at)-int(to))
	}
}

// Own has an element of an array be on lines of its own, if the array begins with one.
func Own(t *testing.T, what string, size uintptr) {
	t.Helper()
	if size%Size != 0 {
		t.Errorf("%s: of %d bytes, so it shares a line with its neighbours", what, size)
	}
}
