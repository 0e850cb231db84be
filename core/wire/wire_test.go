package wire_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/ferrousdb/ferrous/core/wire"
)

const stream = wire.Multi + "*2\r\n$6\r\nSELECT\r\n$1\r\n9\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\nvv\r\n" + wire.Exec +
	"\n*1\r\n$4\r\nPING\r\n\r\n*2\r\n$4\r\nINCR\r\n$0\r\n\r\n*1\r\n$5\r\nmulti\r\n*1\r\n$4\r\nexec\r\n"

var want = []string{"[SELECT 9] [SET k v\r\nvv]", "", "[PING]", "", "", "[INCR ]", ""}

// TestPieces feeds a stream in pieces of every size.
func TestPieces(t *testing.T) {
	for size := 1; size <= len(stream); size++ {
		var p wire.Parser
		var got []string
		var buf []byte
		for rest := stream; rest != ""; {
			n := min(size, len(rest))
			buf, rest = append(buf, rest[:n]...), rest[n:]
			for {
				unit, n, err := p.Next(buf)
				if errors.Is(err, wire.ErrMore) {
					if n < 1 {
						t.Fatal("nothing is missing")
					}
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, show(unit))
				buf = append([]byte(nil), buf[n:]...)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(buf) > 0 {
			t.Fatalf("pieces of %d: %q, left %q", size, got, buf)
		}
	}
}

func show(unit [][][]byte) string {
	var words []string
	for _, args := range unit {
		words = append(words, fmt.Sprintf("%s", args))
	}
	return strings.Join(words, " ")
}

func TestMissing(t *testing.T) {
	var p wire.Parser
	if _, n, err := p.Next([]byte("*1\r\n$1000\r\nabc")); !errors.Is(err, wire.ErrMore) || n != 999 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestDamage(t *testing.T) {
	for _, text := range []string{
		"x", "*x", "*0\r\n", "*-1\r\n", "*1\r\n+", "*1\r\n$1\r\nab\r\n", "*1\n", "*99999999999999999999\r\n", "*1\r\n$999999999\r\n",
		wire.Exec, wire.Multi + wire.Multi, wire.Multi + "\n",
	} {
		var p wire.Parser
		var bad *wire.Damage
		if _, _, err := p.Next([]byte(text)); !errors.As(err, &bad) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestReset forgets a unit in the midst of it.
func TestReset(t *testing.T) {
	var p wire.Parser
	_, _, _ = p.Next([]byte(wire.Multi + "*1\r\n$4\r\nPI"))
	p.Reset()
	if unit, n, err := p.Next([]byte("*1\r\n$4\r\nPING\r\n")); show(unit) != "[PING]" || n != 14 || err != nil {
		t.Errorf("%s, %d, %v", show(unit), n, err)
	}
}

func TestAppend(t *testing.T) {
	b := wire.AppendSelect(nil, 12)
	b = wire.AppendCommand(b, []byte("SET"), []byte("k"), nil)
	b = wire.AppendWords(b, "PING")
	if got := string(b); got != "*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n" {
		t.Errorf("%q", got)
	}
}

// FuzzParser: whatever comes, a parser neither panics nor asks for nothing, and what it
// takes for a unit reads the same in one piece as in two.
func FuzzParser(f *testing.F) {
	f.Add([]byte(stream), 10)
	f.Add([]byte("*1\r\n$1000\r\nabc"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var whole, parts wire.Parser
		unit, n, err := whole.Next(b)
		if errors.Is(err, wire.ErrMore) && n < 1 || err == nil && (n < 1 || n > len(b)) {
			t.Fatal(n, err)
		}
		text := show(unit)
		_, n2, err2 := parts.Next(b[:max(0, min(cut, len(b)))])
		if errors.Is(err2, wire.ErrMore) {
			unit, n2, err2 = parts.Next(b)
			if show(unit) != text || err2 == nil && n2 != n {
				t.Fatalf("%q and %q", text, show(unit))
			}
		}
		if err2 == nil && err == nil && n2 != n {
			t.Fatal(n, n2)
		}
	})
}

// TestBatch: members come in commands of a bounded length, and an error is the last thing that is emitted.
func TestBatch(t *testing.T) {
	broken := errors.New("broken")
	for members, want := range map[int]string{0: "", 1: "4", 64: "130", 65: "130 4", 200: "130 130 130 18"} {
		for fails := range 2 {
			var got []string
			b := wire.NewBatch(func(args ...[]byte) error {
				for i, arg := range args[2:] {
					if want := fmt.Sprint(len(got)*64+i/2, i%2); string(arg) != want {
						t.Fatalf("an argument is %s and not %s", arg, want)
					}
				}
				got = append(got, fmt.Sprint(len(args)))
				if fails == 1 {
					return broken
				}
				return nil
			}, []byte("ADD"), []byte("key"))
			for i := range members {
				_ = b.Add(b.Keep(fmt.Append(nil, i, 0)), b.Keep(fmt.Append(nil, i, 1)))
			}
			err := b.End()
			if fails == 1 && members > 0 {
				want = strings.Fields(want)[0]
				if !errors.Is(err, broken) {
					t.Errorf("the error is %v", err)
				}
			}
			if all := strings.Join(got, " "); all != want {
				t.Errorf("%d members: commands of %s, want %s", members, all, want)
			}
		}
	}
}

// TestForget: what was given away is held no more, and what has come of the next unit is
// known.
func TestForget(t *testing.T) {
	var p wire.Parser
	b := []byte("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n")
	if _, n, err := p.Next(b); err != nil || n != len(b) {
		t.Fatal(n, err)
	}
	gone := weak.Make(&b[0])
	next := "*2\r\n$3\r\nGET\r\n$1\r\n"
	if _, n, err := p.Next([]byte(next)); err != wire.ErrMore || n != 3 {
		t.Fatal(n, err)
	}
	p.Forget()
	runtime.GC()
	if gone.Value() != nil {
		t.Error("the bytes are held")
	}
	if unit, n, err := p.Next([]byte(next + "k\r\n")); err != nil || n != len(next)+3 || show(unit) != "[GET k]" {
		t.Error(show(unit), n, err)
	}
}
