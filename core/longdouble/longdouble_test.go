package longdouble

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sum is INCRBYFLOAT's arithmetic: the text of a + b, or why there is none.
func sum(a, b string) string {
	x, ok := Parse([]byte(a))
	y, ok2 := Parse([]byte(b))
	if !ok || !ok2 {
		return "ERR value is not a valid float"
	}
	z := x.Add(y)
	if !z.Finite() {
		return "ERR increment would produce NaN or Infinity"
	}
	return string(Append(nil, z))
}

// sums are what redis-server 7.0.15 answers on x86-64; TestAgainstRedis asks it.
var sums = []struct{ a, b, want string }{
	{"0.1", "0.2", "0.3"},
	{"3.0", "1.200", "4.2"},
	{"5.0e3", "2.0e2", "5200"},
	{"1.5", "-1.5", "0"},
	{"0", "-0.000000000000000001", "0"},
	{"0", "-0.000000000000000005", "0"},
	{"0", "-0.000000000000000006", "-0.00000000000000001"},
	{"0", "0.99999999999999999999", "1"},
	{"1", "0.00000000000000001", "1.00000000000000001"},
	{"17179869184", "1.5", "17179869185.5"},
	{"18446744073709551615", "1", "18446744073709551616"},
	{"18446744073709551617", "0", "18446744073709551616"},
	{"18446744073709551619", "0", "18446744073709551620"},
	{"3.141592653589793238", "2.718281828459045235", "5.85987448204883847"},
	{"-9223372036854775808", "-9223372036854775808", "-18446744073709551616"},
	{"1e300", "-1e300", "0"},
	{"0x10", "0x.8p-1", "16.25"},
	{"0xffffffffffffffffffff", "0", "1208925819614629174706176"},
	{"0x1fffffffffffffffff8p-72", "0", "2"},
	{"1e-4930", "1e-4930", "0"},
	{"3e-4951", "0", "0"},
	{"1e-4952", "0", "ERR value is not a valid float"},
	{"1e4932", "0", ""},
	{"1.2e4932", "0", "ERR value is not a valid float"},
	{"1e4932", "1e4932", "ERR increment would produce NaN or Infinity"},
	{"0e99999999999999999999", "1", "1"},
	{"1e99999999999999999999", "1", "ERR value is not a valid float"},
	{"1e-99999999999999999999", "1", "ERR value is not a valid float"},
	{"inf", "1", "ERR increment would produce NaN or Infinity"},
	{"Infinity", "-iNF", "ERR increment would produce NaN or Infinity"},
	{"nan", "1", "ERR value is not a valid float"},
	{"nan(1)", "1", "ERR value is not a valid float"},
	{"", "1", "ERR value is not a valid float"},
	{" 1", "1", "ERR value is not a valid float"},
	{"1 ", "1", "ERR value is not a valid float"},
	{"+.5", "5.", "5.5"},
	{".", "1", "ERR value is not a valid float"},
	{"+", "1", "ERR value is not a valid float"},
	{"+-1", "1", "ERR value is not a valid float"},
	{"1e", "1", "ERR value is not a valid float"},
	{"1e+", "1", "ERR value is not a valid float"},
	{"1_0", "1", "ERR value is not a valid float"},
	{"1.2.3", "1", "ERR value is not a valid float"},
	{"0x", "1", "ERR value is not a valid float"},
	{"0x.", "1", "ERR value is not a valid float"},
	{"0x1p", "1", "ERR value is not a valid float"},
	{"0xg", "1", "ERR value is not a valid float"},
	{"0b1", "1", "ERR value is not a valid float"},
	{"1\x00", "1", "ERR value is not a valid float"},
	{strings.Repeat("0", 5118) + "1", "1", "2"},
	{strings.Repeat("0", 5119) + "1", "1", "ERR value is not a valid float"},
	{"0." + strings.Repeat("0", 5000) + "1e5001", "1", "2"},
	{strings.Repeat("9", 5119), "1", "ERR value is not a valid float"},
}

