package resp

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

// text reads one reply as text: kinds and texts, elements in brackets.
func text(next func() (Token, error)) (string, error) {
	t, err := next()
	if err != nil {
		return "", err
	}
	s := fmt.Sprintf("%c%s", t.Kind, t.Text)
	switch {
	case t.Null():
		return fmt.Sprintf("%c nothing", t.Kind), nil
	case t.Kind == ':':
		s = fmt.Sprintf(":%d", t.N)
	case !strings.ContainsRune("*>~%|", rune(t.Kind)):
		return s, nil
	default:
		s = string(t.Kind)
		var all []string
		for range t.Elements() {
			e, err := text(next)
			if err != nil {
				return "", err
			}
			all = append(all, e)
		}
		s += fmt.Sprint(all)
	}
	if t.Kind == '|' {
		e, err := text(next)
		return s + e, err
	}
	return s, nil
}

// What a Writer writes, both read.
func TestReadersReadWhatIsWritten(t *testing.T) {
	for proto, want := range map[int]string{
		2: "+OK -ERR no :-9223372036854775808 :9223372036854775807 $ $a\r\nb *[:1 *[] $ nothing] * nothing $ nothing " +
			"*[$k :1] *[$m] *[$p] :1 $1.5 $12 $some",
		3: "+OK -ERR no :-9223372036854775808 :9223372036854775807 $ $a\r\nb *[:1 *[] _ nothing] _ nothing _ nothing " +
			"%[$k :1] ~[$m] >[$p] |[$why $so]#t ,1.5 (12 =txt:some",
	} {
		w := &Writer{Proto: proto}
		w.OK()
		w.Error("ERR no")
		w.Int(math.MinInt64)
		w.Int(math.MaxInt64)
		w.BulkString("")
		w.BulkString("a\r\nb")
		w.Array(3)
		w.Int(1)
		w.Array(0)
		w.Null()
		w.NullArray()
		w.Null()
		w.Map(1)
		w.BulkString("k")
		w.Int(1)
		w.Set(1)
		w.BulkString("m")
		w.Push(1)
		w.BulkString("p")
		if w.Attribute(1) {
			w.BulkString("why")
			w.BulkString("so")
		}
		w.Bool(true)
		w.Double(1.5)
		w.BigNumber("12")
		w.Verbatim("txt", "some")

		s := &Scanner{Rest: w.Buf}
		r := NewReader(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(w.Buf))))
		for name, next := range map[string]func() (Token, error){"Scanner": s.Next, "Reader": r.Next} {
			var all []string
			for {
				e, err := text(next)
				if err != nil {
					break
				}
				all = append(all, e)
			}
			if got := strings.Join(all, " "); got != want {
				t.Errorf("RESP%d, %s:\n got %q\nwant %q", proto, name, got, want)
			}
		}
		if len(s.Rest) > 0 {
			t.Errorf("RESP%d: %q is left", proto, s.Rest)
		}
		for n := range w.Buf { // cut anywhere: no token that is not there
			s := &Scanner{Rest: w.Buf[:n:n]}
			for {
				if _, err := s.Next(); err == ErrShort {
					break
				} else if err != nil {
					t.Fatalf("after %d bytes: %v", n, err)
				}
			}
		}
	}
}

func TestReadersRefuse(t *testing.T) {
	for _, b := range []string{
		"\r\n", "?\r\n", "+OK\n", ":\r\n", ":1x\r\n", ":-\r\n", "$-2\r\n", "*-2\r\n", "$99999999999999999999\r\n", "+\n",
	} {
		s := &Scanner{Rest: []byte(b)}
		if tok, err := s.Next(); err != ErrFormat || len(s.Rest) != len(b) {
			t.Errorf("Scanner: %q is %+v, %v", b, tok, err)
		}
		r := NewReader(bufio.NewReader(strings.NewReader(b)))
		if tok, err := r.Next(); err != ErrFormat {
			t.Errorf("Reader: %q is %+v, %v", b, tok, err)
		}
	}
	r := NewReader(bufio.NewReader(strings.NewReader("$536870913\r\n")))
	if _, err := r.Next(); err != ErrFormat {
		t.Errorf("a string that is too long: %v", err)
	}
	r = NewReader(bufio.NewReader(strings.NewReader("$500000000\r\nabc")))
	if _, err := r.Next(); err == nil || r.text.Cap() > 1<<20 {
		t.Errorf("a string that does not come: %v, with room for %d bytes", err, r.text.Cap())
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n:1\r\n"))
	f.Add([]byte("|1\r\n+a\r\n#t\r\n=5\r\ntxt:a\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Scanner{Rest: b}
		r := NewReader(bufio.NewReaderSize(bytes.NewReader(b), max(len(b), 16)))
		for {
			before := len(s.Rest)
			one, err := s.Next()
			if err != nil {
				return
			}
			other, err := r.Next()
			if err != nil || one.Kind != other.Kind || one.N != other.N || !bytes.Equal(one.Text, other.Text) || len(s.Rest) >= before {
				t.Fatalf("%+v, %+v, %v", one, other, err)
			}
		}
	})
}
