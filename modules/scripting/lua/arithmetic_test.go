package lua

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestArithmetic compares what every operator and function of two numbers makes of zeros,
// infinities and NaN with redis-server, the signs of zeros and NaN too: with operands that
// are known at run time only, and with constants, which Lua 5.1 partly computes beforehand
// and keeps in one place if they are equal.
func TestArithmetic(t *testing.T) {
	o := startOracle(t)
	e, h := newTestEngine()
	values := []string{"tonumber('nan')", "-tonumber('nan')", "1/0", "-1/0", "0", "-0", "1", "-1", "2", "-2", "3", "-3", "0.5", "-0.5", "1e300", "0/0", "-(0/0)"}
	var lines []string
	for _, op := range []string{"a+b", "a-b", "a*b", "a/b", "a%b", "a^b", "math.pow(a, b)", "math.fmod(a, b)", "math.atan2(a, b)",
		"math.max(a, b)", "math.min(a, b)", "-a", "math.abs(a)", "math.sqrt(a)", "math.floor(a)", "math.ceil(a)", "math.log(a)", "math.log10(a)",
		"math.exp(a)", "math.sin(a)", "math.tan(a)", "math.asin(a)", "math.acos(a)", "math.atan(a)", "math.sinh(a)", "math.cosh(a)", "math.tanh(a)",
		"math.modf(a)", "math.frexp(a)", "math.ldexp(a, 2)", "math.deg(a)", "math.rad(a)", "-a+b", "-a*b", "a-(-b)", "a+b*b", "a*a-b"} {
		for _, a := range values {
			bs := values
			if !strings.Contains(op, "b)") && !strings.HasSuffix(op, "b") {
				bs = values[:1]
			}
			for _, b := range bs {
				lines = append(lines, fmt.Sprintf("local a, b = %s, %s return {tostring(%s), tostring(a), tostring(b)}", a, b, op))
				if strings.Contains(op, "math") {
					continue
				}
				A, B := "("+a+")", "("+b+")"
				left, right := strings.ReplaceAll(op, "a", A), strings.ReplaceAll(op, "b", B)
				lines = append(lines,
					fmt.Sprintf("return tostring(%s)", strings.ReplaceAll(left, "b", B)),
					fmt.Sprintf("local b = %s return {tostring(%s), tostring(0), tostring(-0)}", b, left),
					fmt.Sprintf("local a = %s return {tostring(%s), tostring(-0), tostring(0)}", a, right))
			}
		}
	}
	// Which zero of a function is needed first.
	for _, s := range []string{
		"x(0, -0)", "x(-0, 0)", "x(0 - f(-0), 0)", "x(-0 - f(0), 0)", "x(0 / -0, 0)", "x(-0 / 0, 0)", "x(-0 % 0, 0)", "x(0 ^ -0, -0)", "x(not -0, 0)", "x(-0 and 0, -0)",
		"x(-0 or 0, -0)", "x(nil or -0, 0)", "x((-0), 0)", "x(#{[-0] = 0}, 0)", "x({-0, 0}, 0)", "x(-0 .. 0, 0)", "x(0 == -0, -0)", "x(0 + (-0 * f(1)), -0)", "x(1 - 1, -0)",
		"x(-1 * 0, 0)", "x(-(1 - 1), 0)", "x(- -0, -0)", "x(f(0) - -0, 0)", "x(function() return -0 end, 0)", "x(0, function() return -0 end)", "x(2 ^ -1e300, -0)", "x(1e-300 * -1e-300, 0)",
		"(function() if -0 then return 0 end end)()", "(function() while -0 do return 0 end end)()", "(function() local n = 1 repeat n = n + 1 until -0 return 0 end)()",
		"(function() for i = -0, 0 do return i, -0, 0 end end)()", "x(({1, 2})[-0], 0)", "x(1 % 1, -0)", "x(-1 % 1, -0)", "x(-0 + -0, 0)", "x(-0 - 0, 0)", "x(1 / -0, 0 / 1)",
	} {
		lines = append(lines, "local function f(v) return v end local function x(...) local r = {} for i = 1, select('#', ...) do r[i] = tostring(select(i, ...)):sub(1, 8) end return r end return "+s)
	}
	bad := 0
	for _, s := range lines {
		want, got := o.eval(s), eval(e, h, Limits{}, 2, s)
		if got != want {
			if bad++; bad < 40 {
				t.Errorf("%s\nredis:   %q\nferrous: %q", s, want, got)
			}
		}
	}
	if bad > 0 {
		t.Error(bad, "of", len(lines), "differ")
	}
}

// TestPowers compares all digits of powers, exponentials and logarithms with redis-server.
func TestPowers(t *testing.T) {
	o := startOracle(t)
	e, h := newTestEngine()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() float64 {
		switch r.IntN(4) {
		case 0:
			return float64(r.IntN(40) - 20)
		case 1:
			return float64(r.IntN(400)-200) / 4
		case 2:
			return math.Ldexp(r.Float64(), r.IntN(100)-50)
		}
		return r.NormFloat64() * 10
	}
	var other []string
	for range 60 {
		s := "local r, v = {}, {"
		for range 200 {
			s += fmt.Sprintf("%.17g, ", pick())
		}
		s += "} for i = 1, #v, 2 do r[#r + 1] = string.format('%.17g^%.17g: %.17g %.17g %.17g', v[i], v[i + 1], v[i] ^ v[i + 1], math.exp(v[i]), math.log(v[i])) end return r"
		want, got := strings.Split(o.eval(s), "\r\n"), strings.Split(eval(e, h, Limits{}, 2, s), "\r\n")
		for i := range want {
			if want[i] != got[i] {
				other = append(other, fmt.Sprintf("redis: %s, ferrous: %s", want[i], got[i]))
			}
		}
	}
	// glibc itself rounds some to the second nearest.
	if len(other) > 4 {
		t.Error(len(other), "of 6000 differ:", strings.Join(other[:5], "\n"))
	}
}
