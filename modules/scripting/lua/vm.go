package lua

import (
	"fmt"
	"math/bits"
	"reflect"
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
//   - how many results a call is to give: for none no reply is read.
//
// Places are asked of reflect by name, so that a VM of another shape is noticed
// when the program starts, not when memory is wrong.
var (
	offReg      = offset[vm.LState]("reg", reflect.Pointer)
	offUpvalues = offset[vm.LState]("uvcache", reflect.Pointer)
	offHandled  = offset[vm.LState]("hasErrorFunc", reflect.Bool)
	offTop      = offsetIn(fieldType[vm.LState]("reg").Elem(), "top", reflect.Int)
	offNext     = offset[vm.Upvalue]("next", reflect.Pointer)
	offIndex    = offset[vm.Upvalue]("index", reflect.Int)
	offArray    = offset[vm.LTable]("array", reflect.Slice)
	offKeys     = offset[vm.LTable]("k2i", reflect.Map)
	offKeyList  = offset[vm.LTable]("keys", reflect.Slice)
	offFields   = offset[vm.LTable]("strdict", reflect.Map)
	offFrame    = offset[vm.LState]("currentFrame", reflect.Pointer)
	offWanted   = offsetIn(fieldType[vm.LState]("currentFrame").Elem(), "NRet", reflect.Int)

	offStack   = offset[vm.LState]("stack", reflect.Interface)
	stackType  = reflect.ValueOf(vm.NewState(vmOptions)).Elem().FieldByName("stack").Elem().Type().Elem()
	offSegment = offsetIn(stackType, "segIdx", reflect.Uint16)
	offInside  = offsetIn(stackType, "segSp", reflect.Uint8)
)

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

// top is the place in the registry behind the last value on the stack.
func top(L *vm.LState) int {
	reg := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), offReg))
	return *(*int)(unsafe.Add(reg, offTop))
}

// vmOptions are those of every state.
var vmOptions = vm.Options{
	SkipOpenLibs: true, MinimizeStackMemory: true, CallStackSize: maxFrames + moreFrames,
	RegistrySize: 256, RegistryMaxSize: maxRegistry, RegistryGrowStep: 256,
}

// frames is how many calls are in progress on a thread.
func frames(L *vm.LState) int {
	// The second word of an interface points to its value.
	stack := (*[2]unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), offStack))[1]
	return int(*(*uint16)(unsafe.Add(stack, offSegment)))*vm.FramesPerSegment + int(*(*uint8)(unsafe.Add(stack, offInside)))
}

// known reports whether a key is, or was, one of a table's.
func known(t *vm.LTable, key vm.LValue) bool {
	if n, ok := key.(vm.LNumber); ok && n >= 1 && n < maxArray && vm.LNumber(int(n)) == n {
		return true
	}
	_, ok := (*placeMap(t))[key]
	return ok
}

// wantedResults is how many results the running function is to give; -1: as many as there are.
func wantedResults(L *vm.LState) int {
	frame := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), offFrame))
	return *(*int)(unsafe.Add(frame, offWanted))
}

// keepUpvalues makes the VM leave open upvalues alone when it raises an error.
func keepUpvalues(L *vm.LState) {
	*(*bool)(unsafe.Add(unsafe.Pointer(L), offHandled)) = true
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

func placeMap(t *vm.LTable) *map[vm.LValue]int {
	return (*map[vm.LValue]int)(unsafe.Add(unsafe.Pointer(t), offKeys))
}

func fieldMap(t *vm.LTable) *map[string]vm.LValue {
	return (*map[string]vm.LValue)(unsafe.Add(unsafe.Pointer(t), offFields))
}

// maxArray is the length of an array part. Whatever lies beyond is hashed. The
// VM's own bound lets one assignment, t[6e7] = 1, take a gigabyte.
const maxArray = 1 << 16

// length is Lua's # of a table: where there are holes, the one of several answers
// that Lua 5.1 finds, as far as the array can tell (arraySize).
func length(t *vm.LTable) int {
	a := *array(t)
	n := len(a)
	if n > 0 && n == maxArray-1 && there(a, n) {
		return border(t, n)
	}
	high := arraySize(a)
	if high == 0 || there(a, high) {
		return high
	}
	low := 0
	for high-low > 1 {
		if mid := (low + high) / 2; there(a, mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// there reports whether an array has element i.
func there(a []vm.LValue, i int) bool {
	return i <= len(a) && a[i-1] != vm.LNil && a[i-1] != nil
}

// arraySize is how many elements Lua 5.1 would have room for. A constructor makes as
// much as it has elements; what has grown has a power of two.
func arraySize(a []vm.LValue) int {
	if n := len(a); n < cap(a) && n > 0 {
		return 1 << bits.Len(uint(n-1))
	}
	return len(a)
}

// border is a length of n or more, where the rest of the elements is hashed: it is
// searched as Lua does.
func border(t *vm.LTable, n int) int {
	hashed := func(i int) bool { return t.RawGetH(vm.LNumber(i)) != vm.LNil }
	low, high := n, n+1
	for hashed(high) {
		low, high = high, high*2
	}
	for high-low > 1 {
		if mid := (low + high) / 2; hashed(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
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

const constant = 1 << 8 // in an operand: it is a constant, not a register
