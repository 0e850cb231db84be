package script

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"pgregory.net/rapid"
)

func value(t testing.TB, literal string) resp.Value {
	t.Helper()
	v, err := resp.ParseLiteral(literal)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParse(t *testing.T) {
	s, err := Parse("x.rsp", `
# a comment
@resp3
@server --appendonly yes --save ""
@all ~unordered -- sets have no order

SET "a b" 'c'
>>> other
~type -- because
@since 7.2 resp3 :5 -- later servers answer
@since 7.2 resp2 /^ERR -- x/ -- two dashes are fine inside
SPOP s
@send BLPOP k 0
@blocked 1
@read 2
@raw "PING\r\n"
@conf maxmemory 100mb
@wait EXISTS k => :0
@let id[1][0] = CLIENT ID
@closed
@close
`)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Protos, []int{3}) || !s.OwnServer ||
		!reflect.DeepEqual(s.ServerArgs, []string{"--appendonly", "yes", "--save", ""}) {
		t.Errorf("header: %+v", s)
	}
	var ops []Op
	for _, step := range s.Steps {
		ops = append(ops, step.Op)
	}
	want := []Op{Command, Command, Send, Blocked, Read, Read, Raw, Conf, Wait, Let, Closed, Close, Command}
	if !reflect.DeepEqual(ops, want) {
		t.Fatalf("operations %v, want %v", ops, want)
	}
	first, second, let := s.Steps[0], s.Steps[1], s.Steps[9]
	if !reflect.DeepEqual(first.Args, []string{"SET", "a b", "c"}) || first.Conn != MainConn || !first.Loose.unordered {
		t.Errorf("first step: %+v", first)
	}
	if second.Conn != "other" || !second.Loose.kind || second.Loose.unordered || len(second.Since) != 2 {
		t.Errorf("second step: %+v", second)
	}
	if got := second.SinceFor(2); got == nil || got.Reason != "two dashes are fine inside" {
		t.Errorf("RESP2 expectation: %+v", got)
	}
	if last := s.Steps[12]; !last.Leftover || last.Conn != MainConn {
		t.Errorf("only the main connection is open at the end, but: %+v", last)
	}
	if let.Var != "id" || !reflect.DeepEqual(let.Path, []int{1, 0}) {
		t.Errorf("let: %+v", let)
	}
}

func TestRequires(t *testing.T) {
	s, err := Parse("x.rsp", `
GET a
@requires rpush client|tracking
RPUSH l x
>>> other
GET l
@requires config:save debug:reload
DEBUG RELOAD
@end
GET b
`)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, step := range s.Steps {
		got = append(got, step.Requires)
	}
	lists, reload := []string{"rpush", "client|tracking"}, []string{"config:save", "debug:reload"}
	// The last two are the PINGs at the end of each connection.
	if want := [][]string{nil, lists, lists, reload, nil, lists, append(lists, reload...)}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if conn := s.Steps[4].Conn; conn != "other" {
		t.Errorf("the connection after the block is %s", conn)
	}
}

func TestParseRejects(t *testing.T) {
	for text, complaint := range map[string]string{
		"":                                       "no steps",
		"@requires":                              "needs names",
		"@requires GET":                          "lower case",
		"@requires set:x":                        "lower case",
		"PING\n@end":                             "ends an @requires",
		"@requires get\n@end get":                "stands alone",
		"@requires get\n~type -- x\n@end\nGET k": "applies to nothing",
		`GET "k`:                                 "unbalanced",
		"@frobnicate":                            "unknown directive",
		"~unordered\nGET k":                      "reason is missing",
		"~unordered -- \nGET k":                  "reason is missing",
		"~sometimes -- x\nGET k":                 "unknown",
		"~type 5 -- x\nGET k":                    "no argument",
		"~approx -- x\nGET k":                    "lacks its argument",
		"~approx -3% -- x\nGET k":                "neither",
		"~ttl 50 -- x\nGET k":                    "not like",
		"~regex abc -- x\nGET k":                 "needs",
		"~regex /(/ -- x\nGET k":                 "missing closing",
		"@since 7.2 :1\nGET k":                   "reason is missing",
		"@since seven :1 -- x\nGET k":            "not a version",
		"@since 7.2 foo -- x\nGET k":             "unknown word",
		"GET k\n@resp3":                          "before the first command",
		"GET k\n~type -- x":                      "applies to nothing",
		">>> a b\nGET k":                         "one connection name",
		"@wait GET k":                            "needs COMMAND => REPLY",
		"@blocked x":                             "needs a count",
		"@read 0":                                "needs a count",
		"@conf maxmemory":                        "parameters and values",
		"@raw a b":                               "one quoted string",
		"@let x GET k":                           "needs name = COMMAND",
	} {
		if _, err := Parse("x", text); err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%q: error %v, want one with %q", text, err, complaint)
		}
	}
}

