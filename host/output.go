package host

// output is what waits to be sent to a client, in order: replies that the socket
// did not take at once, or that a barrier holds, and messages. Many clients wait
// for one small piece at a time, and for that nothing is allocated.
type output struct {
	chunks []chunk
	bytes  int // in all of them
	one    [1]chunk
	spare  []byte // an own chunk that was sent
}

// chunk is a piece of output.
type chunk struct {
	b   []byte
	own bool // it may be appended to; others are shared and stay as they are
}

const (
	firstChunk = 512      // the least that is allocated
	mostChunk  = 16 << 10 // where much is waiting already
	keepChunk  = 4 << 10  // the largest that is kept
	smallPiece = 256      // up to which a shared piece is copied
)

// add puts bytes at the end. shared says that they will not be changed: they are
// not copied then, but for few that go into a chunk together with others.
func (o *output) add(b []byte, shared bool) {
	o.bytes += len(b)
	n := len(o.chunks)
	if shared && len(b) <= smallPiece {
		shared = false // one write for several of them is worth the copying
	}
	if n > 0 && !shared {
		if last := &o.chunks[n-1]; last.own && cap(last.b)-len(last.b) >= len(b) {
			last.b = append(last.b, b...)
			return
		}
	}
	if n == 0 {
		o.chunks = o.one[:0]
	}
	if shared {
		o.chunks = append(o.chunks, chunk{b[:len(b):len(b)], false})
		return
	}
	room := o.spare
	o.spare = nil
	if cap(room) < len(b) {
		least := firstChunk
		if n > 0 { // it is going to be more
			least = min(8*max(cap(o.chunks[n-1].b), firstChunk), mostChunk)
		}
		room = make([]byte, 0, max(len(b), least))
	}
	o.chunks = append(o.chunks, chunk{append(room, b...), true})
}

// send gives what there is to a link, as far as that takes it, and returns how
// many bytes it took in how many writes.
func (o *output) send(l link) (sent, writes int64, err error) {
	for len(o.chunks) > 0 {
		c := &o.chunks[0]
		n, err := l.write(c.b)
		sent += int64(n)
		writes++
		o.bytes -= n
		if err != nil {
			return sent, writes, err
		}
		if n < len(c.b) {
			c.b = c.b[n:]
			return sent, writes, nil
		}
		if c.own && cap(c.b) <= keepChunk && cap(c.b) > cap(o.spare) {
			o.spare = c.b[:0]
		}
		*c = chunk{}
		o.chunks = o.chunks[1:]
	}
	o.chunks = nil
	return sent, writes, nil
}

// rest gives up what is kept for more, of a client that gets nothing now.
func (o *output) rest() {
	if len(o.chunks) == 0 {
		o.spare = nil
	}
}

// memory returns the bytes that are held.
func (o *output) memory() int {
	n := cap(o.spare)
	for i := range o.chunks {
		n += cap(o.chunks[i].b)
	}
	return n
}
