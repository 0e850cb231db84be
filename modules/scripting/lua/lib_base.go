package lua

import (
	"fmt"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

var baseLib = map[string]vm.LGFunction{
	"assert": baseAssert, "collectgarbage": baseCollect, "error": baseError, "gcinfo": baseGCInfo,
	"getmetatable": baseGetMetatable, "ipairs": baseIpairs, "load": baseLoad, "loadstring": baseLoadString,
	"next": baseNext, "pairs": basePairs, "pcall": basePcall, "rawequal": baseRawEqual, "rawget": baseRawGet,
	"rawset": baseRawSet, "select": baseSelect, "setmetatable": baseSetMetatable, "tonumber": baseToNumber,
	"tostring": baseToString, "type": baseType, "unpack": baseUnpack, "xpcall": baseXpcall,
}

// display is tostring without metamethods.
func (e *Engine) display(v vm.LValue) string {
	switch v := v.(type) {
	case vm.LString:
		return string(v)
	case vm.LNumber:
		return number.String(float64(v))
	case *vm.LFunction:
		if v.IsG {
			return fmt.Sprintf("function: builtin: %p", v)
		}
		return fmt.Sprintf("function: %p", v)
	case *vm.LUserData:
		if v == e.null {
			return "userdata: (nil)"
		}
		return fmt.Sprintf("userdata: %p", v)
	}
	return v.String()
}

func baseAssert(L *vm.LState) int {
	if vm.LVIsFalse(checkAny(L, 1)) {
		msg := "assertion failed!"
		if L.Get(2) != vm.LNil {
			msg = checkString(L, 2)
		}
		throwText(L, msg)
	}
	return L.GetTop()
}

func baseError(L *vm.LState) int {
	level := optInt(L, 2, 1)
	v := L.Get(1)
	if s, ok := toText(v); ok && level > 0 {
		v = vm.LString(where(L, level) + s)
	}
	throw(L, v)
	return 0
}

func baseCollect(L *vm.LState) int {
	option := "collect"
	if L.Get(1) != vm.LNil {
		option = checkString(L, 1)
	}
	optInt(L, 2, 0)
	switch option {
	case "count":
		return pushNumber(L, float64(engine(L).measure())/1024)
	case "collect", "stop", "restart", "setpause", "setstepmul":
		return pushNumber(L, 0)
	case "step":
		L.Push(vm.LFalse)
		return 1
	}
	argError(L, 1, "invalid option '"+option+"'")
	return 0
}

func baseGCInfo(L *vm.LState) int { return pushNumber(L, float64(engine(L).measure()>>10)) }

func baseGetMetatable(L *vm.LState) int {
	e := engine(L)
	var meta vm.LValue
	meta = vm.LNil
	switch v := checkAny(L, 1).(type) {
	case vm.LString:
		meta = e.stringMeta
	case *vm.LTable:
		if shown, protected := e.protected[v]; !protected {
			meta = v.Metatable
		} else if shown.Metatable != vm.LNil { // globals of scripts and of libraries have the same
			meta = e.globalMeta
		}
	}
	if t, ok := meta.(*vm.LTable); ok && t != e.stringMeta {
		if shown := t.RawGetString("__metatable"); shown != vm.LNil {
			meta = shown
		}
	}
	L.Push(meta)
	return 1
}

func baseSetMetatable(L *vm.LState) int {
	t := checkTable(L, 1)
	meta := L.Get(2)
	if L.GetTop() < 2 || meta != vm.LNil && meta.Type() != vm.LTTable {
		argError(L, 2, "nil or table expected")
	}
	engine(L).change(L, t)
	if old, ok := t.Metatable.(*vm.LTable); ok && old.RawGetString("__metatable") != vm.LNil {
		throwText(L, "cannot change a protected metatable")
	}
	if m, ok := meta.(*vm.LTable); ok {
		spread(m)
	}
	t.Metatable = meta
	L.Push(t)
	return 1
}

func baseNext(L *vm.LState) int {
	t := engine(L).contents(checkTable(L, 1))
	seek(L, L.Get(2))
	if key := L.Get(2); key != vm.LNil && !known(t, key) {
		throw(L, vm.LString("invalid key to 'next'"))
	}
	return pushNext(L, t, L.Get(2))
}

// pushNext steps over the name that no script can spell.
func pushNext(L *vm.LState, t *vm.LTable, key vm.LValue) int {
	e := engine(L)
	k, v, _ := next(&e.stock, t, key)
	for t == e.globals && k == vm.LString("(globals)") {
		k, v, _ = next(&e.stock, t, k)
	}
	L.Push(k)
	if k == vm.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

func basePairs(L *vm.LState) int {
	t := checkTable(L, 1)
	L.Push(builtins["next"])
	L.Push(t)
	L.Push(vm.LNil)
	return 3
}

var ipairsStep = &vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int {
	i := checkInt(L, 2) + 1 // scripts may call it as they like
	v := rawIndex(checkTable(L, 1), i)
	if v == vm.LNil {
		return 0
	}
	L.Push(vm.LNumber(i))
	L.Push(v)
	return 2
}}

func baseIpairs(L *vm.LState) int {
	t := checkTable(L, 1)
	L.Push(ipairsStep)
	L.Push(t)
	L.Push(vm.LNumber(0))
	return 3
}

func baseRawEqual(L *vm.LState) int {
	a, b := checkAny(L, 1), checkAny(L, 2)
	seek(L, a)
	L.Push(vm.LBool(L.RawEqual(a, b)))
	return 1
}

func baseRawGet(L *vm.LState) int {
	t := engine(L).contents(checkTable(L, 1))
	key := checkAny(L, 2)
	seek(L, key)
	L.Push(rawGet(t, key))
	return 1
}

func baseRawSet(L *vm.LState) int {
	t := checkTable(L, 1)
	key, v := checkAny(L, 2), checkAny(L, 3)
	engine(L).change(L, t)
	if key == vm.LNil {
		throw(L, vm.LString("table index is nil"))
	}
	if n, ok := key.(vm.LNumber); ok {
		if n != n {
			throw(L, vm.LString("table index is NaN"))
		}
		takeGap(L, t, n)
	}
	seek(L, key)
	rawSet(t, key, v)
	L.Push(t)
	return 1
}

func baseSelect(L *vm.LState) int {
	n := L.GetTop()
	if s, ok := L.Get(1).(vm.LString); ok && strings.HasPrefix(string(s), "#") {
		return pushNumber(L, float64(n-1))
	}
	i := checkInt(L, 1)
	if i < 0 {
		i = n + i
	} else if i > n {
		i = n
	}
	if i < 1 {
		argError(L, 1, "index out of range")
	}
	return n - i
}

func baseToNumber(L *vm.LState) int {
	base := optInt(L, 2, 10)
	var f float64
	var ok bool
	if base == 10 {
		f, ok = toNumber(checkAny(L, 1))
	} else {
		s := checkString(L, 1)
		if base < 2 || base > 36 {
			argError(L, 2, "base out of range")
		}
		f, ok = number.ParseBase(s, base)
	}
	if !ok {
		L.Push(vm.LNil)
		return 1
	}
	return pushNumber(L, f)
}

func baseToString(L *vm.LState) int {
	v := checkAny(L, 1)
	if t, ok := v.(*vm.LTable); ok && t.Metatable != vm.LNil {
		if f := metamethod(t, "__tostring"); f != vm.LNil {
			L.Push(f)
			L.Push(v)
			on(L).callLua(L, 1, 1)
			return 1
		}
	}
	return pushString(L, engine(L).display(v))
}

// metamethod is a field of a value's metatable.
func metamethod(v vm.LValue, event string) vm.LValue {
	if t, ok := v.(*vm.LTable); ok {
		if meta, ok := t.Metatable.(*vm.LTable); ok {
			return meta.RawGetString(event)
		}
	}
	return vm.LNil
}

func baseType(L *vm.LState) int { return pushString(L, typeName(checkAny(L, 1))) }

// maxUnpack is how many values Lua's stack takes from C.
const maxUnpack = 8000

func baseUnpack(L *vm.LState) int {
	t := checkTable(L, 1)
	i, j := optInt(L, 2, 1), 0
	if L.Get(3) == vm.LNil {
		j = length(t)
	} else {
		j = checkInt(L, 3)
	}
	i, j = int(int32(i)), int(int32(j))
	if i > j {
		return 0
	}
	n := j - i + 1
	if n+L.GetTop() > maxUnpack {
		throwText(L, "too many results to unpack")
	}
	t = engine(L).contents(t)
	for ; i <= j; i++ {
		L.Push(rawIndex(t, i))
	}
	return n
}

// finishPcall leaves what pcall returns. Of a table of an error scripts see the
// text, as in Redis.
func finishPcall(L *vm.LState, x *thrown) int {
	if e := engine(L); e.stopped != nil {
		throw(L, vm.LString(e.stopped.Error()))
	}
	if x == nil {
		return L.GetTop()
	}
	v := x.value
	if t, ok := v.(*vm.LTable); ok {
		if s, ok := toText(indexFromGo(L, t, fieldErr)); ok { // of which a metatable may know
			v = vm.LString(s)
		}
	}
	L.SetTop(0)
	L.Push(vm.LFalse)
	L.Push(v)
	return 2
}

func basePcall(L *vm.LState) int {
	t := on(L)
	L.Insert(vm.LTrue, 1)
	if L.GetTop() == 1 { // Redis's pcall calls its own placeholder then
		return finishPcall(L, &thrown{value: vm.LString("attempt to call a boolean value")})
	}
	if t.e.depth >= maxDepth {
		return finishPcall(L, &thrown{value: vm.LString("C stack overflow")})
	}
	if !callable(L.Get(2)) {
		return finishPcall(L, &thrown{value: vm.LString("attempt to call a " + typeName(L.Get(2)) + " value")})
	}
	return finishPcall(L, t.pcall(L, L.GetTop()-2, vm.MultRet, nil))
}

func callable(v vm.LValue) bool {
	_, ok := v.(*vm.LFunction)
	if !ok {
		_, ok = metamethod(v, "__call").(*vm.LFunction)
	}
	return ok
}

func baseXpcall(L *vm.LState) int {
	checkAny(L, 2)
	f, handler := L.Get(1), L.Get(2)
	L.SetTop(0)
	t := on(L)
	if t.e.depth >= maxDepth {
		return finishPcall(L, &thrown{value: vm.LString("C stack overflow")})
	}
	L.Push(vm.LTrue)
	L.Push(f)
	x := t.pcall(L, 0, vm.MultRet, handler)
	if e := t.e; e.stopped != nil || x == nil {
		return finishPcall(L, x)
	}
	L.SetTop(0)
	L.Push(vm.LFalse)
	L.Push(x.value)
	return 2
}

func baseLoadString(L *vm.LState) int {
	s := checkString(L, 1)
	name := s
	if L.Get(2) != vm.LNil {
		name = checkString(L, 2)
	}
	return pushLoaded(L, s, name)
}

func pushLoaded(L *vm.LState, source, name string) int {
	e := engine(L)
	spendOn(L, 500+len(source))
	e.take(L, 16*len(source))
	proto, err := compile(source, name)
	if err != nil {
		L.Push(vm.LNil)
		return 1 + pushString(L, err.Error())
	}
	fn := L.NewFunctionFromProto(proto)
	fn.Env = e.globals
	L.Push(fn)
	return 1
}

func baseLoad(L *vm.LState) int {
	f := checkFunction(L, 1)
	name := "=(load)"
	if L.Get(2) != vm.LNil {
		name = checkString(L, 2)
	}
	var b strings.Builder
	for {
		L.Push(f)
		if x := on(L).pcall(L, 0, 1, nil); x != nil {
			if e := engine(L); e.stopped != nil {
				throw(L, vm.LString(e.stopped.Error()))
			}
			L.Push(vm.LNil)
			L.Push(x.value)
			return 2
		}
		v := L.Get(-1)
		L.Pop(1)
		s, ok := toText(v)
		if v != vm.LNil && !ok {
			L.Push(vm.LNil)
			return 1 + pushString(L, "reader function must return a string")
		}
		if s == "" {
			return pushLoaded(L, b.String(), name)
		}
		if b.Len()+len(s) > MaxSource {
			throw(L, vm.LString("not enough memory"))
		}
		b.WriteString(s)
	}
}
