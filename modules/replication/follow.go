package replication

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// The role of a replica: who its master is, and what follows from having one. The
// connection itself is a link's (link.go).

// upstream is what a replica has above it. mu, a leaf, guards it; the master and the
// link change only while nothing else runs.
type upstream struct {
	replicaParams
	log        core.Logger
	readOnly   *core.Switch // the guard
	masterDown *core.Switch // the guard
	staleCalls *core.Switch // and that of what scripts call
	written    *core.Switch // the hook for writes of clients
	local      localKeys
	current    atomic.Pointer[link] // the link, for who is told of things by it

	replacing bool // all data are being replaced; changed while everything stands still

	mu        sync.Mutex
	master    address
	link      *link // nil for none
	begun     bool  // links may run: the data have been loaded
	known     bool  // the history is one that a master may go on with
	downSince int64 // Unix milliseconds, 0 if it is not down
	figures   replicaFigures
}

// replicaFigures are what INFO counts.
type replicaFigures struct {
	received int64 // bytes
	errors   int64 // commands of the master that were answered with one
}

var (
	errReadOnly   = error(core.Error{Code: "READONLY", Text: "You can't write against a read only replica."})
	errMasterDown = error(core.Error{Code: "MASTERDOWN", Text: "Link with MASTER is down and replica-serve-stale-data is set to 'no'."})
	errStaleCall  = core.Err("Can not execute the command on a stale replica")
	errDemoted    = error(core.Error{Code: "UNBLOCKED", Text: "force unblock from blocking operation, instance state changed (master -> replica?)"})
)

// registerReplica declares the replica's side.
func (m *module) registerReplica(r *core.Registry) {
	u := &m.up
	u.replicaParams.declare(r.Config)
	u.replicaParams.use(r.Config)
	u.readOnly = r.Guard(core.Guard{Name: "readonly", Order: core.GuardReadOnly, Refuses: core.Write, Err: errReadOnly})
	u.masterDown = r.Guard(core.Guard{Name: "masterdown", Order: core.GuardMasterDown, Spares: core.Stale, Err: errMasterDown,
		Doors: core.At(core.TopLevel, core.InMulti, core.Retried)})
	u.staleCalls = r.Guard(core.Guard{Name: "stale", Order: core.GuardOOM - 1, Spares: core.Stale, Err: errStaleCall, Doors: core.At(core.InScript)})
	u.written = r.OnChange(m.noteLocal)
	r.OnTick(m.tickReplica)
	r.OnRestore(m.restored)
	r.Import(importer{m})
	r.Config.Apply(func() error { m.settleRole(); return nil }, u.replicaParams.readOnly, u.ignoreMemory)
	r.Config.Apply(func() error { m.judgeLink(); return nil }, u.stale)
}

// startReplica takes on the role that the configuration says.
func (m *module) startReplica(s core.Server) {
	u := &m.up
	u.log = s.Log().Named("replica")
	if master := u.replicaOf.Load(); master.host != "" {
		ks := s.Keyspace()
		ks.Lock(keyspace.AllShards)
		defer ks.Unlock(keyspace.AllShards)
		m.beReplica(master)
	}
}

// stopReplica ends the link.
func (m *module) stopReplica() {
	m.up.mu.Lock()
	l := m.up.link
	m.up.mu.Unlock()
	if l != nil {
		l.end()
		l.wait()
	}
}

// tickReplica begins to follow a master when the data have been loaded.
func (m *module) tickReplica(now int64) {
	u := &m.up
	u.mu.Lock()
	first := !u.begun
	u.begun = true
	if first && u.link != nil {
		u.link.start()
	}
	u.mu.Unlock()
	m.dropLocal(now)
}

// beReplica makes the server the replica of a master, or of another one. Everything
// stands still.
func (m *module) beReplica(master address) { m.follow(master.host, master.port, false) }

// follow is beReplica; failover says that the master is to take over from this one.
func (m *module) follow(host string, port int, failover bool) {
	u := &m.up
	was := m.unfollow()
	u.mu.Lock()
	u.master = address{host, port}
	u.replicaOf.Store(u.master)
	switch { // it is down since it was up, which may never have been
	case was == nil:
		u.downSince = 0
	case was.is(connected):
		u.downSince = m.srv.Now()
	}
	if was == nil && u.begun { // what a master has written others may go on with
		u.known = true
	}
	l := newLink(m, u.master, failover, was)
	u.link = l
	u.current.Store(l)
	begun := u.begun
	u.mu.Unlock()
	m.demote()
	m.settleRole()
	m.judgeLink()
	if begun {
		l.start()
	}
}

// replicaOfNoOne makes the server a master. Everything stands still.
func (m *module) replicaOfNoOne() {
	u := &m.up
	if m.unfollow() == nil {
		return
	}
	u.mu.Lock()
	u.master, u.link = address{}, nil
	u.replicaOf.Store(u.master)
	u.downSince = 0
	u.mu.Unlock()
	m.promote()
	m.replacing(false)
	m.disconnectReplicas("the server has become a master")
	m.settleRole()
	m.judgeLink()
}

// unfollow ends the link to the master, if there is one, and returns it. Nothing that
// the master has sent is played any more, but the link's goroutine may still be ending.
func (m *module) unfollow() *link {
	m.up.mu.Lock()
	defer m.up.mu.Unlock()
	l := m.up.link
	if l != nil {
		l.end()
		m.up.current.Store(nil)
	}
	return l
}

