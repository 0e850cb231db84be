package lua

import vm "github.com/yuin/gopher-lua"

// Tables with room for their contents behind them: a small one is one allocation with its
// elements, or the list of its fields.

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
