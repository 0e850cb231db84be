// Package replication makes a server the master of others, or the replica of one, as
// Redis does it, byte for byte.
//
// A server has a state (state.go): its role, and the history of its data. Both sides
// write the same stream (stream.go), from which its replicas are served: what the
// feed brings, or what its own master has sent.
//
// It is linked in by New; nothing else of it is exported.
package replication

import (
	"context"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/random"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	state
	up     upstream
	srv    core.Server
	params params

	// Of the master: the replicas (peers.go) and what depends on them.
	slot      int // of a session's *peer
	writeSlot int // of how far a client has written
	feeding   *core.Switch
	streaming *core.Switch
	turns     *core.Switch // on while there are replicas, as writers
	writers   *core.Switch
	few       *core.Switch // the guard for too few replicas

	told   atomic.Int64 // up to where the replicas' loops have been told of the stream
	ticked int64        // the second of the last tick
	pinged int64        // when, Unix milliseconds

	// peersMu comes before the stream's and a mailbox's locks, and after the shards'.
	peersMu sync.Mutex
	peers   []*peer
	lonely  int64       // since when there are none, Unix milliseconds
	running []*transfer // dumps that are made
	waits   waits
	fail    failover
	figures figures
	rates   rates
	fields  fields

	ctx  context.Context // ends with the server
	end  context.CancelFunc
	jobs sync.WaitGroup
}

// newID makes the name of a history of data that nobody shares.
func newID() string {
	return random.Hex(40)
}

// Name implements core.Module.
func (*module) Name() string { return "replication" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.params.declare(r.Config)
	r.Commands(m.rows()...)
	m.state.init(newStream(m.params.backlog.Load))
	m.stream.spill = spill{open: m.spillFile, limit: m.params.spillSize.Load, jobs: &m.jobs, failed: m.spillFailed}
	m.slot, m.writeSlot = r.SessionSlot(), r.SessionSlot()
	for letter, class := range map[byte]core.ClientType{'S': core.ClientReplica, 'M': core.ClientMaster} {
		r.ClientFlag(core.ClientFlag{Letter: letter, On: func(_ *core.Session, conn *core.ConnInfo) bool { return conn.Type == class }})
	}
	m.feeding, m.streaming = r.OnFeed(m.fed), r.OnStream(m.stream.raw)
	m.turns, m.writers = r.OnTurnEnd(m.turn), r.OnExecuted(m.wrote)
	r.OnSession(nil, m.closed)
	r.OnTick(m.tick)
	r.OnPosition(m.position)
	r.Acknowledges(m)
	r.DelayShutdown(m.mayStop)
	r.SavesToo(m.transferring)
	r.OnShutdown(m.tellLagging)
	r.Debug(core.DebugCommand{
		Name: "REPLICATE", Args: "<command> [<argument> ...]", Arity: -3, Run: m.debugReplicate,
		Help: "Sends replicas a command that is not executed here.",
	})
	m.guardWrites(r)
	m.registerReplica(r)
	m.registerInfo(r)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.srv = s
	m.pinged = time.Now().UnixMilli()
	m.ctx, m.end = context.WithCancel(context.Background())
	m.pinged = s.Now()
	m.startReplica(s)
	return m.rejudge()
}

// spillFile makes a file for what a replica is behind. It has no name when it is made: whatever
// ends the server, nothing of it stays.
func (m *module) spillFile() (*os.File, error) {
	m.srv.Log().Info("A replica is far behind: what it has to get is spilled to " + m.params.spillDir.Load())
	f, err := os.CreateTemp(m.srv.Path(m.params.spillDir.Load()), "repl-spill-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		m.srv.Log().Warn("A file of the replication stays: " + err.Error())
	}
	return f, nil
}

func (m *module) spillFailed(err error) {
	m.srv.Log().Warn("What replicas are behind cannot be spilled: " + err.Error())
}

// Stop implements core.Stopper.
func (m *module) Stop() {
	if m.end != nil {
		m.end()
	}
	m.stopReplica()
	m.jobs.Wait()
}

// role is ROLE: a master, its offset, its replicas.
func (m *module) role(c *core.Ctx) error {
	if m.isReplica() {
		m.roleOfReplica(c)
		return nil
	}
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	var all []*peer
	for _, p := range m.peers {
		if p.phase == online {
			all = append(all, p)
		}
	}
	c.Array(3)
	c.BulkString("master")
	c.Int(m.stream.offset())
	c.Array(len(all))
	for _, p := range all {
		ip, port := p.reach()
		c.Array(3)
		c.BulkString(ip)
		c.BulkString(strconv.Itoa(port))
		c.BulkString(strconv.FormatInt(p.ack, 10))
	}
	return nil
}
