package hcl

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// show writes attributes in one line each: name@line = value.
func show(f *File) string {
	var value func(v Value) string
	value = func(v Value) string {
		switch v.Kind {
		case List:
			var parts []string
			for _, e := range v.List {
				parts = append(parts, value(e))
			}
			return "[" + strings.Join(parts, " ") + "]"
		case String:
			return fmt.Sprintf("%q", v.Text)
		}
		return v.Text
	}
	var out []string
	for _, a := range f.Attrs {
		out = append(out, fmt.Sprintf("%s@%d = %s", a.Name, a.Line, value(a.Value)))
	}
	return strings.Join(out, "\n")
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", ""},
		{"\ufeff# nothing\r\n// more\n/* and\nmore */", ""},
		{"port = 7000", "port@1 = 7000"},
		{"port=7000\r\nmaxmemory = \"100mb\" # size\r\n", "port@1 = 7000\nmaxmemory@2 = \"100mb\""},
		{"a = true\nb = false\nc = -1.5e+3 // d", "a@1 = true\nb@2 = false\nc@3 = -1.5e+3"},
		{"tls {\n  port = 6380\n  auth {\n clients = \"no\" }\n}\nx = 1", "tls-port@2 = 6380\ntls-auth-clients@4 = \"no\"\nx@6 = 1"},
		{"tls { port = 6380 }", "tls-port@1 = 6380"},
		{"tls {}", ""},
		{"save = [\n  \"900 1\", # a comment\n  \"60 1\",\n]", "save@1 = [\"900 1\" \"60 1\"]"},
		{"x = []\ny = [[1, true], [\"\"]]", "x@1 = []\ny@2 = [[1 true] [\"\"]]"},
		{`x = "\n\r\t\"\\\x00\xff\u00e9\U0001F600"`, `x@1 = "\n\r\t\"\\\x00\xffé😀"`},
		{`x = "$${a} %%{b} $a $$ 5%"`, `x@1 = "${a} %{b} $a $$ 5%"`},
		{"x /* c */ = /* c\nc */ 1", "x@1 = 1"},
		{"a_b-c2 = 1", "a_b-c2@1 = 1"},
	} {
		f, errs := Parse([]byte(c.src))
		if got := show(f); got != c.want || len(errs) > 0 {
			t.Errorf("%q:\ngot  %s %v\nwant %s", c.src, got, errs, c.want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"port 7000", `1:6: expected = or { after port, found '7'`},
		{"port", `1:5: expected = or { after port, found the end of the file`},
		{"port =\n7000", "1:7: expected a value (a string in double quotes, a number, true, false or a list), found the end of the line\n" +
			"2:1: expected the name of a setting, found '7'"},
		{"a = yes", `1:5: expected a value, found the bare word yes; a string needs quotes: "yes"`},
		{"a = 100mb", `1:5: expected a number, found 100mb; a size with a unit, or an address, needs quotes: "100mb"`},
		{"a = 127.0.0.1", `1:5: expected a number, found 127.0.0.1; a size with a unit, or an address, needs quotes: "127.0.0.1"`},
		{"a = 5%", `1:5: expected a number, found 5%; a size with a unit, or an address, needs quotes: "5%"`},
		{"a = -", `1:6: expected a digit, found the end of the file`},
		{"a = \"x\nb = 1", `1:5: a string that does not end on its line`},
		{`a = "\q"`, `1:6: expected one of \n \r \t \" \\ \xHH \uHHHH \UHHHHHHHH`},
		{`a = "\x4"`, `1:6: expected 2 hexadecimal digits after \x`},
		{`a = "\ud800"`, `1:6: expected 4 hexadecimal digits after \u`},
		{`a = "${b}"`, `1:6: templates are not supported: write $${ for a plain ${`},
		{"a = <<EOF\nx\nEOF", "1:5: here-documents are not supported: write a string with \\n\n" +
			"2:2: expected = or { after x, found the end of the line\n3:4: expected = or { after EOF, found the end of the file"},
		{"a = 1\na = 2", "2:1: a is set twice, first at line 1"},
		{"tls-port = 1\ntls { port = 2 }", "2:7: tls-port is set twice, first at line 1"},
		{`tls "x" {}`, "1:5: expected = or { after tls; blocks have no labels here"},
		{"tls {\nport = 1\n", "3:1: expected a } to close the block of line 1"},
		{"}", "1:1: a } without a block to close"},
		{"a = [1 2]", "1:8: expected a comma or ] in the list of line 1, found '2'"},
		{"a = [1,", "1:8: expected a ] to close the list of line 1"},
		{"a = 1 b = 2", "1:7: expected the end of the line, found 'b'"},
		{"/* x", "1:1: a comment that never ends"},
		{"a = 1\x00", `1:6: expected the end of the line, found '\x00'`},
		{"*\nb = \nc = 1", "1:1: expected the name of a setting, found '*'\n" +
			"2:5: expected a value (a string in double quotes, a number, true, false or a list), found the end of the line"},
		{strings.Repeat("[", 100), "1:1: expected the name of a setting, found '['"},
		{"a = " + strings.Repeat("[", 100), "1:37: more than 32 lists inside each other"},
		{strings.Repeat("a{", 33), "1:66: more than 32 blocks inside each other\n1:67: expected a } to close the block of line 1"},
	} {
		_, errs := Parse([]byte(c.src))
		var got []string
		for _, err := range errs {
			got = append(got, err.Error())
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%.40q:\ngot  %s\nwant %s", c.src, strings.Join(got, "\n"), c.want)
		}
	}
}

func TestManyMistakesEnd(t *testing.T) {
	if _, errs := Parse([]byte(strings.Repeat("!\n", 1000))); len(errs) != maxErrors {
		t.Errorf("%d errors", len(errs))
	}
}

func TestQuoteRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.StringMatching(`[${%\\"a\n]*`),
		).Draw(t, "text")
		f, errs := Parse([]byte("x = " + Quote(text) + " # y"))
		if len(errs) > 0 || len(f.Attrs) != 1 || f.Attrs[0].Value.Text != text {
			t.Fatalf("%q is written %s and read %s %v", text, Quote(text), show(f), errs)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"a = 1", "a {\nb = [\"x\", true]\n}", "a = \"\\x00$${\"", "/*", "a = [[[", "a=\"\\u12", "\ufeffa=-1e5", "a = <<E", "a{}}",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, errs := Parse(src)
		for _, err := range errs {
			if err.Line < 1 || err.Column < 1 || err.Message == "" {
				t.Errorf("error at nowhere: %+v", err)
			}
		}
		for _, a := range file.Attrs {
			if !strings.HasPrefix(string(src[a.Start:]), a.Name[strings.LastIndex(a.Name, "-")+1:]) && !strings.Contains(a.Name, "-") {
				t.Errorf("%s is not at %d", a.Name, a.Start)
			}
			// The text of a value read by itself must be the same value: CONFIG REWRITE replaces exactly these bytes.
			again, errs := Parse(append([]byte("x = "), src[a.Value.Start:a.Value.End]...))
			if len(errs) > 0 || show(again) != show(&File{Attrs: []Attr{{Name: "x", Line: 1, Value: a.Value}}}) {
				t.Errorf("%q: the value of %s is not in its bytes: %v", src, a.Name, errs)
			}
		}
	})
}
