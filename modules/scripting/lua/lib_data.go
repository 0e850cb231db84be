package lua

import (
	"errors"
	"fmt"
	"math"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/bitop"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/cjson"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/cmsgpack"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/structs"
)

// The libraries that turn values into bytes and back: cjson, cmsgpack, struct, bit.

var cjsonLib map[string]vm.LGFunction = jsonFunctions(nil)

// jsonFunctions are the functions of one instance of cjson, which has its own
// options; those of the engine if it is nil.
func jsonFunctions(own *cjson.Config) map[string]vm.LGFunction {
	cfg := func(L *vm.LState) *cjson.Config {
		if own != nil {
			return own
		}
		return &engine(L).json
	}
	depth := func(which func(*cjson.Config) *int, most int) vm.LGFunction {
		return func(L *vm.LState) int {
			return jsonInt(L, 1, 1, most, which(cfg(L)))
		}
	}
	return map[string]vm.LGFunction{
		"encode":                  func(L *vm.LState) int { return jsonEncode(L, cfg(L)) },
		"decode":                  func(L *vm.LState) int { return jsonDecode(L, cfg(L)) },
		"new":                     jsonNew,
		"encode_max_depth":        depth(func(c *cjson.Config) *int { return &c.EncodeDepth }, math.MaxInt32),
		"decode_max_depth":        depth(func(c *cjson.Config) *int { return &c.DecodeDepth }, math.MaxInt32),
		"encode_number_precision": depth(func(c *cjson.Config) *int { return &c.Precision }, 14),
		"encode_keep_buffer": func(L *vm.LState) int {
			return jsonOption(L, []string{"off", "on"}, func(i int) { cfg(L).KeepBuffer = i > 0 }, toInt(cfg(L).KeepBuffer))
		},
		"encode_invalid_numbers": func(L *vm.LState) int {
			c := cfg(L)
			return jsonOption(L, []string{"off", "on", "null"}, func(i int) { c.EncodeInvalid = cjson.Invalid(i) }, int(c.EncodeInvalid))
		},
		"decode_invalid_numbers": func(L *vm.LState) int {
			c := cfg(L)
			return jsonOption(L, []string{"off", "on"}, func(i int) { c.DecodeInvalid = i > 0 }, toInt(c.DecodeInvalid))
		},
		"encode_sparse_array": func(L *vm.LState) int { return jsonSparse(L, cfg(L)) },
	}
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// jsonArgs refuses more than n arguments.
func jsonArgs(L *vm.LState, n int) {
	if L.GetTop() > n {
		argError(L, n+1, "found too many arguments")
	}
}

// jsonInt sets an option to argument n, if there is one, and pushes it.
func jsonInt(L *vm.LState, n, least, most int, option *int) int {
	if n == 1 {
		jsonArgs(L, 1)
	}
	if L.Get(n) != vm.LNil {
		v := checkInt(L, n)
		if v < least || v > most {
			argError(L, n, fmt.Sprintf("expected integer between %d and %d", least, most))
		}
		*option = v
	}
	return pushNumber(L, float64(*option))
}

// jsonOption sets an option to argument 1, if there is one: a boolean for the first
// two choices, or a choice's name. It pushes it.
func jsonOption(L *vm.LState, choices []string, set func(int), now int) int {
	jsonArgs(L, 1)
	switch v := L.Get(1).(type) {
	case *vm.LNilType:
	case vm.LBool:
		now = toInt(bool(v))
	default:
		s := checkString(L, 1)
		now = -1
		for i, c := range choices {
			if c == s {
				now = i
			}
		}
		if now < 0 {
			argError(L, 1, "invalid option '"+s+"'")
		}
	}
	set(now)
	if now > 1 {
		return pushString(L, choices[now])
	}
	L.Push(vm.LBool(now == 1))
	return 1
}

func jsonSparse(L *vm.LState, c *cjson.Config) int {
	jsonArgs(L, 3)
	if v := L.Get(1); v != vm.LNil {
		b, ok := v.(vm.LBool)
		if !ok {
			argError(L, 1, "invalid option '"+checkString(L, 1)+"'")
		}
		c.SparseConvert = bool(b)
	}
	ratio, safe := L.Get(2), L.Get(3)
	L.Push(vm.LBool(c.SparseConvert))
	if ratio != vm.LNil || safe != vm.LNil {
		return 1 + jsonInt(L, 2, 0, math.MaxInt32, &c.SparseRatio) + jsonInt(L, 3, 0, math.MaxInt32, &c.SparseSafe)
	}
	return 1 + pushNumber(L, float64(c.SparseRatio)) + pushNumber(L, float64(c.SparseSafe))
}

func jsonNew(L *vm.LState) int {
	cfg := cjson.Default()
	t := L.NewTable()
	for name, f := range jsonFunctions(&cfg) {
		t.RawSetString(name, L.NewFunction(f))
	}
	t.RawSetString("null", engine(L).null)
	t.RawSetString("_NAME", vm.LString("cjson"))
	t.RawSetString("_VERSION", vm.LString("2.1.0"))
	L.Push(t)
	return 1
}

// throwLimit throws an error of an algorithm.
func throwLimit(L *vm.LState, err error) {
	if e := engine(L); errors.Is(err, cjson.ErrTooLong) || errors.Is(err, cmsgpack.ErrTooLong) {
		e.take(L, e.room()+1)
	}
	throwText(L, err.Error())
}

func jsonEncode(L *vm.LState, cfg *cjson.Config) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
	}
	e := engine(L)
	c := *cfg
	c.MaxBytes = e.room()
	b, err := cjson.Encode(e.buffer[:0], L.Get(1), &c, jsonReader{values{e}})
	if err != nil {
		throwLimit(L, err)
	}
	e.keep(b)
	e.take(L, len(b))
	return pushText(L, b)
}

