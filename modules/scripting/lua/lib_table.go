package lua

import (
	vm "github.com/yuin/gopher-lua"
)

var tableLib = map[string]vm.LGFunction{
	"concat": tabConcat, "foreach": tabForeach, "foreachi": tabForeachi, "getn": tabGetn, "insert": tabInsert,
	"maxn": tabMaxn, "remove": tabRemove, "setn": tabSetn, "sort": tabSort,
}

func tabGetn(L *vm.LState) int { return pushNumber(L, float64(length(checkTable(L, 1)))) }

func tabSetn(L *vm.LState) int {
	checkTable(L, 1)
	throwText(L, "'setn' is obsolete")
	return 0
}

func tabMaxn(L *vm.LState) int {
	t := engine(L).contents(checkTable(L, 1))
	most := 0.0
	_ = walk(t, func(k, _ vm.LValue) error {
		if n, ok := k.(vm.LNumber); ok {
			most = max(most, float64(n))
		}
		return nil
	})
	return pushNumber(L, most)
}

func tabForeach(L *vm.LState) int {
	t, f := checkTable(L, 1), checkFunction(L, 2)
	e := engine(L)
	t = e.contents(t)
	for k, v, _ := next(&e.stock, t, vm.LNil); k != vm.LNil; k, v, _ = next(&e.stock, t, k) {
		if each(L, f, k, v) {
			return 1
		}
	}
	return 0
}

func tabForeachi(L *vm.LState) int {
	t, f := checkTable(L, 1), checkFunction(L, 2)
	n := length(t)
	for i := 1; i <= n; i++ {
		if each(L, f, vm.LNumber(i), rawIndex(t, i)) {
			return 1
		}
	}
	return 0
}

// each calls f, and leaves its result if that ends the walk.
func each(L *vm.LState, f *vm.LFunction, k, v vm.LValue) bool {
	L.Push(f)
	L.Push(k)
	L.Push(v)
	on(L).callLua(L, 2, 1)
	if L.Get(-1) != vm.LNil {
		return true
	}
	L.Pop(1)
	return false
}

func tabInsert(L *vm.LState) int {
	t := checkTable(L, 1)
	e := engine(L)
	n := length(t) + 1
	pos := n
	switch L.GetTop() {
	case 2:
	case 3:
		pos = int(int32(checkInt(L, 2)))
		n = max(n, pos)
	default:
		throwText(L, "wrong number of arguments to 'insert'")
	}
	e.change(L, t)
	v := L.Get(L.GetTop())
	if pos < n {
		spendOn(L, (n-pos)/16)
	}
	if a := array(t); pos >= 1 && pos < n && n <= len(*a)+1 {
		setIndex(t, n, rawIndex(t, n-1))
		copy((*a)[pos:n], (*a)[pos-1:n-1])
		(*a)[pos-1] = v
		return 0
	}
	for i := n; i > pos; i-- {
		setIndex(t, i, rawIndex(t, i-1))
		if i%1024 == 0 {
			spendOn(L, 1024)
		}
	}
	setIndex(t, pos, v)
	return 0
}

func tabRemove(L *vm.LState) int {
	t := checkTable(L, 1)
	n := length(t)
	pos := int(int32(optInt(L, 2, n)))
	if pos < 1 || pos > n {
		return 0
	}
	engine(L).change(L, t)
	L.Push(rawIndex(t, pos))
	spendOn(L, (n-pos)/16)
	if a := array(t); n <= len(*a) {
		copy((*a)[pos-1:n-1], (*a)[pos:n])
		(*a)[n-1] = vm.LNil
		return 1
	}
	for ; pos < n; pos++ {
		setIndex(t, pos, rawIndex(t, pos+1))
	}
	setIndex(t, n, vm.LNil)
	return 1
}

func tabConcat(L *vm.LState) int {
	t := checkTable(L, 1)
	sep := ""
	if L.Get(2) != vm.LNil {
		sep = checkString(L, 2)
	}
	i, j := int(int32(optInt(L, 3, 1))), 0
	if L.Get(4) == vm.LNil {
		j = length(t)
	} else {
		j = int(int32(checkInt(L, 4)))
	}
	e := engine(L)
	room := e.room()
	var b []byte
	for k := i; k <= j; k++ {
		v := rawIndex(t, k)
		var ok bool
		if b, ok = appendText(b, v); !ok {
			throwText(L, "invalid value ("+typeName(v)+") at index "+text(vm.LNumber(k))+" in table for 'concat'")
		}
		if k < j {
			b = append(b, sep...)
		}
		if len(b) > room {
			e.take(L, len(b))
		}
		if k%64 == 0 {
			spendOn(L, 64)
		}
	}
	e.take(L, len(b))
	return pushText(L, b)
}

func tabSort(L *vm.LState) int {
	t := checkTable(L, 1)
	n := length(t)
	s := sorter{L: L, t: t}
	if L.Get(2) != vm.LNil {
		s.less = checkFunction(L, 2)
	}
	engine(L).change(L, t)
	s.sort(1, n)
	return 0
}

// sorter is Lua 5.1's quicksort, comparison for comparison: its order of equal
// elements, and what it makes of a bad comparison, are seen by scripts.
type sorter struct {
	L    *vm.LState
	t    *vm.LTable
	less *vm.LFunction
}

func (s *sorter) at(i int) vm.LValue { return rawIndex(s.t, i) }

func (s *sorter) swap(i, j int) {
	a, b := s.at(i), s.at(j)
	setIndex(s.t, i, b)
	setIndex(s.t, j, a)
}

func (s *sorter) before(a, b vm.LValue) bool {
	spendOn(s.L, 1)
	if s.less == nil {
		return less(s.L, a, b)
	}
	s.L.Push(s.less)
	s.L.Push(a)
	s.L.Push(b)
	on(s.L).callLua(s.L, 2, 1)
	yes := vm.LVAsBool(s.L.Get(-1))
	s.L.Pop(1)
	return yes
}

func (s *sorter) sort(l, u int) {
	for l < u {
		if s.before(s.at(u), s.at(l)) {
			s.swap(l, u)
		}
		if u-l == 1 {
			return
		}
		i := (l + u) / 2
		if s.before(s.at(i), s.at(l)) {
			s.swap(i, l)
		} else if s.before(s.at(u), s.at(i)) {
			s.swap(i, u)
		}
		if u-l == 2 {
			return
		}
		i = s.partition(l, u, i)
		if i-l < u-i {
			s.sort(l, i-1)
			l = i + 1
		} else {
			s.sort(i+1, u)
			u = i - 1
		}
	}
}

// partition puts the median of three, which is at i, where it belongs.
func (s *sorter) partition(l, u, i int) int {
	pivot := s.at(i)
	s.swap(i, u-1)
	i, j := l, u-1
	for {
		for i++; s.before(s.at(i), pivot); i++ {
			if i > u {
				throwText(s.L, "invalid order function for sorting")
			}
		}
		for j--; s.before(pivot, s.at(j)); j-- {
			if j < l {
				throwText(s.L, "invalid order function for sorting")
			}
		}
		if j < i {
			break
		}
		s.swap(i, j)
	}
	s.swap(u-1, i)
	return i
}
