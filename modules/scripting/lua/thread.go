package lua

import (
	"errors"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	vm "github.com/yuin/gopher-lua"
)

const (
	maxFrames   = 20000   // of a thread's calls, as LUAI_MAXCALLS
	moreFrames  = 2000    // for what is called until the depth is looked at
	maxRegistry = 1 << 20 // values on a thread's stack
	maxDepth    = 195     // of calls through Go, as LUAI_MAXCCALLS
	burst       = 1024    // instructions between two looks at the limits
	pollEvery   = 16      // bursts between two looks at the clock and the host
)

// meter counts what a script uses.
type meter struct {
	fuel    int   // instructions until the next look
	granted int   // what fuel was after the last one
	burst   int   // between two looks
	stopped error // what has ended the script
	limits  Limits
	used    int64 // instructions
	looks   int
	begun   time.Time
	heap    uint64 // when the script began
	growth  int64  // bytes that are known to have been taken since the heap was measured
	sample  [1]metrics.Sample
}

func (m *meter) start(l Limits) {
	m.fuel, m.stopped, m.limits, m.used, m.looks, m.growth, m.heap = burst, nil, l, 0, 0, 0, 0
	m.burst = burst
	if l.Memory > 0 {
		m.burst = burst / 8 // one instruction may take a megabyte
		m.fuel = m.burst
	}
	if l.Instructions > 0 {
		m.fuel = int(min(int64(m.burst), l.Instructions))
	}
	m.granted = m.fuel
	if l.Time > 0 {
		m.begun = time.Now()
	}
	if l.Memory > 0 {
		m.heap = m.measure()
	}
}

func (m *meter) measure() uint64 {
	m.sample[0].Name = "/memory/classes/heap/objects:bytes"
	metrics.Read(m.sample[:])
	return m.sample[0].Value.Uint64()
}

// thread is one of the VM's threads: the script's main one, or a coroutine. The VM
// keeps it as the context, which says nothing else.
type thread struct {
	e       *Engine
	bases   []int         // where the protected calls in progress began, in the registry
	calls   int           // from Go into Lua in progress, over which nobody yields
	parent  *vm.LState    // of a coroutine: who resumed it
	status  string        // of a coroutine
	fn      *vm.LFunction // of a coroutine: what it runs
	L       *vm.LState
	results int                          // of a coroutine: how many values it has yielded or returned last
	plain   func(*vm.LState, *callFrame) // the VM's own loop
}

func (t *thread) Deadline() (time.Time, bool) { return time.Time{}, false }
func (t *thread) Value(any) any               { return nil }
func (t *thread) Done() <-chan struct{}       { return nil }
func (t *thread) Err() error                  { return nil }

// check is called when the fuel is used up. An error ends the script: the instruction
// raises it, and so does every other one.
func (t *thread) check() error {
	if err := t.e.look(); err != nil {
		return err
	}
	// The VM itself notices too late: it could not even call a handler then.
	if frames(t.L) >= maxFrames {
		return errStack
	}
	return nil
}

var errStack = errors.New("stack overflow")

// look counts what has been used of the fuel and sees whether the script has to end.
func (e *Engine) look() error {
	if e.stopped != nil {
		return e.stopped
	}
	e.used += int64(e.granted - e.fuel)
	e.fuel, e.granted = e.burst, e.burst
	if l := e.limits.Instructions; l > 0 {
		if e.used >= l {
			return e.stop(ErrInstructions)
		}
		e.fuel = int(min(int64(e.burst), l-e.used))
		e.granted = e.fuel
	}
	if why := e.interrupt.Load(); why != nil {
		return e.stop(*why)
	}
	if e.limits.Memory > 0 && e.over(0) {
		return e.stop(ErrMemory)
	}
	if e.looks++; e.looks < pollEvery {
		return nil
	}
	e.looks = 0
	if e.limits.Time > 0 && time.Since(e.begun) > e.limits.Time {
		return e.stop(ErrTime)
	}
	if e.call != nil && e.call.Host != nil {
		if err := e.call.Host.Poll(); err != nil {
			return e.stop(err)
		}
	}
	return nil
}

