package lua

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	vm "github.com/yuin/gopher-lua"
)

// What the VM keeps to itself and we need. There is no other door to it:
//
//   - the open upvalues: when an error is caught, those of the frames that are left
//     must be closed, and those of the frames that live on must not. The VM closes
//     either all or none;
//   - how deep the stack of calls is;
//   - the keys that a table has had, to refuse others to next;
//   - the array of a table, whose length counts nils at the end, and its other parts, to
//     make a table of what is known beforehand at once;
//   - how many results a call is to give: for none no reply is read;
//   - its loop over instructions, and the registers and frames that one needs (loop.go).
//
// Places are asked of reflect by name, so that a VM of another shape is noticed
// when the program starts, not when memory is wrong.
var (
	offReg      = offset[vm.LState]("reg", reflect.Pointer)
	offUpvalues = offset[vm.LState]("uvcache", reflect.Pointer)
	offHandled  = offset[vm.LState]("hasErrorFunc", reflect.Bool)
	offLoop     = offset[vm.LState]("mainLoop", reflect.Func)
	offNext     = offset[vm.Upvalue]("next", reflect.Pointer)
	offIndex    = offset[vm.Upvalue]("index", reflect.Int)
	offArray    = offset[vm.LTable]("array", reflect.Slice)
	offKeys     = offset[vm.LTable]("k2i", reflect.Map)
	offKeyList  = offset[vm.LTable]("keys", reflect.Slice)
	offHash     = offset[vm.LTable]("dict", reflect.Map)
	offFields   = offset[vm.LTable]("strdict", reflect.Map)
	offFrame    = offset[vm.LState]("currentFrame", reflect.Pointer)
	offStack    = offset[vm.LState]("stack", reflect.Interface)

	_ = same[registry](fieldType[vm.LState]("reg").Elem())
	_ = same[callFrame](fieldType[vm.LState]("currentFrame").Elem())
	_ = same[callStack](reflect.ValueOf(vm.NewState(vmOptions)).Elem().FieldByName("stack").Elem().Type().Elem())
)

// registry is the VM's array of all registers of a thread.
type registry struct {
	array []vm.LValue
	top   int // behind the last one in use
	_     [3]int
	_     [2]uintptr
}

// callFrame is the VM's frame of a call.
type callFrame struct {
	idx        int // its number
	fn         *vm.LFunction
	parent     *callFrame // the one that has called
	pc         int        // of the next instruction
	base       int        // where the function is
	localBase  int        // where its registers begin
	returnBase int        // where its results go
	nArgs      int
	nRet       int // how many results it is to give; -1: as many as there are
	_          int
}

// callStack is the VM's stack of frames.
type callStack struct {
	segments []*[vm.FramesPerSegment]callFrame
	segIdx   uint16
	segSp    uint8
}

// last is the frame at the top; nil if there is none.
func (s *callStack) last() *callFrame {
	i, n := s.segIdx, s.segSp
	if n == 0 {
		if i == 0 {
			return nil
		}
		i, n = i-1, vm.FramesPerSegment
	}
	return &s.segments[i][n-1]
}

// same sees to it that a type of ours has the fields of one of the VM's where it names them.
func same[T any](theirs reflect.Type) bool {
	ours := reflect.TypeFor[T]()
	ok := ours.Size() == theirs.Size()
	for i := 0; ok && i < ours.NumField(); i++ {
		a := ours.Field(i)
		if a.Name == "_" {
			continue
		}
		b, found := theirs.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, a.Name) })
		ok = found && a.Offset == b.Offset && a.Type.Kind() == b.Type.Kind()
	}
	if !ok {
		panic(fmt.Sprintf("gopher-lua: %v is no %v", theirs, ours))
	}
	return true
}

func fieldType[T any](name string) reflect.Type {
	f, ok := reflect.TypeFor[T]().FieldByName(name)
	if !ok {
		panic(fmt.Sprintf("gopher-lua: %v has no %s", reflect.TypeFor[T](), name))
	}
	return f.Type
}

func offset[T any](name string, kind reflect.Kind) uintptr {
	return offsetIn(reflect.TypeFor[T](), name, kind)
}

func offsetIn(t reflect.Type, name string, kind reflect.Kind) uintptr {
	f, ok := t.FieldByName(name)
	if !ok || f.Type.Kind() != kind {
		panic(fmt.Sprintf("gopher-lua: %v.%s is no %v", t, name, kind))
	}
	return f.Offset
}

// registryOf is a thread's registry. Whatever calls may move its array.
func registryOf(L *vm.LState) *registry {
	return *(**registry)(unsafe.Add(unsafe.Pointer(L), offReg))
}

