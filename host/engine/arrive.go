package engine

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Large arguments are received apart (keyspace.Arrival): read from the socket to
// where they can stay. The query buffer keeps the rest of the request.

// readPiece is how much is read at once of what is large, so that the others of the
// loop have their turn in between.
const readPiece = 1 << 20

// firstPiece is how much is read at first of who has just sent an argument of more than
// readPiece: what comes of the next one is copied to its place.
const firstPiece = 8 << 10

// shape is what a request looks like whose first large argument is received apart:
// what comes before it, and its length, in bytes. Who sends one like it again saves
// a system call, as it can be read to both its places at once.
type shape struct{ head, bulk int }

// expect returns where to read what s sends next to, if it is a request like its last.
func (w *worker) expect(s *session, shared []byte) (head, bulk []byte) {
	if s.large.bulk > readPiece || s.large.head > firstPiece {
		return shared[:firstPiece], nil
	}
	if w.next == nil || w.next.Len() != s.large.bulk {
		w.forget()
		w.next = w.arrivals.Begin(s.large.bulk)
	}
	return shared[:s.large.head], w.next.Room()
}

// beginArrival makes room for an argument of n bytes.
func (w *worker) beginArrival(n int) (a *keyspace.Arrival) {
	if w.next != nil && w.next.Len() == n {
		a, w.next = w.next, nil
		return a
	}
	return w.arrivals.Begin(n)
}

// forget gives back what has been prepared for an argument that is expected.
func (w *worker) forget() {
	if w.next != nil {
		w.next.Release()
		w.next = nil
	}
}

// expected takes in what has been read to where expect has told: head, and n bytes
// beyond. If that is no argument they go to the query buffer.
func (w *worker) expected(s *session, head []byte, n int) {
	p, a := &s.parser, w.next
	s.query = append(s.query[:0], head...)
	if _, _, err := p.next(head, nil, s.limits()); err == errIncomplete && p.pos == len(head) && p.bulk == a.Len() {
		w.next = nil
		a.Added(n)
		p.apart = append(p.apart, apart{p.pos, a})
		return
	}
	p.reset()
	s.query = arena.Append(s.query, a.Room()[:n])
}

// arriving returns the argument that is being received apart, nil for none.
func (p *parser) arriving() *keyspace.Arrival {
	if n := len(p.apart); n > 0 && !p.apart[n-1].Whole() {
		return p.apart[n-1].Arrival
	}
	return nil
}

// fill gives an argument that is arriving what belongs to it of b, and returns the
// rest.
func (p *parser) fill(b []byte) []byte {
	if a := p.arriving(); a != nil {
		n := copy(a.Room(), b)
		a.Added(n)
		return b[n:]
	}
	return b
}

// received is how many bytes have been received apart.
func (p *parser) received() (n int) {
	for i := range p.apart {
		n += p.apart[i].Received()
	}
	return n
}

// release gives up what was received apart, after the request was executed.
func (p *parser) release() {
	for i := range p.apart {
		p.apart[i].Release()
	}
	p.apart = nil
}

// setApart begins to receive the argument that the request at the beginning of data
// lacks apart, if it is large. It returns how much of data belongs into the query
// buffer: not what has come of that argument.
func (w *worker) setApart(s *session, data []byte) int {
	p := &s.parser
	if p.left == 0 || p.bulk <= bigArgument || p.taken < len(p.apart) {
		return len(data)
	}
	a := w.beginArrival(p.bulk)
	p.apart = append(p.apart, apart{p.pos, a})
	a.Added(copy(a.Room(), data[p.pos:]))
	if len(p.apart) == 1 {
		s.large = shape{p.pos, p.bulk}
	}
	return p.pos
}
