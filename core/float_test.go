package core

import (
	"math"
	"math/rand/v2"
	"strconv"
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

// TestPlainNumbers: the quick way for short numbers finds what strconv finds, to the bit.
func TestPlainNumbers(t *testing.T) {
	const alphabet = "0123456789.-+e"
	random := rand.New(rand.NewPCG(1, 2))
	plainOnes := 0
	for range 200_000 {
		b := make([]byte, random.IntN(19))
		for i := range b {
			b[i] = alphabet[random.IntN(10)]
		}
		for range random.IntN(3) {
			if len(b) > 0 {
				b[random.IntN(len(b))] = alphabet[random.IntN(len(alphabet))]
			}
		}
		if len(b) > 0 && random.IntN(4) == 0 {
			b[0] = alphabet[10+random.IntN(4)]
		}
		want, err := strconv.ParseFloat(string(b), 64)
		if f, ok := Strtod(b); ok != (err == nil || math.IsInf(want, 0)) || ok && math.Float64bits(f) != math.Float64bits(want) {
			t.Fatalf("%q is %v %v, want %v %v", b, f, ok, want, err)
		}
		if _, ok := plain(b); ok {
			plainOnes++
		}
	}
	if plainOnes < 50_000 {
		t.Errorf("only %d of 200,000 numbers were plain", plainOnes)
	}
}
