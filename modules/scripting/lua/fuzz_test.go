package lua

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var exact = flag.Bool("names", false, "TestPrograms compares the names of variables in error texts, too")

var programs = flag.Duration("programs", 0, "how long TestPrograms compares random programs with redis-server; 0: the same few each time")

var server = flag.String("server", "", "TestPrograms sends its programs to this program, a ferrous, and not to an engine of its own")

// writer writes random small programs.
type writer struct {
	r     *rand.Rand
	depth int
}

func (w *writer) pick(s ...string) string { return s[w.r.IntN(len(s))] }

var programVars = []string{"a", "b", "c", "t"}

func (w *writer) expr() string {
	if w.depth++; w.depth > 4 {
		w.depth--
		return w.pick("1", "2.5", "-3", `"x"`, `"10"`, "nil", "true", "false", "a", "b", "c", "t", "0", `""`)
	}
	defer func() { w.depth-- }()
	switch w.r.IntN(24) {
	case 0, 1:
		return w.expr() + " " + w.pick("+", "-", "*", "/", "%", "^") + " " + w.expr()
	case 2:
		return w.expr() + " .. " + w.expr()
	case 3:
		return "(" + w.expr() + " " + w.pick("<", ">", "<=", ">=", "==", "~=") + " " + w.expr() + ")"
	case 4:
		return "(" + w.expr() + " " + w.pick("and", "or") + " " + w.expr() + ")"
	case 5:
		return w.pick("not (", "(- ", "n(") + w.expr() + ")"
	case 6:
		return "{" + w.expr() + ", " + w.expr() + "}"
	case 7:
		return "t[" + w.expr() + "]"
	case 8:
		return "t." + w.pick("x", "y", "z")
	case 9:
		return "f(" + w.expr() + ", " + w.expr() + ")"
	case 10:
		return w.pick("type", "tonumber", "math.floor", "string.len", "string.upper", "select") + "(" + w.expr() + ")"
	case 11:
		return "(function(a, ...) return " + w.expr() + " end)(" + w.expr() + ")"
	case 12:
		return "string.sub(" + w.expr() + ", " + w.expr() + ")"
	case 13:
		return `string.format("%s|%d", ` + w.expr() + ", " + w.expr() + ")"
	case 14:
		return "string.find(" + w.expr() + ", " + w.expr() + ")"
	case 15:
		return `string.gsub("a1 b2 " .. s(` + w.expr() + "), " + w.pick(`"%a"`, `"%d+"`, `"(%w)(%d)"`, `"%s*$"`, `"."`, `"[^%w]"`) + ", " + w.pick(`"<%0>"`, `"%1"`, `""`, "f", "t") + ")"
	case 16:
		return w.pick("table.concat", "unpack", "table.remove", "ipairs", "next") + "({" + w.expr() + ", " + w.expr() + "})"
	case 17:
		return "(pcall(" + w.pick("f", "t", "error", "string.rep", "tostring") + ", " + w.expr() + "))"
	case 18:
		return "(function(...) local x, y = ... return select(" + w.pick(`"#"`, "1", "2", "-1") + ", ...) end)(" + w.expr() + ", " + w.expr() + ")"
	case 19:
		return w.pick("cjson.encode(j(", "cjson.encode(cjson.decode(cjson.encode({j(", "cmsgpack.unpack(cmsgpack.pack(j(", "s(cmsgpack.pack(j(") + w.expr() + w.pick("))", ")))", ")})))")
	case 20:
		return w.pick("bit.band", "bit.bor", "bit.lshift", "math.max", "math.fmod", "string.rep", "string.byte", "math.pow") + "(" + w.expr() + ", " + w.pick("1", "2", "3", "a") + ")"
	case 21:
		return `redis.call("echo", ` + w.expr() + ")"
	case 22:
		return w.pick("s", "tonumber", "math.abs", "string.reverse", "string.lower", "rawlen", "redis.sha1hex", "redis.status_reply") + "(" + w.expr() + ")"
	}
	return w.pick("a", "b", "c", "t", "1", "2", `"ab"`)
}

