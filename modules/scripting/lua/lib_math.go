package lua

import (
	"math"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/core/libm"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

var mathConstants = map[string]vm.LValue{"huge": vm.LNumber(math.Inf(1)), "pi": vm.LNumber(math.Pi)}

var mathLib = map[string]vm.LGFunction{
	"abs": asIs(math.Abs), "acos": asIs(math.Acos), "asin": asIs(libm.Asin), "atan": unary(math.Atan),
	"ceil": unary(math.Ceil), "cos": unary(libm.Cos), "cosh": unary(math.Cosh), "exp": unary(libm.Exp),
	"floor": unary(math.Floor), "log": unary(libm.Log), "log10": asIs(log10), "sin": unary(libm.Sin),
	"sinh": unary(math.Sinh), "sqrt": unary(math.Sqrt), "tan": unary(math.Tan), "tanh": unary(math.Tanh),
	"deg":   unary(func(f float64) float64 { return f / (math.Pi / 180) }),
	"rad":   unary(func(f float64) float64 { return f * (math.Pi / 180) }),
	"atan2": twofold(atan2), "fmod": twofold(fmod), "mod": twofold(fmod), "pow": twofold(number.Pow),
	"ldexp": func(L *vm.LState) int {
		exp := int(int32(checkInt(L, 2)))
		return pushNumber(L, math.Ldexp(checkNumber(L, 1), exp))
	},
	"frexp": func(L *vm.LState) int {
		f, exp := math.Frexp(checkNumber(L, 1))
		return pushNumber(L, f) + pushNumber(L, float64(exp))
	},
	"modf":   mathModf,
	"max":    func(L *vm.LState) int { return extreme(L, func(a, b float64) bool { return a > b }) },
	"min":    func(L *vm.LState) int { return extreme(L, func(a, b float64) bool { return a < b }) },
	"random": mathRandom, "randomseed": func(L *vm.LState) int {
		engine(L).random.Seed(int32(checkInt(L, 1)))
		return 0
	},
}

// log10 keeps the sign of NaN.
func log10(x float64) float64 {
	if x != x {
		return x
	}
	return math.Log10(x)
}

func fmod(a, b float64) float64 { return number.Signed(math.Mod(a, b), a, b) }

// atan2 is C's, which takes the sign of NaN from its second argument.
func atan2(y, x float64) float64 { return number.Signed(math.Atan2(y, x), x, y) }

// asIs is a function whose NaN has the right sign.
func asIs(f func(float64) float64) vm.LGFunction {
	return func(L *vm.LState) int {
		x := f(checkNumber(L, 1))
		if x != x {
			x = math.Float64frombits(math.Float64bits(x) &^ 1) // Go's has a bit that C's has not
		}
		return pushNumber(L, x)
	}
}

// unary is a function whose NaN is a processor's.
func unary(f func(float64) float64) vm.LGFunction {
	return func(L *vm.LState) int {
		x := checkNumber(L, 1)
		return pushNumber(L, number.Signed(f(x), x, 0))
	}
}

// twofold is a function of two numbers. The second is looked at first, as in Redis.
func twofold(f func(a, b float64) float64) vm.LGFunction {
	return func(L *vm.LState) int {
		b := checkNumber(L, 2)
		a := checkNumber(L, 1)
		return pushNumber(L, f(a, b))
	}
}

func extreme(L *vm.LState, better func(a, b float64) bool) int {
	best := checkNumber(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if f := checkNumber(L, i); better(f, best) {
			best = f
		}
	}
	return pushNumber(L, best)
}

func mathModf(L *vm.LState) int {
	f := checkNumber(L, 1)
	if math.IsInf(f, 0) {
		return pushNumber(L, f) + pushNumber(L, math.Copysign(0, f))
	}
	whole, part := math.Modf(f)
	return pushNumber(L, whole) + pushNumber(L, math.Copysign(part, f))
}

func mathRandom(L *vm.LState) int {
	r := engine(L).random.Float()
	low, high := 1, 1
	arg := 1
	switch L.GetTop() {
	case 0:
		return pushNumber(L, r)
	case 1:
		high = int(int32(checkInt(L, 1)))
	case 2:
		low, high = int(int32(checkInt(L, 1))), int(int32(checkInt(L, 2)))
		arg = 2
	default:
		throwText(L, "wrong number of arguments")
	}
	if low > high {
		argError(L, arg, "interval is empty")
	}
	return pushNumber(L, math.Floor(r*float64(number.ToInt64(float64(high-low+1))))+float64(low))
}
