package network

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// slowLink takes as many bytes at once as it is told.
type slowLink struct {
	Link
	got  []byte
	most int
}

func (l *slowLink) Write(b []byte) (int, error) {
	if l.most < 0 {
		return 0, errors.New("broken")
	}
	n := min(len(b), l.most)
	l.most -= n
	l.got = append(l.got, b[:n]...)
	return n, nil
}

// vectorLink takes several pieces at once, as many bytes as it is told.
type vectorLink struct {
	slowLink
	pieces [][]byte
	calls  int
}

func (l *vectorLink) gathers() bool { return true }

func (l *vectorLink) gather(b []byte) bool {
	l.pieces = append(l.pieces, b)
	return len(l.pieces) < 7
}

func (l *vectorLink) writeGathered() (done int, err error) {
	all := bytes.Join(l.pieces, nil)
	l.pieces = nil
	l.calls++
	return l.slowLink.Write(all)
}

// TestMessagesGoTogether: several pieces take one system call, where the link has one for it.
func TestMessagesGoTogether(t *testing.T) {
	m := NewBuffers(true)
	defer m.Close()
	var o Output
	for range 6 {
		o.Add(make([]byte, 1000), true, m)
	}
	l := vectorLink{slowLink: slowLink{most: 2500}}
	if n, writes, err := o.Send(&l, m); n != 2500 || writes != 1 || err != nil || o.Pieces() != 4 {
		t.Fatalf("%d bytes in %d writes, %d pieces left: %v", n, writes, o.Pieces(), err)
	}
	l.most = 1 << 20
	if n, writes, err := o.Send(&l, m); n != 3500 || writes != 1 || err != nil || o.Bytes() != 0 || o.Pieces() != 0 || l.calls != 2 {
		t.Fatalf("%d bytes in %d writes, %d pieces left: %v", n, writes, o.Pieces(), err)
	}
}

// TestOutput compares an output with a slice of bytes; all of its memory is given
// back, and what is held is released once.
func TestOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewBuffers(true)
		defer m.Close()
		var o, other Output
		var want []byte
		holds := 0
		text := func() []byte {
			n := rapid.SampledFrom([]int{1, 5, 300, 5000, 40_000, 1 << 20, 2_500_000}).Draw(t, "size")
			return bytes.Repeat([]byte{byte(rapid.IntRange(1, 255).Draw(t, "byte"))}, n)
		}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"add", "shared", "hold", "take", "truncate", "replace", "send"}).Draw(t, "op") {
			case "add":
				b := text()
				o.Add(b, false, m)
				want = append(want, b...)
				clear(b)
			case "shared":
				b := text()
				o.Add(b, true, m)
				want = append(want, b...)
			case "hold":
				b := text()
				holds++
				o.Hold(b, func() { holds-- })
				want = append(want, b...)
			case "take":
				b := text()
				other.Add(b, false, m)
				want = append(want, b...)
				o.Take(&other)
			case "truncate":
				n := rapid.IntRange(0, len(want)).Draw(t, "at")
				o.Truncate(n, m)
				want = want[:n]
			case "replace":
				n, b := rapid.IntRange(0, len(want)).Draw(t, "at"), []byte("head")
				del := rapid.IntRange(0, min(20, len(want)-n)).Draw(t, "del")
				copy(o.Replace(n, del, len(b), m), b)
				want = append(want[:n:n], append(b, want[n+del:]...)...)
			case "send":
				l := vectorLink{slowLink: slowLink{most: rapid.IntRange(0, 3<<20).Draw(t, "most")}}
				var link Link = &l.slowLink
				if rapid.Bool().Draw(t, "together") {
					link = &l
				}
				n, _, err := o.Send(link, m)
				if err != nil || n > SendAtOnce+LargeChunk {
					t.Fatalf("sent %d, %v", n, err)
				}
				if !bytes.Equal(l.got, want[:n]) {
					t.Fatal("something else was sent")
				}
				want = want[n:]
			}
			if o.bytes != len(want) {
				t.Fatalf("%d bytes, want %d", o.bytes, len(want))
			}
		}
		if rapid.Bool().Draw(t, "all") {
			l := slowLink{most: 1 << 40}
			for o.bytes > 0 {
				if _, _, err := o.Send(&l, m); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(l.got, want) {
				t.Fatal("something else was sent at last")
			}
		}
		o.Drop(m)
		if m.Used() != 0 || holds != 0 {
			t.Errorf("%d bytes are not given back, %d not released", m.Used(), holds)
		}
	})
}
