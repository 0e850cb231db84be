package engine

import (
	"errors"
	"fmt"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
)

// received hands new bytes of a session to its parser and executes every
// request that is whole. data is either fresh (the worker's own buffer, which
// is reused afterwards) or nil when the bytes were read straight into s.query.
// The lock is held. Replies are left in w.w.Buf by execute and are moved out
// by finish.
func (w *worker) received(s *session, fresh []byte) {
	if len(s.parser.apart) > 0 {
		if fresh = s.parser.fill(fresh); s.parser.arriving() != nil {
			w.bound(s)
			return
		}
	}
	data := fresh
	if fresh == nil {
		data = s.query
	} else if len(s.query) > 0 {
		s.query = append(s.query, fresh...)
		data, fresh = s.query, nil
	}
	if len(s.query) > 0 {
		w.weigh(s) // before a command runs that is as large as that
	}
	if len(s.parser.apart) == 0 {
		s.large = shape{}
	}
	used := w.consume(s, data)
	if used < len(data) && s.closing == open {
		data = data[:used+w.setApart(s, data[used:])]
	}
	switch {
	case used == len(data):
		if fresh == nil {
			s.query = s.query[:0]
			if cap(s.query) > keepQuery {
				s.query = nil
				w.forgetArgs()
			}
		}
	case fresh != nil:
		s.query = append(s.query[:0], data[used:]...)
	case used > 0 || len(s.parser.apart) > 0:
		left := data[used:]
		if cap(s.query) > 4*max(len(left), manyQuery) { // a large request has gone
			s.query = append([]byte(nil), left...)
			w.forgetArgs()
		} else {
			s.query = s.query[:copy(s.query, left)]
		}
	}
	w.bound(s)
}

// bound sees that what a session has sent, and what is not executed yet, does not
// take too much.
func (w *worker) bound(s *session) {
	// What MULTI has queued is not executed yet, either.
	if held := int64(len(s.query) + s.parser.memory() + s.QueuedBytes); held > s.queryLimit() {
		w.complain(s, "Closing client that reached max query buffer length", held)
		s.Close(false, "query buffer limit")
	}
	if w.eng.guard.Load()&guardClients != 0 {
		if w.weigh(s); w.eng.crowd.over() {
			w.fitClients()
		}
	}
}

// keepQuery is the largest buffer that an idle session keeps for itself.
const keepQuery = 4 << 10

// flushAt is how much reply may collect before it is sent in the middle of a
// pipeline: enough to make system calls rare, little enough to stay in cache.
const flushAt = 256 << 10

// refuseProtocol answers bytes that are no request, if the client wants answers, and ends the session.
func (w *worker) refuseProtocol(s *session, err error) {
	w.stats.protocolErrors++
	if s.Reply == core.ReplyOn {
		w.w.Proto = s.Proto
		w.w.Error("ERR " + err.Error())
	}
	w.eng.log.Debug(fmt.Sprintf("%v from client", err), "id", s.ID, "addr", s.Addr, "name", s.Name)
	s.Close(true, err.Error())
}

// errHTTP is for what looks like a request of HTTP.
var errHTTP = errors.New("this is no HTTP server")

// refuseHTTP cuts off who speaks HTTP: a web page can make a browser send such
// requests to a server that only the browser's machine can reach, and what
// follows the headers would be commands. The log says so once a minute.
func (w *worker) refuseHTTP(s *session) {
	if w.eng.httpSaid.due(w.now) {
		w.eng.log.Warn("Possible SECURITY ATTACK detected: a client sends POST or Host:, as a browser does that was told to attack. Connection aborted.", "addr", s.Addr)
	}
	s.Close(false, "it speaks HTTP")
}

// finish sends the replies collected in the worker's buffer, which belong to
// s; what the socket does not take is kept with the session.
func (w *worker) finish(s *session) {
	if len(w.w.Buf) > 0 { // what they have changed is told of before they say so
		w.eng.registry.Hooks.Turn(w.id)
	}
	if w.w.Sunk() {
		w.finishLarge(s)
		return
	}
	out := w.w.Buf
	w.w.Buf = out[:0]
	if cap(out) > 4*flushAt {
		w.w.Buf = make([]byte, 0, flushAt)
	}
	if len(out) > uncounted {
		w.checkOutput(s, len(out))
	}
	if len(out) == 0 || s.closing >= closeNow {
		return
	}
	if s.pending.Bytes() == 0 && !w.barred(s) {
		s.wrote = false
		n, err := s.link.Write(out)
		w.stats.netOut += int64(n)
		w.stats.writes++
		if err != nil {
			s.Close(false, err.Error())
			return
		}
		if out = out[n:]; len(out) == 0 {
			return
		}
	}
	s.queue(out, false)
	s.wrote = false
	w.touch(s)
	w.checkOutput(s, 0) // now: the rest of a pipeline may ask for much more
	w.weigh(s)
}

// finishLarge is finish for replies that went to the sink. They are sent a
// piece at a time, each when the others of the worker have had their turn.
func (w *worker) finishLarge(s *session) {
	first := s.pending.Bytes() == 0
	w.collect(s, &w.w, &w.reply)
	s.wrote = false
	if s.closing >= closeNow {
		return
	}
	if first && s.heldAt == nil {
		if err := s.sendPending(); err != nil {
			s.Close(false, err.Error())
			return
		}
	}
	w.checkOutput(s, 0)
	w.weigh(s)
}

// manyQuery is from where on a query buffer that was needed is not kept.
const manyQuery = 1 << 18

// ahead returns where the next bytes of s are to be read to: into an argument that
// is received apart, behind those of another incomplete request, or nil, which
// means the shared buffer.
func (s *session) ahead() []byte {
	if a := s.parser.arriving(); a != nil {
		room := a.Room()
		return room[:min(len(room), readPiece)]
	}
	if len(s.query) == 0 {
		return nil
	}
	if have := len(s.query); cap(s.query)-have < 1024 {
		grown := make([]byte, have, max(2*cap(s.query), 16<<10))
		arena.Copy(grown, s.query)
		s.query = grown
	}
	room := s.query[len(s.query):cap(s.query)]
	return room[:min(len(room), readPiece)]
}

// readAhead says that n bytes were read to where ahead has told.
func (s *session) readAhead(n int) {
	if a := s.parser.arriving(); a != nil {
		a.Added(n)
		return
	}
	s.query = s.query[:len(s.query)+n]
}
