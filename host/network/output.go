package network

import (
	"slices"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Output is what waits to be sent to a client, in order: replies that the socket
// did not take at once, or that a barrier holds, and messages. Many clients wait
// for one small piece at a time, and for that nothing is allocated. Large pieces
// are not in Go's heap (buffers), so an output that is given up is dropped.
type Output struct {
	chunks   []chunk
	bytes    int // in all of them
	promised int // how many of them are still to be made
	one      [1]chunk
	spare    []byte // an own chunk that was sent
}

// chunk is a piece of output.
type chunk struct {
	b     []byte
	own   bool      // it may be appended to; others are shared and stay as they are
	ref   arena.Ref // where b is if it is of buffers
	held  func()    // to be called when b was sent, if somebody keeps it so long
	later *promise  // what is to be made here; b is empty then
}

const (
	firstChunk = 512      // the least that is allocated
	mostChunk  = 16 << 10 // where much is waiting already; from here it is not Go's
	keepChunk  = 4 << 10  // the largest that is kept
	smallPiece = 256      // up to which a shared piece is copied
)

// SendAtOnce is how many bytes of a session are sent before others have their turn.
const SendAtOnce = 1 << 20

// LargeChunk is the largest piece of output, in bytes: a value of a megabyte with its frame.
const LargeChunk = 1<<20 + 4096

// Bytes returns how many bytes wait.
func (o *Output) Bytes() int { return o.bytes }

// Pieces returns in how many pieces.
func (o *Output) Pieces() int { return len(o.chunks) }

// Add puts bytes at the end. shared says that they will not be changed: they are
// not copied then, but for few that go into a chunk together with others.
func (o *Output) Add(b []byte, shared bool, m *Buffers) {
	if shared && len(b) > smallPiece { // below one write for several of them is worth the copying
		o.bytes += len(b)
		o.push(chunk{b: b[:len(b):len(b)]})
		return
	}
	for len(b) > 0 {
		b = b[copy(o.Extend(len(b), 0, m), b):]
	}
}

// Extend adds up to n bytes to the end, at least one, and returns them for
// filling. If room is made for them it is made for next more, too.
func (o *Output) Extend(n, next int, m *Buffers) []byte {
	var last *chunk
	if i := len(o.chunks) - 1; i >= 0 {
		last = &o.chunks[i]
	}
	// Small pieces stay in one, others fill what there is.
	if last == nil || !last.own || cap(last.b) == len(last.b) || last.ref == 0 && cap(last.b)-len(last.b) < n {
		o.push(o.room(n+next, m))
		last = &o.chunks[len(o.chunks)-1]
	}
	have := len(last.b)
	n = min(n, cap(last.b)-have)
	last.b = last.b[:have+n]
	o.bytes += n
	return last.b[have:]
}

// room returns an own chunk that has room for n bytes or is as large as any.
func (o *Output) room(n int, m *Buffers) chunk {
	if len(o.chunks) > 0 { // it is going to be more
		n = max(n, min(8*max(cap(o.chunks[len(o.chunks)-1].b), firstChunk), mostChunk))
	}
	if n >= mostChunk {
		b, ref := m.get(min(n, LargeChunk))
		return chunk{b: b, own: true, ref: ref}
	}
	b := o.spare
	o.spare = nil
	if cap(b) < n {
		b = make([]byte, 0, max(n, firstChunk))
	}
	return chunk{b: b, own: true}
}

// Hold puts bytes at the end that are not copied, and stay until held is called.
func (o *Output) Hold(b []byte, held func()) {
	o.bytes += len(b)
	o.push(chunk{b: b[:len(b):len(b)], held: held})
}

func (o *Output) push(c chunk) {
	if len(o.chunks) == 0 {
		o.chunks = o.one[:0]
	}
	o.chunks = append(o.chunks, c)
}

// Take moves what there is in another output to the end.
func (o *Output) Take(from *Output) {
	for _, c := range from.chunks {
		o.push(c)
	}
	o.bytes += from.bytes
	o.promised += from.promised
	*from = Output{spare: from.spare}
}

// Truncate drops what is behind the first n bytes.
func (o *Output) Truncate(n int, m *Buffers) {
	for o.bytes > n {
		last := &o.chunks[len(o.chunks)-1]
		if more := o.bytes - n; more < len(last.b) {
			last.b = last.b[:len(last.b)-more]
			o.bytes = n
			return
		}
		o.bytes -= len(last.b)
		if last.later != nil {
			o.promised--
		}
		last.end(m)
		o.chunks = o.chunks[:len(o.chunks)-1]
	}
}

// Replace removes del bytes behind the first at, adds few there and returns those for
// filling.
func (o *Output) Replace(at, del, n int, m *Buffers) []byte {
	i := 0
	for ; i < len(o.chunks) && at >= len(o.chunks[i].b); i++ {
		at -= len(o.chunks[i].b)
	}
	var head Output
	if at > 0 { // it splits a chunk, whose beginning moves
		c := &o.chunks[i]
		head.Add(c.b[:at], false, m)
		c.b = c.b[at:]
	}
	head.push(chunk{b: make([]byte, n)})
	for j := range head.chunks {
		head.chunks[j].own = false // what is between others is not appended to
	}
	o.bytes += n - del
	last := i
	for ; del > 0 && del >= len(o.chunks[last].b); last++ {
		del -= len(o.chunks[last].b)
		o.chunks[last].end(m)
	}
	if del > 0 {
		o.chunks[last].b = o.chunks[last].b[del:]
	}
	o.chunks = slices.Replace(o.chunks, i, last, head.chunks...)
	return head.chunks[len(head.chunks)-1].b
}

// Send gives what there is to a link, as far as that takes it but not more than
// others can wait for, and returns how many bytes it took in how many writes.
func (o *Output) Send(l Link, m *Buffers) (sent, writes int64, err error) {
	for len(o.chunks) > 0 && sent < SendAtOnce && o.chunks[0].later == nil {
		n, given, err := o.give(l)
		sent += int64(n)
		writes++
		o.taken(n, m)
		if err != nil || n < given {
			return sent, writes, err
		}
	}
	return sent, writes, nil
}

// gatherer is a link that sends several pieces by one system call.
type gatherer interface {
	// gathers reports whether it does.
	gathers() bool
	// gather adds a piece to those that go next, which stays as it is until they have;
	// false means that there is room for no other.
	gather(b []byte) bool
	// writeGathered is Link.Write for them.
	writeGathered() (int, error)
}

// give gives a link what there is at the beginning, and returns how much of how much it
// took. Many pieces go together where the link can do that: messages that are
// shared with others are small, and a system call for each would cost more than all else.
func (o *Output) give(l Link) (n, given int, err error) {
	first := o.chunks[0].b
	first = first[:min(len(first), LargeChunk)]
	g, ok := l.(gatherer)
	if !ok || len(o.chunks) == 1 || len(first) >= SendAtOnce || !g.gathers() {
		n, err = l.Write(first)
		return n, len(first), err
	}
	for i := range o.chunks {
		c := &o.chunks[i]
		b := c.b[:min(len(c.b), LargeChunk)]
		if c.later != nil {
			break
		}
		given += len(b)
		if !g.gather(b) || given >= SendAtOnce || len(b) < len(c.b) {
			break
		}
	}
	n, err = g.writeGathered()
	return n, given, err
}

// taken drops n bytes at the beginning, which were sent, and what is empty there.
func (o *Output) taken(n int, m *Buffers) {
	o.bytes -= n
	for len(o.chunks) > 0 {
		c := &o.chunks[0]
		if c.later != nil || n < len(c.b) {
			c.b = c.b[n:]
			return
		}
		n -= len(c.b)
		if c.own && c.ref == 0 && cap(c.b) <= keepChunk && cap(c.b) > cap(o.spare) {
			o.spare = c.b[:0]
		}
		c.end(m)
		o.chunks = o.chunks[1:]
	}
	o.chunks = nil
}

// end gives back the memory of a chunk that nobody needs any more.
func (c *chunk) end(m *Buffers) {
	if c.ref != 0 {
		m.put(c.ref)
	}
	if c.held != nil {
		c.held()
	}
	if c.later != nil {
		c.later.end()
	}
	*c = chunk{}
}

// Drop gives everything up.
func (o *Output) Drop(m *Buffers) {
	for i := range o.chunks {
		o.chunks[i].end(m)
	}
	*o = Output{}
}

// Rest gives up what is kept for more, of a client that gets nothing now.
func (o *Output) Rest() {
	if len(o.chunks) == 0 {
		o.spare = nil
	}
}

// Memory returns the bytes that are held.
func (o *Output) Memory() int {
	n := cap(o.spare)
	for i := range o.chunks {
		n += cap(o.chunks[i].b)
	}
	return n
}
