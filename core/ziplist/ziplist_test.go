package ziplist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func elements(b []byte) (all []any, err error) {
	err = Each(b, func(e Element) error {
		if e.IsInt {
			all = append(all, e.Int)
		} else {
			all = append(all, string(e.Bytes))
		}
		return nil
	})
	return all, err
}

func fields(b []byte) (all []string, err error) {
	err = EachField(b, func(field, value []byte) error {
		all = append(all, string(field)+"="+string(value))
		return nil
	})
	return all, err
}

// TestGolden: every form of an element, written by hand after the format.
func TestGolden(t *testing.T) {
	long := strings.Repeat("x", 300)
	big := strings.Repeat("y", 20000)
	b := "\x00\xf1" + "\x02\xfd" + "\x02\x05hello" + "\x07\xfe\x80" + "\x03\xc0\xff\x7f" + "\x04\xf0\x00\x00\x80" +
		"\x05\xd0\x00\x00\x00\x80" + "\x06\xe0\xff\xff\xff\xff\xff\xff\xff\x7f" + "\x0a\x00" + "\x02\x41\x2c" + long +
		"\xfe\x2f\x01\x00\x00\x80\x00\x00\x4e\x20" + big
	want := []any{int64(0), int64(12), "hello", int64(-128), int64(32767), int64(-1 << 23), int64(math.MinInt32),
		int64(math.MaxInt64), "", long, big}
	if got, err := elements(ziplist(b, len(b)-len(big)-10, len(want))); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := elements(ziplist(b, len(b)-len(big)-10, uncounted)); err != nil || len(got) != len(want) {
		t.Errorf("uncounted: %v", err)
	}
	if got, err := elements([]byte("\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff")); err != nil || got != nil {
		t.Errorf("empty: %v, %v", got, err)
	}
	zipmap := "\x03\x03foo\x03\x00bar\x05hello\x05\x02world!!\x00\x00\x00\xff"
	if got, err := fields([]byte(zipmap)); err != nil || fmt.Sprint(got) != "[foo=bar hello=world =]" {
		t.Errorf("zipmap: %q, %v", got, err)
	}
	many := "\xfe\xfe\x2c\x01\x00\x00" + long + "\x01\x00v\xff"
	if got, err := fields([]byte(many)); err != nil || len(got) != 1 || got[0] != long+"=v" {
		t.Errorf("zipmap with a long name: %.20q, %v", got, err)
	}
}

// ziplist puts the header and the end around elements, of which the last one is
// at position last.
func ziplist(elements string, last, n int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(headerSize+len(elements)+1))
	b = binary.LittleEndian.AppendUint32(b, uint32(headerSize+last))
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	return append(append(b, elements...), end)
}

func TestCorrupt(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"other size":         []byte("\x0c\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff"),
		"no end":             []byte("\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00"),
		"early end":          ziplist("\x00\xf1\xff", 0, 1),
		"wrong count":        ziplist("\x00\xf1\x02\xf1", 2, 3),
		"wrong tail":         ziplist("\x00\xf1\x02\xf1", 0, 2),
		"wrong way back":     ziplist("\x00\xf1\x03\xf1", 2, 2),
		"bytes too long":     ziplist("\x00\x05abc", 0, 1),
		"huge bytes":         ziplist("\x00\x80\xff\xff\xff\xff", 0, 1),
		"head cut":           ziplist("\x00\x80\x00", 0, 1),
		"integer cut":        ziplist("\x00\xe0\x00", 0, 1),
		"no form":            ziplist("\x00\xc1\x00\x00", 0, 1),
		"only the way back":  ziplist("\x00", 0, 1),
		"way back cut short": ziplist("\xfe\x00", 0, 1),
	} {
		if _, err := elements(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string]string{
		"nothing": "", "no end": "\x01\x01a\x01\x00b", "wrong count": "\x02\x01a\x01\x00b\xff", "no value": "\x01\x01a\xff",
		"long name": "\x01\x09a\x01\x00b\xff", "long value": "\x01\x01a\x09\x00b\xff", "unused": "\x01\x01a\x01\x05b\xff",
		"behind the end": "\x01\x01a\x01\x00b\xff\xff", "end in the value": "\x01\x01a\x02\x00b\xff",
	} {
		if _, err := fields([]byte(b)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("zipmap, %s: %v", name, err)
		}
	}
}

func TestStops(t *testing.T) {
	stop := errors.New("enough")
	if err := Each(ziplist("\x00\xf1\x02\xf1", 2, 2), func(Element) error { return stop }); err != stop {
		t.Error(err)
	}
	if err := EachField([]byte("\x01\x01a\x01\x00b\xff"), func(_, _ []byte) error { return stop }); err != stop {
		t.Error(err)
	}
}

// TestRoundTrip reads what is written here, in all widths of integers and bytes.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var want []any
		var b []byte
		last, before := 0, 0
		n := rapid.IntRange(0, 30).Draw(rt, "n")
		for range n {
			last = len(b)
			if before < longLength {
				b = append(b, byte(before))
			} else {
				b = binary.LittleEndian.AppendUint32(append(b, longLength), uint32(before))
			}
			if rapid.Bool().Draw(rt, "integer") {
				x := rapid.Int64().Draw(rt, "x")
				want, b = append(want, x), binary.LittleEndian.AppendUint64(append(b, 0xe0), uint64(x))
			} else {
				x := strings.Repeat("x", rapid.OneOf(rapid.IntRange(0, 63), rapid.IntRange(0, 16383)).Draw(rt, "length"))
				if len(x) < 64 {
					b = append(b, byte(len(x)))
				} else {
					b = append(b, 0x40|byte(len(x)>>8), byte(len(x)))
				}
				want, b = append(want, x), append(b, x...)
			}
			before = len(b) - last
		}
		if got, err := elements(ziplist(string(b), last, n)); err != nil || !reflect.DeepEqual(got, want) {
			rt.Fatalf("%v, %v", got, err)
		}
	})
}

func FuzzEach(f *testing.F) {
	f.Add([]byte("\x0f\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf3\x02\xf6\xff"))
	f.Add(ziplist("\x00\x05hello\x07\xe0\x01\x02\x03\x04\x05\x06\x07\x08", 7, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		_ = Each(b, func(e Element) error { total += len(e.Bytes); return nil })
		if total > len(b) {
			t.Errorf("%d bytes of %d", total, len(b))
		}
		if len(b) > headerSize { // with the size right the rest is reached
			binary.LittleEndian.PutUint32(b, uint32(len(b)))
			b[len(b)-1] = end
			_ = Each(b, func(Element) error { return nil })
		}
	})
}

func FuzzEachField(f *testing.F) {
	f.Add([]byte("\x02\x03foo\x03\x00bar\x05hello\x05\x02world!!\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		_ = EachField(b, func(field, value []byte) error { total += len(field) + len(value); return nil })
		if total > len(b) {
			t.Errorf("%d bytes of %d", total, len(b))
		}
	})
}
