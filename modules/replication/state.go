package replication

import (
	"strings"
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// state is who the server is in replication and which history its data have: a
// history has an id, and a place in it is an offset, the number of bytes of the
// stream up to there (stream.go). It is what both halves of the module, that of the
// master and that of the replica, agree upon.
//
// It changes only while all shards are locked, so that whoever holds them all sees
// history, offset and data that belong together. mu, a leaf, is for others who look.
type state struct {
	mu      sync.Mutex
	replica bool   // it follows a master, or tries to
	id      string // master_replid, 40 hexadecimal digits
	id2     string // master_replid2: the history that this one has grown out of
	second  int64  // up to where the two are one (second_repl_offset, which is one more), noSecond
	stream  *stream
}

// noSecond is state.second where there is no second id.
const noSecond = -2

// noID is how an id that there is not is shown.
var noID = strings.Repeat("0", 40)

// history is a copy of what state says.
type history struct {
	id, id2 string
	offset  int64 // master_repl_offset
	second  int64 // second_repl_offset, -1 if there is no second id
}

func (st *state) init(s *stream) {
	st.id, st.id2, st.second, st.stream = newID(), noID, noSecond, s
}

// history tells ids and offsets as INFO shows them.
func (st *state) history() history {
	st.mu.Lock()
	defer st.mu.Unlock()
	return history{id: st.id, id2: st.id2, offset: st.stream.offset(), second: st.second + 1}
}

// isReplica reports whether the server follows a master.
func (st *state) isReplica() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.replica
}

// contains reports whether what follows an offset of a history is a part of ours,
// which the stream may have or not.
func (st *state) contains(id string, offset int64) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return strings.EqualFold(id, st.id) || strings.EqualFold(id, st.id2) && offset <= st.second
}

// renew gives the history an id that nobody knows: nothing was kept of what the old
// one would promise. All shards are locked.
func (m *module) renew() {
	m.state.set(func(st *state) { st.id, st.id2, st.second = newID(), noID, noSecond })
}

func (st *state) set(fn func(st *state)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	fn(st)
}

// tune sets what depends on the role: a master without a stream is not fed at all.
func (m *module) tune() {
	replica := m.isReplica()
	m.feeding.Set(m.stream.opened() && !replica)
	m.streaming.Set(replica)
}

// at is where data and stream are. All shards are locked.
func (m *module) at() core.Position {
	h := m.history()
	return core.Position{ID: h.id, Offset: h.offset, DB: max(m.stream.selected(), 0)}
}

// position is at for who saves the data: there is none if nobody could go on from it.
func (m *module) position() (core.Position, bool) { return m.at(), m.stream.opened() }
