package resp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func parse(s string) (Value, error) { return Read(bufio.NewReader(strings.NewReader(s))) }

func TestReadEveryKind(t *testing.T) {
	for wire, literal := range map[string]string{
		"+OK\r\n":                           "+OK",
		"-ERR no\r\n":                       `-"ERR no"`,
		":-5\r\n":                           ":-5",
		"$0\r\n\r\n":                        `""`,
		"$4\r\na\r\nb\r\n":                  `"a\r\nb"`,
		"$-1\r\n":                           "nil",
		"*-1\r\n":                           "nil*",
		"*0\r\n":                            "[]",
		"*2\r\n$1\r\na\r\n*1\r\n:1\r\n":     `["a" [:1]]`,
		"_\r\n":                             "null",
		",1.50\r\n":                         ",1.50",
		",-inf\r\n":                         ",-inf",
		"#t\r\n":                            "#t",
		"(123456789012345678901\r\n":        "(123456789012345678901",
		"!5\r\nERR x\r\n":                   `!"ERR x"`,
		"=5\r\ntxt:a\r\n":                   `="txt:a"`,
		"%1\r\n+k\r\n:1\r\n":                "{+k :1}",
		"~2\r\n+a\r\n+b\r\n":                "~[+a +b]",
		">2\r\n$7\r\nmessage\r\n$0\r\n\r\n": `>["message" ""]`,
		"|1\r\n+k\r\n+v\r\n:1\r\n":          "|{+k +v} :1",
	} {
		v, err := parse(wire)
		if err != nil {
			t.Errorf("%q: %v", wire, err)
			continue
		}
		if v.String() != literal {
			t.Errorf("%q: literal %s, want %s", wire, v, literal)
		}
		if got := string(v.Append(nil)); got != wire {
			t.Errorf("%q: written back as %q", wire, got)
		}
	}
}

func TestReadRejects(t *testing.T) {
	for _, wire := range []string{
		"\r\n", "?\r\n", ":+5\r\n", ":05\r\n", ":\r\n", "$03\r\nabc\r\n", "$-2\r\n", "*-2\r\n",
		"$3\r\nabcd\r\n", "#x\r\n", "_x\r\n", ",abc\r\n", "+a\n", "+a\rb\r\n", "=3\r\nabc\r\n",
		"~-1\r\n", "(12a\r\n", "(\r\n", strings.Repeat("*1\r\n", 100) + ":1\r\n",
	} {
		if v, err := parse(wire); !errors.Is(err, ErrProtocol) {
			t.Errorf("%q: got %v, %v; want a protocol error", wire, v, err)
		}
	}
	if _, err := parse(""); err != io.EOF {
		t.Errorf("an empty stream: %v, want EOF", err)
	}
	for _, wire := range []string{"+OK", "$5\r\nab", "*2\r\n:1\r\n", "%1\r\n+k\r\n"} {
		if _, err := parse(wire); err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v, want unexpected EOF", wire, err)
		}
	}
}

