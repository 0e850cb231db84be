package observability

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/config"
)

// TestQuoted: what MONITOR shows of an argument is one word of printable
// characters that reads back as the argument.
func TestQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arg := rapid.SliceOf(rapid.Byte()).Draw(t, "argument")
		quoted := appendQuoted(nil, arg)
		for _, ch := range quoted {
			if ch < ' ' || ch > '~' {
				t.Fatalf("%q is not printable", quoted)
			}
		}
		words, err := config.SplitWords(string(quoted))
		if err != nil || len(words) != 1 || words[0] != string(arg) {
			t.Fatalf("%s reads as %q, %v", quoted, words, err)
		}
	})
}
