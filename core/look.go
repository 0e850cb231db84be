package core

import "github.com/ferrousdb/ferrous/core/keyspace"

// Look is a look at what belongs to event loops, sessions and shards, for a row with Surveys (Command.Look) or a
// section of INFO (InfoSection.Look): it goes from one to the next, and each stands still only while its own is
// looked at, so what was seen is of no one moment. It is made for one call, and keeps what it sees in variables that
// its functions share. Any of these may be nil; they are called in the order in which they stand here.
type Look struct {
	// Session is called for every session while its loop stands still: for some hundreds at most, then the loop has its
	// turn before the next. Who is there all the time is visited, twice at times; others may be.
	Session func(s *Session)
	// Loop is called for every executor (Ctx.Loop) while it stands still. What takes longer than some tens of microseconds
	// calls rest in between, which lets the executor have its turn.
	Loop func(loop int, rest func())
	// Shards is called with the locks of some shards, which it may not keep, until it was with those of all.
	Shards func(set keyspace.Locks)
	// Only says that the call wants nothing but what Session sees, the other two being nil: what Server.Info and Figures.Memory tell
	// of, which takes longer than a look at some sessions, is not gathered.
	Only bool
	// Found is where who has made the look finds what it has seen.
	Found any
}

// Looked returns the command's look (Command.Look) after it: it was before the command ran, or is now if everything
// stands still for the command anyway, within a transaction or a script.
func (c *Ctx) Looked() *Look {
	if c.Look == nil {
		c.Look = c.Cmd.Look(c)
		c.Server.LookAround(c.Look)
	}
	return c.Look
}

// Join returns a look that does what all of them do; nil ones do nothing.
func Join(looks ...*Look) *Look {
	all := &Look{}
	for _, l := range looks {
		if l == nil {
			continue
		}
		all.Session = both(all.Session, l.Session)
		all.Shards = both(all.Shards, l.Shards)
		if first, then := all.Loop, l.Loop; first == nil {
			all.Loop = then
		} else if then != nil {
			all.Loop = func(loop int, rest func()) { first(loop, rest); then(loop, rest) }
		}
	}
	return all
}

func both[T any](first, then func(T)) func(T) {
	switch {
	case first == nil:
		return then
	case then == nil:
		return first
	}
	return func(x T) { first(x); then(x) }
}
