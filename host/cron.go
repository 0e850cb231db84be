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
	defer close(srv.ending.cron)
	defer func() {
		if p := recover(); p != nil {
			srv.eng.Crashed(p, "background work")
		}
	}()
	var second int64
	var heap heapWatch
	defer heap.end()
	period := time.Second / time.Duration(srv.params.hz.Load())
	timer := time.NewTimer(period)
	defer timer.Stop()
	for {
		select {
		case <-srv.ending.begun:
			return
		case <-srv.evict.more:
			srv.evictMore(srv.eng.ReadClock())
			continue
		case <-srv.eng.PauseEnds():
			srv.eng.PauseOver()
			continue
		case <-timer.C:
		}
		period = time.Second / time.Duration(srv.params.hz.Load())
		timer.Reset(period)
		now := srv.eng.ReadClock()
		srv.usage.weigh()
		srv.sweep(now, period)
		srv.ks.Rest(now/1000 != second)
		srv.buffers.Rest(now/1000 != second)
		srv.defragment(period)
		srv.eng.WatchClients()
		srv.lookWhetherToLeave()
		if srv.serving.Load() {
			for _, fn := range srv.registry.Ticks() {
				fn(now)
			}
		}
		if now/1000 != second {
			second = now / 1000
			srv.usage.sample(now, srv)
			srv.eng.Inspect(now)
			srv.sayLoading()
			srv.net.Renew()
			if srv.process.own && heap.floor == nil {
				heap.raiseFloor(&srv.process.floor)
				forgetStart()
			}
			heap.look()
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
	defer func() { srv.sweeper.nanos.Add(int64(time.Since(start))) }()
	for again := true; again; {
		again = false
		for sh := range keyspace.Shards {
			if srv.ks.Sweep(sh, now, sweepBudget, srv.sweeper.expires.Load() && !srv.Replacing()) {
				again = true
			}
		}
		if time.Since(start) > limit {
			srv.sweeper.cut.Add(1)
			return
		}
	}
}

// sweeper is the search for expired keys, and how it went.
type sweeper struct {
	expires atomic.Bool  // it is on
	nanos   atomic.Int64 // how long it has taken
	cut     atomic.Int64 // how often the time was up before the work was done
}
