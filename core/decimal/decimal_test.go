package decimal

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, text := range []string{"0", "7", "-1", "9223372036854775807", "-9223372036854775808", "1000000000000000000"} {
		want, _ := strconv.ParseInt(text, 10, 64)
		if n, ok := Parse([]byte(text)); !ok || n != want {
			t.Errorf("%q gives %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{
		"", "-", "+1", "-0", "00", "01", " 1", "1 ", "1.0", "0x1", "1_0", "9223372036854775808",
		"-9223372036854775809", "+100000000000000000", "99999999999999999999", "1e3", "١",
	} {
		if n, ok := Parse([]byte(text)); ok {
			t.Errorf("%q gives %d", text, n)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		if got, ok := Parse(strconv.AppendInt(nil, n, 10)); !ok || got != n {
			t.Fatalf("%d gives %d, %v", n, got, ok)
		}
		// Whatever parses is what printing it gives.
		text := rapid.StringMatching(`[-+]?[0-9_]{0,20}`).Draw(t, "text")
		if got, ok := Parse([]byte(text)); ok && strconv.FormatInt(got, 10) != text {
			t.Fatalf("%q gives %d", text, got)
		}
	})
}