// top is the place in the registry behind the last value on the stack.
func top(L *vm.LState) int { return registryOf(L).top }

// registers is the whole registry.
func registers(L *vm.LState) []vm.LValue { return registryOf(L).array }

// stack are the values of the running function of Go's: its arguments, and what it has pushed.
func stack(L *vm.LState) []vm.LValue {
	r := registryOf(L)
	return r.array[(*currentFrame(L)).localBase:r.top]
}

// set sets a register of the frame that is being run. A call may have left the top below it.
func set(L *vm.LState, i int, v vm.LValue) {
	r := registryOf(L)
	r.array[i] = v
	r.top = max(r.top, i+1)
}

// currentFrame is where the VM has the frame that is being run.
func currentFrame(L *vm.LState) **callFrame {
	return (**callFrame)(unsafe.Add(unsafe.Pointer(L), offFrame))
}

func stackOf(L *vm.LState) *callStack {
	// The second word of an interface points to its value.
	return (*callStack)((*[2]unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), offStack))[1])
}

// vmOptions are those of every state.
var vmOptions = vm.Options{
	SkipOpenLibs: true, MinimizeStackMemory: true, CallStackSize: maxFrames + moreFrames,
	RegistrySize: 256, RegistryMaxSize: maxRegistry, RegistryGrowStep: 256,
}

// frames is how many calls are in progress on a thread.
func frames(L *vm.LState) int {
	s := stackOf(L)
	return int(s.segIdx)*vm.FramesPerSegment + int(s.segSp)
}

// wantedResults is how many results the running function is to give; -1: as many as there are.
func wantedResults(L *vm.LState) int {
	return (*currentFrame(L)).nRet
}

// keepUpvalues makes the VM leave open upvalues alone when it raises an error.
func keepUpvalues(L *vm.LState) {
	*(*bool)(unsafe.Add(unsafe.Pointer(L), offHandled)) = true
}

// openUpvalues reports whether there are any.
func openUpvalues(L *vm.LState) bool {
	return *(**vm.Upvalue)(unsafe.Add(unsafe.Pointer(L), offUpvalues)) != nil
}

// closeUpvalues closes the open upvalues of registers from base on. The list is in
// the order of the registers.
func closeUpvalues(L *vm.LState, base int) {
	link := (**vm.Upvalue)(unsafe.Add(unsafe.Pointer(L), offUpvalues))
	for *link != nil && *(*int)(unsafe.Add(unsafe.Pointer(*link), offIndex)) < base {
		link = (**vm.Upvalue)(unsafe.Add(unsafe.Pointer(*link), offNext))
	}
	rest := *link
	*link = nil
	for rest != nil {
		next := *(**vm.Upvalue)(unsafe.Add(unsafe.Pointer(rest), offNext))
		rest.Close()
		rest = next
	}
}

// array is the array part of a table.
func array(t *vm.LTable) *[]vm.LValue {
	return (*[]vm.LValue)(unsafe.Add(unsafe.Pointer(t), offArray))
}

// keys are the keys that a table has, or had, beside its array.
func keys(t *vm.LTable) []vm.LValue { return *keyList(t) }

// keyList is where keys are, in the order of next; placeMap is where each of them is
// in the list; fieldMap is where the values of those that are strings are.
func keyList(t *vm.LTable) *[]vm.LValue {
	return (*[]vm.LValue)(unsafe.Add(unsafe.Pointer(t), offKeyList))
}

// hashMap has the values of those that are no strings.
func hashMap(t *vm.LTable) *map[vm.LValue]vm.LValue {
	return (*map[vm.LValue]vm.LValue)(unsafe.Add(unsafe.Pointer(t), offHash))
}

func placeMap(t *vm.LTable) *map[vm.LValue]int {
	return (*map[vm.LValue]int)(unsafe.Add(unsafe.Pointer(t), offKeys))
}

func fieldMap(t *vm.LTable) *map[string]vm.LValue {
	return (*map[string]vm.LValue)(unsafe.Add(unsafe.Pointer(t), offFields))
}

type instruction uint32

func (i instruction) op() int { return int(i >> 26) }
func (i instruction) a() int  { return int(i>>18) & 0xff }
func (i instruction) b() int  { return int(i) & 0x1ff }
func (i instruction) c() int  { return int(i>>9) & 0x1ff }
func (i instruction) bx() int { return int(i) & 0x3ffff }
func (i instruction) sbx() int {
	return int(i&0x3ffff) - 0x1ffff
}

func makeInstruction(op, a, bx int) uint32 { return uint32(op)<<26 | uint32(a)<<18 | uint32(bx) }

const constant = 1 << 8 // in an operand: it is a constant, not a register
