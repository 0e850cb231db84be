package rdb

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

// fields is a text that compresses well, with many short repetitions.
func fields() string {
	var b strings.Builder
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&b, "field-%d:value-%d;", i, i)
	}
	return b.String()
}

// redisDumps are replies of redis-server 7.0.15 to DUMP for string keys.
var redisDumps = []struct {
	value, payload string
	exact          bool // ours is the same but for the footer
}{
	{"", "\x00\x00\n\x00]\x9b\\@\x0f\x7f\xa2\xda", true},
	{"a", "\x00\x01a\n\x00\xbf\xfe\xef\x9b\x8f6}\xb4", true},
	{"0", "\x00\xc0\x00\n\x00\x98@\xa7x\xf8P\x03\b", true},
	{"-1", "\x00\xc0\xff\n\x00\x0c\x93~$\x85\b\x9d\xc5", true},
	{"127", "\x00\xc0\x7f\n\x00\r\xb5\xeb1RT\xc5\x14", true},
	{"128", "\x00\xc1\x80\x00\n\x00\xebz\xb3\xb5\x10\xcfKe", true},
	{"-128", "\x00\xc0\x80\n\x00\x99f2m/\x0c[\xd9", true},
	{"-129", "\x00\xc1\x7f\xff\n\x00\x17`\x82(T\x80\x84\x80", true},
	{"32767", "\x00\xc1\xff\x7f\n\x00IZ7\xda\x17\xf4\xd5+", true},
	{"32768", "\x00\xc2\x00\x80\x00\x00\n\x00E\xd8.\xed\xd5\xbd\xa9\x10", true},
	{"2147483647", "\x00\xc2\xff\xff\xff\x7f\n\x00,t\xe5\x9e\xe0.\xad\xa1", true},
	{"2147483648", "\x00\n2147483648\n\x00\xe7\xb1)\xa3L\x1dv\xee", true},
	{"-2147483648", "\x00\xc2\x00\x00\x00\x80\n\x00\xc7O\x87>3U\x81\x87", true},
	{"-2147483649", "\x00\x0b-2147483649\n\x00\xc2a7y\b\xf2\x02\x8c", true},
	{"007", "\x00\x03007\n\x00rX\xe2{Li\xba\xd9", true},
	{"-0", "\x00\x02-0\n\x00\xd5A\x1f\xd9\xd6\xd0P\xcc", true},
	{strings.Repeat("a", 20), "\x00\x14aaaaaaaaaaaaaaaaaaaa\n\x00\x83\xb4k^\x1b\x11\xac\xf1", true},
	{strings.Repeat("a", 21), "\x00\xc3\x06\x15\x01aa\xe0\n\x00\n\x00\xfd\x0c\xb3h\aA?h", false},
	{"abcdefghijklmnopqrstuvwxyz", "\x00\x1aabcdefghijklmnopqrstuvwxyz\n\x00\x9e\x1b?4\xab\xfc_y", true},
	{strings.Repeat("a", 80), "\x00\xc3\t@P\x01aa\xe0C\x00\x01aa\n\x00(\xee\xacr\x91\xdb\xc2+", false},
	{fields(), "\x00\xc3AKB\xbe\x10field-1:value-1;f`\x0f\x002\xa0\x0f\x002\xa0\x0f\x003\xa0\x0f\x003\xa0\x0f\x004\xa0\x0f\x004\xa0\x0f\x005\xa0\x0f\x005\xa0\x0f\x006\xa0\x0f\x006\xa0\x0f\x007\xa0\x0f\x007\xa0\x0f\x008\xa0\x0f\x008\xa0\x0f\x009\xa0\x0f\x009\xa0\x0f\x0110\xa0\x10\x0110\xc0\x11\xe0\x00\xa2\xc0\xa3\x001\xc0\xa4\x001\xc0\xa5\x001\xc0\xa6\x001\xc0\xa7\x001\xc0\xa8\x001\xc0\xa9\x001\xc0\xaa\x001\xc0\xab\x001\xc0\xac\x001\xc0\xad\x001\xc0\xae\x001\xc0\xaf\x001\xc0\xb0\x001\xc0\xb1\x001\xc0\xb2\x001\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x002\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x003\xc0\xb3\x004\xc0\xb3\x0240;\n\x00\\\xc8\xb8H\xe1\xf9/\xcf", false},
	{strings.Repeat("x", 12000), "\x00\xc3@\x90n\xe0\x01xx" + strings.Repeat("\xe0\xff\x00", 45) + "\xe0k\x00\x01xx\n\x00,\x17D\xdb\xe8Q\x82\xc9", false},
}