func TestLoosenessMatches(t *testing.T) {
	for _, c := range []struct {
		loose, want, got string
		ok               bool
	}{
		{"", ":1", ":1", true},
		{"", ":1", `"1"`, false},
		{"", "nil", "null", false},
		{"~unordered", `["a" ["x" "y"]]`, `[["y" "x"] "a"]`, true},
		{"~unordered", `["a" "a" "b"]`, `["a" "b" "b"]`, false},
		{"~unordered", `{"a" :1 "b" :2}`, `{"b" :2 "a" :1}`, true},
		{"~unordered", `{"a" :1 "b" :2}`, `{"b" :1 "a" :2}`, false},
		{"~pairs", `["a" "1" "b" "2"]`, `["b" "2" "a" "1"]`, true},
		{"~pairs", `["a" "1" "b" "2"]`, `["b" "1" "a" "2"]`, false},
		{"~pairs", `[["a" ,1] ["b" ,2]]`, `[["b" ,2] ["a" ,1]]`, true},
		{"~pairs", `[["a" ,1]]`, `[[,1 "a"]]`, false},
		{"~approx 10%", ":100", ":109", true},
		{"~approx 10%", ":100", ":120", false},
		{"~approx 0.5", `["1.25" ,2]`, `["1.5" ,2.4]`, true},
		{"~approx 0.5", `["a"]`, `["b"]`, false},
		{"~approx 0.5", `[:1]`, `["1"]`, false},
		{"~ttl 50ms", ":1000", ":960", true},
		{"~ttl 50ms", ":1000", ":940", false},
		{"~ttl 50ms", ":1", ":-1", false},
		{"~ttl 1s", `[:10 :10]`, `[:9 :10]`, true},
		{"~type", `"a"`, `"b"`, true},
		{"~type", `"a"`, `nil`, false},
		{"~type", `["a"]`, `[]`, true},
		{"~type", `:1`, `,1`, false},
		{"~error-code", `-WRONGTYPE a`, `-WRONGTYPE b`, true},
		{"~error-code", `-WRONGTYPE a`, `-ERR a`, false},
		{"~error-code", `-ERR a`, `+ERR a`, false},
		{"~regex /^[0-9a-f]{4}$/", `"12af"`, `"00ff"`, true},
		{"~regex /^[0-9a-f]{4}$/", `"12af"`, `"xyz"`, false},
		{"~ignore", ":1", "-ERR", true},
		{"~fields idle age", `"id=1 idle=5 age=7\n"`, `"id=1 idle=6 age=8\n"`, true},
		{"~fields idle age", `"id=1 idle=5 age=7\n"`, `"id=2 idle=5 age=7\n"`, false},
		{"~fields idle", `"id=1 idle=5\n"`, `"id=1\n"`, false},
		{"~fields uptime", `"# Server\r\nuptime:5\r\nport:1\r\n"`, `"# Server\r\nuptime:6\r\nport:1\r\n"`, true},
		{"~fields uptime", `="txt:uptime:5\r\nport:1\r\n"`, `="txt:uptime:7\r\nport:1\r\n"`, true},
		{"~fields len", `{"len" :1 "first" ["len" :5]}`, `{"len" :2 "first" ["len" :6]}`, true},
		{"~fields len", `~[{"len" :1 "first" :5}]`, `~[{"len" :2 "first" :5}]`, true},
		{"~fields len", `["len" :1 "first" :2]`, `["len" :1 "first" :3]`, false},
		{"~only name", `"id=1 name=a"`, `"id=2 name=a db=1"`, true},
		{"~only name", `"id=1 name=a"`, `"id=1 name=b"`, false},
		{"~only name", `[["id" :1 "name" "a"]]`, `[["id" :2 "name" "a"]]`, true},
		{"~names", `"a:1\r\nb:2\r\n"`, `"c:1\r\nb:5\r\na:2\r\n"`, true},
		{"~names", `"a:1\r\nb:2\r\n"`, `"c:1\r\nb:5\r\n"`, false},
		{"~names", `{"a" :1}`, `{"a" :2 "b" :1}`, true},
	} {
		var l Loose
		if c.loose != "" {
			if err := l.parse(c.loose + " -- test"); err != nil {
				t.Fatal(err)
			}
		}
		err := l.Match(value(t, c.want), value(t, c.got))
		if (err == nil) != c.ok {
			t.Errorf("%s: %s against %s: %v", c.loose, c.got, c.want, err)
		}
		// A recording holds the canonical form: it has to serve as well.
		err = l.Match(l.Canon(value(t, c.want)), value(t, c.got))
		if (err == nil) != c.ok {
			t.Errorf("%s, recorded: %s against %s: %v", c.loose, c.got, c.want, err)
		}
	}
}

