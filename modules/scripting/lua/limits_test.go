package lua

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// endless are scripts that do not end, or take all memory, each in its own way.
var endless = []string{
	`while true do end`,
	`while true do pcall(function() while true do end end) end`,
	`pcall(function() while true do end end) return 1`,
	`xpcall(function() while true do end end, function() while true do end end)`,
	`coroutine.wrap(function() while true do end end)()`,
	`local co = coroutine.create(function() while true do coroutine.yield() end end) while true do coroutine.resume(co) end`,
	`while true do coroutine.wrap(function() pcall(function() while true do end end) end)() end`,
	`local s = ("a"):rep(100000) while true do s:find(".-b") end`,
	`(("a"):rep(100000)):find(".-.-.-.-b")`,
	`pcall(string.find, ("a"):rep(100000), ".-.-.-.-b")`,
	`(("a"):rep(100000)):gsub(".-.-.-.-b", "")`,
	`for w in (("a"):rep(100000)):gmatch(".-.-.-.-b") do end`,
	`local t = {} for i = 1, 1000 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end`,
	`local t = setmetatable({}, {__index = function(t, k) while true do end end}) return t.x`,
	`(("x"):rep(1000)):gsub(".", function() while true do end end)`,
	`while true do loadstring("return 1") end`,
	`while true do cjson.encode({1, 2, 3}) end`,
	`while true do redis.call("get", "x") end`,
	`load(function() return "x=1 " end)`,
}

// long are steps that each take as long as thousands of instructions.
var long = []string{
	`local y = x .. "y"`, `local y = x:upper()`, `local y = x:reverse()`, `local y = ("x"):rep(1e6)`, `local y = x:gsub("x", "y", 1)`, `local y = ("xx"):gsub("x", x)`, `local y = ("x"):gsub("x", {x = x})`,
	`local y = ("%s%s"):format(x, x)`, `local y = table.concat({x, x})`, `local y = x:find("y", 1, true)`, `local y = cjson.encode(x)`, `local y = cmsgpack.pack(x)`,
	`local y = struct.pack("s", x)`,
	`local y = x == z`, `local y = x < z`, `local y = x >= z`, `rawequal(x, z)`, `table.sort({x, z, x})`,
	`local t = {} t[x] = i local y = t[z]`, `rawset({}, x, 1)`, `local y = rawget({a = 1}, x)`, `pcall(next, {a = 1}, x)`,
}

// TestLongSteps: what takes long by its length is counted by its length, and others are
// let have their turn.
func TestLongSteps(t *testing.T) {
	for _, s := range long {
		e, h := newTestEngine()
		polled := 0
		h.poll = func() error { polled++; return nil }
		s = `local x, z = ("x"):rep(1e6), ("x"):rep(1e6) for i = 1, 100 do ` + s + ` end`
		if got := eval(e, h, Limits{}, 2, s); got != "$-1\r\n" {
			t.Errorf("%s: %.200q", s, got)
		} else if polled < 50 {
			t.Errorf("%s: others had their turn %d times", s, polled)
		}
		if got := eval(e, h, Limits{Instructions: 1_000_000}, 2, s); !strings.HasPrefix(got, "-"+ErrInstructions.Error()) {
			t.Errorf("%s, with a limit: %.200q", s, got)
		}
	}
}

// TestNoEscape: a limit of instructions ends them all, soon.
func TestNoEscape(t *testing.T) {
	for _, s := range endless {
		e, h := newTestEngine()
		begin := time.Now()
		got := eval(e, h, Limits{Instructions: 300000}, 2, s)
		if !strings.HasPrefix(got, "-"+ErrInstructions.Error()) {
			if !strings.Contains(s, "load(") || !strings.HasPrefix(got, "-") {
				t.Errorf("%s\n%q", s, got)
			}
		}
		if d := time.Since(begin); d > time.Minute {
			t.Errorf("%s: %v", s, d)
		}
		if got := eval(e, h, Limits{}, 2, "return 1"); got != ":1\r\n" {
			t.Errorf("after %s: %q", s, got)
		}
	}
}

// TestInterrupt: another goroutine ends a script, and so does the host.
func TestInterrupt(t *testing.T) {
	killed := errors.New("ERR Error running script: Script killed by user with SCRIPT KILL.")
	for _, s := range endless[:8] {
		e, h := newTestEngine()
		running := make(chan struct{})
		h.poll = func() error {
			if running != nil {
				close(running)
				running = nil
			}
			return nil
		}
		go func(running chan struct{}) {
			<-running
			e.Interrupt(killed)
		}(running)
		if got := eval(e, h, Limits{}, 2, s); !strings.HasPrefix(got, "-"+killed.Error()) {
			t.Errorf("%s: %q", s, got)
		}
		h.poll = func() error { return killed }
		if got := eval(e, h, Limits{}, 2, s); !strings.HasPrefix(got, "-"+killed.Error()) {
			t.Errorf("%s: %q", s, got)
		}
	}
}

// TestTime: and so does the clock.
func TestTime(t *testing.T) {
	e, h := newTestEngine()
	if got := eval(e, h, Limits{Time: 20 * time.Millisecond}, 2, endless[1]); !strings.HasPrefix(got, "-"+ErrTime.Error()) {
		t.Errorf("%q", got)
	}
}

