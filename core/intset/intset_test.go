package intset

import (
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Forms that redis-server 7.0.15 gives (DUMP of a set with these members).
func TestForm(t *testing.T) {
	for _, c := range []struct {
		members []int64
		want    string
	}{
		{[]int64{1, 2, 3}, "0200000003000000010002000300"},
		{[]int64{-32768, 32767}, "02000000020000000080ff7f"},
		{[]int64{1, 32768}, "04000000020000000100000000800000"},
		{[]int64{math.MinInt64, 0}, "080000000200000000000000000000800000000000000000"},
	} {
		b := make([]byte, HeaderSize)
		SetHeader(b, 2, 0)
		for _, n := range c.members {
			b = insert(b, n)
		}
		if got := hex.EncodeToString(b); got != c.want {
			t.Errorf("%v is %s, not %s", c.members, got, c.want)
		}
	}
}

// insert adds n as an owner of the bytes does it.
func insert(b []byte, n int64) []byte {
	i, ok := Find(b, n)
	if ok {
		return b
	}
	size, width := Len(b), Width(b)
	if w := WidthOf(n); w > width {
		b = append(b, make([]byte, Size(w, size+1)-len(b))...)
		Widen(b, w, n < 0)
	} else {
		b = slices.Insert(b, Size(width, i), make([]byte, width)...)
		SetHeader(b, width, size+1)
	}
	Put(b, i, n)
	return b
}

func numbers() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64(), rapid.Int64Range(-20, 20), rapid.Int64Range(-40000, 40000), rapid.Int64Range(-1<<32, 1<<32),
		rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, math.MinInt16, math.MaxInt16, math.MinInt32, math.MaxInt32}),
	)
}

// A set holds what was put into it, in order, in the width of the widest.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := make([]byte, HeaderSize)
		SetHeader(b, 2, 0)
		var model []int64
		width := 2
		for _, n := range rapid.SliceOfN(numbers(), 0, 60).Draw(t, "numbers") {
			width = max(width, WidthOf(n))
			b = insert(b, n)
			if i, ok := slices.BinarySearch(model, n); !ok {
				model = slices.Insert(model, i, n)
			}
		}
		if n, err := Validate(b); err != nil || n != len(model) || Len(b) != n || Width(b) != width {
			t.Fatal(n, err, Width(b), width)
		}
		for i, n := range model {
			if At(b, i) != n {
				t.Fatalf("element %d is %d, not %d", i, At(b, i), n)
			}
		}
		n := numbers().Draw(t, "sought")
		i, ok := Find(b, n)
		if wi, wok := slices.BinarySearch(model, n); i != wi || ok != wok {
			t.Fatalf("%d found at %d, %v, not %d, %v", n, i, ok, wi, wok)
		}
	})
}

func TestValidate(t *testing.T) {
	for _, bad := range []string{
		"", "02000000000000", "0300000000000000", "0200000001000000", "02000000010000000100ff",
		"0200000002000000" + "01000100", "0200000002000000" + "01000000", "08000000ffffffff0000",
		"00000000ffffffff", "0201000000000000",
	} {
		b, err := hex.DecodeString(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Validate(b); err == nil {
			t.Errorf("%s is taken for a set", bad)
		}
	}
}

// FuzzValidate: what Validate accepts can be read.
func FuzzValidate(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x02\x00"))
	f.Add([]byte("\x08\x00\x00\x00\x01\x00\x00\x00\x01\x00\x02\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Validate(b)
		if err != nil {
			return
		}
		for i := range n {
			if j, ok := Find(b, At(b, i)); !ok || j != i {
				t.Fatalf("element %d of %x is not found", i, b)
			}
		}
		Find(b, 77)
	})
}
