package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// What modules may ask of the host: the implementation of core.Server.
var _ core.Server = (*Server)(nil)

// Log implements core.Server.
func (srv *Server) Log() core.Logger { return srv.log }

// Registry implements core.Server.
func (srv *Server) Registry() *core.Registry { return srv.registry }

// Keyspace implements core.Server.
func (srv *Server) Keyspace() *keyspace.Keyspace { return srv.ks }

// Now implements core.Server.
func (srv *Server) Now() int64 { return srv.clock.Load() }

// StartTime implements core.Server.
func (srv *Server) StartTime() time.Time { return srv.start }

// Sessions implements core.Server.
func (srv *Server) Sessions(fn func(s *core.Session) bool) {
	for _, w := range srv.workers {
		for _, s := range w.sessions {
			if s.closing == open && !fn(&s.Session) {
				return
			}
		}
	}
}

// Session implements core.Server.
func (srv *Server) Session(id uint64) (found *core.Session) {
	srv.Sessions(func(s *core.Session) bool {
		if s.ID == id {
			found = s
		}
		return found == nil
	})
	return found
}

// Unblock implements core.Server.
func (srv *Server) Unblock(id uint64, with error) bool {
	for _, w := range srv.workers {
		for _, s := range w.sessions {
			if s.ID == id {
				return s.wait != nil && srv.blocked.unblock(s.wait, with)
			}
		}
	}
	return false
}

// UnblockAll implements core.Server.
func (srv *Server) UnblockAll(why func(db int, keys [][]byte) error) {
	for _, w := range srv.workers {
		for _, s := range w.sessions {
			if s.wait == nil {
				continue
			}
			if err := why(s.wait.db, s.wait.keys); err != nil {
				srv.blocked.unblock(s.wait, err)
			}
		}
	}
}

// CommandStats implements core.Server.
func (srv *Server) CommandStats(fn func(cmd *core.Command, s core.CommandStats)) {
	var visit func(cmd *core.Command)
	visit = func(cmd *core.Command) {
		var sum core.CommandStats
		for _, w := range srv.workers {
			st := w.stats.commands[cmd.ID()]
			sum.Calls += st.Calls
			sum.Nanos += st.Nanos
			sum.Rejected += st.Rejected
			sum.Failed += st.Failed
		}
		if sum != (core.CommandStats{}) {
			fn(cmd, sum)
		}
		for i := range cmd.Sub {
			visit(&cmd.Sub[i])
		}
	}
	for _, cmd := range srv.registry.All() {
		visit(cmd)
	}
}

// Errors implements core.Server.
func (srv *Server) Errors() map[string]int64 {
	sum := map[string]int64{}
	for _, w := range srv.workers {
		for code, n := range w.stats.errors {
			sum[code] += n
		}
	}
	return sum
}

// ResetStats implements core.Server.
func (srv *Server) ResetStats() {
	for _, w := range srv.workers {
		w.stats.reset()
	}
	for _, fn := range srv.registry.StatsResets() {
		fn()
	}
	srv.writes.Store(0)
	srv.sweeps.nanos.Store(0)
	srv.sweeps.cut.Store(0)
	srv.accepts.accepted.Store(0)
	srv.accepts.rejected.Store(0)
	srv.net.Failed.Store(0)
	srv.ks.ResetStats()
	srv.evict.evicted.Store(0)
	srv.crowd.evicted.Store(0)
	srv.usage.mu.Lock()
	srv.usage.history = [16]traffic{}
	srv.usage.at = 0
	srv.usage.mu.Unlock()
}

// ConfigFile implements core.Server.
func (srv *Server) ConfigFile() string { return srv.file }

// RewriteConfig implements core.Server.
func (srv *Server) RewriteConfig() error {
	if srv.file == "" {
		return errors.New("The server is running without a config file")
	}
	return hostconfig.Rewrite(srv.file, srv.registry.Config, false)
}

// Loading implements core.Server.
func (srv *Server) Loading() bool {
	return srv.loadingNow() || srv.loadGuard.On()
}

// Background implements core.Server.
func (srv *Server) Background() *core.Background { return &srv.background }

// Dirty implements core.Server. A command counts its changes with locks held.
func (srv *Server) Dirty(locked bool) (sum int64) {
	for _, w := range srv.workers {
		if locked {
			sum += w.stats.dirty
		} else {
			sum += w.dirty.Load()
		}
	}
	return sum
}

// Path implements core.Server.
func (srv *Server) Path(name string) string { return srv.params.path(name) }

// Loops implements core.Server.
func (srv *Server) Loops() int { return srv.loops() }

// Dial implements core.Server.
func (srv *Server) Dial(ctx context.Context, address string, secure bool) (net.Conn, error) {
	return srv.net.Dial(ctx, address, secure)
}

// Standstill implements core.Server.
func (srv *Server) Standstill(fn func()) {
	_ = srv.standstill(func() error {
		fn()
		return nil
	})
}

// SetAuthority implements core.Server.
func (srv *Server) SetAuthority(a core.Authority) {
	srv.ks.SetExpiry("authority", a.Expiry)
	if srv.keepAll.Swap(a.KeepAll) && !a.KeepAll {
		srv.evict.ask()
	}
}

// ActiveExpire implements core.Server.
func (srv *Server) ActiveExpire(on bool) { srv.expiry.Store(on) }

// Executable implements core.Server.
func (srv *Server) Executable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// Version implements core.Server.
func (srv *Server) Version() core.Versions {
	return core.Versions{Redis: redisVersion, Ferrous: Version}
}

// applyLogLevel is CONFIG SET loglevel.
func (srv *Server) applyLogLevel() error {
	srv.log.SetLevel(logLevels[srv.params.logLevel.Load()])
	return nil
}

// logLevels are Redis's levels, from debug to nothing.
var logLevels = [...]hclog.Level{hclog.Trace, hclog.Debug, hclog.Info, hclog.Warn, hclog.Off}

// spareFiles is how many files beside clients' connections may be open.
const spareFiles = 64

// applyMaxClients raises the limit of open files to what maxclients needs. At
// start-up a limit that cannot be raised lowers maxclients; later it is an
// error.
func (srv *Server) applyMaxClients() error {
	want := uint64(srv.params.maxClients.Load()) + spareFiles
	have, err := raiseFileLimit(want)
	if err != nil || have >= want {
		return err
	}
	if srv.serving.Load() {
		return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", max(int64(have)-spareFiles, 1))
	}
	fit := int64(have) - spareFiles
	if fit < 1 {
		return fmt.Errorf("the limit of open files, %d, is not enough for the server to start: raise it (ulimit -n) to %d at least", have, spareFiles+1)
	}
	srv.log.Warn("the limit of open files is too low for maxclients, which is reduced", "limit", have, "maxclients", fit)
	srv.params.maxClients.Store(fit)
	return nil
}
