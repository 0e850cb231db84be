package core

import (
	"errors"
	"testing"

	"github.com/ferrousdb/ferrous/core/resp"
)

// void is a Sink that counts what it is given, and has enough at a limit.
type void struct {
	room     [4096]byte
	n, limit int
}

func (v *void) take(n int) bool { v.n += n; return v.n <= v.limit }

func (v *void) Room(n, _ int) []byte {
	n = min(n, len(v.room))
	if !v.take(n) {
		return nil
	}
	return v.room[:n]
}

func (v *void) Hold(b []byte, release func()) bool    { release(); return v.take(len(b)) }
func (v *void) Patient() bool                         { return false }
func (v *void) Later(func(*resp.Writer) bool, func()) {}
func (v *void) Truncate(at int)                       { v.n = at }
func (v *void) Replace(_, _, n int) []byte            { return make([]byte, n) }

// TestRepeat: what may be asked for without end has bounds, by number and by bytes, and
// ends when the client may not have more.
func TestRepeat(t *testing.T) {
	const large = 1 << 20
	value := make([]byte, large)
	for _, test := range []struct {
		name     string
		n        int64
		limit    int
		err      error
		from, to int // how often it is made
	}{
		{"a few", 3, 1 << 40, nil, 3, 3},
		{"none", 0, 1 << 40, nil, 0, 0},
		{"too many", maxRepeats + 1, 1 << 40, ErrOutOfRange, -1, -1},
		{"as much as may be", maxRepeatBytes/large - 1, 1 << 40, nil, maxRepeatBytes/large - 1, maxRepeatBytes/large - 1},
		{"too much", maxRepeats, 1 << 40, ErrOutOfRange, maxRepeatBytes / large, maxRepeatBytes/large + 1},
		{"too much for this client", maxRepeats, 10 * large, nil, 10, 11},
	} {
		s := &void{limit: test.limit}
		c := &Ctx{Writer: &resp.Writer{Sink: s, Proto: 2}}
		made := -1
		err := c.Repeat(test.n, func() { made = 0; c.Array(int(test.n)) }, func() { made++; c.BulkHeld(value, func() {}) })
		if !errors.Is(err, test.err) || made < test.from || made > test.to {
			t.Errorf("%s: made %d times, %v", test.name, made, err)
		}
	}
}
