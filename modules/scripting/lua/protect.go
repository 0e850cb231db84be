package lua

import (
	"fmt"

	vm "github.com/yuin/gopher-lua"
)

// Calls that catch errors. The VM's own call a handler in a frame of its own, and describe
// the whole stack in a text first.

// raise is how the VM ends a function with the error at the top of the stack.
func raise(L *vm.LState) {
	panic(&vm.ApiError{Type: vm.ApiErrorRun, Object: L.Get(-1)})
}

// pcall calls the function below its arguments, protected, and leaves nret results,
// or none if there was an error. handler is xpcall's, or nil.
func (t *thread) pcall(L *vm.LState, nargs, nret int, handler vm.LValue) (x *thrown) {
	e := t.e
	base := top(L) - nargs - 1
	t.bases = append(t.bases, base)
	calls, depth, sp, before := t.calls, e.depth, frames(L), L.Panic
	t.calls++
	e.depth++
	L.Panic = raise
	keepUpvalues(L)
	defer func() {
		if err := recover(); err != nil {
			x = t.caught(L, err, handler)
			r := registryOf(L)
			clear(r.array[base:max(base, r.top)])
			r.top = base
		}
		L.Panic = before
		t.bases = t.bases[:len(t.bases)-1]
		t.calls, e.depth = calls, depth
		stackOf(L).cut(sp)
		*currentFrame(L) = stackOf(L).last()
	}()
	enter(L, nargs, nret)
	return nil
}

// caught makes of what has been recovered an error, where it happened: before the frames are
// left. An error of the handler's is another one.
func (t *thread) caught(L *vm.LState, err any, handler vm.LValue) (x *thrown) {
	defer func() {
		if recover() != nil {
			x = &thrown{value: vm.LString("error in error handling")}
		}
		closeUpvalues(L, t.bases[len(t.bases)-1])
	}()
	if raised, ok := err.(*vm.ApiError); ok {
		x = t.understand(L, raised.Object, 0)
	} else {
		x = t.understand(L, vm.LString(fmt.Sprint(err)), 0)
	}
	if handler != nil && t.e.stopped == nil {
		L.Push(handler)
		L.Push(x.value)
		if inner := t.pcall(L, 1, 1, nil); inner != nil {
			x.value = vm.LString("error in error handling")
		} else {
			x.value = L.Get(-1)
		}
	}
	return x
}

// enter calls the function below its arguments, and leaves nret results.
func enter(L *vm.LState, nargs, nret int) {
	r := registryOf(L)
	at := r.top - nargs - 1
	if fn, ok := r.array[at].(*vm.LFunction); ok && !fn.IsG && callLua(L, fn, *currentFrame(L), at, nargs, nret) {
		run(L, *currentFrame(L))
		return
	}
	L.Call(nargs, nret)
}

// cut takes frames off until there are n. None of theirs is called again.
func (s *callStack) cut(n int) {
	at := uint16(n / vm.FramesPerSegment)
	for ; s.segIdx > at; s.segIdx-- {
		if s.segIdx > at+1 { // one is kept, as pop does
			s.segments[s.segIdx] = nil
		}
	}
	s.segSp = uint8(n % vm.FramesPerSegment)
}
