package lua

import (
	"fmt"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/format"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/pattern"
)

var stringLib = map[string]vm.LGFunction{
	"byte": strByte, "char": strChar, "dump": strDump, "find": func(L *vm.LState) int { return strFind(L, true) },
	"format": strFormat, "gfind": strGmatch, "gmatch": strGmatch, "gsub": strGsub, "len": func(L *vm.LState) int { return pushNumber(L, float64(len(checkString(L, 1)))) },
	"lower": func(L *vm.LState) int { return strCase(L, 'A', 'Z') }, "upper": func(L *vm.LState) int { return strCase(L, 'a', 'z') },
	"match": func(L *vm.LState) int { return strFind(L, false) }, "rep": strRep, "reverse": strReverse, "sub": strSub,
}

// position makes an index that may count from the end one that counts from the
// beginning.
func position(i, length int) int {
	if i < 0 {
		return max(i+length+1, 0)
	}
	return i
}

func strSub(L *vm.LState) int {
	s := checkString(L, 1)
	i := max(position(checkInt(L, 2), len(s)), 1)
	j := min(position(optInt(L, 3, -1), len(s)), len(s))
	if i > j {
		return pushString(L, "")
	}
	return pushString(L, s[i-1:j])
}

func strByte(L *vm.LState) int {
	s := checkString(L, 1)
	i := position(optInt(L, 2, 1), len(s))
	j := min(position(optInt(L, 3, i), len(s)), len(s))
	i = max(i, 1)
	if i > j {
		return 0
	}
	if j-i+1 > maxUnpack {
		throwText(L, "string slice too long")
	}
	for k := i; k <= j; k++ {
		L.Push(vm.LNumber(s[k-1]))
	}
	return j - i + 1
}

func strChar(L *vm.LState) int {
	n := L.GetTop()
	b := make([]byte, n)
	for i := 1; i <= n; i++ {
		c := checkInt(L, i)
		if c < 0 || c > 255 {
			argError(L, i, "invalid value")
		}
		b[i-1] = byte(c)
	}
	return pushText(L, b)
}

// strDump gives the header of a precompiled chunk, which is all that may be had of
// one: nobody may load any.
func strDump(L *vm.LState) int {
	if !checkFunction(L, 1).IsG {
		return pushString(L, "\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00")
	}
	throwText(L, "unable to dump given function")
	return 0
}

func strCase(L *vm.LState, from, to byte) int {
	s := checkString(L, 1)
	engine(L).take(L, len(s))
	b := []byte(s)
	for i, c := range b {
		if c >= from && c <= to {
			b[i] = c ^ 0x20
		}
	}
	return pushText(L, b)
}

func strReverse(L *vm.LState) int {
	s := checkString(L, 1)
	engine(L).take(L, len(s))
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	return pushText(L, b)
}

func strRep(L *vm.LState) int {
	s, n := checkString(L, 1), checkInt(L, 2)
	n = int(int32(n))
	if n <= 0 || s == "" {
		return pushString(L, "")
	}
	if len(s) > maxString/n {
		engine(L).take(L, maxString+1)
	}
	engine(L).take(L, len(s)*n)
	return pushString(L, strings.Repeat(s, n))
}

// matcher returns a matcher, which ends with the script and which done takes back.
func matcher(L *vm.LState, subject, p string) *pattern.Matcher {
	e := engine(L)
	m := e.matcher
	if e.matcher = nil; m == nil {
		m = &pattern.Matcher{Budget: e.spend}
	}
	m.Subject, m.Pattern = subject, p
	return m
}

func (e *Engine) done(m *pattern.Matcher) {
	m.Subject, m.Pattern = "", ""
	e.matcher = m
}

// throwMatch throws what the matcher complains about.
func throwMatch(L *vm.LState, err error) { throwText(L, err.Error()) }

// pushCapture pushes capture i of a match over [from, to).
func pushCapture(L *vm.LState, m *pattern.Matcher, i, from, to int) vm.LValue {
	s, at, err := m.Capture(i, from, to)
	if err != nil {
		throwMatch(L, err)
	}
	if at > 0 {
		return engine(L).stock.number(float64(at))
	}
	return engine(L).stock.string(s)
}

// pushCaptures pushes all captures, or the whole match if there are none and whole.
func pushCaptures(L *vm.LState, m *pattern.Matcher, from, to int, whole bool) int {
	n := m.Captures()
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		L.Push(pushCapture(L, m, i, from, to))
	}
	return n
}

const specials = "^$*+?.([%-"

func strFind(L *vm.LState, find bool) int {
	s, p := checkString(L, 1), checkString(L, 2)
	init := position(optInt(L, 3, 1), len(s)) - 1
	init = min(max(init, 0), len(s))
	if find && (vm.LVAsBool(L.Get(4)) || !strings.ContainsAny(p, specials)) {
		spendOn(L, len(s)/perStep)
		at := strings.Index(s[init:], p)
		if at < 0 {
			L.Push(vm.LNil)
			return 1
		}
		return pushNumber(L, float64(init+at+1)) + pushNumber(L, float64(init+at+len(p)))
	}
	m := matcher(L, s, p)
	defer engine(L).done(m)
	from, to, err := m.Search(init)
	switch {
	case err != nil:
		throwMatch(L, err)
	case from < 0:
		L.Push(vm.LNil)
		return 1
	case find:
		return pushNumber(L, float64(from+1)) + pushNumber(L, float64(to)) + pushCaptures(L, m, from, to, false)
	}
	return pushCaptures(L, m, from, to, true)
}

