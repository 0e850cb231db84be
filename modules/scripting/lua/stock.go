package lua

import (
	"math"
	"unsafe"

	vm "github.com/yuin/gopher-lua"
)

// Strings and numbers are not allocated one by one: they are cut from a stock. What has been
// cut off keeps its neighbours alive, so long texts are not cut from it.
//
// Nothing that a script of EVAL makes outlives it. So the stock takes back at its end
// what has been cut off since its beginning: most scripts make the same few blocks do
// again and again, without the collector. What goes out of the engine, the texts of
// errors and of the log, is copied. The functions of libraries keep what they have made;
// after those nothing is taken back.

// stock are strings and numbers to come.
type stock struct {
	strings region[vm.LString]
	numbers region[vm.LNumber]
	bytes   region[byte]
}

// region is room for values of one type.
type region[T any] struct {
	block  []T   // the one in use
	at     int   // what has been cut off it
	blocks [][]T // that are used again, in this order
	used   int   // how many of them are in use

	// When the script began.
	blockThen        []T
	atThen, usedThen int
}

const (
	numberBlock = 128
	stringBlock = 64
	byteBlock   = 4 << 10
	mostBlocks  = 32  // that are used again
	shortText   = 256 // bytes, up to which a string is cut from the stock
)

// more goes on to the next block.
func (r *region[T]) more(size int) {
	r.at = 0
	if r.used < len(r.blocks) {
		r.block = r.blocks[r.used]
		r.used++
		return
	}
	r.block = make([]T, size)
	if r.used < mostBlocks {
		r.blocks = append(r.blocks, r.block)
		r.used++
	}
}

func (r *region[T]) mark() { r.blockThen, r.atThen, r.usedThen = r.block, r.at, r.used }

func (r *region[T]) takeBack() { r.block, r.at, r.used = r.blockThen, r.atThen, r.usedThen }

// giveAway leaves what has been cut off to those who have it.
func (r *region[T]) giveAway() {
	r.blocks = append(r.blocks[:0:0], r.blocks[r.used:]...)
	r.used = 0
}

func (st *stock) mark() {
	st.strings.mark()
	st.numbers.mark()
	st.bytes.mark()
}

func (st *stock) takeBack() {
	st.strings.takeBack()
	st.numbers.takeBack()
	st.bytes.takeBack()
}

func (st *stock) giveAway() {
	st.strings.giveAway()
	st.numbers.giveAway()
	st.bytes.giveAway()
}

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
	r := &st.strings
	if r.at >= len(r.block) {
		r.more(stringBlock)
	}
	p := &r.block[r.at]
	r.at++
	*p = vm.LString(s)
	*words(&v) = [2]unsafe.Pointer{stringWord, unsafe.Pointer(p)}
	return v
}

// text makes a value of a copy of b.
func (st *stock) text(b []byte) vm.LValue {
	n := len(b)
	if n > shortText {
		return vm.LString(b)
	}
	r := &st.bytes
	if len(r.block)-r.at < n {
		r.more(byteBlock)
	}
	room := r.block[r.at : r.at+n]
	r.at += n
	copy(room, b)
	return st.string(unsafe.String(unsafe.SliceData(room), n))
}

// number makes a value of f.
func (st *stock) number(f float64) (v vm.LValue) {
	if v, ok := smallNumber(f); ok {
		return v
	}
	r := &st.numbers
	if r.at >= len(r.block) {
		r.more(numberBlock)
	}
	p := &r.block[r.at]
	r.at++
	*p = vm.LNumber(f)
	*words(&v) = [2]unsafe.Pointer{numberWord, unsafe.Pointer(p)}
	return v
}

// ordinary is number, but nil for NaN: of two of them which one a sum or product is would be
// left to Go's compiler here.
func (st *stock) ordinary(f float64) vm.LValue {
	if math.IsNaN(f) {
		return nil
	}
	return st.number(f)
}
