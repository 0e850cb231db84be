package core

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseSyntax(t *testing.T) {
	key := Arg{Name: "key", Type: "key"}
	word := func(token string) Arg {
		return Arg{Name: strings.ToLower(token), Type: "pure-token", Token: token}
	}
	optional := func(a Arg) Arg { a.Optional = true; return a }
	tests := []struct {
		text string
		want []Arg
	}{
		{"", nil},
		{" \n\t", nil},
		{"key", []Arg{key}},
		{"message", []Arg{{Name: "message", Type: "string"}}},
		{"destkey:key key:key@1...", []Arg{
			{Name: "destkey", Type: "key"},
			{Name: "key", Type: "key", Key: 1, Multiple: true},
		}},
		{"key value [condition(NX|XX)] [GET] [EX seconds:integer]", []Arg{
			key, {Name: "value", Type: "string"},
			{Name: "condition", Type: "oneof", Optional: true, Args: []Arg{word("NX"), word("XX")}},
			optional(word("GET")),
			{Name: "seconds", Type: "integer", Token: "EX", Optional: true},
		}},
		{"FULL\n key", []Arg{{Name: "key", Type: "key", Token: "FULL"}}},
		{"full=FULL key", []Arg{word("FULL"), key}},
		{"ONE TWO", []Arg{word("ONE"), word("TWO")}},
		{"ONE two=TWO", []Arg{word("ONE"), word("TWO")}},
		{"[PREFIX prefix...+]", []Arg{{Name: "prefix", Type: "string", Token: "PREFIX", Optional: true, Multiple: true, MultipleToken: true}}},
		{"LIMIT limit{offset:integer count:integer}...", []Arg{{Name: "limit", Type: "block", Token: "LIMIT", Multiple: true, Args: []Arg{
			{Name: "offset", Type: "integer"}, {Name: "count", Type: "integer"},
		}}}},
		{`operator(equal="="|approximately=~|none="")`, []Arg{{Name: "operator", Type: "oneof", Args: []Arg{
			{Name: "equal", Type: "pure-token", Token: "="},
			{Name: "approximately", Type: "pure-token", Token: "~"},
			{Name: "none", Type: "pure-token"},
		}}}},
		{"[ADDR addr<ip:port>]^6.2.0 id-selector(*|id)", []Arg{
			{Name: "addr", Type: "string", Token: "ADDR", Display: "ip:port", Optional: true, Since: "6.2.0"},
			{Name: "id-selector", Type: "oneof", Args: []Arg{word("*"), {Name: "id", Type: "string"}}},
		}},
		{"filter( old^-2.8.12 | [ID id:integer]^2.8.12 )", []Arg{{Name: "filter", Type: "oneof", Args: []Arg{
			{Name: "old", Type: "string", Deprecated: "2.8.12"},
			{Name: "id", Type: "integer", Token: "ID", Optional: true, Since: "2.8.12"},
		}}}},
	}
	for _, test := range tests {
		got, err := ParseSyntax(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
		} else if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got\n%+v, want\n%+v", test.text, got, test.want)
		}
	}
}

func TestParseSyntaxRefuses(t *testing.T) {
	for _, text := range []string{
		"[key", "key]", "(A|B)", "x(A", "x(A|", "x(A|)", "x{y", "x}", "x:", "x:number", "x:key@z",
		"x<y", `x="y`, "X=Y", "[]", "[A|B]", "x^", "x^-", "...", "x....", "|",
	} {
		if got, err := ParseSyntax(text); err == nil {
			t.Errorf("%q: no error, but %+v", text, got)
		}
	}
}

// What the notation can say, it says without loss.
func TestSyntaxRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(drawArg(3), 0, 4).Draw(t, "args")
		text := formatArgs(want, " ")
		got, err := ParseSyntax(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got\n%+v, want\n%+v", text, got, want)
		}
	})
}

func drawArg(depth int) *rapid.Generator[Arg] {
	return rapid.Custom(func(t *rapid.T) Arg {
		types := append([]string{"pure-token"}, valueTypes[:]...)
		if depth > 0 {
			types = append(types, "oneof", "block")
		}
		a := Arg{
			Name:     rapid.StringMatching(`[a-z][a-z0-9_/-]{0,8}`).Draw(t, "name"),
			Type:     rapid.SampledFrom(types).Draw(t, "type"),
			Optional: rapid.Bool().Draw(t, "optional"),
			Multiple: rapid.Bool().Draw(t, "multiple"),
			Since:    rapid.SampledFrom([]string{"", "7.0.0"}).Draw(t, "since"),
		}
		a.MultipleToken = a.Multiple && rapid.Bool().Draw(t, "multiple token")
		token := rapid.StringMatching(`[A-Z][A-Z0-9-]{0,5}`)
		switch a.Type {
		case "pure-token":
			a.Token = rapid.OneOf(token, rapid.StringMatching(`[*=~$]?`)).Draw(t, "token")
			return a
		case "oneof", "block":
			a.Args = rapid.SliceOfN(drawArg(depth-1), 1, 3).Draw(t, "args")
		case "key", "pattern":
			a.Key = rapid.IntRange(0, 3).Draw(t, "key")
		case "string":
			if a.Name == "key" {
				a.Name = "value" // the name says the type
			}
			a.Display = rapid.SampledFrom([]string{"", "ip:port"}).Draw(t, "display")
		}
		if rapid.Bool().Draw(t, "has token") {
			a.Token = token.Draw(t, "token")
		}
		return a
	})
}

// formatArgs writes arguments in the notation of ParseSyntax.
func formatArgs(args []Arg, separator string) string {
	var parts []string
	for _, a := range args {
		parts = append(parts, formatArg(a))
	}
	return strings.Join(parts, separator)
}

func formatArg(a Arg) string {
	text := a.Name
	switch a.Type {
	case "pure-token":
		text = fmt.Sprintf("%s=%q", a.Name, a.Token)
	case "oneof":
		text += "(" + formatArgs(a.Args, "|") + ")"
	case "block":
		text += "{" + formatArgs(a.Args, " ") + "}"
	case "string":
	default:
		text += ":" + a.Type
	}
	if a.Key > 0 {
		text += fmt.Sprintf("@%d", a.Key)
	}
	if a.Display != "" {
		text += "<" + a.Display + ">"
	}
	if a.Token != "" && a.Type != "pure-token" {
		text = a.Token + " " + text
	}
	if a.Multiple {
		text += "..."
	}
	if a.MultipleToken {
		text += "+"
	}
	if a.Optional {
		text = "[" + text + "]"
	}
	if a.Since != "" {
		text += "^" + a.Since
	}
	if a.Deprecated != "" {
		text += "^-" + a.Deprecated
	}
	return text
}
