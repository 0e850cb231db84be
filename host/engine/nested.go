package engine

import (
	"runtime"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// Commands within a command: what EXEC and scripts run. They have the locks,
// the clock and the reply of the outer command, and are counted like any other.

// nested sums up what commands within the running one have done, for the
// figures of the running one itself.
type nested struct {
	nanos int64  // they took; part of what the outer one takes
	errs  uint64 // they have replied; no failure of the outer one
}

// Call implements core.Executor.
func (w *worker) Call(c *core.Ctx, cmd *core.Command, args [][]byte, where core.Where) (ran bool) {
	in := w.innerCtx()
	in.Writer, in.Session, in.DB, in.Server = c.Writer, c.Session, c.DB, c.Server
	in.Unbounded, in.Committed = c.Unbounded, c.Committed
	in.Loop, in.Script = w.id, c.Script || c.Cmd.Categories()&core.CatScripting != 0
	in.Now, in.Locks, in.NoBlock, in.Hooks, in.Exec = c.Now, c.Locks, true, c.Hooks, c.Exec
	in.Obeyed = c.Obeyed
	in.Reset(cmd, args)
	outer := w.within
	w.within = nested{}
	mark, errs := c.Mark(), c.Errors()
	err := w.admitNested(in, where)
	if ran = err == nil; ran {
		if c.Swapped() {
			before := c.Hooks.FeedGoneTo(c)
			defer c.Hooks.FeedGoneTo(before)
		}
		if in.Flags()&core.AllSessions != 0 && !w.stopped {
			resume := w.stopWithin()
			defer resume()
		}
		if i := cmd.OnlyKey(); i != 0 && in.KeyArg == 0 {
			in.Hash, in.KeyArg = w.eng.ks.Hash(args[i]), i
		}
		err = cmd.Run(in)
	}
	if err != nil {
		c.Truncate(mark)
		c.Error(errorText(err))
	}
	if ran {
		w.eng.registry.Hooks.Ran(in)
		w.show(in)
		c.Absorb(in)
	}
	if s := c.Session; s != nil && s.DB != c.DB.Index() { // SELECT
		c.DB = w.eng.ks.DB(s.DB)
	}
	more := c.Errors() - errs
	nanos := w.count(cmd, in, ran, more > w.within.errs)
	if c.Writer == &w.w {
		outer.errs += more
	}
	outer.nanos += nanos
	w.within = outer
	w.depth-- // not if the command panics: see running
	return ran
}

// innerCtx returns the Ctx for the next depth of nesting; they are kept, so
// that calls allocate nothing.
func (w *worker) innerCtx() *core.Ctx {
	if w.depth == len(w.inner) {
		w.inner = append(w.inner, &core.Ctx{})
	}
	w.depth++
	return w.inner[w.depth-1]
}

// stopWithin makes every other worker stand still in the midst of a command that
// holds all shards, and returns what lets them go on. The worker's turn and mu are
// held.
//
// To wait for their mus, as stopOthers does, would be to wait for ever: shards come
// behind workers in the order of locks. But whoever does not let go of a mu is on its
// way to the gate, where it stands still; or somebody is stopping all workers, and
// stands still where the mu that it wants next is this one's, or that of one at the gate.
func (w *worker) stopWithin() (resume func()) {
	w.publish()
	var held []*worker
	for _, o := range w.eng.workers {
		for tries := 0; o != w; tries++ {
			if o.mu.TryLock() {
				held = append(held, o)
				break
			}
			if o.lane.Parked() || w.stuckBehind(o) {
				break
			}
			if runtime.Gosched(); tries > 100 {
				time.Sleep(10 * time.Microsecond)
			}
		}
	}
	w.stopped = true
	return func() {
		w.stopped = false
		for _, o := range held {
			o.wakeIfTouched()
			o.mu.Unlock()
		}
	}
}

// stuckBehind reports whether somebody who stops all workers has the mu of o, and
// cannot go on before the command is over that holds all shards.
func (w *worker) stuckBehind(o *worker) bool {
	at := int(w.eng.stopsAt.Load())
	if o.id >= at {
		return false
	}
	return at == w.id || w.eng.workers[at].lane.Parked() && int(w.eng.stopsAt.Load()) == at
}
