package lua

import (
	"unsafe"

	vm "github.com/yuin/gopher-lua"
)

// The loop over a function's instructions. The VM's own asks its context before every
// one of them, through an interface and a channel, and reads frame, registers and place
// anew; ours counts them, and carries out what is common where it stands. What is left over
// has a way that goes everywhere (instructions.go, arithmetic.go), or is the VM's.

// operation carries out an instruction; 1 ends the loop. base is the frame that the
// loop has begun with.
type operation = func(L *vm.LState, inst uint32, base *callFrame) int

// jumpTable is the VM's, which fills it before this package is initialized. It is only
// read.
//
//go:linkname jumpTable github.com/yuin/gopher-lua.jumpTable
var jumpTable [vm.OP_NOP + 1]operation

var operations = func() [vm.OP_NOP + 1]operation {
	ops := jumpTable
	ops[vm.OP_GETTABLE], ops[vm.OP_SETTABLE], ops[vm.OP_SETLIST] = getTable, setTable, setList
	ops[vm.OP_GETTABLEKS], ops[vm.OP_SETTABLEKS], ops[vm.OP_SELF], ops[vm.OP_NEWTABLE] = getName, setName, self, makeTable
	for _, op := range []int{vm.OP_EQ, vm.OP_LT, vm.OP_LE} {
		ops[op] = compare(op)
	}
	ops[vm.OP_ADD], ops[vm.OP_SUB], ops[vm.OP_MUL], ops[vm.OP_DIV] = add, sub, mul, div
	ops[vm.OP_MOD], ops[vm.OP_POW], ops[vm.OP_UNM] = mod, pow, minus
	return ops
}()

// attach makes a thread of the VM ours.
func attach(L *vm.LState, t *thread) {
	L.SetContext(t)
	loop := (*func(*vm.LState, *callFrame))(unsafe.Add(unsafe.Pointer(L), offLoop))
	t.plain = *loop
	*loop = run
}

// run runs from the last frame on until the one that it begins with has returned.
//
// What is common is done here: what sets register A to a value leaves that in v. For what
// is left undone operations has the way that goes everywhere, after which registers, frame
// and place may be others.
func run(L *vm.LState, base *callFrame) {
	t := on(L)
	last := stackOf(L).last()
	if last == nil || last.fn.IsG {
		t.plain(L, base)
		return
	}
	current, r := currentFrame(L), registryOf(L)
	*current = last
	m, st := &t.e.meter, &t.e.stock
	for {
		f := *current
		code, constants := f.fn.Proto.Code, f.fn.Proto.Constants
		from := f.localBase
		regs := r.array[from:]
		pc := f.pc
	here:
		for {
			i := instruction(code[pc])
			pc++
			f.pc = pc
			if m.fuel--; m.fuel <= 0 {
				if err := t.check(); err != nil {
					L.RaiseError("%s", err.Error())
				}
			}
			a := i.a()
			var v vm.LValue
			switch i.op() {
			case vm.OP_MOVE:
				v = regs[i.b()]
			case vm.OP_LOADK, opBase:
				v = constants[i.bx()]
			case opKeys:
				v = t.e.keys
			case opArgv:
				v = t.e.argv
			case vm.OP_LOADBOOL:
				v = vm.LBool(i.b() != 0)
				if i.c() != 0 {
					pc++
				}
			case vm.OP_GETUPVAL:
				v = f.fn.Upvalues[i.b()].Value()
			case vm.OP_GETGLOBAL:
				v = peek(f.fn.Env, constants[i.bx()])
			case vm.OP_GETTABLE, vm.OP_GETTABLEKS:
				if t, ok := regs[i.b()].(*vm.LTable); ok {
					v = peek(t, operand(regs, constants, i.c()))
				}
			case vm.OP_NEWTABLE:
				v = newFor(i.b(), i.c())
			case vm.OP_NOT:
				v = vm.LBool(!vm.LVAsBool(regs[i.b()]))
			case vm.OP_ADD:
				if x, y, ok := numbers(regs, constants, i); ok {
					v = st.ordinary(float64(x + y))
				}
			case vm.OP_SUB:
				if x, y, ok := numbers(regs, constants, i); ok {
					v = st.number(float64(x - y))
				}
			case vm.OP_MUL:
				if x, y, ok := numbers(regs, constants, i); ok {
					v = st.ordinary(float64(x * y))
				}
			case vm.OP_DIV:
				if x, y, ok := numbers(regs, constants, i); ok {
					v = st.number(float64(x / y))
				}
			case vm.OP_TESTSET:
				if x := regs[i.b()]; vm.LVAsBool(x) != (i.c() == 0) {
					v = x
				} else {
					pc++
					continue
				}
			case vm.OP_SETTABLE:
				if t, ok := regs[a].(*vm.LTable); ok && replace(t, operand(regs, constants, i.b()), operand(regs, constants, i.c())) {
					continue
				}
			case vm.OP_JMP:
				pc += i.sbx()
				continue
			case vm.OP_TEST:
				if vm.LVAsBool(regs[a]) == (i.c() == 0) {
					pc++
				}
				continue
			case vm.OP_EQ:
				if is, ok := equal(operand(regs, constants, i.b()), operand(regs, constants, i.c())); ok {
					if is == (a == 0) {
						pc++
					}
					continue
				}
			case vm.OP_LT:
				if x, y, ok := numbers(regs, constants, i); ok {
					if x < y == (a == 0) {
						pc++
					}
					continue
				}
			case vm.OP_LE:
				if x, y, ok := numbers(regs, constants, i); ok {
					if x <= y == (a == 0) {
						pc++
					}
					continue
				}
			case vm.OP_FORPREP:
				if x, ok := regs[a].(vm.LNumber); ok {
					if step, ok := regs[a+2].(vm.LNumber); ok {
						regs[a] = st.number(float64(x - step))
						pc += i.sbx()
						continue
					}
				}
			case vm.OP_FORLOOP:
				if x, more, ok := count(regs[a : a+3]); ok {
					next := st.number(x)
					regs[a] = next
					if !more {
						continue
					}
					pc += i.sbx()
					a, v = a+3, next
				}
			case vm.OP_TFORLOOP:
				k, x, ok := t.e.step(regs[a], regs[a+1], regs[a+2])
				if !ok || i.c() > 2 {
					break
				}
				if k != vm.LNil {
					regs[a+2] = k
					pc += instruction(code[pc]).sbx()
				}
				pc++
				regs[a+3], regs[a+4] = k, x
				if n := from + a + 5; n > r.top {
					r.top = n
				}
				continue
			case vm.OP_CALL, vm.OP_TAILCALL: // after which comes a return
				fn, ok := regs[a].(*vm.LFunction)
				if !ok {
					break
				}
				nargs, nret := i.b()-1, i.c()-1
				if nargs < 0 {
					nargs = r.top - (from + a + 1)
				}
				switch {
				case !fn.IsG:
					ok = i.op() == vm.OP_CALL && callLua(L, fn, f, from+a, nargs, nret)
				case fn == t.e.special.yield:
					ok = false
				default:
					if v, fn = t.e.direct(fn, regs[a+1:a+1+nargs], nret != 0); v != nil {
						regs[a] = v
						r.top = from + a + 1
						continue
					}
					regs[a] = fn
					ok = callGo(L, fn, f, from+a, nargs, nret)
				}
				if ok {
					break here
				}
			case vm.OP_RETURN:
				n := i.b() - 1
				if n < 0 {
					n = r.top - (from + a)
				}
				if over, ok := giveBack(L, f, base, from+a, n); over {
					return
				} else if ok {
					break here
				}
			}
			if v == nil {
				if operations[i.op()](L, uint32(i), base) == 1 {
					return
				}
				break here
			}
			regs[a] = v
			if n := from + a; n >= r.top {
				r.top = n + 1
			}
		}
	}
}

