package lua

import vm "github.com/yuin/gopher-lua"

// Instructions by themselves: those that look into tables, which are not the VM's (tables.go, fields.go), and those
// that have something to count. The loop comes here with what it does not do where it stands: there
// may be a metamethod to call, or an error.

// getTable is OP_GETTABLE: v = t[k].
func getTable(L *vm.LState, inst uint32, base *callFrame) int {
	f := *currentFrame(L)
	i := instruction(inst)
	t, ok := f.operand(L, i.b()).(*vm.LTable)
	if !ok {
		return jumpTable[vm.OP_GETTABLE](L, inst, base)
	}
	key := f.operand(L, i.c())
	seek(L, key)
	set(L, f.localBase+i.a(), getField(L, t, key))
	return 0
}

// getName is OP_GETTABLEKS: v = t.name.
func getName(L *vm.LState, inst uint32, base *callFrame) int {
	f := *currentFrame(L)
	i := instruction(inst)
	t, ok := f.operand(L, i.b()).(*vm.LTable)
	if !ok {
		return jumpTable[vm.OP_GETTABLEKS](L, inst, base)
	}
	set(L, f.localBase+i.a(), getField(L, t, f.operand(L, i.c())))
	return 0
}

// self is OP_SELF: t:name.
func self(L *vm.LState, inst uint32, base *callFrame) int {
	f := *currentFrame(L)
	i := instruction(inst)
	t, ok := f.operand(L, i.b()).(*vm.LTable)
	if !ok {
		return jumpTable[vm.OP_SELF](L, inst, base)
	}
	v := getField(L, t, f.operand(L, i.c()))
	set(L, f.localBase+i.a(), v)
	set(L, f.localBase+i.a()+1, t)
	return 0
}

// setTable is OP_SETTABLE: t[k] = v.
func setTable(L *vm.LState, inst uint32, base *callFrame) int {
	f := *currentFrame(L)
	i := instruction(inst)
	t, ok := f.operand(L, i.a()).(*vm.LTable)
	if !ok {
		return jumpTable[vm.OP_SETTABLE](L, inst, base)
	}
	key, v := f.operand(L, i.b()), f.operand(L, i.c())
	if n, ok := key.(vm.LNumber); ok {
		if a := *array(t); n >= 1 && n <= vm.LNumber(len(a)) {
			if k := int(n); vm.LNumber(k) == n && (t.Metatable == vm.LNil || a[k-1] != vm.LNil && a[k-1] != nil) {
				a[k-1] = v
				return 0
			}
		}
	}
	seek(L, key)
	setField(L, t, key, v)
	return 0
}

// setName is OP_SETTABLEKS: t.name = v.
func setName(L *vm.LState, inst uint32, base *callFrame) int {
	f := *currentFrame(L)
	i := instruction(inst)
	t, ok := f.operand(L, i.a()).(*vm.LTable)
	if !ok {
		return jumpTable[vm.OP_SETTABLEKS](L, inst, base)
	}
	setField(L, t, f.operand(L, i.b()), f.operand(L, i.c()))
	return 0
}

// makeTable is OP_NEWTABLE.
func makeTable(L *vm.LState, inst uint32, _ *callFrame) int {
	i := instruction(inst)
	set(L, (*currentFrame(L)).localBase+i.a(), newFor(i.b(), i.c()))
	return 0
}

// setList is OP_SETLIST: elements of a constructor.
func setList(L *vm.LState, inst uint32, base *callFrame) int {
	f := *currentFrame(L)
	i := instruction(inst)
	page := i.c()
	if page == 0 {
		page = int(f.fn.Proto.Code[f.pc])
		f.pc++
	}
	from := f.localBase + i.a()
	n := i.b()
	if n == 0 {
		n = top(L) - from - 1
	}
	t := registers(L)[from].(*vm.LTable)
	for k, v := range registers(L)[from+1 : from+1+n] {
		setIndex(t, (page-1)*vm.FieldsPerFlush+k+1, v)
	}
	return 0
}

// compare is an instruction that compares: texts take as long as they are.
func compare(op int) operation {
	return func(L *vm.LState, inst uint32, base *callFrame) int {
		f := *currentFrame(L)
		i := instruction(inst)
		if s, ok := f.operand(L, i.b()).(vm.LString); ok && len(s) >= 16*perStep {
			if r, ok := f.operand(L, i.c()).(vm.LString); ok && (len(s) == len(r) || op != vm.OP_EQ) {
				spendOn(L, min(len(s), len(r))/perStep)
			}
		}
		return jumpTable[op](L, inst, base)
	}
}

// seek counts the steps of finding a key in a table.
func seek(L *vm.LState, key vm.LValue) {
	if s, ok := key.(vm.LString); ok && len(s) >= 16*perStep {
		spendOn(L, len(s)/perStep)
	}
}

// operand is the value of a register or constant.
func (f *callFrame) operand(L *vm.LState, rk int) vm.LValue {
	if rk&constant != 0 {
		return f.fn.Proto.Constants[rk&^constant]
	}
	return registers(L)[f.localBase+rk]
}
