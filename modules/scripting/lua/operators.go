package lua

import (
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// The operators that the VM computes otherwise than Lua 5.1, as functions that the
// rewritten script calls.

// concat is `..` of its arguments.
func concat(L *vm.LState) int {
	n := L.GetTop()
	size := 0
	var room [16]string
	parts := room[:0]
	for i := 1; i <= n; i++ {
		s, ok := toText(L.Get(i))
		if !ok {
			return concatMeta(L)
		}
		size += len(s)
		parts = append(parts, s)
	}
	engine(L).take(L, size)
	if n == 2 {
		return pushString(L, parts[0]+parts[1])
	}
	return pushString(L, strings.Join(parts, ""))
}

// joined is concat of few short texts; nil for others.
func (e *Engine) joined(values []vm.LValue) vm.LValue {
	b := e.buffer[:0]
	for _, v := range values {
		var ok bool
		if b, ok = appendText(b, v); !ok || len(b) >= 16*perStep { // a metamethod, or something to count
			return nil
		}
	}
	e.keep(b)
	return e.stock.text(b)
}

// concatMeta is concat where a metamethod is needed: two operands at a time, from
// the right.
func concatMeta(L *vm.LState) int {
	n := L.GetTop()
	right := L.Get(n)
	for i := n - 1; i >= 1; i-- {
		left := L.Get(i)
		a, ok := toText(left)
		b, ok2 := toText(right)
		if ok && ok2 {
			engine(L).take(L, len(a)+len(b))
			right = vm.LString(a + b)
			continue
		}
		f := metamethod(left, "__concat")
		if f == vm.LNil {
			f = metamethod(right, "__concat")
		}
		if f == vm.LNil {
			bad, v := i, left
			if ok {
				bad, v = i+1, right
			}
			throwOperand(L, "concatenate", bad, v)
		}
		L.Push(f)
		L.Push(left)
		L.Push(right)
		on(L).callLua(L, 2, 1)
		right = L.Get(-1)
		L.Pop(1)
	}
	L.Push(right)
	return 1
}

// throwOperand blames an operand, which is argument n of the function that stands
// for the operator.
func throwOperand(L *vm.LState, what string, n int, v vm.LValue) {
	if f, ok := frameAt(L, 1); ok {
		i := instruction(f.proto.Code[f.pc])
		if op := i.op(); (op == vm.OP_CALL || op == vm.OP_TAILCALL) && L.Get(n) == v {
			throwText(L, f.blameTemporary(what, i.a()+n, typeName(v)))
		}
	}
	throwText(L, "attempt to "+what+" a "+typeName(v)+" value")
}

// lengthOp is `#`. Tables have no metamethod for it in Lua 5.1.
func lengthOp(L *vm.LState) int {
	switch v := L.Get(1).(type) {
	case vm.LString:
		return pushNumber(L, float64(len(v)))
	case *vm.LTable:
		return pushNumber(L, float64(length(v)))
	default:
		throwOperand(L, "get length of", 1, v)
	}
	return 0
}

// pack is {...}.
func pack(L *vm.LState) int {
	n := L.GetTop()
	engine(L).take(L, 16*n)
	t := L.CreateTable(n, 0)
	for i := 1; i <= n; i++ {
		setIndex(t, i, L.Get(i))
	}
	L.Push(t)
	return 1
}

func forBound(L *vm.LState, what string) int {
	f, ok := toNumber(L.Get(1))
	if !ok {
		throwText(L, "'for' "+what+" must be a number")
	}
	return pushNumber(L, f)
}

// arithmetic are the operators on numbers in strings.
var arithmetic = map[string]func(a, b float64) float64{
	"__add": func(a, b float64) float64 { return a + b },
	"__sub": func(a, b float64) float64 { return a - b },
	"__mul": func(a, b float64) float64 { return a * b },
	"__div": func(a, b float64) float64 { return a / b },
	"__mod": number.Mod,
	"__pow": number.Pow,
	"__unm": func(a, _ float64) float64 { return -a },
}

// arith is an operator one of whose operands is a string.
func arith(L *vm.LState, event string, op func(a, b float64) float64) int {
	left, right := L.Get(1), L.Get(2)
	if event == "__unm" {
		right = left
	}
	a, ok := toNumber(left)
	b, ok2 := toNumber(right)
	if ok && ok2 {
		return pushNumber(L, op(a, b))
	}
	f := metamethod(left, event)
	if f == vm.LNil {
		f = metamethod(right, event)
	}
	if f != vm.LNil {
		L.Push(f)
		L.Push(left)
		L.Push(right)
		on(L).callLua(L, 2, 1)
		return 1
	}
	if caller, isLua := frameAt(L, 1); isLua {
		i := instruction(caller.proto.Code[caller.pc])
		if event == "__unm" {
			throwText(L, caller.blame("perform arithmetic on", i.b(), typeName(left)))
		}
		throwText(L, caller.arith(i.b(), i.c()))
	}
	throwText(L, "attempt to perform arithmetic on a "+typeName(left)+" value")
	return 0
}

// less is `<` between two values, for sorting.
func less(L *vm.LState, a, b vm.LValue) bool {
	switch x := a.(type) {
	case vm.LNumber:
		if y, ok := b.(vm.LNumber); ok {
			return x < y
		}
	case vm.LString:
		if y, ok := b.(vm.LString); ok {
			if n := min(len(x), len(y)); n >= 16*perStep {
				spendOn(L, n/perStep)
			}
			return x < y
		}
	}
	if ta, tb := typeName(a), typeName(b); ta != tb {
		throw(L, vm.LString("attempt to compare "+ta+" with "+tb))
	}
	f := metamethod(a, "__lt")
	if f == vm.LNil || f != metamethod(b, "__lt") {
		throw(L, vm.LString("attempt to compare two "+typeName(a)+" values"))
	}
	L.Push(f)
	L.Push(a)
	L.Push(b)
	on(L).callLua(L, 2, 1)
	ok := vm.LVAsBool(L.Get(-1))
	L.Pop(1)
	return ok
}

// appendText appends a string or a number as a string.
func appendText(b []byte, v vm.LValue) ([]byte, bool) {
	switch v := v.(type) {
	case vm.LString:
		return append(b, v...), true
	case vm.LNumber:
		return number.Append(b, float64(v)), true
	}
	return b, false
}
