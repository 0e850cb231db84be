package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Who looks at all of a server need not stop it. A survey asks one worker after the other, and one part of the shards
// after the other, each for as long as it takes to add up some figures; what is told is told then, when everybody is at
// work again.
//
// The worker that asks gives its own mu up for that, since it waits for those of others, and has it again when the command
// runs. So nobody stops all workers meanwhile (stopOthers wants every mu): what only such a command changes stands still for
// the one that has made a survey.

// Survey is what the engine tells of itself and of the data.
type Survey struct {
	Totals   Totals
	Clients  ClientFigures
	Commands []core.CommandStats // by the row's ID
	Errors   map[string]int64    // replies by code
	Keys     keyspace.Survey
}

const (
	surveyStride = 256 // sessions that are looked at without letting go of their worker
	surveyShards = 8   // shards that are locked together
	crowdOf      = 512 // sessions of a worker above which they are many
	crowdAge     = 100 // milliseconds that the figures of many are used for
)

// survey makes one for the command that the worker is about to run, and takes its look, which may be nil. False means
// that the shards were not to be had, since somebody holds them and takes long. The worker's turn and mu are held, no shards.
func (w *worker) survey(c *core.Ctx, look *core.Look) bool {
	if look == nil {
		look = &core.Look{}
	}
	w.publish()
	var sv *Survey
	if !look.Only {
		sv = w.emptySurvey()
	}
	w.mu.Unlock()
	for i, o := range w.eng.workers {
		o.mu.Lock()
		if sv != nil {
			sv.addWorker(o, i)
			sv.addCrowd(o, c.Now)
		}
		o.look(look)
		o.mu.Unlock()
	}
	w.mu.Lock()
	if sv == nil {
		return true
	}
	sv.complete(w.eng)
	for sh := 0; sh < keyspace.Shards; sh += surveyShards {
		set := keyspace.Locks(1<<surveyShards-1) << sh
		if !w.lane.LockUnlessLong(set) {
			return false
		}
		w.eng.ks.Survey(&sv.Keys, set, c.Now)
		if look.Loop != nil && sh == 0 {
			look.Loop(w.eng.watch.spare.ctx.Loop, func() {}) // it is at work only while somebody holds all shards
		}
		if look.Shards != nil {
			look.Shards(set)
		}
		w.lane.Unlock(set)
	}
	return true
}

// look takes a look at a worker, whose mu is held, but given up now and then.
func (w *worker) look(look *core.Look) {
	if look.Session != nil {
		w.each(func(s *session) {
			if s.closing == open {
				look.Session(&s.Session)
			}
		})
		w.wakeIfTouched()
	}
	if look.Loop != nil {
		look.Loop(w.id, w.rest)
	}
}

// rest lets go of a worker's mu for a moment.
func (w *worker) rest() {
	w.mu.Unlock()
	w.mu.Lock()
}

// LookAround implements core.Execution.
func (eng *Engine) LookAround(look *core.Look) {
	if look.Session != nil {
		eng.Sessions(func(s *core.Session) bool { look.Session(s); return true })
	}
	if look.Loop != nil {
		for loop := range eng.Executors() {
			look.Loop(loop, func() {})
		}
	}
	if look.Shards != nil {
		look.Shards(keyspace.AllShards)
	}
}

// each calls fn for every session of a worker, whose mu is held, but given up now and then. From the end to the beginning: what
// takes the place of one that ends comes from the end, so none is missed, though some may be seen twice.
func (w *worker) each(fn func(s *session)) {
	for left := len(w.sessions); left > 0; {
		for n := 0; n < surveyStride && left > 0; n++ {
			left--
			fn(w.sessions[left])
		}
		if left > 0 {
			w.rest()
			left = min(left, len(w.sessions))
		}
	}
}

// emptySurvey returns the worker's own, which is used again and again.
func (w *worker) emptySurvey() *Survey {
	sv := w.surveyed
	if sv == nil {
		sv = &Survey{Commands: make([]core.CommandStats, len(w.stats.commands)), Errors: map[string]int64{}}
		w.surveyed = sv
	}
	clear(sv.Commands)
	clear(sv.Errors)
	sv.Keys.Reset()
	sv.Totals, sv.Clients = Totals{}, ClientFigures{}
	return sv
}

// addCrowd adds the sessions of a worker, whose mu is held, but given up now and then. Of many, figures that are a little old
// will do: to look at ten thousand takes longer than all the rest.
func (sv *Survey) addCrowd(o *worker, now int64) {
	if len(o.sessions) <= crowdOf || now < o.crowdAt || now-o.crowdAt >= crowdAge {
		var f ClientFigures
		o.each(f.add)
		o.crowd, o.crowdAt = f, now
	}
	sv.Clients.sum(&o.crowd)
}

// addWorker adds a worker's counts. Its mu is held.
func (sv *Survey) addWorker(w *worker, i int) {
	if w.stats.processed == 0 && len(w.stats.errors) == 0 && w.stats.reads == 0 {
		return // nothing ever came to it
	}
	sv.Totals.addWorker(&w.stats, i)
	for i := range w.stats.commands {
		st, sum := &w.stats.commands[i], &sv.Commands[i]
		sum.Calls += st.Calls
		sum.Nanos += st.Nanos
		sum.Rejected += st.Rejected
		sum.Failed += st.Failed
	}
	for code, n := range w.stats.errors {
		sv.Errors[code] += n
	}
}

// complete adds what is no worker's.
func (sv *Survey) complete(eng *Engine) {
	sv.Totals.complete(eng)
	sv.Clients.complete(eng)
}

// SurveyFor returns the survey that was made for a command that is running, or one made now for a caller (with a command or
// nil) for whom everything stands still.
func (eng *Engine) SurveyFor(c *core.Ctx) *Survey {
	if c != nil && c.Surveyed {
		return c.Exec.(*worker).surveyed
	}
	sv := eng.counts()
	for _, w := range eng.workers {
		for _, s := range w.sessions {
			sv.Clients.add(s)
		}
	}
	sv.complete(eng)
	eng.ks.Survey(&sv.Keys, keyspace.AllShards, eng.clock.Load())
	return sv
}

// Survey implements core.Execution.
func (eng *Engine) Survey(look *core.Look, fn func(c *core.Ctx)) {
	p := eng.Player(nil).(*player)
	p.ctx.Now = eng.clock.Load()
	w := p.w
	w.enter()
	made := w.survey(&p.ctx, look)
	if made {
		p.ctx.Surveyed = true
		fn(&p.ctx)
	}
	w.leave()
	if !made { // in the midst of a command that takes long: then everything stands still anyway
		eng.Standstill(func() {
			if look != nil {
				eng.LookAround(look)
			}
			fn(nil)
		})
	}
}
