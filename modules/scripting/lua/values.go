package lua

import (
	"unsafe"

	vm "github.com/yuin/gopher-lua"
)

// Values made in numbers, by what decodes and by replies. A value that is one of many is
// not allocated by itself: strings and numbers are cut from a stock, and a small table
// has its elements, or the list of its fields, behind it.

// stock are strings and numbers to come. What has been cut off keeps its neighbours
// alive, so long texts are not cut from it; and since a short one may be a part of a
// long one, the rest is thrown away after a script that has had long ones.
type stock struct {
	strings []vm.LString
	numbers []vm.LNumber
}

const (
	stockSize = 32
	shortText = 256 // bytes, up to which a string is cut from the stock
)

// The first word of an interface says what is behind the second.
var (
	stringWord = words(new(vm.LValue(vm.LString(""))))[0]
	numberWord = words(new(vm.LValue(vm.LNumber(0))))[0]
)

func words(v *vm.LValue) *[2]unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(v)) }

// string makes a value of s.
func (st *stock) string(s string) (v vm.LValue) {
	if len(s) > shortText {
		return vm.LString(s)
	}
	if len(st.strings) == 0 {
		st.strings = make([]vm.LString, stockSize)
	}
	p := &st.strings[0]
	st.strings = st.strings[1:]
	*p = vm.LString(s)
	*words(&v) = [2]unsafe.Pointer{stringWord, unsafe.Pointer(p)}
	return v
}

// number makes a value of f.
func (st *stock) number(f float64) (v vm.LValue) {
	if v, ok := smallNumber(f); ok {
		return v
	}
	if len(st.numbers) == 0 {
		st.numbers = make([]vm.LNumber, stockSize)
	}
	p := &st.numbers[0]
	st.numbers = st.numbers[1:]
	*p = vm.LNumber(f)
	*words(&v) = [2]unsafe.Pointer{numberWord, unsafe.Pointer(p)}
	return v
}

// Tables with n values behind them.
type (
	table1 struct {
		vm.LTable
		room [1]vm.LValue
	}
	table2 struct {
		vm.LTable
		room [2]vm.LValue
	}
	table4 struct {
		vm.LTable
		room [4]vm.LValue
	}
	table6 struct {
		vm.LTable
		room [6]vm.LValue
	}
	table8 struct {
		vm.LTable
		room [8]vm.LValue
	}
	table12 struct {
		vm.LTable
		room [12]vm.LValue
	}
	table16 struct {
		vm.LTable
		room [16]vm.LValue
	}
)

// newTable makes an empty table, and room for n values that belong to it.
func newTable(n int) (t *vm.LTable, room []vm.LValue) {
	switch {
	case n == 0:
		t = &vm.LTable{}
	case n == 1:
		x := &table1{}
		t, room = &x.LTable, x.room[:]
	case n == 2:
		x := &table2{}
		t, room = &x.LTable, x.room[:]
	case n <= 4:
		x := &table4{}
		t, room = &x.LTable, x.room[:n:n]
	case n <= 6:
		x := &table6{}
		t, room = &x.LTable, x.room[:n:n]
	case n <= 8:
		x := &table8{}
		t, room = &x.LTable, x.room[:n:n]
	case n <= 12:
		x := &table12{}
		t, room = &x.LTable, x.room[:n:n]
	case n <= 16:
		x := &table16{}
		t, room = &x.LTable, x.room[:n:n]
	default:
		t, room = &vm.LTable{}, make([]vm.LValue, n)
	}
	t.Metatable = vm.LNil
	return t, room
}

// newArray makes a table of elements, none of which is nil at the end.
func newArray(elements []vm.LValue) *vm.LTable {
	t, room := newTable(len(elements))
	copy(room, elements)
	*array(t) = room
	return t
}

// newFor makes an empty table that is going to have so many elements and fields.
func newFor(elements, fields int) *vm.LTable {
	fields = min(fields, maxFlat)
	t, room := newTable(elements + 2*fields)
	if elements > 0 {
		*array(t) = room[:0:elements]
	}
	if fields > 0 {
		*keyList(t) = room[elements:elements:len(room)]
	}
	return t
}

// newObject makes a table of pairs, keys and values in turn. No key is nil or NaN; of
// equal ones the last counts, and a value that is nil takes the field away.
func newObject(pairs []vm.LValue) *vm.LTable {
	n := len(pairs) / 2
	if n > maxFlat {
		return newLarge(pairs)
	}
	t := newFor(0, n)
	for i := 0; i < len(pairs); i += 2 {
		rawSet(t, pairs[i], pairs[i+1])
	}
	return t
}

// newLarge is newObject for many.
func newLarge(pairs []vm.LValue) *vm.LTable {
	n := len(pairs) / 2
	for i := 0; i < len(pairs); i += 2 {
		if _, ok := pairs[i].(vm.LString); !ok || pairs[i+1] == vm.LNil {
			return newMixed(pairs)
		}
	}
	t, room := newTable(n)
	fields := make(map[string]vm.LValue, n)
	places := make(map[vm.LValue]int, n)
	*fieldMap(t), *placeMap(t) = fields, places
	at := 0
	for i := 0; i < len(pairs); i += 2 {
		fields[string(pairs[i].(vm.LString))] = pairs[i+1]
		if len(fields) > at {
			places[pairs[i]] = at
			room[at] = pairs[i]
			at++
		}
	}
	*keyList(t) = room[:at:at]
	return t
}

// newMixed is newObject for keys of any type.
func newMixed(pairs []vm.LValue) *vm.LTable {
	t, _ := newTable(0)
	for i := 0; i < len(pairs); i += 2 {
		rawSet(t, pairs[i], pairs[i+1])
	}
	return t
}
