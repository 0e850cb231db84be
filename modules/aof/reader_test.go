package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/wire"
)

// readAll reads a log to its end and returns the commands as text, the offsets
// where they end, and the error that ended it.
func readAll(src io.Reader, size int64) (commands []string, ends []int64, r *reader, err error) {
	r = newReader(src, 0, size)
	for {
		args, err := r.next()
		if err != nil {
			return commands, ends, r, err
		}
		commands, ends = append(commands, fmt.Sprintf("%q", args)), append(ends, r.off)
	}
}

func read(b []byte) ([]string, []int64, *reader, error) {
	return readAll(bytes.NewReader(b), int64(len(b)))
}

func TestReaderReadsWhatIsEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var want []string
		var ends []int64
		lines := int64(1)
		for range rapid.IntRange(0, 20).Draw(t, "commands") {
			if rapid.IntRange(0, 4).Draw(t, "note") == 0 {
				b = appendTime(b, rapid.Int64Range(0, 1<<40).Draw(t, "time"))
				lines++
			}
			args := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 50), 1, 5).Draw(t, "args")
			b = wire.AppendCommand(b, args...)
			want, ends = append(want, fmt.Sprintf("%q", args)), append(ends, int64(len(b)))
			lines += 1 + 2*int64(len(args))
		}
		for _, src := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b)), iotest.DataErrReader(bytes.NewReader(b))} {
			got, at, r, err := readAll(src, int64(len(b)))
			if err != io.EOF || fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(at) != fmt.Sprint(ends) || r.line != lines {
				t.Fatalf("%q: got %q, offsets %v, line %d, %v", b, got, at, r.line, err)
			}
		}
	})
}

func TestReaderReadsLargeCommands(t *testing.T) {
	var b []byte
	for i := range 5 {
		b = wire.AppendCommand(b, []byte("set"), []byte{byte('0' + i)}, bytes.Repeat([]byte{'x'}, i*readAtOnce))
	}
	got, ends, _, err := read(b)
	if err != io.EOF || len(got) != 5 || ends[4] != int64(len(b)) {
		t.Errorf("%d commands, %v", len(got), err)
	}
}

// sample is a small log of everything that there is.
func sample() []byte {
	b := appendTime(nil, 1628217470)
	b = wire.AppendSelect(b, 0)
	b = wire.AppendCommand(b, []byte("SET"), []byte("k"), []byte("a\r\nb"))
	b = append(b, wire.Multi...)
	b = wire.AppendCommand(b, []byte("RPUSH"), []byte("list"), []byte(""), []byte("12"))
	b = append(b, wire.Exec...)
	return wire.AppendCommand(b, []byte("DEL"), []byte("k"))
}

func TestReaderAtEveryLength(t *testing.T) {
	b := sample()
	all, ends, _, _ := read(b)
	for n := range b {
		got, _, r, err := read(b[:n])
		complete, clean := 0, n == 0
		for _, end := range ends {
			if int(end) <= n {
				complete++
			}
			clean = clean || int(end) == n
		}
		clean = clean || n == len(appendTime(nil, 1628217470))
		if len(got) != complete || fmt.Sprint(got) != fmt.Sprint(all[:complete]) {
			t.Errorf("%d bytes: %q", n, got)
		}
		if clean && err != io.EOF || !clean && !errors.Is(err, errTorn) || int(r.off) > n {
			t.Errorf("%d bytes: %v at %d", n, err, r.off)
		}
	}
}

