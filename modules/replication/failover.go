package replication

import (
	"net"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
)

// A planned failover: this master lets one of its replicas take its place. Writes are
// held back until the replica has everything; then this server becomes its replica, and
// with the first request asks it to become the master (PSYNC ... FAILOVER).

// failover is one under way. module.peersMu guards it.
type failover struct {
	step     failoverStep
	host     string // of the replica that takes over, "" for the first that has everything
	port     int
	force    bool  // at the deadline it takes over whatever it has
	deadline int64 // Unix milliseconds, 0 for none
}

type failoverStep uint8

const (
	noFailover failoverStep = iota
	waitingForSync
	inProgress
)

// String is the name of the step in INFO.
func (s failoverStep) String() string {
	return [...]string{"no-failover", "waiting-for-sync", "failover-in-progress"}[s]
}

// failoverCommand is FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds].
func (m *module) failoverCommand(c *core.Ctx) error {
	if len(c.Args) == 2 && c.Is(1, "abort") {
		if !m.abortFailover("Failover manually aborted") {
			return core.Err("No failover in progress.")
		}
		c.OK()
		return nil
	}
	f, err := parseFailover(c)
	if err != nil {
		return err
	}
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	if err := m.mayFailOver(f); err != nil {
		return err
	}
	f.step = waitingForSync
	m.fail = f
	m.srv.HoldWrites("failover", true)
	m.srv.Log().Info("FAILOVER requested.", "to", f.target())
	m.advanceFailover(c.Now)
	c.OK()
	return nil
}

func parseFailover(c *core.Ctx) (f failover, err error) {
	for i := 1; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "timeout") && i+1 < len(c.Args) && f.deadline == 0:
			i++
			ms, err := c.ArgInt(i)
			if err != nil {
				return f, err
			}
			if ms <= 0 {
				return f, core.Err("FAILOVER timeout must be greater than 0")
			}
			f.deadline = c.Now + ms
		case c.Is(i, "to") && i+2 < len(c.Args) && f.host == "":
			port, err := c.ArgInt(i + 2)
			if err != nil {
				return f, err
			}
			f.host, f.port = string(c.Args[i+1]), int(port)
			i += 2
		case c.Is(i, "force") && !f.force:
			f.force = true
		default:
			return f, core.ErrSyntax
		}
	}
	return f, nil
}

// mayFailOver returns why a failover cannot begin. peersMu is held.
func (m *module) mayFailOver(f failover) error {
	switch {
	case m.fail.step != noFailover:
		return core.Err("FAILOVER already in progress.")
	case m.isReplica():
		return core.Err("FAILOVER is not valid when server is a replica.")
	case len(m.peers) == 0:
		return core.Err("FAILOVER requires connected replicas.")
	case f.force && (f.deadline == 0 || f.host == ""):
		return core.Err("FAILOVER with force option requires both a timeout and target HOST and IP.")
	case f.host == "":
		return nil
	}
	p := m.peerAt(f.host, f.port)
	switch {
	case p == nil:
		return core.Err("FAILOVER target HOST and PORT is not a replica.")
	case p.phase != online:
		return core.Err("FAILOVER target replica is not online.")
	}
	return nil
}

func (f *failover) target() string {
	if f.host == "" {
		return "any replica"
	}
	return net.JoinHostPort(f.host, strconv.Itoa(f.port))
}

// peerAt finds a replica by where it can be reached. peersMu is held.
func (m *module) peerAt(host string, port int) *peer {
	for _, p := range m.peers {
		if h, n := p.reach(); h == host && n == port {
			return p
		}
	}
	return nil
}

// advanceFailover looks whether a replica may take over. peersMu is held.
func (m *module) advanceFailover(now int64) {
	f := &m.fail
	if f.step != waitingForSync {
		return
	}
	switch p := m.heir(); {
	case f.deadline != 0 && now >= f.deadline && f.force:
		m.srv.Log().Info("Failover to " + f.target() + " time out exceeded, failing over.")
		m.handOver()
	case f.deadline != 0 && now >= f.deadline:
		m.jobs.Go(func() {
			m.srv.Standstill(func() { m.abortFailover("Replica never caught up before timeout") })
		})
		f.deadline = 0 // once
	case p != nil:
		f.host, f.port = p.reach()
		m.srv.Log().Info("Failover target is synced, failing over.", "to", f.target())
		m.handOver()
	}
}

// heir returns the replica that may take over, if it has everything. peersMu is held.
func (m *module) heir() *peer {
	end := m.stream.offset()
	for _, p := range m.peers {
		if p.phase == online && p.ack == end {
			if h, n := p.reach(); m.fail.host == "" || h == m.fail.host && n == m.fail.port {
				return p
			}
		}
	}
	return nil
}

// handOver makes this server the replica of the one that takes over. peersMu is held.
func (m *module) handOver() {
	m.fail.step = inProgress
	host, port := m.fail.host, m.fail.port
	m.jobs.Go(func() {
		m.srv.Standstill(func() {
			m.peersMu.Lock()
			goesOn := m.fail.step == inProgress
			m.peersMu.Unlock()
			if goesOn {
				m.follow(host, port, true)
			}
		})
	})
}

// failoverAnswered is told what the replica has answered that is to take over.
func (m *module) failoverAnswered(ok bool) {
	m.srv.Standstill(func() {
		if ok {
			m.endFailover()
			return
		}
		m.abortFailover("Failover target rejected psync request")
	})
}

// abortFailover makes this server what it was. It reports whether there was anything to
// abort. Everything stands still.
func (m *module) abortFailover(why string) bool {
	m.peersMu.Lock()
	f := m.fail
	m.peersMu.Unlock()
	if f.step == noFailover {
		return false
	}
	m.srv.Log().Info("Aborting failover while "+f.step.String()+": "+why, "to", f.target())
	if f.step == inProgress {
		m.replicaOfNoOne()
	}
	m.endFailover()
	return true
}

// endFailover lets the writes go on that were held back. Everything stands still.
func (m *module) endFailover() {
	m.peersMu.Lock()
	m.fail = failover{}
	m.peersMu.Unlock()
	m.srv.HoldWrites("failover", false)
}

// failoverStep tells how far a failover is.
func (m *module) failoverStep() failoverStep {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	return m.fail.step
}

// takeOver makes this server, a replica, the master because its master has asked for it.
// Everything stands still.
func (m *module) takeOver(c *core.Ctx, id string) error {
	switch {
	case !m.isReplica():
		return core.Err("PSYNC FAILOVER can't be sent to a master.")
	case id != m.history().id:
		return core.Err("PSYNC FAILOVER replid must match my replid.")
	}
	m.srv.Log().Info("MASTER MODE enabled (failover request from '" + c.Session.Addr + "')")
	m.replicaOfNoOne()
	return nil
}
