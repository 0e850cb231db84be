package lua

import (
	vm "github.com/yuin/gopher-lua"
)

// Names for texts of errors: "attempt to index local 'x'". As in Lua 5.1, they are
// found by looking at the code that led to the value, when an error happens; what
// runs well pays nothing for them.

// place is a point in a function's code.
type place struct {
	proto *vm.FunctionProto
	pc    int
}

// describe says what a register holds at the place: the kind of variable and its
// name; nothing if it is none.
func (p place) describe(reg int) (kind, name string) {
	if name := p.local(reg); name != "" {
		return "local", name
	}
	return p.temporary(reg)
}

// temporary is describe for a register that is none of a local variable. The
// compiler forgets when a variable's scope ends, so that describe may take one for
// what it is not; what is called, and its arguments, are always temporary.
func (p place) temporary(reg int) (kind, name string) {
	pc := p.setter(reg)
	if pc < 0 {
		return "", ""
	}
	at := place{p.proto, pc}
	switch i := instruction(p.proto.Code[pc]); i.op() {
	case vm.OP_MOVE, vm.OP_MOVEN:
		if i.b() < i.a() {
			return at.describe(i.b())
		}
	case vm.OP_GETGLOBAL:
		return "global", p.constant(i.bx())
	case opKeys:
		return "global", "KEYS"
	case opArgv:
		return "global", "ARGV"
	case opBase:
		return "global", builtinNames[p.proto.Constants[i.bx()].(*vm.LFunction)]
	case vm.OP_GETUPVAL:
		if i.b() < len(p.proto.DbgUpvalues) {
			return "upvalue", p.proto.DbgUpvalues[i.b()]
		}
	case vm.OP_GETTABLE, vm.OP_GETTABLEKS:
		return "field", at.key(i.c())
	case vm.OP_SELF:
		return "method", at.key(i.c())
	case vm.OP_LOADK:
		if fn, ok := p.proto.Constants[i.bx()].(*vm.LFunction); ok {
			return "field", builtinNames[fn]
		}
	}
	return "", ""
}

// key is the name that an operand is, if it is a string constant.
func (p place) key(operand int) string {
	if operand&constant != 0 {
		return p.constant(operand &^ constant)
	}
	if pc := p.setter(operand); pc >= 0 {
		if i := instruction(p.proto.Code[pc]); i.op() == vm.OP_LOADK && p.local(operand) == "" {
			return p.constant(i.bx())
		}
	}
	return "?"
}

func (p place) constant(i int) string {
	if s, ok := p.proto.Constants[i].(vm.LString); ok {
		return string(s)
	}
	return "?"
}

// local is the name of the local variable in a register; nothing for those that
// the compiler made.
func (p place) local(reg int) string {
	for _, l := range p.proto.DbgLocals {
		if l.StartPc > p.pc {
			break
		}
		if p.pc < l.EndPc {
			if reg == 0 {
				if l.Name[0] == '(' {
					return ""
				}
				return l.Name
			}
			reg--
		}
	}
	return ""
}

// setter finds the instruction that last set a register before the place; -1 if
// none is certain.
func (p place) setter(reg int) int {
	last := -1
	for pc := 0; pc < p.pc; pc++ {
		i := instruction(p.proto.Code[pc])
		a := i.a()
		switch i.op() {
		case vm.OP_LOADNIL:
			if a <= reg && reg <= i.b() {
				last = pc
			}
		case vm.OP_SELF:
			if reg == a || reg == a+1 {
				last = pc
			}
		case vm.OP_CALL, vm.OP_TAILCALL, vm.OP_VARARG:
			if reg >= a {
				last = pc
			}
		case vm.OP_TFORLOOP:
			if reg >= a+2 {
				last = pc
			}
		case vm.OP_FORLOOP, vm.OP_FORPREP:
			if reg >= a && reg <= a+3 {
				last = pc
			}
			if to := pc + 1 + i.sbx(); to > pc && to <= p.pc {
				pc = to - 1
			}
		case vm.OP_JMP:
			if to := pc + 1 + i.sbx(); to > pc && to <= p.pc {
				pc = to - 1
			}
		case vm.OP_CLOSURE:
			if reg == a {
				last = pc
			}
			pc += int(p.proto.FunctionPrototypes[i.bx()].NumUpvalues)
		case vm.OP_SETLIST:
			if i.c() == 0 {
				pc++
			}
		case vm.OP_MOVE, vm.OP_MOVEN, vm.OP_LOADK, vm.OP_LOADBOOL, vm.OP_GETUPVAL, vm.OP_GETGLOBAL, opKeys, opArgv, opBase,
			vm.OP_GETTABLE, vm.OP_GETTABLEKS, vm.OP_NEWTABLE, vm.OP_ADD, vm.OP_SUB, vm.OP_MUL, vm.OP_DIV,
			vm.OP_MOD, vm.OP_POW, vm.OP_UNM, vm.OP_NOT, vm.OP_LEN, vm.OP_CONCAT, vm.OP_TESTSET:
			if reg == a {
				last = pc
			}
		}
	}
	return last
}

// frame is one function that is being run.
type frame struct {
	place
	L    *vm.LState
	dbg  *vm.Debug
	line int
}

// frameAt is the frame at a level: 0 is the running function, 1 its caller. ok is
// false if there is none, or if it is not a Lua function.
func frameAt(L *vm.LState, level int) (f frame, ok bool) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return f, false
	}
	v, err := L.GetInfo("lf", dbg, vm.LNil)
	if err != nil {
		return f, false
	}
	fn, ok := v.(*vm.LFunction)
	if !ok || fn.IsG || dbg.CurrentLine < 0 {
		return f, false
	}
	return frame{place{fn.Proto, dbg.CurrentLine >> 32}, L, dbg, dbg.CurrentLine & 0xffffffff}, true
}

// operand is the value of a register or constant.
func (f frame) operand(rk int) vm.LValue {
	if rk&constant != 0 {
		return f.proto.Constants[rk&^constant]
	}
	_, v := f.L.GetLocal(f.dbg, rk+1)
	if v == nil {
		return vm.LNil
	}
	return v
}

// blameTemporary is blame for a register that is temporary.
func (f frame) blameTemporary(what string, reg int, typeName string) string {
	if kind, name := f.temporary(reg); kind != "" {
		return "attempt to " + what + " " + kind + " '" + name + "' (a " + typeName + " value)"
	}
	return "attempt to " + what + " a " + typeName + " value"
}

// blame is Lua's text for a value of a wrong type.
func (f frame) blame(what string, rk int, typeName string) string {
	if rk&constant == 0 {
		if kind, name := f.describe(rk); kind != "" {
			return "attempt to " + what + " " + kind + " '" + name + "' (a " + typeName + " value)"
		}
	}
	return "attempt to " + what + " a " + typeName + " value"
}
