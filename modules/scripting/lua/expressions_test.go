package lua

import (
	"os"
	"strings"
	"testing"
)

// TestExpressions compares scripts, a line each, with redis-server.
func TestExpressions(t *testing.T) {
	o := startOracle(t)
	all, err := os.ReadFile("testdata/expressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	e, h := newTestEngine()
	n := 0
	for _, s := range strings.Split(string(all), "\n") {
		if s == "" || strings.HasPrefix(s, "--") {
			continue
		}
		n++
		want := o.eval(s)
		if strings.HasPrefix(want, "lost") {
			t.Fatalf("%s\n%s", s, want)
		}
		if got := eval(e, h, Limits{}, 2, s); got != want {
			t.Errorf("%s\nredis:   %q\nferrous: %q", s, want, got)
		}
	}
	if n < 300 {
		t.Errorf("there are only %d expressions", n)
	}
}