func TestCanonIsIdempotent(t *testing.T) {
	loosenesses := []string{"~unordered", "~pairs", "~type", "~error-code", "~names", "~ignore",
		"~fields a b", "~only a b", "~regex /x/", "~ttl 5ms"}
	rapid.Check(t, func(t *rapid.T) {
		var l Loose
		if err := l.parse(rapid.SampledFrom(loosenesses).Draw(t, "looseness") + " -- test"); err != nil {
			t.Fatal(err)
		}
		v := genReply(t, 0)
		once := l.Canon(v)
		if twice := l.Canon(once); !once.Equal(twice) {
			t.Fatalf("%s became %s, then %s", v, once, twice)
		}
	})
}

// genReply draws replies full of things that look like fields.
func genReply(t *rapid.T, depth int) resp.Value {
	kinds := []resp.Kind{resp.Bulk, resp.Int, resp.Error, resp.Verbatim}
	if depth < 3 {
		kinds = append(kinds, resp.Array, resp.Map)
	}
	v := resp.Value{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	switch v.Kind {
	case resp.Int:
		v.Text = rapid.StringMatching("[1-9]").Draw(t, "int")
	case resp.Verbatim:
		v.Text = "txt:" + rapid.StringMatching("([abc][:=]?[ \n]?)*").Draw(t, "text")
	case resp.Bulk, resp.Error:
		v.Text = rapid.StringMatching("([abc][:=]?[ \n]?)*").Draw(t, "text")
	default:
		n := 2 * rapid.IntRange(0, 2).Draw(t, "n")
		for range n {
			v.Elems = append(v.Elems, genReply(t, depth+1))
		}
	}
	return v
}

func TestExpectAdaptsToTheProtocol(t *testing.T) {
	for _, c := range []struct {
		literal, reply string
		proto          int
	}{
		{"nil", "nil", 2}, {"nil", "null", 3}, {"nil*", "nil*", 2}, {"nil*", "null", 3},
		{"{+a ,1.5}", `[+a "1.5"]`, 2}, {"{+a ,1.5}", "{+a ,1.5}", 3},
		{"/^ERR .*x$/", "-ERR a x", 2}, {"/^:5$/", ":5", 3},
	} {
		e, err := ParseExpect(c.literal)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Check(value(t, c.reply), c.proto, Loose{}); err != nil {
			t.Errorf("%s over RESP%d: %s: %v", c.literal, c.proto, c.reply, err)
		}
		if err := e.Check(value(t, "+other"), c.proto, Loose{}); err == nil {
			t.Errorf("%s accepts anything", c.literal)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("@resp2\n~type -- x\n@since 7.2 [nil] -- y\nGET \"k\"\n@let a[0] = SCAN 0\n@wait GET k => nil")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz", text)
		if err == nil && len(s.Steps) == 0 {
			t.Fatal("accepted a script without steps")
		}
	})
}
