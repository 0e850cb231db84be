package engine

import (
	"maps"

	"github.com/ferrousdb/ferrous/core"
)

// What the engine knows of itself, for INFO and whoever looks after the server. Unless a
// function says otherwise every worker stands still.

// Traffic is what has passed through.
type Traffic struct {
	Commands int64 // executed
	In, Out  int64 // bytes
	Turns    int64 // of the loops
	Turning  int64 // nanoseconds of those
}

// Traffic adds up that of all workers, one after the other, which need not stand still.
func (eng *Engine) Traffic() (t Traffic) {
	for _, w := range eng.workers {
		w.mu.Lock()
		t.add(&w.stats)
		w.mu.Unlock()
	}
	return t
}

func (t *Traffic) add(st *workerStats) {
	t.Commands += st.processed
	t.In += st.netIn
	t.Out += st.netOut
	t.Turns += st.turns
	t.Turning += st.turning
}

// Totals are counts since the start, or since ResetStats.
type Totals struct {
	Traffic
	Running                 int64 // nanoseconds of commands
	Accepted, Rejected      int64 // connections
	Reads, Writes           int64 // system calls
	OtherReads, OtherWrites int64 // of those, by other loops than the first
	Errors                  int64 // replied
	ProtocolErrors          int64
	OutputLimitDrops        int64 // clients cut off for what they had not read
	EvictedClients          int64 // for maxmemory-clients
}

// addWorker adds the counts of a worker, the i-th.
func (t *Totals) addWorker(st *workerStats, i int) {
	t.add(st)
	t.Running += st.running
	t.Reads += st.reads
	t.Writes += st.writes
	if i > 0 {
		t.OtherReads += st.reads
		t.OtherWrites += st.writes
	}
	t.ProtocolErrors += st.protocolErrors
	t.OutputLimitDrops += st.outputLimitDrops
	for _, n := range st.errors {
		t.Errors += n
	}
}

// complete adds the counts that are no worker's.
func (t *Totals) complete(eng *Engine) {
	t.Accepted, t.Rejected = eng.accepts.accepted.Load(), eng.accepts.rejected.Load()
	t.Writes += eng.writes.Load()
	t.EvictedClients = eng.crowd.evicted.Load()
}

// ClientFigures tell of the sessions that there are.
type ClientFigures struct {
	Connected       int64
	MaxInput        int // the largest buffer of requests, bytes
	MaxOutput       int // the most that anybody has not read yet, bytes
	Blocked         int // waiting, those that are held back by a pause included
	Timed           int // of those, who wait until some time
	Paused          int // of those, who are held back
	PubSub          int
	BlockingKeys    int   // for which anybody waits
	BlockingOnNoKey int   // of those, for the end of which anybody does
	Weighed         int64 // bytes, as maxmemory-clients has counted them
	Sessions        int64
	Memory          int64 // of all of them, bytes
}

// add adds a session, whose worker does not move.
func (f *ClientFigures) add(s *session) {
	f.Sessions++
	f.Memory += int64(s.memory())
	f.MaxInput = max(f.MaxInput, cap(s.query))
	f.MaxOutput = max(f.MaxOutput, s.pending.Bytes())
	if s.wait != nil && s.wait.timer != nil {
		f.Timed++
	}
	switch s.kind {
	case core.ClientPubSub:
		f.PubSub++
	case core.ClientReplica: // Redis counts them apart
		f.Connected--
	}
	if s.paused {
		f.Paused++
	}
}

// sum adds the sessions of others.
func (f *ClientFigures) sum(o *ClientFigures) {
	f.Sessions += o.Sessions
	f.Memory += o.Memory
	f.Connected += o.Connected
	f.MaxInput, f.MaxOutput = max(f.MaxInput, o.MaxInput), max(f.MaxOutput, o.MaxOutput)
	f.Timed += o.Timed
	f.Paused += o.Paused
	f.PubSub += o.PubSub
}

// complete adds what is no session's. Who waits is counted where he waits, whatever the age of the other figures.
func (f *ClientFigures) complete(eng *Engine) {
	f.Blocked = f.Paused + eng.blocked.count() // those that are held back are blocked, too, to Redis
	f.Connected += eng.clients.Load()
	f.Weighed = eng.crowd.sum.Load()
	f.BlockingKeys, f.BlockingOnNoKey = eng.blocked.keysOf()
}

// Unsent returns how much the clients have not taken yet: bytes, and parts that are
// still to be made. The workers need not stand still.
func (eng *Engine) Unsent() (n int) {
	for _, w := range eng.workers {
		w.mu.Lock()
		for _, s := range w.sessions {
			n += s.pending.Bytes() + s.pending.Promised()
		}
		w.mu.Unlock()
	}
	return n
}

// Waiting returns how many sessions wait for something to come. The workers need not
// stand still.
func (eng *Engine) Waiting() int { return eng.blocked.count() }

// Executors implements core.Figures.
func (eng *Engine) Executors() int { return len(eng.workers) + 1 } // and the watchdog's

// CommandStats visits the statistics of commands that have been called.
func (sv *Survey) CommandStats(all []*core.Command, fn func(cmd *core.Command, s core.CommandStats)) {
	for _, cmd := range all {
		if sum := sv.Commands[cmd.ID()]; sum != (core.CommandStats{}) {
			fn(cmd, sum)
		}
		for i := range cmd.Sub {
			if sum := sv.Commands[cmd.Sub[i].ID()]; sum != (core.CommandStats{}) {
				fn(&cmd.Sub[i], sum)
			}
		}
	}
}

// counts adds up those of all workers.
func (eng *Engine) counts() *Survey {
	sv := eng.playing.emptySurvey() // it stands still, too
	for i, w := range eng.workers {
		sv.addWorker(w, i)
	}
	return sv
}

// Totals adds up the counts of everybody.
func (eng *Engine) Totals() Totals {
	t := eng.counts().Totals
	t.complete(eng)
	return t
}

// CommandStats implements core.Execution.
func (eng *Engine) CommandStats(fn func(cmd *core.Command, s core.CommandStats)) {
	eng.counts().CommandStats(eng.registry.All(), fn)
}

// Errors implements core.Execution.
func (eng *Engine) Errors() map[string]int64 { return maps.Clone(eng.counts().Errors) }

// Dirty implements core.Execution. A command counts its changes with locks held.
func (eng *Engine) Dirty(locked bool) (sum int64) {
	for _, w := range eng.workers {
		if locked {
			sum += w.stats.dirty
		} else {
			sum += w.dirty.Load()
		}
	}
	return sum
}

// ResetStats sets all counts to zero.
func (eng *Engine) ResetStats() {
	for _, w := range eng.workers {
		w.stats.reset()
	}
	eng.writes.Store(0)
	eng.accepts.accepted.Store(0)
	eng.accepts.rejected.Store(0)
	eng.crowd.evicted.Store(0)
}
