package host

import (
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// cron does the server's background work, hz times a second: it keeps the
// clock, sweeps the shards, ends pauses and looks after idle clients. It ends
// with the server.
func (srv *Server) cron() {
	defer close(srv.cronDone)
	defer func() {
		if p := recover(); p != nil {
			srv.crashed(p, "background work")
		}
	}()
	var second int64
	var heap heapWatch
	defer heap.end()
	period := time.Second / time.Duration(srv.params.hz.Load())
	timer := time.NewTimer(period)
	defer timer.Stop()
	defer srv.pause.timer.Stop()
	for {
		select {
		case <-srv.stopping:
			return
		case <-srv.evict.more:
			srv.evictMore(srv.readClock())
			continue
		case <-srv.pause.timer.C:
			srv.pauseOver()
			continue
		case <-timer.C:
		}
		period = time.Second / time.Duration(srv.params.hz.Load())
		timer.Reset(period)
		now := srv.readClock()
		srv.sweep(now, period)
		srv.ks.Rest(now/1000 != second)
		srv.buffers.Rest(now/1000 != second)
		srv.defragment(period)
		srv.watchClients()
		if srv.serving.Load() {
			for _, fn := range srv.registry.Ticks() {
				fn(now)
			}
		}
		if now/1000 != second {
			second = now / 1000
			srv.everySecond(now)
			srv.sayLoading()
			heap.look(len(srv.floor))
		}
	}
}

// sweepBudget is about how many keys one step under a shard's lock looks at:
// some tens of microseconds, the longest that a command ever waits for the
// sweeper.
const sweepBudget = 256

// sweep lets every shard do its housekeeping, again as long as there is more
// to do, for at most a part of the period that active-expire-effort allows: a
// quarter at effort 1, nearly half at 10.
func (srv *Server) sweep(now int64, period time.Duration) {
	effort := srv.params.expireEffort.Load() - 1
	limit := period * time.Duration(25+2*effort) / 100
	start := time.Now()
	defer func() { srv.sweeps.nanos.Add(int64(time.Since(start))) }()
	for again := true; again; {
		again = false
		for sh := range keyspace.Shards {
			if srv.ks.Sweep(sh, now, sweepBudget, srv.expiry.Load() && !srv.loadingNow()) {
				again = true
			}
		}
		if time.Since(start) > limit {
			srv.sweeps.cut.Add(1)
			return
		}
	}
}

// sweepStats tell how the search for expired keys went.
type sweepStats struct {
	nanos atomic.Int64 // how long it has taken
	cut   atomic.Int64 // how often the time was up before the work was done
}

// everySecond looks at every session: idle ones are disconnected after
// timeout, those over a soft limit when their time is up.
func (srv *Server) everySecond(now int64) {
	srv.usage.sample(now, srv)
	timeout := srv.params.timeout.Load() * 1000
	for _, w := range srv.workers {
		w.Post(func() { w.inspect(now, timeout) })
	}
}

func (w *worker) inspect(now, timeout int64) {
	for _, s := range w.sessions {
		if s.pending.Bytes() > 0 {
			w.touch(s) // flush checks the soft limit
		}
		s.pending.Rest()
		if timeout > 0 && s.wait == nil && !s.paused && s.kind == 0 && now-s.Active > timeout {
			w.srv.log.Debug("Closing idle client", "id", s.ID, "addr", s.Addr)
			s.Close(false, "idle for too long")
		}
		if cap(s.query) > keepQuery && len(s.query) == 0 {
			s.query = nil
		}
	}
	if cap(w.w.Buf) > flushAt && len(w.w.Buf) == 0 {
		w.w.Buf = make([]byte, 0, 64<<10)
	}
}