func jsonDecode(L *vm.LState, cfg *cjson.Config) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
	}
	s := checkString(L, 1)
	e := engine(L)
	e.take(L, len(s))
	v, err := cjson.Decode(s, cfg, jsonMaker{values{e}})
	if err != nil {
		throwText(L, err.Error())
	}
	L.Push(v)
	return 1
}

// values makes Lua's values and looks into them, for the algorithms.
type values struct{ e *Engine }

func (values) Bool(b bool) vm.LValue        { return vm.LBool(b) }
func (v values) Number(f float64) vm.LValue { return v.e.stock.number(f) }
func (v values) String(s string) vm.LValue  { return v.e.stock.string(s) }
func (v values) Spend(steps int) error      { return v.e.spend(steps) }

func (values) Array(elements []vm.LValue) vm.LValue { return newArray(elements) }
func (values) Object(pairs []vm.LValue) vm.LValue   { return newObject(pairs) }

type jsonMaker struct{ values }

func (m jsonMaker) Null() vm.LValue { return m.e.null }

type jsonReader struct{ look values }

func (r jsonReader) Kind(v vm.LValue) cjson.Kind {
	switch v := v.(type) {
	case vm.LString:
		return cjson.String
	case vm.LNumber:
		return cjson.Number
	case vm.LBool:
		return cjson.Boolean
	case *vm.LTable:
		return cjson.Table
	case *vm.LNilType:
		return cjson.Nothing
	case *vm.LUserData:
		if v == r.look.e.null {
			return cjson.Nothing
		}
	}
	return cjson.Other
}

func (jsonReader) TypeName(v vm.LValue) string { return typeName(v) }
func (jsonReader) Bool(v vm.LValue) bool       { return bool(v.(vm.LBool)) }
func (jsonReader) Number(v vm.LValue) float64  { return float64(v.(vm.LNumber)) }
func (jsonReader) String(v vm.LValue) string   { return string(v.(vm.LString)) }
func (r jsonReader) Spend(steps int) error     { return r.look.e.spend(steps) }
func (r jsonReader) Index(t vm.LValue, i int) vm.LValue {
	return rawIndex(r.look.e.contents(t.(*vm.LTable)), i)
}

func (r jsonReader) List(t vm.LValue) []vm.LValue { return r.look.e.list(t.(*vm.LTable)) }
func (r jsonReader) Fields(t vm.LValue) (names, values []vm.LValue) {
	return r.look.e.fields(t.(*vm.LTable))
}

func (r jsonReader) Each(t vm.LValue, f func(k, v vm.LValue) error) error {
	return r.look.e.each(t.(*vm.LTable), f)
}

// list is what is in a table that has nothing but elements, without holes; nil if it is
// another one. It is not changed while it is looked at.
func (e *Engine) list(t *vm.LTable) []vm.LValue {
	t = e.contents(t)
	if len(keys(t)) > 0 {
		return nil
	}
	a := *array(t)
	for _, v := range a {
		if v == vm.LNil || v == nil {
			return nil
		}
	}
	return a
}

