package host

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/host/engine"
)

// usageSampler keeps the instantaneous rates of INFO, averages over the last
// sixteen seconds, and the peaks.
type usageSampler struct {
	mu         sync.Mutex
	at         int64
	last       engine.Traffic
	history    [16]engine.Traffic // per second
	next       int
	peakMemory int64

	rss     atomic.Int64 // bytes, as of the last look
	runtime atomic.Pointer[goFigures]
	rssAt   time.Time // when that was; cron's
}

// sample is called once a second by cron.
func (u *usageSampler) sample(now int64, srv *Server) {
	total := srv.eng.Traffic()
	used := srv.usedMemory()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.peakMemory = max(u.peakMemory, used)
	if u.at != 0 && now > u.at {
		per := func(now, last, ms int64) int64 { return max(now-last, 0) * 1000 / ms }
		ms := now - u.at
		u.history[u.next%len(u.history)] = engine.Traffic{
			Commands: per(total.Commands, u.last.Commands, ms), In: per(total.In, u.last.In, ms), Out: per(total.Out, u.last.Out, ms),
			Turns: per(total.Turns, u.last.Turns, ms), Turning: per(total.Turning, u.last.Turning, ms),
		}
		u.next++
	}
	u.at, u.last = now, total
}

// rates returns the averages.
func (u *usageSampler) rates() (t engine.Traffic) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, h := range u.history {
		t.Commands += h.Commands
		t.In += h.In
		t.Out += h.Out
		t.Turns += h.Turns
		t.Turning += h.Turning
	}
	n := int64(len(u.history))
	return engine.Traffic{Commands: t.Commands / n, In: t.In / n, Out: t.Out / n, Turns: t.Turns / n, Turning: t.Turning / n}
}

// rssEvery is how old the resident set is at most that INFO tells of, as in Redis. The
// system takes longer to say it than INFO for all the rest.
const rssEvery = 100 * time.Millisecond

// weigh looks how much memory the process has, and the Go runtime in it. It is called by cron.
func (u *usageSampler) weigh() {
	if now := time.Now(); now.Sub(u.rssAt) >= rssEvery*9/10 {
		u.rssAt = now
		u.rss.Store(residentBytes())
		f := readGo()
		u.runtime.Store(&f)
	}
}

// resident returns the resident set in bytes, as of the last look; before the first one
// it looks itself.
func (u *usageSampler) resident() int64 {
	if n := u.rss.Load(); n != 0 {
		return n
	}
	return residentBytes()
}