// TestMemory: scripts that take memory are ended before they have taken much more
// than they may.
func TestMemory(t *testing.T) {
	for _, s := range []string{
		`local s = "x" while true do s = s .. s end`,
		`local t = {} local i = 0 while true do i = i + 1 t[i] = {i} end`,
		`local t = {} while true do t[#t + 1] = ("x"):rep(1000000) .. #t end`,
		`local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(100) .. i end`,
		`return ("x"):rep(1e9)`,
		`return pcall(string.rep, "x", 1e9)`,
		`local t = {} for i = 1, 1000 do t[i] = ("x"):rep(1000000) end return table.concat(t)`,
		`local x = ("x"):rep(1000000) return x:gsub(".", x)`,
		`local t = {} for i = 1, 100 do t[i] = ("x"):rep(900000) end return cjson.encode({t, t, t})`,
		`local t = {} for i = 1, 100 do t[i] = ("x"):rep(900000) end return cmsgpack.pack({t, t, t})`,
		`local t = {} while true do t[#t + 1] = coroutine.create(function() end) end`,
		`local t = {} for i = 1, 1e6 do t[i] = {[65000] = 1} end`,
		`local t = {} for i = 1, 1e6 do t[i] = rawset({}, 65000, 1) end`,
		`local t = {} for i = 1, 1e9 do t[i] = 1 end`,
		`local f = "" for i = 1, 1000 do f = f .. "%s" end local x = ("x"):rep(1000000) local t = {} for i = 1, 1000 do t[i] = x end return f:format(unpack(t))`,
	} {
		e, h := newTestEngine()
		const limit = 16 << 20
		runtime.GC()
		before := e.measure()
		got := eval(e, h, Limits{Memory: limit}, 2, s)
		if !strings.HasPrefix(got, "-"+ErrMemory.Error()) {
			t.Errorf("%s: %.200q", s, got)
		}
		if after := e.measure(); int64(after-before) > 5*limit {
			t.Errorf("%s: the heap has grown by %d MB", s, (after-before)>>20)
		}
		if got := eval(e, h, Limits{}, 2, "return 1"); got != ":1\r\n" {
			t.Errorf("after %s: %q", s, got)
		}
	}
}

// TestGarbage: what a script has thrown away is not held against it.
func TestGarbage(t *testing.T) {
	for _, s := range []string{
		`for i = 1, 40000 do local s = ("x"):rep(1000) .. i end return 1`,
		`for i = 1, 60 do local s = ("x"):rep(1000000) .. i end return 1`,
		`for i = 1, 60 do local t = {[65000] = 1} end return 1`,
		`local keep = {} for i = 1, 8000 do keep[i] = ("x"):rep(1000) .. i end for i = 1, 100000 do local t = {i} end return 1`,
	} {
		e, h := newTestEngine()
		runtime.GC()
		if got := eval(e, h, Limits{Memory: 16 << 20}, 2, s); got != ":1\r\n" {
			t.Errorf("%s: %q", s, got)
		}
	}
}

// TestDeep: what lies deep within itself is an error, not the end of the process.
func TestDeep(t *testing.T) {
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	e, h := newTestEngine()
	for name, s := range map[string]string{
		"braces":      "return " + many("{", 3000000) + many("}", 3000000),
		"open braces": many("{", 3000000),
		"parentheses": "return " + many("(", 2000000) + "1" + many(")", 2000000),
		"minus":       "return " + many("- ", 2000000) + "1",
		"not":         "return " + many("not ", 2000000) + "1",
		"brackets":    "return a" + many("[a", 1000000) + many("]", 1000000),
		"functions":   many("return function() ", 500000) + many(" end", 500000),
		"do":          many("do ", 1000000) + many("end ", 1000000),
		"concat":      "return 1" + many("..1", 1000000),
		"power":       "return 1" + many("^1", 1000000),
		"plus":        "return 1" + many("+1", 1000000),
		"calls":       "return f" + many("()", 1000000),
		"fields":      "return f" + many(".a", 1000000),
		"elseif":      "if x then " + many("elseif x then ", 500000) + "end",
		"within":      `return loadstring("return " .. ("{"):rep(3e6) .. ("}"):rep(3e6))()`,
		"recursion":   `local function f() return 1 + f() end f()`,
		"pcall":       `local function f() local ok, e = pcall(f) error(e, 0) end f()`,
		"metatables":  `local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. "x"] end return t.x`,
		"coroutines":  `local function f() return coroutine.wrap(f)() end f()`,
		"gsub":        `local function f() return ("x"):gsub(".", f) end f()`,
		"json":        `return cjson.decode(("["):rep(1e6))`,
		"pattern":     `return ("a"):rep(1e5):find(("a?"):rep(1e5))`,
		"tostring":    `local t t = setmetatable({}, {__tostring = function() return tostring(t) end}) return tostring(t)`,
	} {
		got := eval(e, h, Limits{Memory: 1 << 30}, 2, s)
		if !strings.HasPrefix(got, "-") {
			t.Errorf("%s: %.200q", name, got)
		}
	}
	if got := eval(e, h, Limits{}, 2, `local t = {} for i = 1, 3000 do t = {t} end return t`); !strings.Contains(got, "reached lua stack limit") {
		t.Errorf("a deep result: %.100q", got)
	}
}

// TestDeepWithoutInstructions: a stack that grows by library functions is noticed, too.
func TestDeepWithoutInstructions(t *testing.T) {
	e, h := newTestEngine()
	for _, s := range []string{
		`local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return ipairs({t[redis.call("echo", 1)]}) end return t.x`,
	} {
		if got := eval(e, h, Limits{}, 2, s); !strings.Contains(got, "stack overflow") || strings.Contains(got, "callstack") {
			t.Errorf("%s: %q", s, got)
		}
	}
}