// settleRole puts in force what the role and its parameters mean for the data. All
// shards are locked.
func (m *module) settleRole() {
	u := &m.up
	replica := m.isReplica()
	readOnly := replica && u.replicaParams.readOnly.Load()
	u.readOnly.Set(readOnly)
	a := core.Authority{}
	switch {
	case readOnly:
		a = core.Authority{Expiry: keyspace.HideExpired, KeepAll: u.ignoreMemory.Load()}
	case replica:
		a = core.Authority{Expiry: keyspace.DeleteOnWrite, KeepAll: u.ignoreMemory.Load()}
	}
	u.written.Set(replica && !readOnly)
	if !replica {
		u.local.clear()
	}
	m.srv.SetAuthority(a)
}

// judgeLink puts in force what the state of the link means for clients.
func (m *module) judgeLink() {
	u := &m.up
	u.mu.Lock()
	defer u.mu.Unlock()
	down := u.link != nil && !u.link.is(connected) && !u.stale.Load()
	u.masterDown.Set(down)
	u.staleCalls.Set(down) // of scripts that do with stale data
}

// replicaOf is REPLICAOF host port, or NO ONE.
func (m *module) replicaOf(c *core.Ctx) error {
	u := &m.up
	if m.failoverStep() != noFailover {
		return core.Err("REPLICAOF not allowed while failing over.")
	}
	if c.Is(1, "no") && c.Is(2, "one") {
		if m.isReplica() {
			m.replicaOfNoOne()
			u.log.Info("MASTER MODE enabled (user request from '" + m.clientOf(c) + "')")
		}
		c.OK()
		return nil
	}
	if p := m.of(c.Session); p != nil && p.phase != greeting {
		return core.Err("Command is not valid when client is a replica.")
	}
	port, ok := decimal.Parse(c.Args[2])
	if !ok || port < 0 || port > 65535 {
		return errMasterPort
	}
	master := address{string(c.Args[1]), int(port)}
	u.mu.Lock()
	same := u.master == master
	u.mu.Unlock()
	if same {
		u.log.Info("REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.")
		c.Status("OK Already connected to specified master")
		return nil
	}
	m.unblockAll()
	m.beReplica(master)
	u.log.Info("REPLICAOF " + master.String() + " enabled (user request from '" + m.clientOf(c) + "')")
	c.OK()
	return nil
}

// clientOf describes the client of a command, for the log.
func (m *module) clientOf(c *core.Ctx) string {
	if c.Session == nil || c.Session.Conn == nil {
		return ""
	}
	return strings.TrimSpace(string(m.srv.Registry().AppendClientInfo(nil, c.Session, c.Now, nil)))
}

// unblockAll ends the waits of all clients, who wait for a master's data to change,
// and their connections. Everything stands still.
func (m *module) unblockAll() {
	m.srv.Sessions(func(s *core.Session) bool {
		if s.Conn.Unblock(errDemoted) {
			s.Conn.Close(true, "the server has become a replica")
		}
		return true
	})
}

// roleOfReplica is ROLE of a replica.
func (m *module) roleOfReplica(c *core.Ctx) {
	u := &m.up
	u.mu.Lock()
	defer u.mu.Unlock()
	offset := int64(-1)
	if u.link.is(connected) {
		offset = m.stream.offset()
	}
	c.Array(5)
	c.BulkString("slave")
	c.BulkString(u.master.host)
	c.Int(int64(u.master.port))
	c.BulkString(u.link.phase().String())
	c.Int(offset)
}

// infoReplica is INFO replication of a replica.
func (m *module) infoReplica(w *core.InfoWriter) {
	u := &m.up
	u.mu.Lock()
	defer u.mu.Unlock()
	l, now := u.link, m.srv.Now()
	seconds := func(since int64) int64 { return max(now-since, 0) / 1000 }
	up := l.is(connected)
	w.String("master_host", u.master.host)
	w.Int("master_port", int64(u.master.port))
	if up {
		w.String("master_link_status", "up")
		w.Int("master_last_io_seconds_ago", seconds(l.heard.Load()))
	} else {
		w.String("master_link_status", "down")
		w.Int("master_last_io_seconds_ago", -1)
	}
	syncing := l.is(transferring)
	w.Bool("master_sync_in_progress", syncing)
	offset := m.stream.offset()
	w.Int("slave_read_repl_offset", offset+l.unread.Load())
	w.Int("slave_repl_offset", offset)
	if syncing {
		total, read := l.total.Load(), l.read.Load()
		w.Int("master_sync_total_bytes", total)
		w.Int("master_sync_read_bytes", read)
		w.Int("master_sync_left_bytes", total-read)
		perc := 0.0
		if total > 0 {
			perc = 100 * float64(read) / float64(total)
		}
		w.Float("master_sync_perc", perc)
		w.Int("master_sync_last_io_seconds_ago", seconds(l.heard.Load()))
	}
	if !up {
		down := int64(-1)
		if u.downSince > 0 {
			down = seconds(u.downSince)
		}
		w.Int("master_link_down_since_seconds", down)
	}
	w.Int("slave_priority", u.priority.Load())
	w.Bool("slave_read_only", u.replicaParams.readOnly.Load())
	w.Bool("replica_announced", u.announced.Load())
}

// replconfFromMaster is REPLCONF GETACK: the master wants to know how far the server
// is. It is told when what has come with that has been played.
func (m *module) replconfFromMaster() {
	if l := m.up.current.Load(); l != nil {
		l.asked.Store(true)
	}
}

// restored takes note that the data are those at a place of a history: they were
// loaded from a file that says so. All shards are locked.
func (m *module) restored(at core.Position) {
	u := &m.up
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.link == nil {
		m.inherit(at)
		return
	}
	u.known = true
	m.adopt(at)
}

// soon is how long a replica waits before it tries again to reach its master.
const soon = time.Second

// linked reports whether the server has a connection to its master, and is in sync.
func (m *module) linked() bool { return m.up.current.Load().is(connected) }