// fields are what is in a flat table without elements and without nil; nothing if it is
// another one. It is not changed while it is looked at.
func (e *Engine) fields(t *vm.LTable) (names, values []vm.LValue) {
	t = e.contents(t)
	if !flat(t) || len(*array(t)) > 0 {
		return nil, nil
	}
	names, values = flatFields(t)
	for _, v := range values {
		if v == vm.LNil {
			return nil, nil
		}
	}
	return names, values
}

// each calls f for every pair of a table, in the order of next. f does not change it.
func (e *Engine) each(t *vm.LTable, f func(k, v vm.LValue) error) error {
	t = e.contents(t)
	return walk(t, func(k, v vm.LValue) error {
		if t == e.globals && k == vm.LString("(globals)") {
			return nil
		}
		if err := f(k, v); err != nil {
			return err
		}
		return e.spend(1)
	})
}

var cmsgpackLib = map[string]vm.LGFunction{
	"pack": msgPack, "unpack": func(L *vm.LState) int { return msgUnpack(L, 0, 0, true) },
	"unpack_one": func(L *vm.LState) int { return msgUnpack(L, 1, optInt(L, 2, 0), false) },
	"unpack_limit": func(L *vm.LState) int {
		limit := int(int32(checkInt(L, 2)))
		return msgUnpack(L, limit, optInt(L, 3, 0), false)
	},
}

func msgPack(L *vm.LState) int {
	n := L.GetTop()
	if n == 0 {
		argError(L, 0, "MessagePack pack needs input.")
	}
	e := engine(L)
	b := e.buffer[:0]
	for i := 1; i <= n; i++ {
		var err error
		if b, err = cmsgpack.Pack(b, L.Get(i), msgReader{values{e}}, e.room()); err != nil {
			throwLimit(L, err)
		}
	}
	e.keep(b)
	e.take(L, len(b))
	return pushText(L, b)
}

func msgUnpack(L *vm.LState, limit, offset int, all bool) int {
	s := checkString(L, 1)
	offset = int(int32(offset))
	switch {
	case offset < 0 || limit < 0:
		throwText(L, fmt.Sprintf("Invalid request to unpack with offset of %d and limit of %d.", offset, len(s)))
	case offset > len(s):
		throwText(L, fmt.Sprintf("Start offset %d greater than input length %d.", offset, len(s)))
	}
	if all {
		limit = math.MaxInt32
	}
	e := engine(L)
	e.take(L, len(s))
	L.SetTop(0)
	if !all {
		L.Push(vm.LNil) // the offset, later
	}
	n := 0
	for ; offset < len(s) && n < limit; n++ {
		v, read, err := cmsgpack.Unpack(s[offset:], msgMaker{values{e}})
		if errors.Is(err, errIndex) {
			throw(L, vm.LString(err.Error()))
		}
		if err != nil {
			throwLimit(L, err)
		}
		offset += read
		if n >= maxUnpack {
			throwText(L, "stack overflow (in function mp_decode_to_lua_type)")
		}
		L.Push(v)
	}
	if all {
		return n
	}
	if offset == len(s) {
		offset = -1
	}
	L.Replace(1, vm.LNumber(offset))
	return n + 1
}

type msgMaker struct{ values }

func (msgMaker) Nil() vm.LValue { return vm.LNil }

// errIndex is a key that no table takes. Lua raises it without a place.
var errIndex = errors.New("table index is nil")

func (msgMaker) Key(key vm.LValue) error {
	if n, ok := key.(vm.LNumber); ok && n != n {
		return errors.New("table index is NaN")
	}
	if key == vm.LNil {
		return errIndex
	}
	return nil
}

type msgReader struct{ look values }

func (msgReader) Kind(v vm.LValue) cmsgpack.Kind {
	switch v.(type) {
	case vm.LString:
		return cmsgpack.String
	case vm.LNumber:
		return cmsgpack.Number
	case vm.LBool:
		return cmsgpack.Boolean
	case *vm.LTable:
		return cmsgpack.Table
	}
	return cmsgpack.Nil
}

func (msgReader) Bool(v vm.LValue) bool      { return bool(v.(vm.LBool)) }
func (msgReader) Number(v vm.LValue) float64 { return float64(v.(vm.LNumber)) }
func (msgReader) String(v vm.LValue) string  { return string(v.(vm.LString)) }
func (msgReader) Len(t vm.LValue) int        { return length(t.(*vm.LTable)) }
func (r msgReader) Spend(steps int) error    { return r.look.e.spend(steps) }
func (r msgReader) Index(t vm.LValue, i int) vm.LValue {
	return rawIndex(r.look.e.contents(t.(*vm.LTable)), i)
}

