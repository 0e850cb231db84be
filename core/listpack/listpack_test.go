package listpack

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Forms that redis-server 7.0.15 gives (DUMP of a list with the one element).
func TestElements(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"0", "0001"}, {"127", "7f01"}, {"128", "c08002"}, {"-1", "dfff02"}, {"-4096", "d00002"}, {"4095", "cfff02"},
		{"4096", "f1001003"}, {"-32768", "f1008003"}, {"32768", "f200800004"}, {"-8388608", "f200008004"},
		{"8388608", "f30000800005"}, {"-2147483648", "f30000008005"},
		{"2147483648", "f4000000800000000009"}, {"-9223372036854775808", "f4000000000000008009"},
		{"", "8001"}, {"a", "816102"}, {"007", "8330303704"}, {"-0", "822d3003"},
	} {
		if got := hex.EncodeToString(Append(nil, []byte(c.text))); got != c.want {
			t.Errorf("%q is %s, not %s", c.text, got, c.want)
		}
	}
	for _, c := range []struct {
		n          int
		head, tail string
	}{
		{63, "bf", "40"}, {64, "e040", "42"}, {125, "e07d", "7f"}, {126, "e07e", "0180"}, {4095, "efff", "2081"},
		{4096, "f000100000", "2085"}, {16377, "f0f93f0000", "7ffe"}, {16378, "f0fa3f0000", "00ffff"},
		{16379, "f0fb3f0000", "018080"},
	} {
		got := hex.EncodeToString(Append(nil, bytes.Repeat([]byte("x"), c.n)))
		if !strings.HasPrefix(got, c.head+"78") || !strings.HasSuffix(got, "78"+c.tail) {
			t.Errorf("%d bytes: %.12s...%s", c.n, got, got[len(got)-8:])
		}
	}
}

func values() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(0, 80, 80),
		rapid.Custom(func(t *rapid.T) string { return strconv.FormatInt(rapid.Int64().Draw(t, "n"), 10) }),
		rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(-9000, 9000).Draw(t, "n")) }),
		rapid.Custom(func(t *rapid.T) string {
			n := rapid.SampledFrom([]int{63, 64, 125, 126, 4095, 4096, 16377, 16378, 16379}).Draw(t, "n")
			return strings.Repeat("y", n)
		}),
	)
}

// A region reads back, from both ends, what was put into it, and everything can
// be found in it.
func TestRegion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(values(), 0, 40).Draw(t, "values")
		var b []byte
		var at []int
		for _, v := range all {
			at = append(at, len(b))
			b = Append(b, []byte(v))
			if got := len(b) - at[len(at)-1]; got != Size([]byte(v)) {
				t.Fatalf("%q takes %d bytes, not %d", v, got, Size([]byte(v)))
			}
		}
		pack := AppendPack(nil, b, len(all))
		if n, err := Validate(pack); err != nil || n != len(all) || Len(pack) != n || Count(b) != n {
			t.Fatal(n, err)
		}
		var scratch [20]byte
		pos := 0
		for i, v := range all {
			if pos != at[i] || Seek(b, i) != pos || SeekBack(b, len(all)-1-i) != pos {
				t.Fatal("element", i, "is not at", pos)
			}
			e, next := Read(Elements(pack), pos)
			if string(e.Text(scratch[:])) != v || string(e.Append(nil)) != v || !e.Equal([]byte(v)) || e.Len() != len(v) {
				t.Fatalf("%q became %q", v, e.Text(scratch[:]))
			}
			if Next(b, pos) != next || Prev(b, next) != pos {
				t.Fatal("steps differ at", pos)
			}
			first := i
			for k := range i {
				if all[k] == v {
					first = k
					break
				}
			}
			if p, ok := Find(b, 0, []byte(v), 0); !ok || p != at[first] {
				t.Fatalf("%q found at %d, not %d", v, p, at[first])
			}
			pos = next
		}
		if pos != len(b) || Seek(b, len(all)) != len(b) {
			t.Fatal("the end is not at", pos)
		}
		other := rapid.StringN(0, 5, 5).Draw(t, "other")
		_, ok := Find(b, 0, []byte(other), 0)
		want := false
		for _, v := range all {
			want = want || v == other
		}
		if ok != want {
			t.Fatalf("%q found: %v", other, ok)
		}
	})
}

// Find with a skip looks at fields only.
func TestFindField(t *testing.T) {
	var b []byte
	for _, v := range []string{"a", "b", "b", "5", "5", "a"} {
		b = Append(b, []byte(v))
	}
	for _, c := range []struct {
		field string
		want  int
	}{{"a", 0}, {"b", 2}, {"5", 4}} {
		if pos, ok := Find(b, 0, []byte(c.field), 1); !ok || pos != Seek(b, c.want) {
			t.Errorf("%s at %d", c.field, pos)
		}
	}
	if _, ok := Find(b, Seek(b, 2), []byte("a"), 1); ok {
		t.Error("a value was taken for a field")
	}
}

