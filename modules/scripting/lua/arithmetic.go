package lua

import (
	"math"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// The instructions that compute with numbers. The VM's own take -0 for 0, and have
// another `%` and another sign of NaN. Other operands, texts too, go the VM's way: to a metamethod.

// operands are those of an instruction, if both are numbers.
func operands(L *vm.LState, inst uint32) (a, b float64, ok bool) {
	f := *currentFrame(L)
	i := instruction(inst)
	x, ok := f.operand(L, i.b()).(vm.LNumber)
	if !ok {
		return 0, 0, false
	}
	y, ok := f.operand(L, i.c()).(vm.LNumber)
	return float64(x), float64(y), ok
}

// result is what an instruction has computed.
func result(L *vm.LState, inst uint32, f float64) int {
	set(L, (*currentFrame(L)).localBase+instruction(inst).a(), engine(L).stock.number(f))
	return 0
}

func add(L *vm.LState, inst uint32, base *callFrame) int {
	if a, b, ok := operands(L, inst); ok {
		return result(L, inst, a+b)
	}
	return jumpTable[vm.OP_ADD](L, inst, base)
}

func sub(L *vm.LState, inst uint32, base *callFrame) int {
	if a, b, ok := operands(L, inst); ok {
		return result(L, inst, a-b)
	}
	return jumpTable[vm.OP_SUB](L, inst, base)
}

func mul(L *vm.LState, inst uint32, base *callFrame) int {
	if a, b, ok := operands(L, inst); ok {
		return result(L, inst, a*b)
	}
	return jumpTable[vm.OP_MUL](L, inst, base)
}

func div(L *vm.LState, inst uint32, base *callFrame) int {
	if a, b, ok := operands(L, inst); ok {
		return result(L, inst, a/b)
	}
	return jumpTable[vm.OP_DIV](L, inst, base)
}

func mod(L *vm.LState, inst uint32, base *callFrame) int {
	if a, b, ok := operands(L, inst); ok {
		return result(L, inst, number.Mod(a, b))
	}
	return jumpTable[vm.OP_MOD](L, inst, base)
}

func pow(L *vm.LState, inst uint32, base *callFrame) int {
	if a, b, ok := operands(L, inst); ok {
		return result(L, inst, number.Pow(a, b))
	}
	return jumpTable[vm.OP_POW](L, inst, base)
}

// minus is OP_UNM.
func minus(L *vm.LState, inst uint32, base *callFrame) int {
	if x, ok := (*currentFrame(L)).operand(L, instruction(inst).b()).(vm.LNumber); ok {
		return result(L, inst, -float64(x))
	}
	return jumpTable[vm.OP_UNM](L, inst, base)
}

// small are the numbers that scripts count with, made once.
var small = func() (v [256]vm.LValue) {
	for i := range v {
		v[i] = vm.LNumber(i)
	}
	return v
}()

// smallNumber is one of them.
func smallNumber(f float64) (v vm.LValue, ok bool) {
	if f < float64(len(small)) && f >= 0 {
		if i := int(f); float64(i) == f && (i > 0 || !math.Signbit(f)) {
			return small[i], true
		}
	}
	return nil, false
}
