// Package keys is the commands about keys whatever they hold (Redis's generic
// family): deleting, renaming, copying, expiry, iteration, OBJECT, DUMP and
// RESTORE, those that empty or count a database, and SORT.
//
// The host and the sets of modules link it in by New; nobody else calls it. SORT
// reads collections through their packages in core. Everything else knows no value
// type: what it needs of a value it asks of the registry's row for its type.
package keys

import (
	"context"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/dump"
)

// New returns the module.
func New() core.Module { return &module{} }

type module struct {
	// Whether deletions that nobody asked for are repeated as UNLINK or as DEL.
	// Both do the same here; an older replica may care.
	lazyExpire *config.BoolVar // lazyfree-lazy-expire: an expiry in the past
	lazyServer *config.BoolVar // lazyfree-lazy-server-del: RESTORE of what has expired

	secure *config.BoolVar // tls-cluster
	moves  moves           // MIGRATE

	dumps     dump.Params
	payloads  atomic.Int64 // that RESTORE has looked through
	unchecked atomic.Bool  // RESTORE takes payloads whose checksum is wrong
}

func (*module) Name() string { return "keys" }

func (m *module) Register(r *core.Registry) error {
	m.declare(r.Config)
	m.dumps.Use(r.Config)
	config.UseIf(r.Config, "repl-rdb-version", &m.moves.version)
	r.Commands(m.rows()...)
	r.Info(core.InfoSection{Name: "stats", Fill: func(w *core.InfoWriter) { w.Int("dump_payload_sanitizations", m.payloads.Load()) }})
	r.Info(core.InfoSection{Name: "stats", Fill: func(w *core.InfoWriter) { w.Int("migrate_cached_sockets", m.moves.sockets.count()) }})
	m.moves.changes = r.OnChange(m.moves.noted)
	r.OnSwap(func(*core.Ctx, int, int) { m.moves.replaced() })
	r.OnReplace(func(bool) { m.moves.replaced() })
	r.OnTick(func(int64) { m.moves.sockets.tidy() })
	r.OnResetStats(func() { m.payloads.Store(0) })
	r.Debug(core.DebugCommand{
		Name: "SET-SKIP-CHECKSUM-VALIDATION", Args: "<0|1>", Arity: 3, Run: m.skipChecksum,
		Help: "Lets RESTORE take payloads with a wrong checksum (1) or not (0).",
	})
	return nil
}

// Start implements core.Starter.
func (m *module) Start(core.Server) error {
	m.moves.ctx, m.moves.stop = context.WithCancel(context.Background())
	return nil
}

// Stop implements core.Stopper.
func (m *module) Stop() {
	if m.moves.stop == nil {
		return
	}
	m.moves.stop()
	m.moves.sockets.end()
	m.moves.jobs.Wait()
}

// alwaysLazy is why most of the lazyfree parameters can mean nothing.
const alwaysLazy = "every deletion leaves large values to a background sweep"

func (m *module) declare(s *config.Schema) {
	par := func(name, doc, noEffect string) config.Param {
		return config.Param{Name: name, Section: "lazyfree", Default: "no", Doc: doc, NoEffect: noEffect}
	}
	m.lazyExpire = s.Bool(par("lazyfree-lazy-expire",
		"Repeat the deletion of expired keys as UNLINK instead of DEL in the log and on replicas.", ""))
	m.secure = s.Bool(config.Param{Name: "tls-cluster", Section: "tls", Default: "no", Doc: "Whether MIGRATE connects to the other server by TLS."})
	m.lazyServer = s.Bool(par("lazyfree-lazy-server-del",
		"Repeat a RESTORE whose expiry has passed as UNLINK instead of DEL in the log and on replicas.", ""))
	s.Bool(par("lazyfree-lazy-eviction",
		"Repeat the deletion of evicted keys as UNLINK instead of DEL in the log and on replicas.", ""))
	s.Bool(par("lazyfree-lazy-user-del", "Make DEL free values in the background, as UNLINK does.", alwaysLazy))
	s.Bool(par("lazyfree-lazy-user-flush", "Make FLUSHALL and FLUSHDB free the data in the background when neither SYNC nor ASYNC is given.", alwaysLazy))
}

// propagateDeletion feeds a deletion in place of the command as it was given.
func propagateDeletion(c *core.Ctx, lazy *config.BoolVar, key []byte) {
	if !c.Hooks.Feeding() {
		return
	}
	name := "DEL"
	if lazy.Load() {
		name = "UNLINK"
	}
	c.Propagate([]byte(name), key)
}

// argDB parses argument i as the number of a database. What says what is wrong
// with it if it is no number, nil for what is usual.
func argDB(c *core.Ctx, i int, what error) (int, error) {
	n, err := c.ArgInt32(i)
	switch {
	case err != nil && what != nil:
		return 0, what
	case err == nil && (n < 0 || n >= c.DB.Keyspace().Databases()):
		err = core.ErrDBIndex
	}
	return n, err
}