// over reports whether n bytes more would be over the limit for memory. What the script has
// thrown away is not its own any more: it is collected before it is held against it. A
// script that has little left after that is over, too, or it would do nothing but collect.
func (e *Engine) over(n int64) bool {
	if int64(e.measure()-e.heap)+n <= e.limits.Memory {
		return false
	}
	runtime.GC()
	return int64(e.measure()-e.heap)+n > e.limits.Memory/16*15
}

func (e *Engine) stop(why error) error {
	e.stopped, e.fuel = why, 0
	return why
}

// spend counts steps of a library function. Many at once take as long as that many
// instructions, after which the clock and the host would have been looked at.
func (e *Engine) spend(steps int) error {
	if e.fuel -= steps; e.fuel > 0 {
		return nil
	}
	e.looks += steps / burst
	err := e.look()
	if err == nil { // how deep the calls are is seen before an instruction: the next one
		e.fuel, e.granted = 1, 1
	}
	return err
}

// maxString is how long a string may get without a limit for memory: as in Redis.
const maxString = 512 << 20

// room is how many bytes one step may take.
func (e *Engine) room() int {
	if e.limits.Memory > 0 {
		return int(min(e.limits.Memory, maxString))
	}
	return maxString
}

// perStep is how many bytes are written in the time of an instruction.
const perStep = 64

// take asks for n bytes in one step, and counts them, and the steps that it takes to write
// them. The heap is measured anew when they have become many.
func (e *Engine) take(L *vm.LState, n int) {
	e.long = e.long || n > maxBuffer
	if n >= 16*perStep && n <= maxString {
		spendOn(L, n/perStep)
	}
	if e.limits.Memory == 0 {
		if n > maxString {
			throwText(L, "not enough memory")
		}
		return
	}
	if e.growth += int64(n); n > e.room() {
		_ = e.stop(ErrMemory) // thrown below
	} else if e.growth > e.limits.Memory/8 {
		e.growth = 0
		if e.over(int64(n)) {
			_ = e.stop(ErrMemory)
		}
	}
	if e.stopped != nil {
		throw(L, vm.LString(e.stopped.Error()))
	}
}

// on is the thread that runs on L.
func on(L *vm.LState) *thread { return L.Context().(*thread) }

// thrown is an error on its way. It travels through the VM within a userdata, which
// no script sees.
type thrown struct {
	value  vm.LValue
	source string // where it happened
	line   int
}

// throw ends the running function with an error, any value.
func throw(L *vm.LState, v vm.LValue) {
	t := on(L)
	x := &thrown{value: v}
	x.at(L, 0)
	if len(t.bases) == 0 {
		closeUpvalues(L, 0)
	}
	panic(&vm.ApiError{Type: vm.ApiErrorRun, Object: &vm.LUserData{Value: x}})
}

// at notes where the error happened: in the function at that level, or in its
// caller if that one is not Lua's.
func (x *thrown) at(L *vm.LState, level int) {
	for i := level; i < level+2; i++ {
		if f, ok := frameAt(L, i); ok && f.proto != trampoline {
			x.source, x.line = "@"+f.proto.SourceName, f.line
			return
		}
	}
	if _, ok := L.GetStack(level + 1); ok && L.Parent == nil {
		x.source, x.line = "=[C]", -1 // one library function that another has called
	}
}

// throwText throws a text, behind the place of the call if the caller is Lua.
func throwText(L *vm.LState, text string) {
	throw(L, vm.LString(where(L, 1)+text))
}

func where(L *vm.LState, level int) string {
	if f, ok := frameAt(L, level); ok && f.proto != trampoline {
		return f.proto.SourceName + ":" + strconv.Itoa(f.line) + ": "
	}
	return ""
}

// understand makes of what the VM raised what Lua 5.1 would have raised. The
// function at that level is where it happened.
func (t *thread) understand(L *vm.LState, v vm.LValue, level int) *thrown {
	if ud, ok := v.(*vm.LUserData); ok {
		if x, ok := ud.Value.(*thrown); ok {
			return x
		}
	}
	x := &thrown{value: v}
	x.at(L, level)
	s, ok := v.(vm.LString)
	if !ok {
		return x
	}
	text := string(s)
	f, lua := frameAt(L, level)
	if at, rest, ok := strings.Cut(text, ": "); ok && strings.Contains(at, ":") {
		text = rest
	}
	if lua {
		text = f.proto.SourceName + ":" + strconv.Itoa(f.line) + ": " + f.reword(text)
	} else {
		text = reword(text)
	}
	x.value = vm.LString(text)
	return x
}

