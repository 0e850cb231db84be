package engine

import "github.com/ferrousdb/ferrous/core/keyspace"

// Large arguments are received apart (keyspace.Arrival): read from the socket to
// where they can stay. The query buffer keeps the rest of the request.

// readPiece is how much is read at once of what is large, so that the others of the
// loop have their turn in between.
const readPiece = 1 << 20

// firstPiece is how much is read at first of who has just sent a large argument: what
// comes of the next one is copied to its place.
const firstPiece = 8 << 10

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
	a := w.arrivals.Begin(p.bulk)
	p.apart = append(p.apart, apart{p.pos, a})
	a.Added(copy(a.Room(), data[p.pos:]))
	s.bulky = true
	return p.pos
}
