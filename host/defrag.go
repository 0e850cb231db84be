package host

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// defrag gives memory back that values of changing sizes have left behind: the
// arena knows its blobs and a table finds each one's slot, so that entries in
// sparse slabs move together, a few hundred at a time under one shard's lock.
type defrag struct {
	on           *config.BoolVar
	ignore       *config.MemoryVar
	lower, upper *config.IntVar // percent of waste
	least, most  *config.IntVar // percent of the CPU

	shard   int // where it goes on; cron's own
	moved   atomic.Int64
	running atomic.Int64 // the share of the CPU now, percent
	steps   atomic.Int64 // under a shard's lock
	useful  atomic.Int64 // of those, the ones that have moved something
	nanos   atomic.Int64 // while it was running, by the clock
	since   atomic.Int64 // when it began to run, Unix nanoseconds; 0 when it does not
}

func (d *defrag) declare(s *config.Schema) {
	par := func(name, def, doc string) config.Param {
		return config.Param{Name: name, Section: "memory", Default: def, Doc: doc}
	}
	d.on = s.Bool(par("activedefrag", "yes", "Move data together when overwriting with values of other sizes has left much memory unused."))
	d.ignore = s.Memory(par("active-defrag-ignore-bytes", "100mb", "Waste below this is left alone."), 1, math.MaxInt64)
	d.lower = s.Int(par("active-defrag-threshold-lower", "10", "Waste in percent of the data from which moving begins."), 0, 1000)
	d.upper = s.Int(par("active-defrag-threshold-upper", "100", "Waste in percent of the data at which it is done with the greatest effort."), 0, 1000)
	d.least = s.Int(par("active-defrag-cycle-min", "1", "The least share of a CPU to spend on it, in percent."), 1, 99)
	d.most = s.Int(par("active-defrag-cycle-max", "25", "The greatest share of a CPU to spend on it, in percent."), 1, 99)
}

// effort is the share of the CPU to spend, in percent, for so much waste: it
// grows in a line between the thresholds.
func (d *defrag) effort(wasted, used int64) int64 {
	if !d.on.Load() || wasted < d.ignore.Load() {
		return 0
	}
	percent := wasted * 100 / max(used, 1)
	lower, upper := d.lower.Load(), d.upper.Load()
	if percent < lower {
		return 0
	}
	least, most := d.least.Load(), max(d.most.Load(), d.least.Load())
	if upper <= lower || percent >= upper {
		return most
	}
	return least + (most-least)*(percent-lower)/(upper-lower)
}

// current returns for how many nanoseconds it has been running, 0 if it does not.
func (d *defrag) current() int64 {
	if since := d.since.Load(); since != 0 {
		return time.Now().UnixNano() - since
	}
	return 0
}

// defragment is called by cron once a period.
func (srv *Server) defragment(period time.Duration) {
	d := &srv.defrag
	share := d.effort(srv.ks.Fragmentation())
	d.running.Store(share)
	if share == 0 {
		d.nanos.Add(d.current())
		d.since.Store(0)
		return
	}
	d.since.CompareAndSwap(0, time.Now().UnixNano())
	until := time.Now().Add(period * time.Duration(share) / 100)
	for visited := 0; visited < keyspace.Shards && time.Now().Before(until); {
		moved, done := srv.ks.Defrag(d.shard)
		d.moved.Add(int64(moved))
		d.steps.Add(1)
		if moved > 0 {
			d.useful.Add(1)
		}
		if done {
			d.shard = (d.shard + 1) % keyspace.Shards
			visited++
		}
	}
}
