package rdb

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// spilling is a Writer whose parts are put together, and the largest of them.
type spilling struct {
	Writer
	all     []byte
	largest int
}

func newSpilling(compress bool) *spilling {
	s := &spilling{}
	s.Compress = compress
	s.Spill = func(buf, more []byte) []byte {
		s.all = append(append(s.all, buf...), more...)
		s.largest = max(s.largest, len(buf), len(more))
		return buf[:0]
	}
	return s
}

func (s *spilling) end() []byte { return s.Spill(s.Buf, nil) }

// TestWriterSpills: however it leaves, what is written is what AppendString would have
// made of it, and it leaves in pieces.
func TestWriterSpills(t *testing.T) {
	words := strings.Fields("the quick brown fox jumps over a lazy dog and goes on")
	rapid.Check(t, func(t *rapid.T) {
		compress := rapid.Bool().Draw(t, "compress")
		s := newSpilling(compress)
		want := []byte{TypeSet, 1, 'k'}
		s.Key([]byte("k"))
		s.Begin(TypeSet)
		for range rapid.IntRange(1, 3).Draw(t, "strings") {
			n := rapid.IntRange(0, 5<<20).Draw(t, "length")
			var b []byte
			switch rapid.IntRange(0, 2).Draw(t, "content") {
			case 0: // too much to be kept when it is compressed
				for i := uint32(1); len(b) < n; i++ {
					b = append(append(b, words[i*2654435761>>16%uint32(len(words))]...), byte(i*2654435761>>24))
				}
			case 1:
				b = bytes.Repeat([]byte("ab"), n/2)
			default:
				x := uint64(n)
				for len(b) < n {
					x = x*6364136223846793005 + 1
					b = append(b, byte(x>>56), byte(x>>48))
				}
			}
			s.String(b)
			want = AppendString(want, b, compress)
		}
		s.end()
		if !bytes.Equal(s.all, want) {
			t.Fatalf("%d bytes, not the %d wanted", len(s.all), len(want))
		}
		if s.largest > Piece {
			t.Fatalf("%d bytes at once", s.largest)
		}
	})
}

// TestWriterWhole: a string that is put together while it is written.
func TestWriterWhole(t *testing.T) {
	s := newSpilling(true)
	body := bytes.Repeat([]byte{7}, 3<<20)
	s.Whole([]byte("head"), body, []byte("tail"))
	s.end()
	r := NewReader(s.all)
	if got := r.String(); string(got) != "head"+string(body)+"tail" || r.Left() != 0 {
		t.Errorf("%d bytes, and %d are left", len(got), r.Left())
	}
	if s.largest > Piece {
		t.Errorf("%d bytes at once", s.largest)
	}
}
