package glob

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"*", "", false}, // Redis: only KEYS and SCAN treat a lone star as "everything" by themselves
		{"", "a", false},
		{"*", "abc", true},
		{"a*", "a", true},
		{"a**", "a", true},
		{"*a*b*c*", "xxaxxbxxcxx", true},
		{"*a*b*c*", "xxaxxcxxbxx", false},
		{"h?llo", "hello", true},
		{"h?llo", "hllo", false},
		{"h[ae]llo", "hallo", true},
		{"h[ae]llo", "hillo", false},
		{"h[^e]llo", "hallo", true},
		{"h[^e]llo", "hello", false},
		{"h[a-b]llo", "hbllo", true},
		{"h[b-a]llo", "hallo", true},
		{"[a-]", "^", true}, // a range from ] to a, and the class ends with the pattern
		{"[a-]", "-", false},
		{"[abc", "b", true},
		{"[", "[", false},
		{"[^", "x", true},
		{"[]", "]", false},
		{"[^]", "x", true},
		{"[]a]", "a]", false},
		{`[\]]`, "]", true},
		{`[\`, `\`, true},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{`a\`, `a\`, true},
		{"[*]", "*", true},
		{"*[^a]*", "aaa", false},
		{"*[^a]*", "aab", true},
		{"a*b", "ab", true},
		{"*?", "a", true},
		{"*??", "a", false},
		{"A", "a", false},
		{"\xff[\x80-\xff]", "\xff\x90", true},
	} {
		if got := Match(c.pattern, c.s); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

func TestMatchFold(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"MaxMemory*", "maxmemory-policy", true},
		{"[A-C]x", "bX", true},
		{"[Z-a]", "z", false},
		{`[\A]`, "a", false},
		{`\A`, "a", true},
		{"[^A]", "a", false},
	} {
		if got := MatchFold(c.pattern, c.s); got != c.want {
			t.Errorf("MatchFold(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

// A pattern that would take a trying-everything matcher longer than the universe has had.
func TestManyStarsStayPolynomial(t *testing.T) {
	start := time.Now()
	pattern := strings.Repeat("*a", maxStars-1) + "*b"
	if Match(pattern, strings.Repeat("a", 20000)) {
		t.Error("matched without a b")
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}

// model tries every way to spread the stars; it is the definition of the language, for short inputs.
func model(pattern, s string, fold bool) bool {
	if pattern == "" || s == "" {
		return strings.Trim(pattern, "*") == "" && s == ""
	}
	if pattern[0] == '*' {
		return model(pattern[1:], s, fold) || model(pattern, s[1:], fold)
	}
	next, ok := matchOne(pattern, 0, s[0], fold)
	return ok && model(pattern[next:], s[1:], fold)
}

// TestTooManyStars: runs of stars are one, and the last one counts only if something comes after it.
func TestTooManyStars(t *testing.T) {
	s := strings.Repeat("a", 5000)
	for _, c := range []struct {
		pattern string
		want    bool
	}{
		{strings.Repeat("*?", maxStars), true},
		{strings.Repeat("***?", maxStars), true},
		{strings.Repeat("*?", maxStars) + "*", true},
		{strings.Repeat("*?", maxStars) + "**", true},
		{strings.Repeat("*?", maxStars+1), false},
		{strings.Repeat("*?", maxStars+1) + "*", false},
	} {
		if got := Match(c.pattern, s); got != c.want {
			t.Errorf("Match(%.10q..., %d times a) = %v", c.pattern, len(s), got)
		}
	}
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?\[\]\\^-]{0,10}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[abAB\]-]{1,10}`).Draw(t, "s")
		fold := rapid.Bool().Draw(t, "fold")
		if got, want := match(pattern, []byte(s), fold), model(pattern, s, fold); got != want {
			t.Fatalf("match(%q, %q, %v) = %v, want %v", pattern, s, fold, got, want)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	pattern, s := []byte("user:*:[a-f]*"), []byte("user:1234:cafe")
	if n := testing.AllocsPerRun(100, func() { Match(pattern, s) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzMatch(f *testing.F) {
	for _, p := range []string{"*", "[", "[^", `[\`, "a*[b-", `\`, "**?[]"} {
		f.Add(p, "abc", true)
	}
	f.Fuzz(func(t *testing.T, pattern, s string, fold bool) {
		got := match(pattern, s, fold)
		if len(pattern) <= 12 && len(s) <= 12 && s != "" && got != model(pattern, s, fold) {
			t.Errorf("match(%q, %q, %v) = %v", pattern, s, fold, got)
		}
		if s != "" && !match("*"+escape(s)+"*", s, fold) {
			t.Errorf("%q does not match itself", s)
		}
	})
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte('\\')
		b.WriteByte(s[i])
	}
	return b.String()
}
