package core

import "testing"

func TestUsage(t *testing.T) {
	for syntax, want := range map[string]string{
		"":                                    "",
		"key [value:integer] [NX]":            "<key> [<value>] [NX]",
		"mode(WRITE|ALL)":                     "(WRITE|ALL)",
		"timeout:integer [mode(WRITE|ALL)]":   "<timeout> [WRITE|ALL]",
		"[TYPE type(NORMAL|PUBSUB)]":          "[TYPE (NORMAL|PUBSUB)]",
		"[ADDR addr<ip:port>]":                "[ADDR <ip:port>]",
		"key...":                              "<key> [<key> ...]",
		"[key...]":                            "[<key> [<key> ...]]",
		"[ID id:integer...]":                  "[ID <id> [<id> ...]]",
		"[PREFIX prefix...+]":                 "[PREFIX <prefix> [PREFIX <prefix> ...]]",
		"data{field value}...":                "<field> <value> [<field> <value> ...]",
		"[LIMIT limit{offset:integer count}]": "[LIMIT <offset> <count>]",
		"filter(old|new([ID id]|[SKIPME yes(Y|N)])...)": "(<old>|(ID <id>|SKIPME (Y|N)) [...])",
		"[op(GET x|SET y)...]":                          "[(GET <x>|SET <y>) [...]]",
		"attr(LIB-NAME libname|LIB-VER libver)":         "(LIB-NAME <libname>|LIB-VER <libver>)",
		`keys(key|empty-string="") [A x(B|C c{d e})]`:   "(<key>|) [A (B|C <d> <e>)]",
	} {
		args, err := ParseSyntax(syntax)
		if err != nil {
			t.Fatal(err)
		}
		if got := Usage(args); got != want {
			t.Errorf("%q: got %q, want %q", syntax, got, want)
		}
	}
}