func TestSums(t *testing.T) {
	for _, c := range sums {
		if c.want == "" {
			continue // thousands of digits: only compared with Redis
		}
		if got := sum(c.a, c.b); got != c.want {
			t.Errorf("%.40q + %.40q = %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

// drawNumber draws the text of a number, mostly of the sizes that people use.
func drawNumber(t *rapid.T) string {
	digits := rapid.StringMatching(`-?[0-9]{1,12}(\.[0-9]{0,20})?`)
	return rapid.OneOf(
		digits,
		rapid.StringMatching(`[-+]?[0-9]{0,24}\.[0-9]{1,30}`),
		rapid.StringMatching(`-?[0-9]{1,25}(\.[0-9]{1,5})?e-?[0-9]{1,2}`),
		rapid.StringMatching(`-?[0-9]{1,70}e-?[0-4]?[0-9]{1,3}`),
		rapid.StringMatching(`-?0x[0-9a-f]{1,20}(\.[0-9A-F]{1,10})?(p-?[0-9]{1,4})?`),
	).Draw(t, "number")
}

// exact is the reference: the same number in math/big, in the format's precision.
func exact(t *rapid.T, text string) *big.Float {
	if strings.HasPrefix(strings.TrimLeft(text, "+-"), "0x") {
		f, _, err := big.ParseFloat(text, 0, 64, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q", text)
	}
	return new(big.Float).SetPrec(64).SetMode(big.ToNearestEven).SetRat(r)
}

// TestLikeBig compares parsing, adding and printing with math/big.
func TestLikeBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t), drawNumber(t)
		x, y := exact(t, a), exact(t, b)
		z := new(big.Float).SetPrec(64).SetMode(big.ToNearestEven).Add(x, y)
		for _, f := range []*big.Float{x, y, z} {
			if e := f.MantExp(nil); f.Sign() != 0 && (e > 16384 || e < -16381) {
				t.Skip("out of the format's range")
			}
		}
		want := strings.TrimRight(z.Text('f', places), "0")
		want = strings.TrimSuffix(want, ".")
		if want == "-0" {
			want = "0"
		}
		if got := sum(a, b); got != want {
			t.Fatalf("%s + %s = %s, want %s", a, b, got, want)
		}
	})
}

// TestShortIsLong compares the two ways of rounding a decimal number.
func TestShortIsLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[1-9][0-9]{0,37}`).Draw(t, "mant")
		most := maxPow
		if len(text) > 19 {
			most = 0
		}
		exp := rapid.IntRange(-maxPow, most).Draw(t, "exp")
		s := scanner{base: 10}
		if !s.scan([]byte(text + "e" + strconv.Itoa(exp))) {
			t.Fatal("not scanned")
		}
		if short, long := s.short(false), s.long(false); short != long {
			t.Fatalf("%+v and %+v", short, long)
		}
	})
}

func TestFromInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		if got := string(Append(nil, FromInt(n))); got != strconv.FormatInt(n, 10) {
			t.Fatal(n, got)
		}
	})
}

func TestNoAllocations(t *testing.T) {
	a, b := []byte("20000.09999999996318643"), []byte("-0.1")
	var buf [64]byte
	if n := testing.AllocsPerRun(100, func() {
		x, _ := Parse(a)
		y, _ := Parse(b)
		Append(buf[:0], x.Add(y))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range sums {
		f.Add([]byte(c.a))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, ok := Parse(b)
		if !ok || !x.Finite() {
			return
		}
		text := Append(nil, x)
		if y, ok := Parse(text); !ok {
			t.Errorf("%q prints as %q, which does not parse", b, text)
		} else if again := Append(nil, y); string(again) != string(text) {
			t.Errorf("%q prints as %q, then as %q", b, text, again)
		}
	})
}

func BenchmarkSum(b *testing.B) {
	var buf [64]byte
	first, second := []byte("20000.09999999996318643"), []byte("-0.1")
	for b.Loop() {
		x, _ := Parse(first)
		y, _ := Parse(second)
		Append(buf[:0], x.Add(y))
	}
}

// randomText makes numbers like drawNumber's, without the cost of shrinking,
// some of them broken.
func randomText(r *rand.Rand) string {
	var b strings.Builder
	digits := func(n int) {
		for range r.IntN(n) + 1 {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
	}
	if r.IntN(3) == 0 {
		b.WriteByte("-+"[r.IntN(2)])
	}
	switch r.IntN(12) {
	case 0:
		b.WriteString("0x")
		b.WriteString(strconv.FormatUint(r.Uint64()>>r.IntN(64), 16))
		digits(12)
	case 1:
		digits(3)
		b.WriteString("e" + strconv.Itoa(r.IntN(9950)-5000))
	case 2:
		digits(60)
		b.WriteString("." + strconv.Itoa(r.IntN(1000)))
	case 3:
		digits(4)
		b.WriteString("." + strings.Repeat("0", r.IntN(30)) + "5")
	case 4:
		b.WriteString([]string{"inf", "nan", "1e", ".", "0x", "1.5 ", "0x1p3", "0x.1P-3", "1e5000", "1e-5000"}[r.IntN(10)])
	default:
		digits(10)
		b.WriteByte('.')
		digits(20)
	}
	return b.String()
}
