// Package replication will bring masters and replicas. What is here now is the part of
// it that every server has: it is a master without replicas, and says so to those
// who ask (ROLE, WAIT, REPLICAOF NO ONE, INFO replication: load balancers,
// Sentinel, exporters). To follow a master is refused.
//
// It is linked in by New; nothing else of it is exported.
package replication

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/decimal"
)

// New makes the module.
func New() core.Module { return &module{id: newID()} }

type module struct {
	id      string // of the history of the data, 40 hexadecimal digits
	backlog *config.MemoryVar
}

// newID makes the name of a history of data that nobody shares.
func newID() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return hex.EncodeToString(b[:])
}

// Name implements core.Module.
func (*module) Name() string { return "replication" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	r.Commands(m.rows()...)
	m.backlog = r.Config.Memory(config.Param{
		Name: "repl-backlog-size", Section: "replication", Default: "1mb", NoEffect: "there is no replication yet",
		Doc: "Accepted, without effect: there is no replication yet. INFO shows it.",
	}, 1, math.MaxInt64)
	r.Info(core.InfoSection{Name: "replication", Fill: m.info})
	r.Info(core.InfoSection{Name: "memory", Fill: zeros("mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves")})
	r.Info(core.InfoSection{Name: "stats", Fill: func(w *core.InfoWriter) {
		zeros("total_net_repl_input_bytes", "total_net_repl_output_bytes")(w)
		w.Float("instantaneous_input_repl_kbps", 0)
		w.Float("instantaneous_output_repl_kbps", 0)
		zeros("sync_full", "sync_partial_ok", "sync_partial_err", "slave_expires_tracked_keys", "migrate_cached_sockets", "unexpected_error_replies")(w)
	}})
	return nil
}

// zeros fills in what a server without replicas and without a master has none of.
func zeros(names ...string) func(w *core.InfoWriter) {
	return func(w *core.InfoWriter) {
		for _, name := range names {
			w.Int(name, 0)
		}
	}
}

// info describes a master whose history nobody has asked for: the offset counts
// what replicas would have to be sent, and begins with the first of them.
func (m *module) info(w *core.InfoWriter) {
	w.String("role", "master")
	w.Int("connected_slaves", 0)
	w.String("master_failover_state", "no-failover")
	w.String("master_replid", m.id)
	w.String("master_replid2", strings.Repeat("0", len(m.id)))
	w.Int("master_repl_offset", 0)
	w.Int("second_repl_offset", -1)
	w.Bool("repl_backlog_active", false)
	w.Int("repl_backlog_size", m.backlog.Load())
	w.Int("repl_backlog_first_byte_offset", 0)
	w.Int("repl_backlog_histlen", 0)
}

// role is ROLE: a master, its offset, its replicas.
func role(c *core.Ctx) error {
	c.Array(3)
	c.BulkString("master")
	c.Int(0)
	c.Array(0)
	return nil
}

// wait is WAIT numreplicas timeout: none of them will ever acknowledge anything.
func wait(c *core.Ctx) error {
	n, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	deadline, err := c.TimeoutMillis(2)
	if err != nil {
		return err
	}
	if n <= 0 {
		c.Int(0)
		return nil
	}
	return c.Block(core.Wait{Deadline: deadline, Expired: func(c *core.Ctx) { c.Int(0) }})
}

// replicaOf is REPLICAOF NO ONE; there is no other master to follow, yet.
func replicaOf(c *core.Ctx) error {
	if c.Is(1, "no") && c.Is(2, "one") {
		c.OK()
		return nil
	}
	if port, ok := decimal.Parse(c.Args[2]); !ok || port < 0 || port > 65535 {
		return core.Err("Invalid master port")
	}
	return errors.New("there is no replication yet: this server cannot follow a master")
}