// More elements than the header can say are counted.
func TestUncounted(t *testing.T) {
	for _, n := range []int{65534, 65535, 65536, 70000} {
		var b []byte
		for range n {
			b = AppendInt(b, 1)
		}
		pack := AppendPack(nil, b, n)
		if got, err := Validate(pack); err != nil || got != n || Len(pack) != n {
			t.Error(n, got, err)
		}
	}
}

// FuzzValidate: what Validate accepts can be walked in both directions.
func FuzzValidate(f *testing.F) {
	f.Add(AppendPack(nil, nil, 0))
	f.Add(AppendPack(nil, Append(Append(nil, []byte("hello")), []byte("1234567")), 2))
	f.Add(AppendPack(nil, Append(nil, bytes.Repeat([]byte("x"), 5000)), 1))
	f.Fuzz(func(t *testing.T, pack []byte) {
		n, err := Validate(pack)
		if err != nil {
			return
		}
		b := Elements(pack)
		var scratch [20]byte
		var forth []int
		for pos := 0; pos < len(b); {
			forth = append(forth, pos)
			e, next := Read(b, pos)
			e.Text(scratch[:])
			if next != Next(b, pos) {
				t.Fatal("two steps")
			}
			pos = next
		}
		if len(forth) != n || Len(pack) != n {
			t.Fatal("counted", len(forth), "not", n)
		}
		for pos := len(b); pos > 0; {
			pos = Prev(b, pos)
			if pos != forth[len(forth)-1] {
				t.Fatal("another way back")
			}
			forth = forth[:len(forth)-1]
		}
		Find(b, 0, []byte("hello"), 0)
		Find(b, 0, []byte("-77"), 0)
	})
}

func TestAllocations(t *testing.T) {
	b := Append(Append(AppendInt(nil, -5000), []byte("field")), []byte("value"))
	var dst, scratch [32]byte
	if n := testing.AllocsPerRun(100, func() {
		pos, _ := Find(b, 0, []byte("value"), 0)
		e, _ := Read(b, pos)
		Put(dst[:], e.Text(scratch[:]))
	}); n != 0 {
		t.Error(n, "allocations")
	}
}

func BenchmarkFind(bench *testing.B) {
	var b []byte
	for i := range 64 {
		b = Append(b, []byte("field:"+strconv.Itoa(i)))
		b = Append(b, []byte("value"))
	}
	bench.ReportAllocs()
	for bench.Loop() {
		Find(b, 0, []byte("field:63"), 1)
	}
}

// TestForeign compares Canonical and Distinct with what they are defined by.
func TestForeign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.StringN(0, 3, 6), rapid.StringMatching(`-?[0-9]{1,20}`), rapid.StringN(60, 70, 200))
		words := rapid.SliceOfN(word, 0, 400).Draw(t, "words")
		step := rapid.IntRange(1, 3).Draw(t, "step")
		words = words[:len(words)/step*step]
		var b []byte
		seen, distinct := map[string]bool{}, true
		for i, w := range words {
			b = Append(b, []byte(w))
			if i%step == 0 {
				distinct = distinct && !seen[w]
				seen[w] = true
			}
		}
		if !Canonical(b) {
			t.Fatalf("%q is said not to be canonical", words)
		}
		if got := Distinct(b, step, len(words)/step); got != distinct {
			t.Fatalf("%q: distinct is %v", words, got)
		}
	})
	for _, foreign := range []string{
		"\x83123\x04", "\x82-1\x03", "\x81a\x02\x8210\x03", // strings that are integers
		"\xc0\x05\x02", "\xf1\x05\x00\x03", "\xf4\x05\x00\x00\x00\x00\x00\x00\x00\x09", // integers that are too long
		"\xe0\x02ab\x04", "\xf0\x02\x00\x00\x00ab\x07", // strings whose lengths are
	} {
		n := Count([]byte(foreign))
		if _, err := Validate(AppendPack(nil, []byte(foreign), n)); err != nil {
			t.Fatalf("%q: %v", foreign, err)
		}
		if Canonical([]byte(foreign)) {
			t.Errorf("%q is said to be canonical", foreign)
		}
	}
}

func BenchmarkForeign(b *testing.B) {
	var region []byte
	for i := range 20 {
		region = Append(Append(region, fmt.Appendf(nil, "field%d", i)), fmt.Appendf(nil, "value-%d", i*i))
	}
	pack := AppendPack(nil, region, 40)
	b.ReportAllocs()
	for b.Loop() {
		n, err := Validate(pack)
		if err != nil || !Canonical(Elements(pack)) || !Distinct(Elements(pack), 2, n/2) {
			b.Fatal(err)
		}
	}
}
