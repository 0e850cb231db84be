package keyspace

import (
	"math"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// A string looks the same whatever it is stored as.
func TestStringEncodings(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	db := ks.DB(0)
	for _, c := range []struct {
		text     string
		encoding uint8
	}{
		{"", EmbStr}, {"hello", EmbStr}, {"12345", Int}, {"-9223372036854775808", Int}, {"007", EmbStr},
		{string(make([]byte, 44)), EmbStr}, {string(make([]byte, 45)), Raw},
	} {
		key := []byte("key")
		db.PutString(ks.Hash(key), key, []byte(c.text), 0, 0)
		e := db.Find(key, 0, 0)
		var tmp [20]byte
		if got := string(e.Text(tmp[:])); got != c.text || e.TextLen() != len(c.text) || e.Kind() != MakeKind(String, c.encoding) {
			t.Errorf("%.20q: text %.20q, length %d, kind %x", c.text, got, e.TextLen(), e.Kind())
		}
		for _, n := range []int{len(c.text) + 3, 1} {
			data := e.GrowText(n)
			keep := min(n, len(c.text))
			if len(data) != n || string(data[:keep]) != c.text[:keep] || e.Kind() != MakeKind(String, Raw) {
				t.Errorf("%.20q grown to %d: %.20q, kind %x", c.text, n, data, e.Kind())
			}
		}
	}
}

func TestIntegers(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	key := []byte("n")
	ks.DB(0).PutInt(ks.Hash(key), key, math.MinInt64, 500, 0)
	e := ks.DB(0).Find(key, 0, 0)
	e.SetInt(math.MaxInt64)
	if !e.IsInt() || e.Int() != math.MaxInt64 || e.Expire() != 500 {
		t.Errorf("%v %d, expires at %d", e.IsInt(), e.Int(), e.Expire())
	}
}

// Growing with room to spare moves the value seldom.
func TestGrowUsesWhatIsSpare(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	key := []byte("key")
	ks.DB(0).Put(key, MakeKind(String, Raw), 1, 0, 0)
	e := ks.DB(0).Find(key, 0, 0)
	moves, at := 0, e.ref
	for n := 2; n <= 100_000; n++ {
		e.Grow(e.Kind(), n, n)
		if e.ref != at {
			moves, at = moves+1, e.ref
		}
	}
	if moves > 20 {
		t.Errorf("100000 steps of growth moved the value %d times", moves)
	}
	e.Grow(e.Kind(), 10, 0)
	if size := e.MemoryUsage(); size > 1000 {
		t.Errorf("shrunk to 10 bytes it still takes %d", size)
	}
}

func TestPadText(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"", 3, "\x00\x00\x00"}, {"abc", 2, "abc"}, {"abc", 5, "abc\x00\x00"}, {"12", 4, "12\x00\x00"}, {"12", 0, "12"},
	} {
		ks := New(Options{Arena: arena.Options{Poison: true}})
		db, key := ks.DB(0), []byte("key")
		if c.text != "" {
			db.PutString(ks.Hash(key), key, []byte(c.text), 500, 0)
		}
		data := db.PadText(ks.Hash(key), key, db.Find(key, 0, 0), c.n, 0)
		e := db.Find(key, 0, 0)
		if string(data) != c.want || string(e.Data()) != c.want || e.Kind() != MakeKind(String, Raw) {
			t.Errorf("%q padded to %d: %q, kind %x", c.text, c.n, data, e.Kind())
		}
		if c.text != "" && e.Expire() != 500 {
			t.Errorf("%q: the expiry is lost", c.text)
		}
		ks.Close()
	}
}
