package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
	"github.com/ferrousdb/ferrous/host/engine"
)

// What modules may ask of the host: the implementation of core.Server.
var _ core.Server = (*Server)(nil)

// Log implements core.Server.
func (srv *Server) Log() core.Logger { return srv.log }

// Registry implements core.Server.
func (srv *Server) Registry() *core.Table { return srv.registry }

// Keyspace implements core.Server.
func (srv *Server) Keyspace() *keyspace.Keyspace { return srv.ks }

// StartTime implements core.Server.
func (srv *Server) StartTime() time.Time { return srv.start }

// ResetStats implements core.Server.
func (srv *Server) ResetStats() {
	srv.eng.ResetStats()
	for _, fn := range srv.registry.StatsResets() {
		fn()
	}
	srv.sweeper.nanos.Store(0)
	srv.sweeper.cut.Store(0)
	srv.net.Failed.Store(0)
	srv.ks.ResetStats()
	srv.evict.evicted.Store(0)
	srv.usage.mu.Lock()
	srv.usage.history = [16]engine.Traffic{}
	srv.usage.at = 0
	srv.usage.mu.Unlock()
}

// ConfigFile implements core.Server.
func (srv *Server) ConfigFile() string { return srv.process.file }

// RewriteConfig implements core.Server.
func (srv *Server) RewriteConfig(all bool) error {
	if srv.process.file == "" {
		return errors.New("The server is running without a config file")
	}
	return hostconfig.Rewrite(srv.process.file, srv.registry.Config, all)
}

// Loading implements core.Server.
func (srv *Server) Loading() bool {
	return srv.Replacing() || srv.loader.guard.On()
}

// Background implements core.Server.
func (srv *Server) Background() *core.Background { return &srv.background }

// Path implements core.Server.
func (srv *Server) Path(name string) string { return srv.params.path(name) }

// Loops implements core.Server.
func (srv *Server) Loops() int { return srv.loops() }

// Dial implements core.Server.
func (srv *Server) Dial(ctx context.Context, address string, secure bool) (net.Conn, error) {
	return srv.net.Dial(ctx, address, secure)
}

// Serve implements core.Server.
func (srv *Server) Serve(ctx context.Context, g core.Guest) (*core.Session, error) {
	kind := "tcp"
	if g.TLS {
		kind = "tls"
	}
	s, err := srv.net.Adopt(ctx, g.Conn, kind, g.Addr, g.LocalAddr)
	if err != nil {
		return nil, err
	}
	return engine.SessionOf(s), nil
}

// SetAuthority implements core.Server.
func (srv *Server) SetAuthority(a core.Authority) {
	srv.ks.SetExpiry("authority", a.Expiry)
	if srv.evict.keepAll.Swap(a.KeepAll) && !a.KeepAll {
		srv.evict.ask()
	}
}

// ActiveExpire implements core.Server.
func (srv *Server) ActiveExpire(on bool) { srv.sweeper.expires.Store(on) }

// Executable implements core.Server.
func (srv *Server) Executable() string { return srv.facts.executable }

// Version implements core.Server.
func (srv *Server) Version() core.Versions {
	return core.Versions{Redis: redisVersion, Ferrous: Version}
}

// applyLogLevel is CONFIG SET loglevel.
func (srv *Server) applyLogLevel() error {
	srv.log.setLevel(logLevels[srv.params.logLevel.Load()])
	return nil
}

// logLevels are Redis's levels, from debug to nothing.
var logLevels = [...]logging.Level{logging.Trace, logging.Debug, logging.Info, logging.Warn, logging.Off}

// spareFiles is how many files beside clients' connections may be open.
const spareFiles = 64

// applyMaxClients raises the limit of open files to what maxclients needs. At
// start-up a limit that cannot be raised lowers maxclients; later it is an
// error.
func (srv *Server) applyMaxClients() error {
	want := uint64(srv.params.engine.MaxClients.Load()) + spareFiles
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
	srv.params.engine.MaxClients.Store(fit)
	return nil
}