func (w *writer) stmt() string {
	if w.depth++; w.depth > 3 {
		w.depth--
		return w.pick(programVars...) + " = " + w.expr() + " "
	}
	defer func() { w.depth-- }()
	switch w.r.IntN(20) {
	case 0:
		return "if " + w.expr() + " then " + w.stmt() + "else " + w.stmt() + "end "
	case 1:
		return "for i = 1, 3 do a = i " + w.stmt() + "end "
	case 2:
		return "a, b = b, " + w.expr() + " "
	case 3:
		return "t." + w.pick("x", "y") + " = " + w.expr() + " "
	case 4:
		return "local ok, e = pcall(function() " + w.stmt() + "end) c = tostring(ok) .. tostring(type(e) == 'table' or e) "
	case 5:
		return "do local a = " + w.expr() + " f = function(x, y) a = x return a, y end end "
	case 6:
		return "for k, v in ipairs({" + w.expr() + ", 2}) do " + w.stmt() + "end "
	case 7:
		return "local co = coroutine.wrap(function(x) local y = coroutine.yield(x) " + w.stmt() + "return y end) a = co(" + w.expr() + ") b = co(" + w.expr() + ") "
	case 8:
		return "setmetatable(t, {" + w.pick("__index", "__call", "__add", "__concat", "__lt", "__unm") + " = function(x, y) return " + w.expr() + " end}) "
	case 9:
		return "t[" + w.expr() + "] = " + w.expr() + " "
	case 10:
		return "do local m = 0 while m < 4 do m = m + 1 " + w.stmt() + "if " + w.expr() + " then break end end end "
	case 11:
		return "do local m = 0 repeat m = m + 1 local d = " + w.expr() + " " + w.stmt() + "until m > 2 or d == " + w.expr() + " end "
	case 12:
		return "for i = " + w.expr() + ", 3, 2 do " + w.stmt() + "if i > 9 then break end end "
	case 13:
		return w.pick("rawset(t, 1, ", "table.foreachi(t, ", "table.sort({3, 1, 2}, ") + w.pick("f", w.expr()) + ") "
	case 18:
		return "if n(t) ~= 0 then table.insert(t, " + w.pick("", "1, ") + w.expr() + ") end "
	case 14:
		return "a, b, c = " + w.expr() + ", (" + w.expr() + ") "
	case 15:
		return "do local g = f f = function(...) local x = ... if x == nil then return " + w.expr() + " end return g(...) end end "
	case 16:
		return "local ok, e = xpcall(function() " + w.stmt() + "error(" + w.expr() + w.pick("", ", 0", ", 2") + ") end, function(e) return s(e) .. 'h' end) b = e "
	case 17:
		return "for k in string.gmatch(s(" + w.expr() + "), " + w.pick(`"%w"`, `"%d"`, `"."`, `"(.)(.)"`) + ") do c = k " + w.stmt() + "end "
	}
	return w.pick(programVars[:3]...) + " = " + w.expr() + " "
}

func (w *writer) program() string {
	var b strings.Builder
	b.WriteString(`local a, b, c, t = 1, "two", 3.5, {1, 2, x = 5} local f = function(x, y) return y, x end `)
	b.WriteString(`local function s(v) if type(v) == "table" or type(v) == "function" or type(v) == "thread" then return type(v) end return tostring(v) end `)
	// The order of fields is nobody's business.
	b.WriteString(`local function j(v, d) if type(v) ~= "table" or (d or 0) > 3 then return v end local r = {} for i, x in ipairs(v) do r[i] = j(x, (d or 0) + 1) end `)
	b.WriteString(`if #r == 0 then local k, x = next(v) if k ~= nil and next(v, k) == nil then r[k] = x end end return r end `)
	// Lengths of tables that begin with a hole are not Lua 5.1's.
	b.WriteString(`local function n(v) if type(v) == "table" and rawget(v, 1) == nil then return 0 end return #v end `)
	for range 1 + w.r.IntN(5) {
		b.WriteString(w.stmt())
	}
	b.WriteString(`return {s(a), s(b), s(c), s(t), s(rawget(t, 1)), s(rawget(t, "x"))}`)
	return b.String()
}

// TestPrograms compares random programs with redis-server: go test -run
// TestPrograms -programs 1h -server bin/ferrous.
func TestPrograms(t *testing.T) {
	o := startOracle(t)
	seed := uint64(1)
	if *programs > 0 {
		seed = uint64(time.Now().UnixNano())
	}
	e, h := newTestEngine()
	ours := func(s string) string { return eval(e, h, Limits{Instructions: 5e7}, 2, s) }
	if *server != "" {
		ours = startServer(t, *server, "--lua-instruction-limit", "50000000").eval
	}
	o.patience = time.Minute
	n, bad, endless, slow := 0, 0, 0, 0
	for end := time.Now().Add(*programs); (n < 300 || time.Now().Before(end)) && bad < 10; n++ {
		if *programs > 0 && n%100000 == 0 {
			fmt.Fprintln(os.Stderr, time.Now().Format(time.TimeOnly), "seed", seed, "program", n)
		}
		// Each has its own state, so that any of them can be written again.
		s := (&writer{r: rand.New(rand.NewPCG(seed, uint64(n)))}).program()
		got := ours(s)
		if strings.Contains(got, ErrInstructions.Error()) {
			endless++ // there, too
			continue
		}
		want := o.eval(s)
		if strings.HasPrefix(want, "lost: ") && strings.Contains(want, "i/o timeout") {
			slow++ // a text that has outgrown our limits, for one; nobody can stop a function of the library there
			o.stop()
			o = startOracle(t)
			o.patience = time.Minute
			continue
		}
		if strings.Contains(got+want, "stack overflow") {
			endless++ // which of the stacks is full first, and where, is chance
			if strings.Contains(got, "callstack") || !strings.HasPrefix(want, "-") && !strings.Contains(want, "stack overflow") {
				t.Errorf("seed %d, program %d: %s\nredis:   %q\nferrous: %q", seed, n, s, want, got)
			}
			continue
		}
		if strings.HasPrefix(want, "lost: ") || strings.HasPrefix(got, "lost: ") {
			t.Fatalf("seed %d, program %d: %s\nredis:   %q\nferrous: %q", seed, n, s, want, got)
		}
		if plain(got) != plain(want) && !addresses(want) {
			bad++
			t.Errorf("seed %d, program %d: %s\nredis:   %q\nferrous: %q", seed, n, s, want, got)
		}
	}
	t.Log(n, "programs,", endless, "of them without an end,", slow, "too slow for the oracle")
}

