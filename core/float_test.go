package core

import (
	"math"
	"strings"
	"testing"
)

func TestParseFloat(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "-0": math.Copysign(0, -1), "+5": 5, ".5": .5, "5.": 5, "1e3": 1000, "0e999": 0, "0.000": 0,
		"0x10": 16, "-0X1.8": -1.5, "0x1p4": 16, "0x0": 0, "0xap0": 10, "5e-324": 5e-324, "4.9406564584124654e-324": 5e-324,
		"inf": math.Inf(1), "+INF": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		if f, ok := ParseFloat([]byte(text)); !ok || math.Float64bits(f) != math.Float64bits(want) {
			t.Error(text, "is", f, ok)
		}
	}
	for _, text := range []string{
		"", " 1", "1 ", "abc", "nan", "-nan", "1_0", "1e", "0x", "--1", "1e400", "-1e400", "1e-400", "0x1p-2000", "1,5", "in", "1\x00",
	} {
		if f, ok := ParseFloat([]byte(text)); ok {
			t.Error(text, "is", f)
		}
	}
	if f, ok := ParseFloat([]byte("1" + strings.Repeat("0", 300))); !ok || f != 1e300 {
		t.Error("a long number is", f, ok)
	}
	for text, want := range map[string]float64{"1e400": math.Inf(1), "-1e400": math.Inf(-1), "1e-400": 0} {
		if f, ok := Strtod([]byte(text)); !ok || f != want {
			t.Error(text, "is", f, ok)
		}
	}
}
