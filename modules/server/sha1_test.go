package server

import (
	"bytes"
	"crypto/sha1"
	"testing"
)

// TestSHA1: it is SHA-1, with every length of the last block.
func TestSHA1(t *testing.T) {
	data := bytes.Repeat([]byte("The quick brown \xff\x00"), 20)
	for n := range data {
		if got, want := sha1Sum(data[:n]), sha1.Sum(data[:n]); got != want {
			t.Errorf("of %d bytes: %x, not %x", n, got, want)
		}
	}
}
