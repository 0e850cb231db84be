package resp

import "slices"

// MaxBuf is about how many bytes of replies a Writer with a Sink keeps in Buf.
const MaxBuf = 512 << 10

// Sink takes the beginning of a reply that is large, while the rest of it is
// still to be made, so that no slice grows with the reply and somebody can see in
// time that it becomes too much. What it has is a row of bytes, in which places
// are counted from the first that it was given since the Writer's last Reset.
type Sink interface {
	// Room adds up to n bytes to the end and returns them for filling, at least one;
	// next is how many more are known to follow. None means that nobody wants the
	// reply any more: what the Sink has and what comes is thrown away. (The bytes
	// themselves are not passed on, so that they may lie on a caller's stack.)
	Room(n, next int) []byte
	// Hold adds bytes that are not copied. They stay as they are until the Sink
	// calls release, once, from whatever goroutine sends them. False is as with Room.
	Hold(b []byte, release func()) bool
	// Patient reports whether Later may be called: whether the rest of the reply may be
	// made when the command is done.
	Patient() bool
	// Later puts at the end what is still to be made. next is called again and again, as
	// Writer.Later says, until there is no more of it or nobody wants the reply; then end
	// is, once, from whatever goroutine.
	Later(next func(*Writer) (more bool), end func())
	// Truncate throws away what stands at the place at and beyond.
	Truncate(at int)
	// Replace removes del bytes at the place at, adds n there and returns those for
	// filling.
	Replace(at, del, n int) []byte
}

// Mark is the place of what is written next, for Truncate, Insert and Replace.
func (w *Writer) Mark() int { return w.sunk + len(w.Buf) }

// Truncate takes back what was written since Mark returned mark.
func (w *Writer) Truncate(mark int) {
	if mark >= w.sunk {
		w.Buf = w.Buf[:min(mark-w.sunk, len(w.Buf))]
		return
	}
	w.Sink.Truncate(mark)
	w.sunk, w.Buf = mark, w.Buf[:0]
}

// Insert puts bytes that are already encoded where mark was returned, before what
// was written since: a header that tells how much that is.
func (w *Writer) Insert(mark int, b []byte) { w.Replace(mark, 0, b) }

// Replace is Insert in the place of del bytes that were written there at once, as
// one header.
func (w *Writer) Replace(mark, del int, b []byte) {
	if mark >= w.sunk {
		w.Buf = slices.Replace(w.Buf, mark-w.sunk, mark-w.sunk+del, b...)
		return
	}
	copy(w.Sink.Replace(mark, del, len(b)), b)
	w.sunk += len(b) - del
}

// Since returns what was written since Mark returned mark, false if some of it has
// gone to the Sink. It is valid until the next call on the Writer.
func (w *Writer) Since(mark int) ([]byte, bool) {
	if mark < w.sunk {
		return nil, false
	}
	return w.Buf[mark-w.sunk:], true
}

// Unwanted reports whether what is written goes nowhere, because it has become
// more than the client may have. Whoever is about to write without an end looks
// at it now and then.
func (w *Writer) Unwanted() bool { return w.deaf }

// PieceSize is about how many bytes of a reply are made at once when it is made in
// pieces: in a millisecond or less.
const PieceSize = 128 << 10

// Patient reports whether Later may be called.
func (w *Writer) Patient() bool { return w.Sink != nil && w.Sink.Patient() }

// Later leaves the rest of what is being written, of which something was written
// already, to next. It is called when the command is done, without any lock, and
// writes about PieceSize bytes, or as much as is made in the time of that; others have
// their turn before it is called again, which is as long as it returns true. When that
// is over, or nobody wants the reply any more, end is called, once, from whatever
// goroutine. What is written here afterwards comes behind it.
func (w *Writer) Later(next func(*Writer) (more bool), end func()) {
	w.Flush()
	if w.deaf {
		end()
		return
	}
	w.Sink.Later(next, end)
}

// Sunk reports whether the Sink was given anything since the last Reset.
func (w *Writer) Sunk() bool { return w.sunk > 0 }

// Flush gives the Sink what is in Buf.
func (w *Writer) Flush() { w.flush(0) }

func (w *Writer) flush(next int) {
	w.sink(w.Buf, next)
	w.Buf = w.Buf[:0]
}

// Reset forgets everything but the number of errors, which goes on.
func (w *Writer) Reset() { w.Buf, w.sunk, w.deaf = w.Buf[:0], 0, false }

// BulkHeld is Bulk for bytes that need not be copied: they stay as they are until
// release is called, once, which may be from another goroutine and any time later.
func (w *Writer) BulkHeld(b []byte, release func()) {
	if w.Sink == nil {
		w.Bulk(b)
		release()
		return
	}
	w.header('$', int64(len(b)))
	w.Flush()
	w.sunk += len(b)
	if w.deaf {
		release()
	} else {
		w.deaf = !w.Sink.Hold(b, release)
	}
	w.Buf = append(w.Buf, '\r', '\n')
}

// sinkFor appends b, for which there is no room in Buf: what is there goes to the
// Sink first, and b too unless it is small.
func (w *Writer) sinkFor(b []byte) {
	if w.Sink == nil {
		w.Buf = append(w.Buf, b...)
		return
	}
	if len(b) > MaxBuf/8 {
		w.flush(len(b) + len("\r\n"))
		w.sink(b, len("\r\n"))
		return
	}
	w.flush(0)
	w.Buf = append(w.Buf, b...)
}

func (w *Writer) sink(b []byte, next int) {
	w.sunk += len(b)
	for len(b) > 0 && !w.deaf {
		room := w.Sink.Room(len(b), next)
		w.deaf = len(room) == 0
		b = b[copy(room, b):]
	}
}
