package random

import (
	"strings"
	"testing"
)

func TestHex(t *testing.T) {
	seen := map[string]bool{}
	for n := range 70 {
		s := Hex(n)
		if len(s) != n || strings.Trim(s, "0123456789abcdef") != "" {
			t.Errorf("%d digits: %q", n, s)
		}
		if n >= 16 && (seen[s[:16]] || seen[s[len(s)-16:]]) {
			t.Errorf("%q came before", s)
		}
		if n >= 16 {
			seen[s[:16]], seen[s[len(s)-16:]] = true, true
		}
	}
}
