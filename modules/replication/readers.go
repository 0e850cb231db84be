package replication

import (
	"errors"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/resp"
)

// Replicas that know nothing of fields of hashes that expire: Redis before 7.4. They can read
// neither a dump with such fields nor the commands about them in the stream; to answer those with
// an error and go on would be to have other data without a word. So while there are such
// fields they are refused: told once, by an error that their log shows, and then kept waiting, with
// signs of life and without work for the master, until the fields are gone or repl-rdb-version
// says that they can be read. The part of the stream that was not for them they get as a dump.

// fields is what the master knows of fields that expire. peersMu guards it.
type fields struct {
	until int64 // up to where the stream may have commands about them
	// How many keys had ever had such fields at the last tick, and at the one before: a command is
	// counted before it is in the stream, but not by so much.
	last, before int64
	told         map[string]bool // the replicas that know, while there are such fields
}

const (
	unreadable = "hashes have fields that expire, which Redis reads from 7.4 on: set repl-rdb-version to 12 for replicas that do, or remove the expiries (HPERSIST)"
	// lookAgain is how long a replica that was refused waits for the next look, in milliseconds.
	lookAgain = 1000
	// mostTold bounds for how many replicas it is remembered that they know.
	mostTold = 1000
)

var errUnreadable = errors.New(unreadable)

// readsFields reports whether a replica knows of such fields.
func (m *module) readsFields(p *peer) bool { return m.wants(p).version >= rdb.VersionMemberExpiry }

// anyFields reports whether there are such fields, and takes note of it. peersMu is held.
func (m *module) anyFields() bool {
	now, ever := m.srv.Keyspace().MembersExpiring()
	if now > 0 || ever != m.fields.before {
		m.fields.until = m.stream.tail.Load()
	}
	if now == 0 {
		m.fields.told = nil
	}
	return now > 0
}

// rememberFields is anyFields once a tick.
func (m *module) rememberFields() {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	m.anyFields()
	m.fields.before = m.fields.last
	_, m.fields.last = m.srv.Keyspace().MembersExpiring()
}

// lost reports whether a replica cannot read what follows a position. peersMu is held.
func (m *module) lost(p *peer, pos int64) bool {
	return !m.readsFields(p) && (m.anyFields() || pos < m.fields.until)
}

// cannotRead is lost of who holds no lock.
func (m *module) cannotRead(p *peer, pos int64) bool {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	return m.lost(p, pos)
}

// refuse takes replicas that cannot read it out of a transfer. peersMu is held.
func (m *module) refuse(t *transfer) {
	for len(t.peers) > 0 {
		p := t.peers[0]
		t.leave(p)
		p.transfer, p.part = nil, nil
		p.since = m.srv.Now() + lookAgain
		name := p.name()
		if m.fields.told[name] && !p.rdbOnly {
			continue
		}
		if m.fields.told == nil || len(m.fields.told) >= mostTold {
			m.fields.told = map[string]bool{}
		}
		m.fields.told[name] = true
		m.srv.Log().Warn("SYNC of replica " + name + " refused: " + unreadable)
		p.release()
		p.s.Conn.DeliverFunc(func(s *core.Session, w *resp.Writer) {
			w.Raw([]byte("-NOMASTERLINK " + unreadable + "\r\n"))
			s.Conn.Close(true, "it cannot read the data")
		})
	}
}
