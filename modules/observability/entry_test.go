package observability_test

import (
	"strings"
	"testing"
)

// TestHowMuchOfACommandIsKept: slowlog-entry-max-argc and -max-string-len, and the
// names that Valkey has for the others.
func TestHowMuchOfACommandIsKept(t *testing.T) {
	c := start(t, 1, "--commandlog-execution-slower-than", "0", "--commandlog-slow-execution-max-len", "7",
		"--slowlog-entry-max-argc", "3", "--slowlog-entry-max-string-len", "5")[0]
	c.Lines("MSET abcdefgh 1 b 2")
	got := strings.Join(c.Lines("SLOWLOG GET 1"), " ")
	for _, want := range []string{"abcde... (3 more bytes)", "... (3 more arguments)"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	c.Lines("CONFIG SET slowlog-entry-max-argc 32 slowlog-entry-max-string-len 128", "MSET abcdefgh 1 b 2")
	if got := strings.Join(c.Lines("SLOWLOG GET 1"), " "); !strings.Contains(got, "abcdefgh") || strings.Contains(got, "more") {
		t.Errorf("%q", got)
	}
	if got := strings.Join(c.Lines("CONFIG GET slowlog-max-len"), " "); !strings.Contains(got, "7") {
		t.Error(got)
	}
}