func strGmatch(L *vm.LState) int {
	s, p := checkString(L, 1), checkString(L, 2)
	at := 0
	L.Push(&vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int {
		m := matcher(L, s, p)
		defer engine(L).done(m)
		for ; at <= len(s); at++ {
			// Here ^ has no meaning of its own.
			end, err := m.Match(at, 0)
			if err != nil {
				throwMatch(L, err)
			}
			if end < 0 {
				continue
			}
			from := at
			if at = end; end == from {
				at++
			}
			return pushCaptures(L, m, from, end, true)
		}
		return 0
	}})
	return 1
}

func strGsub(L *vm.LState) int {
	s, p, repl := checkString(L, 1), checkString(L, 2), L.Get(3)
	most := optInt(L, 4, len(s)+1)
	switch repl.Type() {
	case vm.LTNumber, vm.LTString, vm.LTTable, vm.LTFunction:
	default:
		argError(L, 3, "string/function/table expected")
	}
	m := matcher(L, s, p)
	e := engine(L)
	room := e.room()
	b := e.buffer[:0]
	e.buffer = nil // what the replacement is computed by may need one, too
	at, n := 0, 0
	told := 0 // of what has been written
	for n < most {
		from, end, err := m.Search(at)
		if err != nil {
			throwMatch(L, err)
		}
		if from < 0 {
			break
		}
		n++
		b = append(b, s[at:from]...)
		b = gsubValue(L, b, m, repl, from, end)
		if len(b) > room {
			engine(L).take(L, len(b))
		}
		if more := len(b) - told; more >= 16*perStep {
			told = len(b)
			spendOn(L, more/perStep)
		}
		if at = end; end == from { // a match of nothing
			if at == len(s) {
				break
			}
			b = append(b, s[at])
			at++
		}
		if m.Anchored() {
			break
		}
	}
	b = append(b, s[at:]...)
	e.done(m)
	e.keep(b)
	e.take(L, len(b))
	return pushText(L, b) + pushNumber(L, float64(n))
}

// gsubValue appends what replaces a match.
func gsubValue(L *vm.LState, b []byte, m *pattern.Matcher, repl vm.LValue, from, to int) []byte {
	var v vm.LValue
	switch r := repl.(type) {
	case *vm.LFunction:
		L.Push(r)
		keep := *m // the function may match too, but not with this matcher
		n := pushCaptures(L, m, from, to, true)
		on(L).callLua(L, n, 1)
		*m = keep
		v = L.Get(-1)
		L.Pop(1)
	case *vm.LTable:
		v = indexFromGo(L, r, pushCapture(L, m, 0, from, to))
	default:
		return gsubText(L, b, m, text(repl), from, to)
	}
	if vm.LVIsFalse(v) {
		return append(b, m.Subject[from:to]...)
	}
	b, ok := appendText(b, v)
	if !ok {
		throwText(L, "invalid replacement value (a "+typeName(v)+")")
	}
	return b
}

func gsubText(L *vm.LState, b []byte, m *pattern.Matcher, repl string, from, to int) []byte {
	for i := 0; i < len(repl); i++ {
		if repl[i] != '%' {
			b = append(b, repl[i])
			continue
		}
		i++
		switch {
		case i >= len(repl): // Lua 5.1 looks at the zero byte behind its string
			b = append(b, 0)
		case repl[i] < '0' || repl[i] > '9':
			b = append(b, repl[i])
		case repl[i] == '0':
			b = append(b, m.Subject[from:to]...)
		default:
			b, _ = appendText(b, pushCapture(L, m, int(repl[i]-'1'), from, to))
		}
	}
	return b
}

func strFormat(L *vm.LState) int {
	f := checkString(L, 1)
	arg := 1
	e := engine(L)
	b := e.buffer[:0]
	for {
		i := strings.IndexByte(f, '%')
		if i < 0 {
			b = append(b, f...)
			e.keep(b)
			e.take(L, len(b))
			return pushText(L, b)
		}
		b = append(b, f[:i]...)
		if f = f[i+1:]; strings.HasPrefix(f, "%") {
			b = append(b, '%')
			f = f[1:]
			continue
		}
		d, n, err := format.Read(f)
		if err != nil {
			throwText(L, err.Error())
		}
		f = f[n:]
		if arg++; arg > L.GetTop() {
			argError(L, arg, "no value")
		}
		if len(b) > e.room() {
			e.take(L, len(b))
		}
		b = directive(L, b, &d, arg)
	}
}

func directive(L *vm.LState, b []byte, d *format.Directive, arg int) []byte {
	switch d.Verb {
	case 'c':
		return d.Char(b, byte(checkInt(L, arg)))
	case 'd', 'i':
		return d.Int(b, checkNumber(L, arg))
	case 'o', 'u', 'x', 'X':
		return d.Uint(b, checkNumber(L, arg))
	case 'e', 'E', 'f', 'g', 'G':
		return d.Float(b, checkNumber(L, arg))
	case 'q':
		return format.Quote(b, checkString(L, arg))
	case 's':
		return d.Str(b, checkString(L, arg))
	}
	verb := ""
	if d.Verb != 0 {
		verb = string([]byte{d.Verb})
	}
	throwText(L, fmt.Sprintf("invalid option '%%%s' to 'format'", verb))
	return b
}