var names = regexp.MustCompile(`(local|global|field|upvalue|method) '[^']*' \(a (\w+) value\)|(bad argument #\d+ to|calling) '[^']*'`)
var lengths = regexp.MustCompile(`\$[1-9]\d*\r\n`)

// plain is a reply without the names in texts of errors, which are not always to be
// had, and without what they make of lengths.
func plain(s string) string {
	if !*exact {
		s = names.ReplaceAllString(s, "a $2 value$3")
	}
	return lengths.ReplaceAllString(s, "$$\r\n")
}

// addresses reports whether a reply tells where values lie.
func addresses(s string) bool { return strings.Contains(s, ": 0x") }

// broken reports whether a reply tells of a fault of ours.
func broken(got string) bool {
	return strings.Contains(got, "runtime error") || strings.Contains(got, "interface conversion")
}

func fuzzRun(f *testing.F, source string, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	e, h := newTestEngine()
	f.Fuzz(func(t *testing.T, s string) {
		got := eval(e, h, Limits{Instructions: 200000, Memory: 256 << 20}, 2, source, "", s)
		if broken(got) {
			t.Errorf("%q: %s", s, got)
		}
	})
}

func FuzzJSON(f *testing.F) {
	fuzzRun(f, `return cjson.encode(cjson.decode(ARGV[1]))`, `[1,2.5,"x\u00e9",true,null,{"a":[]}]`, `{"a":`, `"\ud83d\ude00"`, `nan`)
}

func FuzzMessagePack(f *testing.F) {
	fuzzRun(f, `return cmsgpack.pack(cmsgpack.unpack(ARGV[1]))`, "\x93\x01\xa1x\xc0", "\xde\x00\x01\x01\x02", "\xdd\xff\xff\xff\xff", "\xcb\x3f\xf0")
}

func FuzzPattern(f *testing.F) {
	fuzzRun(f, `return {("hello world a(b)c"):gsub(ARGV[1], "%0")}`, "(%w+)", "%b()", "%f[%a]", "[^a-z]-", "(()", "%")
}

func FuzzStruct(f *testing.F) {
	fuzzRun(f, `return {struct.unpack(ARGV[1], "some bytes to read from, enough of them")}`, "<i4>d!8bs", "bc0", "i33")
}

// FuzzSource: no script ends the process, or gets round its limits.
func FuzzSource(f *testing.F) {
	w := &writer{r: rand.New(rand.NewPCG(1, 2))}
	for range 20 {
		f.Add(w.program())
	}
	for _, s := range endless {
		f.Add(s)
	}
	e, h := newTestEngine()
	f.Fuzz(func(t *testing.T, s string) {
		got := eval(e, h, Limits{Instructions: 100000, Memory: 256 << 20}, 2, s)
		if broken(got) {
			t.Errorf("%s: %s", s, got)
		}
		if got := eval(e, h, Limits{}, 2, "return 1"); got != ":1\r\n" {
			t.Fatalf("after %s: %q", s, got)
		}
	})
}

// FuzzConvert: whatever a script returns, and whatever number it passes on, what goes
// over the wire is one well-formed reply.
func FuzzConvert(f *testing.F) {
	for _, s := range []string{"\x93\x01\xa1x\xc0", "\x81\xa3map\x82\x01\x02\xa1a\xc3", "\x81\xa2ok\xa3a\r\n", "\x81\xaabig_number\xa31\r2", "\x81\xa6double\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",
		"\x81\xafverbatim_string\x82\xa6string\xa1x\xa6format\xa0", "\x81\xa3set\x81\x92\x01\x02\xc3"} {
		f.Add(s, 1.5, 3)
		f.Add(s, 1e300, 2)
	}
	const source = `redis.setresp(%d) local ok, v = pcall(cmsgpack.unpack, ARGV[1])
		return {v, redis.call("echo", tonumber(KEYS[1])), {tonumber(KEYS[1])}, redis.pcall("echo", ARGV[1])}`
	e, h := newTestEngine()
	f.Fuzz(func(t *testing.T, s string, n float64, proto int) {
		proto = 2 + proto&1
		got := eval(e, h, Limits{Instructions: 200000, Memory: 256 << 20}, proto, fmt.Sprintf(source, proto), strconv.FormatFloat(n, 'g', -1, 64), s)
		rest := strings.NewReader(got)
		o := oracle{r: bufio.NewReader(rest)}
		if _, err := o.reply(); err != nil || o.r.Buffered()+rest.Len() != 0 {
			t.Errorf("%q, %v, RESP%d: %q: %v, %d bytes behind it", s, n, proto, got, err, o.r.Buffered()+rest.Len())
		}
	})
}
