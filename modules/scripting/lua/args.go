package lua

import (
	"fmt"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// Arguments of library functions, with Lua's complaints about them.

func engine(L *vm.LState) *Engine { return on(L).e }

func typeName(v vm.LValue) string { return v.Type().String() }

// argError complains about an argument.
func argError(L *vm.LState, n int, text string) {
	name := "?"
	if f, ok := frameAt(L, 1); ok {
		switch i := instruction(f.proto.Code[f.pc]); i.op() {
		case vm.OP_TFORLOOP:
			name = "(for generator)"
		case vm.OP_CALL, vm.OP_TAILCALL:
			kind, called := f.temporary(i.a())
			if called != "" {
				name = called
			}
			if kind == "method" {
				if n--; n == 0 {
					throwText(L, fmt.Sprintf("calling '%s' on bad self (%s)", name, text))
				}
			}
		}
	}
	throwText(L, fmt.Sprintf("bad argument #%d to '%s' (%s)", n, name, text))
}

func typeError(L *vm.LState, n int, want string) {
	got := "no value"
	if n <= L.GetTop() {
		got = typeName(L.Get(n))
	}
	argError(L, n, want+" expected, got "+got)
}

// text is a string or a number as a string; empty for anything else.
func text(v vm.LValue) string {
	s, _ := toText(v)
	return s
}

func toText(v vm.LValue) (string, bool) {
	switch v := v.(type) {
	case vm.LString:
		return string(v), true
	case vm.LNumber:
		return number.String(float64(v)), true
	}
	return "", false
}

func toNumber(v vm.LValue) (float64, bool) {
	switch v := v.(type) {
	case vm.LNumber:
		return float64(v), true
	case vm.LString:
		return number.Parse(string(v))
	}
	return 0, false
}

func checkAny(L *vm.LState, n int) vm.LValue {
	if n > L.GetTop() {
		argError(L, n, "value expected")
	}
	return L.Get(n)
}

func checkString(L *vm.LState, n int) string {
	s, ok := toText(L.Get(n))
	if !ok {
		typeError(L, n, "string")
	}
	return s
}

func checkNumber(L *vm.LState, n int) float64 {
	f, ok := toNumber(L.Get(n))
	if !ok {
		typeError(L, n, "number")
	}
	return f
}

func checkInt(L *vm.LState, n int) int { return int(number.ToInt64(checkNumber(L, n))) }

func optInt(L *vm.LState, n, otherwise int) int {
	if L.Get(n) == vm.LNil {
		return otherwise
	}
	return checkInt(L, n)
}

func checkTable(L *vm.LState, n int) *vm.LTable {
	t, ok := L.Get(n).(*vm.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

func checkFunction(L *vm.LState, n int) *vm.LFunction {
	f, ok := L.Get(n).(*vm.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return f
}

func pushNumber(L *vm.LState, f float64) int {
	L.Push(engine(L).stock.number(f))
	return 1
}

func pushString(L *vm.LState, s string) int {
	L.Push(engine(L).stock.string(s))
	return 1
}

// pushText pushes a copy of b as a string.
func pushText(L *vm.LState, b []byte) int {
	L.Push(engine(L).stock.text(b))
	return 1
}

// spendOn counts steps of a library function, which ends with the script.
func spendOn(L *vm.LState, steps int) {
	if err := engine(L).spend(steps); err != nil {
		throw(L, vm.LString(err.Error()))
	}
}
