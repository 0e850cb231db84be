package lua

import (
	"math/bits"

	vm "github.com/yuin/gopher-lua"
)

// Tables as Lua 5.1 has them. The VM has an array for the keys up to maxArray, which an
// assignment fills up with nils however far it lies behind the end, and hashes all others.
// Here an array that has become as long as that goes on as long as it has no holes.
// So an element beyond maxArray is in the array if that is long enough, and hashed
// otherwise, and whoever asks for one by number has to ask here.

// maxArray is where arrays end for the VM. Its own bound lets one assignment,
// t[6e7] = 1, take a gigabyte.
const maxArray = 1 << 16

// element is t[n], without metamethods; nil for what is not there.
func element(t *vm.LTable, n vm.LNumber) vm.LValue {
	a := *array(t)
	if k := int(n); n >= 1 && n <= vm.LNumber(len(a)) && vm.LNumber(k) == n {
		if v := a[k-1]; v != nil {
			return v
		}
		return vm.LNil
	}
	if n >= 1 && n < maxArray && vm.LNumber(int(n)) == n {
		return vm.LNil
	}
	return t.RawGetH(n) // which is not in a flat table
}

// rawIndex is element for a number that is whole.
func rawIndex(t *vm.LTable, i int) vm.LValue { return element(t, vm.LNumber(i)) }

// rawGet is rawget.
func rawGet(t *vm.LTable, key vm.LValue) vm.LValue {
	switch k := key.(type) {
	case vm.LNumber:
		return element(t, k)
	case vm.LString:
		return getString(t, string(k))
	}
	return t.RawGetH(key)
}

// setIndex is t[i] = v, without metamethods.
func setIndex(t *vm.LTable, i int, v vm.LValue) {
	p := array(t)
	n := len(*p)
	switch {
	case i >= 1 && i <= n:
		(*p)[i-1] = v
	case i >= 1 && i < maxArray:
		t.RawSetInt(i, v)
	case i >= 1 && i == n+1 && v != vm.LNil:
		*p = append(*p, v)
		collect(t)
	default:
		spread(t)
		t.RawSetH(vm.LNumber(i), v)
	}
}

// collect takes into a long array what has been hashed of it, from the last element on.
func collect(t *vm.LTable) {
	p := array(t)
	if len(*hashMap(t)) == 0 {
		return
	}
	t.RawSetH(vm.LNumber(len(*p)), vm.LNil)
	for {
		k := vm.LNumber(len(*p) + 1)
		v := t.RawGetH(k)
		if v == vm.LNil {
			return
		}
		t.RawSetH(k, vm.LNil)
		*p = append(*p, v)
	}
}

// rawSet is rawset. The key is neither nil nor NaN.
func rawSet(t *vm.LTable, key, v vm.LValue) {
	switch k := key.(type) {
	case vm.LString:
		setString(t, string(k), key, v)
		return
	case vm.LNumber:
		if k >= 1 && vm.LNumber(int(k)) == k {
			setIndex(t, int(k), v)
			return
		}
	}
	spread(t)
	t.RawSetH(key, v)
}

// takeGap asks for the memory of the nils that fill up an array below element n.
func takeGap(L *vm.LState, t *vm.LTable, n vm.LNumber) {
	if gap := n - vm.LNumber(len(*array(t))); gap > 64 && n < maxArray {
		engine(L).take(L, 16*int(gap))
	}
}

// next is the pair behind that of a key, in the order of the array and then of the
// first assignments; k is nil behind the last one. The number of an element is cut from
// the stock. at is where k is in the list of keys, -1 if it is not.
func next(st *stock, t *vm.LTable, key vm.LValue) (k, v vm.LValue, at int) {
	a := *array(t)
	from := -1 // in the array
	switch key := key.(type) {
	case *vm.LNilType:
		from = 0
	case vm.LNumber:
		if i := int(key); vm.LNumber(i) == key && i >= 1 && (i <= len(a) || i < maxArray) {
			from = i
		}
	}
	if from < 0 {
		return nextField(t, placeIn(t, key)+1)
	}
	for ; from < len(a); from++ {
		if v := a[from]; v != vm.LNil && v != nil {
			return st.number(float64(from + 1)), v, -1
		}
	}
	return nextField(t, 0)
}

// nextField is next from a place in the list of keys on.
func nextField(t *vm.LTable, at int) (k, v vm.LValue, _ int) {
	for list := keys(t); at < len(list); at++ {
		if v := valueOf(t, at); v != vm.LNil {
			return list[at], v, at
		}
	}
	return vm.LNil, vm.LNil, -1
}

// walk calls f for every pair of a table, in the order of next, until it returns an
// error. f does not change the table.
func walk(t *vm.LTable, f func(k, v vm.LValue) error) error {
	for i, v := range *array(t) {
		if v == vm.LNil || v == nil {
			continue
		}
		if err := f(vm.LNumber(i+1), v); err != nil {
			return err
		}
	}
	for i, k := range keys(t) {
		if v := valueOf(t, i); v != vm.LNil {
			if err := f(k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// known reports whether a key is, or was, one of a table's.
func known(t *vm.LTable, key vm.LValue) bool {
	if n, ok := key.(vm.LNumber); ok && n >= 1 && (n < maxArray || n <= vm.LNumber(len(*array(t)))) && vm.LNumber(int(n)) == n {
		return true
	}
	return placeIn(t, key) >= 0
}

// length is Lua's # of a table: where there are holes, the one of several answers
// that Lua 5.1 finds, as far as the array can tell (arraySize).
func length(t *vm.LTable) int {
	a := *array(t)
	n := len(a)
	if n >= maxArray-1 && there(a, n) {
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
	if len(*hashMap(t)) == 0 {
		return n
	}
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
