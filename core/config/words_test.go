package config

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitWords(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: unbalanced quotes
	}{
		{"port 7000", []string{"port", "7000"}},
		{"  a\t b\v\f c \r\n", []string{"a", "b\v\f", "c"}}, // \v and \f are skipped before a word and belong to it inside
		{`save ""`, []string{"save", ""}},
		{`a"b"`, []string{"ab"}},
		{`a"b"c`, nil},
		{`"a" "b"`, []string{"a", "b"}},
		{`"a""b"`, nil},
		{`"\n\r\t\b\a\x41\q\"\\"`, []string{"\n\r\t\b\aAq\"\\"}},
		{`"\x4"`, []string{"x4"}},
		{`'a\'b\n'`, []string{`a'b\n`}},
		{`'a`, nil},
		{`"a`, nil},
		{`"a\`, nil},
		{`\n`, []string{`\n`}},
		{"a\x00b", []string{"a"}},
	} {
		got, err := SplitWords(c.line)
		if !slices.Equal(got, c.want) || (err != nil) != (c.want == nil) {
			t.Errorf("SplitWords(%q) = %q, %v", c.line, got, err)
		}
	}
}

func TestQuoteRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "words")
		quoted, bare := "", ""
		for _, w := range words {
			quoted += Quote(w) + " "
			bare += QuoteIfNeeded(w) + " "
		}
		for _, line := range []string{quoted, bare} {
			if got, err := SplitWords(line); err != nil || !slices.Equal(got, words) && len(words) > 0 {
				t.Fatalf("%q became %q, %v", line, got, err)
			}
		}
	})
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`a "b\x00" 'c\''`)
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, line string) {
		words, err := SplitWords(line)
		if err != nil {
			return
		}
		again := ""
		for _, w := range words {
			again += Quote(w) + " "
		}
		if got, err := SplitWords(again); err != nil || !slices.Equal(got, words) {
			t.Errorf("%q: %q became %q, %v", line, words, got, err)
		}
	})
}

func TestNearest(t *testing.T) {
	names := []string{"maxmemory", "maxmemory-policy", "port", "save", "appendonly"}
	for name, want := range map[string]string{
		"maxmemroy": "maxmemory", "max-memory": "maxmemory", "prot": "port", "maxmemorypolicy": "maxmemory-policy",
		"append-only": "appendonly", "xyzzy": "", "p": "", "": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestMemory(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "10B": 10, "2k": 2000, "2Kb": 2048, "3m": 3e6, "3mb": 3 << 20, "1g": 1e9, "1gb": 1 << 30, "": 0, "mb": 0,
		"9223372036854775807": 1<<63 - 1, "007": 7,
	} {
		if got, ok := ParseMemory(text); !ok || got != want {
			t.Errorf("ParseMemory(%q) = %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"-1", "+1", "1 kb", " 1", "1tb", "1.5gb", "0x10", "9223372036854775808", "9007199254740993kb"} {
		if got, ok := ParseMemory(text); ok {
			t.Errorf("ParseMemory(%q) = %d", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<63-1).Draw(t, "n")
		if got, ok := ParseMemory(FormatMemory(n)); !ok || got != n {
			t.Fatalf("%d is written %s and read %d", n, FormatMemory(n), got)
		}
	})
}
