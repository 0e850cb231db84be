package lua

import (
	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/syntax"
)

// Calls and returns, as the loop carries them out. What is rare is left to the VM: a value
// that is called by a metamethod, a function of any number of arguments, the end of a
// coroutine, a registry that has to grow, open upvalues.

// push puts a frame on the stack; nil if that is full.
func (s *callStack) push(fn *vm.LFunction, parent *callFrame, at, nargs, nret int) *callFrame {
	if s.segSp == vm.FramesPerSegment {
		if int(s.segIdx)+1 == len(s.segments) {
			return nil
		}
		s.segIdx, s.segSp = s.segIdx+1, 0
		if s.segments[s.segIdx] == nil {
			s.segments[s.segIdx] = new([vm.FramesPerSegment]callFrame)
		}
	}
	c := &s.segments[s.segIdx][s.segSp]
	*c = callFrame{
		idx: int(s.segSp) + int(s.segIdx)*vm.FramesPerSegment,
		fn:  fn, parent: parent, base: at, localBase: at + 1, returnBase: at, nArgs: nargs, nRet: nret,
	}
	s.segSp++
	return c
}

// pop takes the last frame off. Of the segments that it leaves one is kept, for who calls
// again and again where a segment ends.
func (s *callStack) pop() {
	if s.segSp == 0 {
		if next := int(s.segIdx) + 1; next < len(s.segments) {
			s.segments[next] = nil
		}
		s.segIdx, s.segSp = s.segIdx-1, vm.FramesPerSegment
	}
	s.segSp--
}

// callLua enters a Lua function, whose arguments lie behind it. ok is false if the VM has to do it.
func callLua(L *vm.LState, fn *vm.LFunction, f *callFrame, at, nargs, nret int) (ok bool) {
	p := fn.Proto
	r := registryOf(L)
	used, params := int(p.NumUsedRegisters), int(p.NumParameters)
	end := max(nargs, used)
	if p.IsVarArg&vm.VarArgIsVarArg != 0 || at+1+end > len(r.array) {
		return false
	}
	c := stackOf(L).push(fn, f, at, nargs, nret)
	if c == nil {
		return false
	}
	locals := r.array[at+1 : at+1+end]
	for k := min(nargs, params); k < end; k++ {
		locals[k] = vm.LNil
	}
	r.top = at + 1 + used
	*currentFrame(L) = c
	return true
}

// callGo calls a function of Go's, which does not yield. ok is false if the VM has to do it.
func callGo(L *vm.LState, fn *vm.LFunction, f *callFrame, at, nargs, nret int) (ok bool) {
	c := stackOf(L).push(fn, f, at, nargs, nret)
	if c == nil {
		return false
	}
	*currentFrame(L) = c
	L.SetTop(nargs)
	n := fn.GFunction(L)
	r := registryOf(L)
	r.give(L, at, r.top-n, n, nret)
	stackOf(L).pop()
	*currentFrame(L) = f
	return true
}

// give moves n results to where they are wanted, and as many as are: -1 is all.
func (r *registry) give(L *vm.LState, to, from, n, want int) {
	if want < 0 {
		want = n
	}
	end := to + want
	if end > len(r.array) {
		top := r.top
		L.SetTop(end - (*currentFrame(L)).localBase) // makes room
		r.top = top
	}
	if want == 1 && n >= 1 {
		r.array[to] = r.array[from]
	} else {
		k := min(n, want)
		copy(r.array[to:end], r.array[from:from+k])
		for ; k < want; k++ {
			r.array[to+k] = vm.LNil
		}
	}
	if end < r.top {
		clear(r.array[end:r.top])
	}
	r.top = end
}

// giveBack is OP_RETURN of n results, the first of which is at from. over says that the
// loop that began with base is; ok is false if the VM has to do it.
func giveBack(L *vm.LState, f, base *callFrame, from, n int) (over, ok bool) {
	s := stackOf(L)
	if openUpvalues(L) || L.Parent != nil && frames(L) == 1 {
		return false, false
	}
	registryOf(L).give(L, f.returnBase, from, n, f.nRet)
	s.pop()
	back := s.last()
	*currentFrame(L) = back
	return f == base || back == nil || back.fn.IsG, true
}

// special are the functions that the loop has to tell from others.
type special struct {
	call, pcall, concat *vm.LFunction // which need no frame
	yield               *vm.LFunction // which leaves the loop
	next, ipairs        *vm.LFunction // which for loops call
}

func newSpecial() special {
	return special{
		call: builtins["redis.call"], pcall: builtins["redis.pcall"], concat: builtins[syntax.Concat],
		yield: builtins["coroutine.yield"], next: builtins["next"], ipairs: ipairsStep,
	}
}

// direct calls a function that needs no frame, and gives its one result; nil if next is to
// be called with these arguments.
func (e *Engine) direct(fn *vm.LFunction, args []vm.LValue, wanted bool) (v vm.LValue, next *vm.LFunction) {
	switch fn {
	case e.special.call, e.special.pcall:
		return e.command(fn, wanted, args)
	case e.special.concat:
		return e.joined(args), fn
	}
	return nil, fn
}

// step is what an iterator of the base library gives a for loop for its state and the last key; ok is
// false if the function is another one, or has to be called.
func (e *Engine) step(iterator, state, last vm.LValue) (k, v vm.LValue, ok bool) {
	fn, ok1 := iterator.(*vm.LFunction)
	t, ok2 := state.(*vm.LTable)
	if !ok1 || !ok2 {
		return nil, nil, false
	}
	switch fn {
	case e.special.ipairs:
		n, ok := last.(vm.LNumber)
		if !ok || n < 0 || n >= maxArray || n != vm.LNumber(int(n)) {
			return nil, nil, false
		}
		if v = element(t, n+1); v == vm.LNil {
			return v, v, true
		}
		return e.stock.number(float64(n + 1)), v, true
	case e.special.next:
		name, field := last.(vm.LString)
		if len(name) >= 16*perStep || t.Metatable != vm.LNil {
			return nil, nil, false
		}
		at := e.place + 1 // if the last key has been found by this loop
		switch list := keys(t); {
		case field && at > 0 && at <= len(list) && list[at-1] == last:
			k, v, at = nextField(t, at)
		case last == vm.LNil || known(t, last):
			k, v, at = next(&e.stock, t, last)
		default:
			return nil, nil, false
		}
		e.place = at
		return k, v, true
	}
	return nil, nil, false
}