// TestReaderWithEveryByteFlipped: what is before the damage is read, and the
// error is no other than that the file is damaged or too short.
func TestReaderWithEveryByteFlipped(t *testing.T) {
	b := sample()
	all, ends, _, _ := read(b)
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			got, _, r, err := read(bad)
			var d *damage
			switch {
			case err == io.EOF:
			case errors.Is(err, errTorn):
			case errors.As(err, &d) && d.at >= r.off && d.at <= int64(len(b)):
			default:
				t.Errorf("byte %d, bit %d: %v (command at %d)", i, bit, err, r.off)
			}
			for k, end := range ends {
				if int(end) <= i && (k >= len(got) || got[k] != all[k]) {
					t.Errorf("byte %d, bit %d: command %d before it was not read", i, bit, k)
				}
			}
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	for text, at := range map[string]int64{
		"!!!":                           0,
		"*0\r\n":                        0,
		"*-1\r\n":                       1,
		"*x\r\n":                        1,
		"*\r\n":                         1,
		"*1\n$4\r\nPING\r\n":            2,
		"*1\r\n$4\r\nPINGG\r\n":         12,
		"*1\r\n$4\r\nPING\r\n!!!":       14,
		"*1\r\n:4\r\nPING\r\n":          4,
		"*1\r\n$-1\r\n":                 5,
		"*99999999999999999999999999\r": 17,
		"#" + string(bytes.Repeat([]byte("x"), 2000)): 0,
	} {
		_, _, _, err := read([]byte(text))
		var d *damage
		if !errors.As(err, &d) || d.at != at {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// TestReaderBelievesNoLength: an argument that claims to be larger than the
// file is torn, without the memory for it.
func TestReaderBelievesNoLength(t *testing.T) {
	b := append([]byte("*2\r\n$1099511627776\r\n"), sample()...)
	_, _, r, err := read(b)
	if !errors.Is(err, errTorn) || cap(r.buf) > 4*readAtOnce {
		t.Errorf("%v, %d bytes of room", err, cap(r.buf))
	}
}

// TestReaderZeros: however long they are, and however they arrive.
func TestReaderZeros(t *testing.T) {
	good := string(wire.AppendCommand(nil, []byte("SET"), []byte("a"), []byte("1")))
	for _, zeros := range []int{1, readAtOnce, 5*readAtOnce + 7} {
		tail := strings.Repeat("\x00", zeros)
		if _, ends, r, err := read([]byte(good + tail)); err != errTorn || len(ends) != 1 || r.off != int64(len(good)) {
			t.Errorf("%d zeros: %v at %d", zeros, err, r.off)
		}
		if _, _, _, err := read([]byte(good + tail + "x")); err == errTorn {
			t.Errorf("%d zeros and something else pass for the end", zeros)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sample())
	f.Add([]byte("*1\r\n$4\r\nPING\r\n#TS:1\r\n*"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ends, r, err := read(b)
		if err == nil || int(r.off) > len(b) || int(r.off) < 0 {
			t.Fatalf("%v at %d", err, r.off)
		}
		if len(ends) > 0 {
			// What was good is good by itself.
			again, _, _, err := read(b[:ends[len(ends)-1]])
			if err != io.EOF || fmt.Sprint(again) != fmt.Sprint(got) {
				t.Fatalf("the good part is read differently: %v", err)
			}
		}
		one, _, _, err1 := readAll(iotest.OneByteReader(bytes.NewReader(b)), int64(len(b)))
		if fmt.Sprint(one) != fmt.Sprint(got) || fmt.Sprint(err1) != fmt.Sprint(err) {
			t.Fatalf("byte by byte: %v, else %v", err1, err)
		}
	})
}

// TestReaderTakesRoomOnce: the room for a large argument is taken at once, and given up
// when it is not needed any more.
func TestReaderTakesRoomOnce(t *testing.T) {
	large := "*2\r\n$1\r\nk\r\n$8388608\r\n" + strings.Repeat("x", 8<<20) + "\r\n"
	text := "*1\r\n$1\r\na\r\n" + large + strings.Repeat("*1\r\n$4\r\nping\r\n", 100_000)
	r := newReader(strings.NewReader(text), 0, int64(len(text)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for {
		args, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 2 && len(args[1]) != 8<<20 {
			t.Errorf("an argument of %d bytes", len(args[1]))
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; n != 100_002 || took > 11<<20 {
		t.Errorf("%d commands took %d MB", n, took>>20)
	}
	if cap(r.buf) > keepRead {
		t.Errorf("%d bytes are kept", cap(r.buf))
	}
}
