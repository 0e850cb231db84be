package lua

import (
	vm "github.com/yuin/gopher-lua"
)

// Coroutines are the VM's, but made here: one that the VM makes by itself is not
// watched, and runs for ever.

var coroutineLib = map[string]vm.LGFunction{
	"create": coCreate, "resume": coResume, "running": coRunning, "status": coStatus, "wrap": coWrap, "yield": coYield,
}

// trampoline is what a coroutine begins with: it sees to it that errors are worded
// where they happen, calls the coroutine's function, and has its results counted. Its
// frame stays below that function's, since the VM loses a coroutine without any where
// a function ends with a call of yield.
var trampoline = func() *vm.FunctionProto {
	p, err := compile("return function(begin, f, finish, ...) begin() return finish(f(...)) end", "=coroutine")
	if err != nil {
		panic(err)
	}
	return p.FunctionPrototypes[0]
}()

var coBegin = &vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int {
	keepUpvalues(L)
	L.Panic = func(L *vm.LState) {
		t := on(L)
		x := t.understand(L, L.Get(-1), 0)
		closeUpvalues(L, 0)
		panic(&vm.ApiError{Type: vm.ApiErrorRun, Object: &vm.LUserData{Value: x}})
	}
	return 0
}}

// coFinish notes how many results there are: the VM says one where there is none.
var coFinish = &vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int {
	on(L).results = L.GetTop()
	return L.GetTop()
}}

func newThread(L *vm.LState) *vm.LState {
	f, ok := L.Get(1).(*vm.LFunction)
	if !ok || f.IsG {
		argError(L, 1, "Lua function expected")
	}
	e := engine(L)
	e.take(L, 8<<10)
	co, cancel := L.NewThread()
	if cancel != nil {
		cancel() // the context that the VM has made is not used
	}
	attach(co, &thread{e: e, L: co, status: "suspended", fn: f})
	return co
}

func coCreate(L *vm.LState) int {
	L.Push(newThread(L))
	return 1
}

func checkThread(L *vm.LState) *vm.LState {
	co, ok := L.Get(1).(*vm.LState)
	if !ok {
		argError(L, 1, "coroutine expected")
	}
	return co
}

// resume runs a coroutine with the arguments, until it ends or yields.
func resume(L, co *vm.LState, args []vm.LValue) ([]vm.LValue, *thrown) {
	e, t := engine(L), on(co)
	switch {
	case t.status != "suspended":
		return nil, &thrown{value: vm.LString("cannot resume " + t.status + " coroutine")}
	case e.depth >= maxDepth:
		return nil, &thrown{value: vm.LString("C stack overflow")}
	}
	fn := (*vm.LFunction)(nil)
	if t.fn != nil {
		fn = L.NewFunctionFromProto(trampoline)
		args = append([]vm.LValue{coBegin, t.fn, coFinish}, args...)
		t.fn = nil
	} else {
		args = wanted(co, args)
	}
	outer := on(L)
	status := outer.status
	outer.status, t.status, t.parent = "normal", "running", L
	e.depth++
	state, err, results := L.Resume(co, fn, args...)
	e.depth--
	outer.status, t.parent = status, nil
	switch state {
	case vm.ResumeYield:
		t.status = "suspended"
		return results[:t.results], nil
	case vm.ResumeOK:
		t.status = "dead"
		return results[:t.results], nil
	}
	t.status = "dead"
	if e.stopped != nil {
		throw(L, vm.LString(e.stopped.Error()))
	}
	v := err.(*vm.ApiError).Object
	if ud, ok := v.(*vm.LUserData); ok {
		if x, ok := ud.Value.(*thrown); ok {
			return nil, x
		}
	}
	return nil, &thrown{value: v}
}

// wanted makes of what a coroutine is resumed with as many values as its call of yield
// is to give, which the VM leaves to chance.
func wanted(co *vm.LState, args []vm.LValue) []vm.LValue {
	f, ok := frameAt(co, 0)
	if !ok {
		return args
	}
	n := instruction(f.proto.Code[f.pc]).c() - 1
	if n < 0 { // whatever there is
		return args
	}
	for len(args) < n {
		args = append(args, vm.LNil)
	}
	return args[:n]
}

func arguments(L *vm.LState, from int) []vm.LValue {
	var args []vm.LValue
	for i := from; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	return args
}

func coResume(L *vm.LState) int {
	co := checkThread(L)
	results, x := resume(L, co, arguments(L, 2))
	if x != nil {
		L.Push(vm.LFalse)
		L.Push(x.value)
		return 2
	}
	L.Push(vm.LTrue)
	for _, v := range results {
		L.Push(v)
	}
	return 1 + len(results)
}

func coWrap(L *vm.LState) int {
	co := newThread(L)
	L.Push(&vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int {
		results, x := resume(L, co, arguments(L, 1))
		if x != nil {
			if s, ok := toText(x.value); ok {
				x.value = vm.LString(where(L, 1) + s)
			}
			throw(L, x.value)
		}
		for _, v := range results {
			L.Push(v)
		}
		return len(results)
	}})
	return 1
}

func coRunning(L *vm.LState) int {
	if L == engine(L).L {
		L.Push(vm.LNil)
		return 1
	}
	L.Push(L)
	return 1
}

func coStatus(L *vm.LState) int { return pushString(L, on(checkThread(L)).status) }

func coYield(L *vm.LState) int {
	t := on(L)
	if t.parent == nil || t.calls > 0 || !yieldable(L) {
		throw(L, vm.LString("attempt to yield across metamethod/C-call boundary"))
	}
	t.results = L.GetTop()
	return L.Yield(arguments(L, 1)...)
}

// yieldable reports whether all functions that are waiting have made a plain call:
// over metamethods and iterators the VM cannot come back.
func yieldable(L *vm.LState) bool {
	for level := 1; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return true
		}
		if v, err := L.GetInfo("lf", dbg, vm.LNil); err != nil || v.(*vm.LFunction).IsG {
			return false
		}
		f, ok := frameAt(L, level)
		if !ok {
			return false
		}
		if op := instruction(f.proto.Code[f.pc]).op(); op != vm.OP_CALL && op != vm.OP_TAILCALL {
			return false
		}
	}
}