func TestSplitWordsFollowsRedisCLI(t *testing.T) {
	for line, want := range map[string][]string{
		`SET k v`:              {"SET", "k", "v"},
		`SET "a b" ""`:         {"SET", "a b", ""},
		`SET 'it\'s' '\n'`:     {"SET", "it's", `\n`},
		`"\x00\xff\n\t\\\"\q"`: {"\x00\xff\n\t\\\"q"},
		"  a \t b  ":           {"a", "b"},
	} {
		got, err := SplitWords(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
	for _, line := range []string{`"a`, `'a`, `"a"b`, `'a'b`} {
		if got, err := SplitWords(line); err == nil {
			t.Errorf("%s: no error but %q", line, got)
		}
	}
}

func TestDowngrade(t *testing.T) {
	for resp3, resp2 := range map[string]string{
		`{"k" ,1.5}`:      `["k" "1.5"]`,
		`~["a" #t #f]`:    `["a" :1 :0]`,
		`[null (12]`:      `[nil "12"]`,
		`="txt:some:txt"`: `"some:txt"`,
		`nil*`:            `nil*`,
	} {
		v, err := ParseLiteral(resp3)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Downgrade().String(); got != resp2 {
			t.Errorf("%s: %s, want %s", resp3, got, resp2)
		}
	}
	v, _ := ParseLiteral("[nil nil* :1]")
	if got := v.Upgrade().String(); got != "[null null :1]" {
		t.Errorf("upgraded to %s", got)
	}
}

// genValue draws any reply that can be on the wire.
func genValue(t *rapid.T, depth int) Value {
	kinds := []Kind{Simple, Error, Int, Bulk, Null, Double, Bool, BigNumber, BulkError, Verbatim}
	if depth < 3 {
		kinds = append(kinds, Array, Map, Set, Push)
	}
	v := Value{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	text := func() string { return string(rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "text")) }
	switch v.Kind {
	case Simple, Error:
		v.Text = strings.NewReplacer("\r", "", "\n", "").Replace(text())
	case Int:
		v.Text = strconv.FormatInt(rapid.Int64().Draw(t, "int"), 10)
	case Bulk, BulkError:
		v.Text = text()
		v.IsNil = v.Kind == Bulk && v.Text == ""
	case Verbatim:
		v.Text = "txt:" + text()
	case Double:
		v.Text = strconv.FormatFloat(rapid.Float64().Draw(t, "double"), 'g', 17, 64)
	case Bool:
		v.Text = rapid.SampledFrom([]string{"t", "f"}).Draw(t, "bool")
	case BigNumber:
		v.Text = rapid.StringMatching(`-?[0-9]{1,30}`).Draw(t, "big")
	case Array, Map, Set, Push:
		n := rapid.IntRange(0, 3).Draw(t, "n")
		if v.Kind == Map {
			n *= 2
		}
		for range n {
			v.Elems = append(v.Elems, genValue(t, depth+1))
		}
		v.IsNil = v.Kind == Array && n == 0 && rapid.Bool().Draw(t, "nil")
	}
	if depth == 0 && rapid.Bool().Draw(t, "attrs") {
		v.Attrs = []Value{{Kind: Bulk, Text: text()}, genValue(t, 2)}
	}
	return v
}

func TestWireAndLiteralRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genValue(t, 0)
		back, err := parse(string(v.Append(nil)))
		if err != nil || !back.Equal(v) {
			t.Fatalf("wire: %s came back as %s, %v", v, back, err)
		}
		back, err = ParseLiteral(v.String())
		if err != nil || !back.Equal(v) {
			t.Fatalf("literal: %s came back as %s, %v", v, back, err)
		}
	})
}

func TestQuoteRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "s"))
		words, err := SplitWords("x " + Quote(s) + " y")
		if err != nil || !reflect.DeepEqual(words, []string{"x", s, "y"}) {
			t.Fatalf("%q: %q, %v", s, words, err)
		}
	})
}

// FuzzRead checks that foreign bytes never panic, and that whatever is accepted is
// canonical: writing it gives back the very bytes that were read.
func FuzzRead(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n%1\r\n+k\r\n,1.5\r\n"))
	f.Add([]byte("|1\r\n+k\r\n+v\r\n>1\r\n_\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		src := bytes.NewReader(data)
		r := bufio.NewReader(src)
		v, err := Read(r)
		if err != nil {
			return
		}
		used := data[:len(data)-src.Len()-r.Buffered()]
		if got := v.Append(nil); !bytes.Equal(got, used) {
			t.Fatalf("read %q, wrote %q", used, got)
		}
	})
}

func FuzzParseLiteral(f *testing.F) {
	f.Add(`["a" :1 {+k ,1.5} ~[nil] nil* null]`)
	f.Add(`-ERR some text`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseLiteral(s)
		if err != nil {
			return
		}
		back, err := ParseLiteral(v.String())
		if err != nil || !back.Equal(v) {
			t.Fatalf("%q: %s came back as %s, %v", s, v, back, err)
		}
	})
}