// operand is the value of a register or constant.
func operand(regs, constants []vm.LValue, rk int) vm.LValue {
	if rk&constant != 0 {
		return constants[rk&^constant]
	}
	return regs[rk]
}

// numbers are the operands of an instruction, if both are numbers.
func numbers(regs, constants []vm.LValue, i instruction) (x, y vm.LNumber, ok bool) {
	x, ok = operand(regs, constants, i.b()).(vm.LNumber)
	y, both := operand(regs, constants, i.c()).(vm.LNumber)
	return x, y, ok && both
}

// count is the next value of a for loop, and whether there is one more round with it.
func count(loop []vm.LValue) (x float64, more, ok bool) {
	at, ok1 := loop[0].(vm.LNumber)
	limit, ok2 := loop[1].(vm.LNumber)
	step, ok3 := loop[2].(vm.LNumber)
	at += step
	return float64(at), step > 0 && at <= limit || step <= 0 && at >= limit, ok1 && ok2 && ok3
}

// equal compares two values that have no metamethods, and are no long texts.
func equal(x, y vm.LValue) (is, ok bool) {
	switch x := x.(type) {
	case vm.LNumber:
		y, ok := y.(vm.LNumber)
		return ok && x == y, true
	case vm.LString:
		y, ok := y.(vm.LString)
		return ok && x == y, !ok || len(x) != len(y) || len(x) < 16*perStep
	case vm.LBool, *vm.LNilType:
		return x == y, true
	}
	return false, false
}

// peek is t[key] where that needs no metamethod and no counting; nil otherwise.
func peek(t *vm.LTable, key vm.LValue) (v vm.LValue) {
	switch k := key.(type) {
	case vm.LNumber:
		v = element(t, k)
	case vm.LString:
		if len(k) >= 16*perStep {
			return nil
		}
		v = getString(t, string(k))
	default:
		return nil
	}
	if v == vm.LNil && t.Metatable != vm.LNil {
		return nil
	}
	return v
}

// replace is t[key] = v where the element is there already, or is the next one of an
// array that has room for it.
func replace(t *vm.LTable, key, v vm.LValue) bool {
	n, ok := key.(vm.LNumber)
	if !ok {
		return false
	}
	a := *array(t)
	k := int(n)
	if vm.LNumber(k) != n || k < 1 || t.Metatable != vm.LNil {
		return false
	}
	if k <= len(a) {
		a[k-1] = v
		return true
	}
	if k > cap(a) || k != len(a)+1 || k >= maxArray || v == vm.LNil {
		return false
	}
	*array(t) = append(a, v)
	return true
}
