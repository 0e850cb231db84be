package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Loading: at the start the sources of data are asked while clients can connect
// already; if it takes long they are answered -LOADING.

// loading is a load under way.
type loading struct {
	*core.Progress
	beside bool // data that are there are served meanwhile
	start  time.Time
	said   time.Time // when the log was told of it last; cron's
}

// loader is the server's state of loading.
type loader struct {
	current atomic.Pointer[loading]
	cancel  context.CancelFunc // of the load at the start
	ctx     context.Context
	answers chan struct{} // closed when clients that connect are to be answered

	guard *core.Switch // on while there are no data to be served
	aside *core.Switch // on while data are brought in beside those that are served
}

// declareGuards registers what is refused during a load.
func (l *loader) declareGuards(r *core.Registry) {
	l.guard = r.Guard(core.Guard{
		Name: "loading", Order: core.GuardLoading, Spares: core.Loading, Err: core.ErrLoading,
		Doors: core.At(core.TopLevel, core.InMulti, core.Retried),
	})
	l.aside = r.Guard(core.Guard{
		Name: "loading-aside", Order: core.GuardLoading, Refuses: core.NoAsyncLoading, Err: core.ErrLoading,
		Doors: core.At(core.TopLevel, core.InMulti, core.Retried),
	})
}

// loadPatience is how long clients that connect while the server starts are left
// to wait, in the queues of the sockets, for data that most probably are there in a
// moment. After that they are told -LOADING. Whoever waits for the port and then
// works expects to be served.
const loadPatience = 500 * time.Millisecond

// errStopped is why a server does not come up that was told to stop meanwhile.
var errStopped = errors.New("told to stop while loading")

// loadData asks the sources until one has the data. The server serves before anybody is
// answered otherwise than with -LOADING: what is written then is saved by a signal that
// ends the server, however early.
func (srv *Server) loadData() (err error) {
	var once sync.Once
	answer := func() { once.Do(func() { close(srv.loader.answers) }) }
	patience := time.AfterFunc(loadPatience, answer)
	defer func() {
		patience.Stop()
		srv.serving.Store(err == nil)
		srv.loader.guard.Set(false)
		answer()
	}()
	for _, source := range srv.registry.Loads() {
		done, err := source()
		if srv.loader.ctx.Err() != nil {
			return errStopped
		}
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	return nil
}

// Load implements core.Server.
func (srv *Server) Load(total int64, fn func(ctx context.Context, p *core.Progress) error) error {
	now := time.Now()
	l := &loading{Progress: &core.Progress{Total: total}, start: now, said: now}
	starting := !srv.serving.Load()
	srv.showExpired(keyspace.ShowExpired, starting)
	srv.loader.current.Store(l)
	err := fn(srv.loader.ctx, l.Progress)
	srv.loader.current.Store(nil)
	srv.showExpired(keyspace.DeleteExpired, starting)
	return err
}

// Reload implements core.Server.
func (srv *Server) Reload(ctx context.Context, total int64, beside bool, fn func(ctx context.Context, p *core.Progress) error) error {
	now := time.Now()
	l := &loading{Progress: &core.Progress{Total: total}, start: now, said: now, beside: beside}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(srv.loader.ctx, cancel)()
	srv.Standstill(func() { srv.setReload(l) })
	defer srv.Standstill(func() { srv.setReload(nil) })
	return fn(ctx, l.Progress)
}

// setReload begins or ends (nil) a load of a server that serves. Everything stands
// still, so that no command runs that was let in before.
func (srv *Server) setReload(l *loading) {
	srv.loader.current.Store(l)
	mode := keyspace.DeleteExpired
	if l != nil && !l.beside {
		mode = keyspace.ShowExpired
	}
	srv.ks.SetExpiry("load", mode)
	srv.loader.guard.Set(l != nil && !l.beside)
	srv.loader.aside.Set(l != nil && l.beside)
}

// showExpired says what a load wants to be done with expired keys; lock says that
// the caller does not hold all shards.
func (srv *Server) showExpired(mode keyspace.ExpiryMode, lock bool) {
	if lock {
		srv.ks.Lock(keyspace.AllShards)
		defer srv.ks.Unlock(keyspace.AllShards)
	}
	srv.ks.SetExpiry("load", mode)
}

// Replacing implements engine.Host.
func (srv *Server) Replacing() bool {
	l := srv.loader.current.Load()
	return l != nil && !l.beside
}

// LoadsBeside implements core.Server.
func (srv *Server) LoadsBeside() bool { return srv.loader.aside.On() }

// sayLoading writes a line about a long load into the log now and then.
func (srv *Server) sayLoading() {
	const every = 5 * time.Second
	l := srv.loader.current.Load()
	if l == nil || time.Since(l.said) < every {
		return
	}
	l.said = time.Now()
	text := fmt.Sprintf("Loading: %.1f%% of %s, %d keys, about %d s to go", l.percent(), core.HumanBytes(l.size()), l.Keys(), l.eta())
	srv.log.Info(text)
	if !srv.serving.Load() {
		srv.process.super.goesOn(srv.log, text)
	}
}

func (l *loading) percent() float64 { return 100 * float64(l.Done()) / float64(l.size()) }

// size is how many bytes there are, or seem to be.
func (l *loading) size() int64 {
	if l.Total > 0 {
		return l.Total
	}
	return max(l.Guess.Load(), l.Done()+l.Done()/1000, 1)
}

// eta returns the seconds that are left at the speed so far.
func (l *loading) eta() int64 {
	elapsed := time.Since(l.start).Seconds()
	return int64(elapsed * float64(l.size()-l.Done()) / float64(max(l.Done(), 1)))
}

// infoPersistence is the host's part of the section; modules add theirs.
func (srv *Server) infoPersistence(w *core.InfoWriter) {
	l := srv.loader.current.Load()
	w.Bool("loading", srv.Loading())
	w.Bool("async_loading", l != nil && l.beside)
	if l == nil {
		return
	}
	w.Int("loading_start_time", l.start.Unix())
	w.Int("loading_total_bytes", l.Total)
	w.Int("loading_loaded_bytes", l.Done())
	w.Printf("loading_loaded_perc", "%.2f", l.percent())
	w.Int("loading_loaded_keys", l.Keys())
	w.Int("loading_eta_seconds", max(l.eta(), 1))
}