func (r msgReader) List(t vm.LValue) []vm.LValue { return r.look.e.list(t.(*vm.LTable)) }
func (r msgReader) Fields(t vm.LValue) (names, values []vm.LValue) {
	return r.look.e.fields(t.(*vm.LTable))
}

func (r msgReader) Each(t vm.LValue, f func(k, v vm.LValue) error) error {
	return r.look.e.each(t.(*vm.LTable), f)
}

var structLib = map[string]vm.LGFunction{"pack": structPack, "size": structSize, "unpack": structUnpack}

// throwStruct throws an error of the package structs.
func throwStruct(L *vm.LState, err error) {
	var arg *structs.ArgError
	if errors.As(err, &arg) {
		argError(L, arg.Arg, arg.Text)
	}
	throwText(L, err.Error())
}

type structArgs struct{ L *vm.LState }

func (a structArgs) Number(n int) float64 { return checkNumber(a.L, n) }
func (a structArgs) String(n int) string  { return checkString(a.L, n) }

func structPack(L *vm.LState) int {
	e := engine(L)
	b, err := structs.Pack(nil, checkString(L, 1), structArgs{L}, e.room())
	if err != nil {
		throwStruct(L, err)
	}
	e.take(L, len(b))
	return pushText(L, b)
}

func structSize(L *vm.LState) int {
	n, err := structs.Size(checkString(L, 1))
	if err != nil {
		throwStruct(L, err)
	}
	return pushNumber(L, float64(n))
}

type structResults struct {
	L *vm.LState
	n int
}

func (r *structResults) push(v vm.LValue) {
	if r.n++; r.n > maxUnpack {
		throwText(r.L, "stack overflow (too many results)")
	}
	r.L.Push(v)
}

func (r *structResults) Number(f float64) { r.push(vm.LNumber(f)) }
func (r *structResults) String(s string)  { r.push(vm.LString(s)) }

func (r *structResults) Take() (float64, bool) {
	if r.n == 0 {
		return 0, false
	}
	f, ok := toNumber(r.L.Get(-1))
	if ok {
		r.L.Pop(1)
		r.n--
	}
	return f, ok
}

func structUnpack(L *vm.LState) int {
	f, s := checkString(L, 1), checkString(L, 2)
	pos := optInt(L, 3, 1)
	if pos < 1 {
		argError(L, 3, "offset must be 1 or greater")
	}
	r := structResults{L: L}
	end, err := structs.Unpack(f, s, pos-1, &r)
	if err != nil {
		throwStruct(L, err)
	}
	return r.n + pushNumber(L, float64(end+1))
}

func bitArg(L *vm.LState, n int) uint32 { return bitop.Bits(checkNumber(L, n)) }

func pushBits(L *vm.LState, b uint32) int { return pushNumber(L, bitop.Number(b)) }

func bitFold(f func(a, b uint32) uint32) vm.LGFunction {
	return func(L *vm.LState) int {
		b := bitArg(L, 1)
		for i := 2; i <= L.GetTop(); i++ {
			b = f(b, bitArg(L, i))
		}
		return pushBits(L, b)
	}
}

func bitShift(f func(b, n uint32) uint32) vm.LGFunction {
	return func(L *vm.LState) int {
		b := bitArg(L, 1)
		return pushBits(L, f(b, bitArg(L, 2)))
	}
}

var bitLib = map[string]vm.LGFunction{
	"tobit":  func(L *vm.LState) int { return pushBits(L, bitArg(L, 1)) },
	"bnot":   func(L *vm.LState) int { return pushBits(L, ^bitArg(L, 1)) },
	"bswap":  func(L *vm.LState) int { return pushBits(L, bitop.Swap(bitArg(L, 1))) },
	"band":   bitFold(func(a, b uint32) uint32 { return a & b }),
	"bor":    bitFold(func(a, b uint32) uint32 { return a | b }),
	"bxor":   bitFold(func(a, b uint32) uint32 { return a ^ b }),
	"lshift": bitShift(bitop.Lshift), "rshift": bitShift(bitop.Rshift), "arshift": bitShift(bitop.Arshift),
	"rol": bitShift(bitop.Rol), "ror": bitShift(bitop.Ror),
	"tohex": func(L *vm.LState) int {
		b, n := bitArg(L, 1), int32(8)
		if L.GetTop() > 1 {
			n = int32(bitArg(L, 2))
		}
		return pushString(L, bitop.Hex(b, n))
	},
}
