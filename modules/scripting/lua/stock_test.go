package lua

import (
	"fmt"
	"testing"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/core/resp"
)

// scribble writes over what the stock has taken back: whoever still has a part of it is
// found out by the next one who compares. Every test that runs scripts by eval does so.
func scribble(st *stock) {
	spoil(&st.strings, "stale")
	spoil(&st.numbers, vm.LNumber(-12345.5))
	spoil(&st.bytes, '!')
}

func spoil[T any](r *region[T], v T) {
	fill := func(values []T) {
		for i := range values {
			values[i] = v
		}
	}
	fill(r.block[r.at:])
	for _, b := range r.blocks[r.used:] {
		fill(b)
	}
}

// TestStockIsTakenBack sees that a script leaves the next one the room that it has used, and that what a
// library keeps is not taken from it.
func TestStockIsTakenBack(t *testing.T) {
	e, h := newTestEngine()
	const source = `local t = {} for i = 1, 5000 do t[i] = i + 0.5 t[-i] = "k" .. i end return t[5000] * 10`
	for range 3 {
		if got := eval(e, h, Limits{}, 2, source); got != ":50005\r\n" {
			t.Fatal("the script said", got)
		}
	}
	for name, r := range map[string][2]int{
		"strings": {len(e.stock.strings.blocks), e.stock.strings.used},
		"numbers": {len(e.stock.numbers.blocks), e.stock.numbers.used},
		"bytes":   {len(e.stock.bytes.blocks), e.stock.bytes.used},
	} {
		if r[0] == 0 || r[0] > mostBlocks || r[1] != 0 {
			t.Errorf("there are %d blocks of %s, of which %d are in use", r[0], name, r[1])
		}
	}
}

// shelf is a Registrar of one function.
type shelf struct{ f *Function }

func (s *shelf) Register(f *Function) error { s.f = f; return nil }
func (s *shelf) Flag(string) bool           { return true }

// TestLibrariesKeep sees that what a library keeps is not taken back with what a script has made.
func TestLibrariesKeep(t *testing.T) {
	e, h := newTestEngine()
	c, err := CompileLibrary(`local text, number = "none", 0.5
		redis.register_function("f", function(keys, args)
			local was = text .. number
			text, number = args[1] .. "!", number + 1000
			return was
		end)`, "@user_function")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{}
	if err := e.Load(c, s, &Call{Host: h}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"none0.5", "a!1000.5", "b!2000.5"} {
		w := &resp.Writer{Proto: 2}
		if err := e.CallFunction(s.f, &Call{Host: h, Reply: w, Args: [][]byte{{byte('a' + i)}}}); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("$%d\r\n%s\r\n", len(want), want); string(w.Buf) != want {
			t.Errorf("call %d said %q instead of %q", i, w.Buf, want)
		}
		eval(e, h, Limits{}, 2, `local t = {} for i = 1, 100 do t[i] = i .. "x" .. i * 10000.5 end return #t`)
	}
}
