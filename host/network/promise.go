package network

import "slices"

// Output may hold places for what is still to be made. Who makes it keeps what he needs
// for that in the place; here it is only known that nothing behind it can be sent.

// promise is a place for what is still to be made.
type promise struct {
	what any
	end  func()
}

// Promise puts at the end a place for what is still to be made. what is for whoever makes
// it; end is called when all is made, or nobody wants it any more.
func (o *Output) Promise(what any, end func()) {
	o.promised++
	o.push(chunk{later: &promise{what, end}})
}

// Promised returns how many places there are for what is still to be made.
func (o *Output) Promised() int { return o.promised }

// First returns what was given to the first Promise, of which there is one.
func (o *Output) First() any { return o.chunks[o.first()].later.what }

func (o *Output) first() int {
	return slices.IndexFunc(o.chunks, func(c chunk) bool { return c.later != nil })
}

// Keep moves a piece of what was promised first to where it belongs; more says that it is
// not the last one.
func (o *Output) Keep(piece *Output, more bool, m *Buffers) {
	i := o.first()
	end := i
	if !more {
		o.chunks[i].end(m)
		o.promised--
		end++
	}
	for j := range piece.chunks {
		piece.chunks[j].own = false // what is between others is not appended to
	}
	o.chunks = slices.Replace(o.chunks, i, end, piece.chunks...)
	o.bytes += piece.bytes
	*piece = Output{spare: piece.spare}
}

// Empty reports whether nothing waits and nothing is to be made.
func (o *Output) Empty() bool { return len(o.chunks) == 0 }
