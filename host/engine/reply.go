package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/host/network"
)

// reply is the part of the running command's reply, and of those before it that
// are still to be sent, for which there is no room in the Writer's buffer: what is
// large goes piece by piece to where it waits for the client, and what is too much
// is noticed while it is made. Nothing is sent before the command is done: until
// then its reply may be taken back, and the locks of its keys are held.
type reply struct {
	eng *Engine
	s   *session // whose reply it is, nil for nobody's
	by  *worker  // who executes; only the session's own may look at what waits already
	out network.Output
}

// Room implements resp.Sink.
func (r *reply) Room(n, next int) []byte {
	if !r.fits(min(n, network.LargeChunk)) {
		return nil
	}
	return r.out.Extend(n, next, r.eng.buffers)
}

// Hold implements resp.Sink.
func (r *reply) Hold(b []byte, release func()) bool {
	if !r.fits(len(b)) {
		release()
		return false
	}
	r.out.Hold(b, release)
	return true
}

// Patient implements resp.Sink.
func (r *reply) Patient() bool { return r.s != nil }

// Later implements resp.Sink.
func (r *reply) Later(next func(*resp.Writer) bool, end func()) {
	r.out.Promise(&rest{next, r.s.Proto}, end)
}

// Truncate implements resp.Sink.
func (r *reply) Truncate(at int) { r.out.Truncate(at, r.eng.buffers) }

// Replace implements resp.Sink.
func (r *reply) Replace(at, del, n int) []byte {
	if at+del > r.out.Bytes() { // it was thrown away
		return nil
	}
	return r.out.Replace(at, del, n, r.eng.buffers)
}

// fits reports whether the client may have n bytes more; if not, what it was to
// have is thrown away. It is asked for each piece, so what a command makes is out by
// a piece at most, and whoever asks for gigabytes gets as far as the limit.
func (r *reply) fits(n int) bool {
	if r.s == nil {
		return true
	}
	n += r.out.Bytes()
	if r.by == r.s.worker {
		n += r.s.pending.Bytes()
	}
	if !r.s.overHard(int64(n)) && !r.s.crowds(n) {
		return true
	}
	r.out.Drop(r.eng.buffers)
	return false
}

// crowds reports whether n bytes of output are more than maxmemory-clients lets the
// session have, if it may be disconnected for that.
func (s *session) crowds(n int) bool {
	if s.eng.guard.Load()&guardClients == 0 || s.NoEvict || !s.evictable() {
		return false
	}
	return int64(n) > s.eng.crowd.limit.Load()
}

// collect moves what a Writer has made to the end of a session's output. A
// reply of which nobody wants the rest ends the session. The worker's lock is held,
// and it is the session's.
func (w *worker) collect(s *session, from *resp.Writer, r *reply) {
	total := from.Mark()
	switch {
	case from.Unwanted():
		w.cutOff(s, int64(s.pending.Bytes()+total))
		r.out.Drop(w.eng.buffers)
	case s.closing >= closeNow:
		r.out.Drop(w.eng.buffers)
	default:
		w.barred(s)
		w.goOn(s, r.out.Promised())
		s.pending.Take(&r.out)
		s.pending.Add(from.Buf, false, w.eng.buffers)
		w.touch(s)
	}
	if from.Reset(); cap(from.Buf) > 4*flushAt {
		from.Buf = nil
	}
}

// call is a command of a client that is answered some time after it was sent.
type call struct {
	core.Ctx
	out  resp.Writer
	sink reply
}

// drop gives up what was replied.
func (c *call) drop() { c.sink.out.Drop(c.sink.eng.buffers) }