func TestReadRedisDumps(t *testing.T) {
	for _, d := range redisDumps {
		body, err := CheckFooter([]byte(d.payload), true)
		if err != nil {
			t.Errorf("%.30q: %v", d.value, err)
			continue
		}
		r := NewReader(body)
		if op := r.Byte(); op != TypeString {
			t.Errorf("%.30q: type %d", d.value, op)
		}
		if got := r.String(); string(got) != d.value || r.Err() != nil || r.Left() != 0 {
			t.Errorf("%.30q: read %.30q, %d bytes left, %v", d.value, got, r.Left(), r.Err())
		}
	}
}

func TestWriteLikeRedis(t *testing.T) {
	for _, d := range redisDumps {
		got := AppendString([]byte{TypeString}, []byte(d.value), true)
		want := []byte(d.payload[:len(d.payload)-footerLen])
		if d.exact && !bytes.Equal(got, want) {
			t.Errorf("%.30q: wrote %q, Redis writes %q", d.value, got, want)
		}
		// Our compressor finds other copies; it should not find much fewer.
		if len(got) > len(want)+len(want)/16+2 {
			t.Errorf("%.30q: wrote %d bytes where Redis writes %d", d.value, len(got), len(want))
		}
	}
}

// A sorted set and a list of redis-server 7.0.15: doubles, lengths, raw strings.
func TestReadRedisCollections(t *testing.T) {
	zset := "\x05\x03\x01b\x00\x00\x00\x00\x00\x00\x04@\x01a\x00\x00\x00\x00\x00\x00\xf0?\x01c\x00\x00\x00\x00\x00\x00\xf0\xff\n\x00\x9a$\xca\x8f\xdc\xb1\xd0\x8c"
	body, err := CheckFooter([]byte(zset), true)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(body)
	got := fmt.Sprint(r.Byte(), r.Count(9))
	for range 3 {
		got += fmt.Sprintf(" %s=%v", r.String(), r.BinaryDouble())
	}
	if want := "5 3 b=2.5 a=1 c=-Inf"; got != want || r.Err() != nil || r.Left() != 0 {
		t.Errorf("read %q, want %q; %v", got, want, r.Err())
	}

	list := "\x12\x01\x02\x10\x10\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\xc1,\x02\xff\n\x00\x8f\x9f\x9fNR\xe2K\xb8"
	if body, err = CheckFooter([]byte(list), true); err != nil {
		t.Fatal(err)
	}
	r = NewReader(body)
	if r.Byte() != TypeListQuicklist2 || r.Len() != 1 || r.Len() != 2 || len(r.String()) != 16 || r.Left() != 0 {
		t.Errorf("list misread: %v", r.Err())
	}
}

func TestCRC64(t *testing.T) {
	// The check value of CRC-64/REDIS, and the sums of every split of a text.
	if got := CRC64(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("CRC64(123456789) = %#x", got)
	}
	text := []byte(fields())
	want := CRC64(0, text)
	for i := range text {
		if got := CRC64(CRC64(0, text[:i]), text[i:]); got != want {
			t.Fatalf("split at %d: %#x, want %#x", i, got, want)
		}
	}
}

func TestFooter(t *testing.T) {
	payload := AppendFooter(AppendString([]byte{TypeString}, []byte("value"), true))
	if body, err := CheckFooter(payload, true); err != nil || string(body) != "\x00\x05value" {
		t.Errorf("body %q, %v", body, err)
	}
	for i := range payload {
		bad := bytes.Clone(payload)
		bad[i] ^= 1
		if _, err := CheckFooter(bad, true); err != ErrFooter {
			t.Errorf("a flipped bit in byte %d goes unnoticed", i)
		}
		if _, err := CheckFooter(payload[:i], true); err != ErrFooter {
			t.Errorf("a payload cut to %d bytes goes unnoticed", i)
		}
	}
	for version, want := range map[byte]error{1: nil, MaxVersion: nil, MaxVersion + 1: ErrFooter} {
		b := append([]byte("\x00\x01a"), version, 0)
		b = AppendMillis(b, int64(CRC64(0, b)))
		if _, err := CheckFooter(b, true); err != want {
			t.Errorf("version %d: %v, want %v", version, err, want)
		}
	}
}

func TestTextDoubles(t *testing.T) {
	for text, want := range map[string]float64{
		"\x011": 1, "\x03.5e": 0, "\x040.25": 0.25, "\x05-1e-3": -1e-3,
		"\xfe": math.Inf(1), "\xff": math.Inf(-1), "\x00": 0, "\x09abc": 0,
	} {
		r := NewReader([]byte(text))
		got := r.Double()
		if bad := text == "\x03.5e" || text == "\x00" || text == "\x09abc"; got != want || (r.Err() != nil) != bad {
			t.Errorf("%q: %v, %v", text, got, r.Err())
		}
	}
	if r := NewReader([]byte("\xfd")); !math.IsNaN(r.Double()) || r.Err() != nil {
		t.Error("no NaN")
	}
}
