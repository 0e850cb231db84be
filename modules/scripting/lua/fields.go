package lua

import vm "github.com/yuin/gopher-lua"

// Fields of tables. The VM keeps two maps and a list for each table that has any. Here a
// table with a few fields, whose names are strings, has nothing but the list: the names in
// its first half and the values in the second, which the list's capacity tells. Such a
// table is flat until it has more fields, or a key of another type, or becomes a
// metatable; the VM itself, which would find no fields in it, never sees one before
// that: whoever looks into tables asks here.

// maxFlat is how many fields are sought one by one.
const maxFlat = 8

// flat reports whether a table has no maps, and may have a list of fields.
func flat(t *vm.LTable) bool {
	return *placeMap(t) == nil && *fieldMap(t) == nil && *hashMap(t) == nil
}

// flatFields are the names and the values of a flat table.
func flatFields(t *vm.LTable) (names, values []vm.LValue) {
	names = *keyList(t)
	half := cap(names) / 2
	return names, names[:cap(names)][half : half+len(names)]
}

// placeOf is where a name is among those of a flat table; -1 if it is not.
func placeOf(names []vm.LValue, name string) int {
	for i, k := range names {
		if string(k.(vm.LString)) == name {
			return i
		}
	}
	return -1
}

// getString is t[name], without metamethods.
func getString(t *vm.LTable, name string) vm.LValue {
	if !flat(t) {
		return t.RawGetString(name)
	}
	names, values := flatFields(t)
	if i := placeOf(names, name); i >= 0 {
		return values[i]
	}
	return vm.LNil
}

// setString is t[name] = v, without metamethods. key is the name, as a value.
func setString(t *vm.LTable, name string, key, v vm.LValue) {
	if !flat(t) {
		setMapped(t, name, key, v)
		return
	}
	names, values := flatFields(t)
	if i := placeOf(names, name); i >= 0 {
		values[i] = v
		return
	}
	n := len(names)
	switch {
	case v == vm.LNil:
		return
	case n == maxFlat:
		spread(t)
		setMapped(t, name, key, v)
		return
	case n == cap(names)/2:
		room := make([]vm.LValue, 4*max(n, 1))
		copy(room, names)
		copy(room[len(room)/2:], values)
		names = room[:n]
	}
	names = names[:n+1]
	names[n], names[:cap(names)][cap(names)/2+n] = key, v
	*keyList(t) = names
}

// setMapped is setString for a table with maps.
func setMapped(t *vm.LTable, name string, key, v vm.LValue) {
	fields, places := *fieldMap(t), *placeMap(t)
	if v == vm.LNil || fields == nil || places == nil {
		t.RawSetString(name, v)
		return
	}
	n := len(fields)
	if fields[name] = v; len(fields) == n {
		return
	}
	if _, was := places[key]; !was {
		places[key] = len(*keyList(t))
		*keyList(t) = append(*keyList(t), key)
	}
}

// spread makes of a flat table one with maps.
func spread(t *vm.LTable) {
	if !flat(t) {
		return
	}
	names, values := flatFields(t)
	fields := make(map[string]vm.LValue, 2*len(names))
	places := make(map[vm.LValue]int, 2*len(names))
	for i, k := range names {
		places[k] = i
		if values[i] != vm.LNil {
			fields[string(k.(vm.LString))] = values[i]
		}
	}
	*fieldMap(t), *placeMap(t), *keyList(t) = fields, places, names[:len(names):len(names)]
}

// valueOf is the value of key i in the list.
func valueOf(t *vm.LTable, i int) vm.LValue {
	if flat(t) {
		_, values := flatFields(t)
		return values[i]
	}
	return t.RawGetH(keys(t)[i])
}

// placeIn is where a key is in the list of a table; -1 if it is not there.
func placeIn(t *vm.LTable, key vm.LValue) int {
	if flat(t) {
		if name, ok := key.(vm.LString); ok {
			return placeOf(keys(t), string(name))
		}
		return -1
	}
	if i, ok := (*placeMap(t))[key]; ok {
		return i
	}
	return -1
}

// getField is v[key] with metamethods, for a table; the VM does it for other values.
func getField(L *vm.LState, v, key vm.LValue) vm.LValue {
	for range vm.MaxTableGetLoop {
		t, ok := v.(*vm.LTable)
		if !ok {
			return L.GetTable(v, key)
		}
		if x := rawGet(t, key); x != vm.LNil {
			return x
		}
		if t.Metatable == vm.LNil {
			return vm.LNil
		}
		index := metamethod(t, "__index")
		switch index.(type) {
		case *vm.LNilType:
			return vm.LNil
		case *vm.LFunction:
			L.Push(index)
			L.Push(t)
			L.Push(key)
			L.Call(2, 1)
			x := L.Get(-1)
			L.Pop(1)
			return x
		}
		v = index
	}
	L.RaiseError("too many recursions in gettable")
	return nil
}

// setField is into[key] = v with metamethods, likewise.
func setField(L *vm.LState, into, key, v vm.LValue) {
	for range vm.MaxTableGetLoop {
		t, ok := into.(*vm.LTable)
		if !ok {
			L.SetTable(into, key, v)
			return
		}
		index := vm.LNil
		if t.Metatable != vm.LNil && rawGet(t, key) == vm.LNil {
			index = metamethod(t, "__newindex")
		}
		switch index.(type) {
		case *vm.LNilType:
			storeField(L, t, key, v)
			return
		case *vm.LFunction:
			L.Push(index)
			L.Push(t)
			L.Push(key)
			L.Push(v)
			L.Call(3, 0)
			return
		}
		into = index
	}
	L.RaiseError("too many recursions in settable")
}

// storeField is t[key] = v without metamethods, of a script.
func storeField(L *vm.LState, t *vm.LTable, key, v vm.LValue) {
	switch k := key.(type) {
	case *vm.LNilType:
		L.RaiseError("table index is nil")
	case vm.LNumber:
		if k != k {
			L.RaiseError("table index is NaN")
		}
		takeGap(L, t, k)
		if a := *array(t); k >= maxArray && len(a) == cap(a) && int(k) == len(a)+1 {
			engine(L).take(L, 24*len(a)) // the array moves
		}
	}
	rawSet(t, key, v)
}
