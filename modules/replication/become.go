package replication

import "github.com/ferrousdb/ferrous/core"

// How a server becomes what it was not. All shards are locked.

// demote makes the server a replica. Nothing of its history is thrown away: it asks
// its master to go on from where it is, and its replicas may go on, too.
func (m *module) demote() {
	m.state.set(func(st *state) { st.replica = true })
	m.stream.open(m.stream.offset())
	m.tune()
}

// promote makes the server a master. What it writes from now on is a history of its
// own, which grows out of that of its master: who was as far as it is goes on here.
func (m *module) promote() {
	m.state.set(func(st *state) {
		st.replica = false
		st.fork(newID())
	})
	m.stream.forgetDB()
	m.tune()
}

// adopt makes the data those at a place of another history, after a full sync or a load. Its own
// replicas know nothing of it, and have to begin anew.
//
// The stream goes on in the database that was selected there: the master need not say
// so again, and whoever begins here has to be told.
func (m *module) adopt(at core.Position) {
	m.disconnectReplicas("the history of the data is another one")
	m.state.set(func(st *state) { st.id, st.id2, st.second = at.ID, noID, noSecond })
	m.stream.open(at.Offset)
	m.stream.restart(at.Offset, at.DB)
}

// continued takes note that the master, from which the server goes on, has a new id.
// Its own replicas are disconnected: so they learn it, and go on.
func (m *module) continued(id string) {
	m.state.set(func(st *state) {
		if id != st.id {
			st.fork(id)
		}
	})
	m.disconnectReplicas("the master has a new replication id")
}

// fork makes the history go on under a new id. mu is held.
func (st *state) fork(id string) {
	st.id2, st.second, st.id = st.id, st.stream.offset(), id
}

// restart forgets everything and goes on at a position, in a database. Nobody reads.
func (s *stream) restart(at int64, db int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.blocks {
		s.forgotten(&s.blocks[i])
	}
	s.blocks, s.end, s.db = nil, at, db
	s.tail.Store(at)
}

// disconnectReplicas ends the connections of all replicas.
func (m *module) disconnectReplicas(why string) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for _, p := range m.peers {
		p.dismiss(why)
	}
}

// inherit makes a history, of which the data were loaded, the one that a master's own
// has grown out of: its replicas go on with it.
func (m *module) inherit(at core.Position) {
	m.peersMu.Lock()
	m.lonely = m.srv.Now()
	m.peersMu.Unlock()
	m.stream.open(at.Offset)
	m.stream.restart(at.Offset, -1)
	m.state.set(func(st *state) { st.id2, st.second = at.ID, at.Offset })
	m.tune()
}
