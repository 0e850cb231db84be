package resp

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryReplyInBothProtocols is the specification of the downgrade.
func TestEveryReplyInBothProtocols(t *testing.T) {
	for _, test := range []struct {
		name       string
		write      func(w *Writer)
		two, three string
	}{
		{"status", func(w *Writer) { w.Status("PONG") }, "+PONG\r\n", "+PONG\r\n"},
		{"ok", func(w *Writer) { w.OK() }, "+OK\r\n", "+OK\r\n"},
		{"error", func(w *Writer) { w.Error("ERR a\r\nb") }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
		{"integer", func(w *Writer) { w.Int(-12) }, ":-12\r\n", ":-12\r\n"},
		{"small integer", func(w *Writer) { w.Int(7) }, ":7\r\n", ":7\r\n"},
		{"bulk", func(w *Writer) { w.Bulk([]byte("a\r\nb")) }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		{"bulk integer", func(w *Writer) { w.BulkInt(math.MinInt64) }, "$20\r\n-9223372036854775808\r\n", "$20\r\n-9223372036854775808\r\n"},
		{"bulk space", func(w *Writer) { copy(w.BulkSpace(3), "abc") }, "$3\r\nabc\r\n", "$3\r\nabc\r\n"},
		{"null", func(w *Writer) { w.Null() }, "$-1\r\n", "_\r\n"},
		{"null array", func(w *Writer) { w.NullArray() }, "*-1\r\n", "_\r\n"},
		{"array", func(w *Writer) { w.Array(12) }, "*12\r\n", "*12\r\n"},
		{"map", func(w *Writer) { w.Map(3) }, "*6\r\n", "%3\r\n"},
		{"set", func(w *Writer) { w.Set(3) }, "*3\r\n", "~3\r\n"},
		{"push", func(w *Writer) { w.Push(3) }, "*3\r\n", ">3\r\n"},
		{"true", func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"number", func(w *Writer) { w.Number([]byte("0.50")) }, "$4\r\n0.50\r\n", ",0.50\r\n"},
		{"double", func(w *Writer) { w.Double(1.5) }, "$3\r\n1.5\r\n", ",1.5\r\n"},
		{"big number", func(w *Writer) { w.BigNumber("-99") }, "$3\r\n-99\r\n", "(-99\r\n"},
		{"verbatim", func(w *Writer) { w.Verbatim("txt", "hi") }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{"attribute", func(w *Writer) { w.Attribute(1) }, "", "|1\r\n"},
	} {
		for proto, want := range map[int]string{2: test.two, 3: test.three} {
			w := Writer{Proto: proto}
			test.write(&w)
			if string(w.Buf) != want {
				t.Errorf("%s in RESP%d: %q, want %q", test.name, proto, w.Buf, want)
			}
		}
	}
}

func TestErrorsAreCounted(t *testing.T) {
	var w Writer
	w.OK()
	w.Error("ERR one")
	w.Error("WRONGTYPE two")
	if w.Errors() != 2 || w.LastError() != "WRONGTYPE two" {
		t.Errorf("%d errors, the last is %q", w.Errors(), w.LastError())
	}
}

// TestDoubles: how Redis 7.2 prints them.
func TestDoubles(t *testing.T) {
	for _, test := range []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {3, "3"}, {-17, "-17"}, {0.1, "0.1"}, {-0.5, "-0.5"},
		{3.0000000000000004, "3.0000000000000004"}, {1e15, "1000000000000000"},
		{1 << 60, "1152921504606846976"}, {-1 << 62, "-4611686018427387904"}, {1 << 63, "9223372036854776000"}, {1e20, "1e+20"}, {1.5e300, "1.5e+300"},
		{1e-5, "0.00001"}, {1.5e-9, "1.5e-9"}, {123456.789, "123456.789"}, {5e-324, "5e-324"},
		{math.MaxFloat64, "1.7976931348623157e+308"}, {math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"},
	} {
		if got := string(AppendDouble(nil, test.f)); got != test.want {
			t.Errorf("%g is printed as %s, want %s", test.f, got, test.want)
		}
	}
}

// TestDoublesReadBack: whatever is printed reads back as the same number.
func TestDoublesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
		text := string(AppendDouble(nil, f))
		back, err := strconv.ParseFloat(text, 64)
		if err != nil || back != f {
			t.Fatalf("%g is printed as %s, which reads as %g (%v)", f, text, back, err)
		}
	})
}
