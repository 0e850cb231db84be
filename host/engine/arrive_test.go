package engine

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/ferrousdb/ferrous/core"
)

// drain is a link that takes everything.
type drain struct{}

func (drain) Write(b []byte) (int, error) { return len(b), nil }
func (drain) WantWrite(bool)              {}
func (drain) WantRead(bool)               {}
func (drain) Close()                      {}

// TestLargeArgumentIsExpected: who sends one large argument after the other has each read
// to where it stays, together with what comes before it.
func TestLargeArgumentIsExpected(t *testing.T) {
	var arg []byte
	eng := bare(t, core.Command{Name: "take", Arity: 2, Flags: core.Fast, Run: func(c *core.Ctx) error {
		arg = c.Args[1]
		c.OK()
		return nil
	}})
	w := eng.newWorker()
	s := eng.newSession("127.0.0.1:5", "")
	shared := make([]byte, 64<<10)
	// send has the driver read a request, and returns where the argument's end was read to.
	send := func(n int) *byte {
		request := fmt.Sprintf("*2\r\n$4\r\ntake\r\n$%d\r\n%s\r\n", n, strings.Repeat("x", n))
		var end *byte
		arg = nil
		for at := 0; at < len(request); {
			w.Turn(func() {
				room, beyond, own := s.Room(shared)
				got := copy(room, request[at:])
				end = &room[got-1]
				if more := copy(beyond, request[at+got:]); more > 0 {
					end = &beyond[more-1]
					got += more
				}
				s.Received(room, got, own)
				at += got
			})
		}
		if len(arg) != n {
			t.Fatalf("%d bytes, want %d", len(arg), n)
		}
		return end
	}
	w.Turn(func() { s.Begin(w, drain{}, 0) })
	send(70_000)
	reads := w.stats.reads
	for range 3 {
		end := send(70_000)
		if unsafe.Add(unsafe.Pointer(unsafe.SliceData(arg)), len(arg)+1) != unsafe.Pointer(end) {
			t.Fatal("the argument is not where it was read to")
		}
	}
	if n := w.stats.reads - reads; n != 3 {
		t.Errorf("%d reads of 3 requests", n)
	}
	w.Turn(func() { w.inspect(w.now, 0) })
	if w.next != nil {
		t.Error("room is kept for who has gone quiet")
	}
}