// reword gives the text of Lua 5.1 for one of the VM's that needs no names.
func reword(text string) string {
	switch {
	case strings.Contains(text, "stack overflow"), strings.Contains(text, "registry overflow"):
		return "stack overflow"
	case strings.HasPrefix(text, "too many recursions in "):
		return "loop in " + strings.TrimPrefix(text, "too many recursions in ")
	case strings.HasPrefix(text, "attempt to call a non-function"):
		return "attempt to call a nil value"
	}
	if two, ok := strings.CutPrefix(text, "attempt to compare "); ok {
		if a, b, ok := strings.Cut(two, " with "); ok && a == b {
			return "attempt to compare two " + a + " values"
		}
	}
	return text
}

// reword gives the text of Lua 5.1 for what the VM said of the instruction at the
// frame's place.
func (f frame) reword(text string) string {
	i := instruction(f.proto.Code[f.pc])
	typeOf := func(rk int) string { return typeName(f.operand(rk)) }
	switch i.op() {
	case vm.OP_ADD, vm.OP_SUB, vm.OP_MUL, vm.OP_DIV, vm.OP_MOD, vm.OP_POW:
		if strings.HasPrefix(text, "cannot perform") {
			return f.arith(i.b(), i.c())
		}
	case vm.OP_UNM:
		if text == "__unm undefined" {
			return f.blame("perform arithmetic on", i.b(), typeOf(i.b()))
		}
	case vm.OP_GETTABLE, vm.OP_GETTABLEKS, vm.OP_SELF:
		if kind, ok := indexed(text); ok {
			return f.index(i.b(), kind)
		}
	case vm.OP_SETTABLE, vm.OP_SETTABLEKS:
		if kind, ok := indexed(text); ok {
			return f.index(i.a(), kind)
		}
	case vm.OP_CALL, vm.OP_TAILCALL:
		if strings.HasPrefix(text, "attempt to call a non-function") {
			return f.blameTemporary("call", i.a(), typeOf(i.a()))
		}
	case vm.OP_TFORLOOP:
		if strings.HasPrefix(text, "attempt to call a non-function") {
			return "attempt to call a " + typeOf(i.a()) + " value"
		}
	}
	return reword(text)
}

func indexed(text string) (kind string, ok bool) {
	if rest, ok := strings.CutPrefix(text, "attempt to index a non-table object("); ok {
		kind, _, _ = strings.Cut(rest, ")")
		return kind, true
	}
	return "", false
}

func (f frame) index(reg int, kind string) string {
	if typeName(f.operand(reg)) != kind { // something further down, by __index
		return "attempt to index a " + kind + " value"
	}
	return f.blame("index", reg, kind)
}

// arith blames the operand that is no number, the second if both are not... the
// first that is not, as Lua 5.1 does.
func (f frame) arith(b, c int) string {
	bad := c
	if _, ok := toNumber(f.operand(b)); !ok {
		bad = b
	}
	return f.blame("perform arithmetic on", bad, typeName(f.operand(bad)))
}

// indexFromGo is t[key] for a library function, with metamethods, which are calls as
// those of callLua.
func indexFromGo(L *vm.LState, t *vm.LTable, key vm.LValue) (v vm.LValue) {
	if t.Metatable == vm.LNil {
		return rawGet(t, key)
	}
	on(L).fromGo(L, func() { v = getField(L, t, key) })
	return v
}

// callLua calls the function below its arguments from Go. Errors pass through.
func (t *thread) callLua(L *vm.LState, nargs, nret int) {
	t.fromGo(L, func() { enter(L, nargs, nret) })
}

// fromGo counts a call from Go into Lua: there may be only so many, and over none of them
// anybody yields.
func (t *thread) fromGo(L *vm.LState, call func()) {
	if t.e.depth >= maxDepth {
		throwText(L, "C stack overflow")
	}
	t.e.depth++
	t.calls++
	call()
	t.calls--
	t.e.depth--
}
