package core

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/wire"
)

// The write feed. A command's writes are published when it has run, those of a
// transaction or script when all of it has. Only keys that turn out to have
// expired, or that are evicted, are told of at once: that is before the unit that
// met them, whose own writes to such a key all came later. But where the unit has
// swapped databases, what it meets then had another name before: that is told of within
// the unit, where it is met.

// Fed is one effective write in the form in which it is to be repeated on a
// replica or from a log. Writes that belong together arrive between a Fed
// with Unit set to UnitBegin and one with UnitEnd (both without arguments); a
// transaction or script that made one write only arrives as that write alone.
type Fed struct {
	DB   int
	Args [][]byte // valid during the call
	Unit Unit
	Skip FeedTarget // who is not to have it; of a mark, who is to have nothing of the unit
	// Client is the ID of the session whose command it was: then hooks of OnTurnEnd are
	// called before the reply leaves. It is 0 for what no client's command has done.
	Client uint64

	arrivals []*keyspace.Arrival // which some of the arguments are
	shared   *[]byte             // where it is encoded for several listeners, nil for one
}

// AppendTo appends the command as it goes over the wire. With several listeners it is encoded
// by the first that asks.
func (f *Fed) AppendTo(b []byte) []byte {
	if f.shared == nil {
		return wire.AppendCommand(b, f.Args...)
	}
	if len(*f.shared) == 0 {
		*f.shared = wire.AppendCommand(*f.shared, f.Args...)
	}
	return append(b, *f.shared...)
}

// Arrived reports whether there may be arguments to Hold.
func (f *Fed) Arrived() bool { return len(f.arrivals) > 0 }

// Hold keeps an argument that is large as it is beyond the call, until release is
// called, once, from any goroutine: it need not be copied. ok is false for others.
func (f *Fed) Hold(arg []byte) (release func(), ok bool) {
	if len(arg) < holdFrom {
		return nil, false
	}
	for _, a := range f.arrivals {
		if unsafe.SliceData(a.Bytes()) == unsafe.SliceData(arg) && len(arg) == len(a.Bytes()) {
			return a.Hold(), true
		}
	}
	return nil, false
}

// holdFrom is the length from which holding an argument is worth more than copying it.
const holdFrom = 256 << 10

// FeedTarget is a set of those who are fed.
type FeedTarget uint8

// Those who are fed.
const (
	FeedLog FeedTarget = 1 << iota
	FeedReplicas
	FeedAll = FeedLog | FeedReplicas
)

// FeedTo says who is to be fed what is called from now on (Call), for scripts that
// choose (redis.set_repl). It is everybody until the command ends.
func (c *Ctx) FeedTo(to FeedTarget) { c.feed.skip = FeedAll &^ to }

// Unit marks the bounds of writes that are one transaction.
type Unit uint8

// The marks.
const (
	UnitNone Unit = iota
	UnitBegin
	UnitEnd
)

// feed is what a command wants to be repeated.
type feed struct {
	given   bool // writes stand in for the command as it was given
	forward bool // it is fed although it has changed nothing
	all     []Fed
	// What nested commands have fed is copied to here, since their arguments
	// die before the unit is published.
	args [][]byte
	text []byte

	// These two say nothing about writes: a command may have them, and not be given.
	skip    FeedTarget // of what is called now
	swapped bool       // databases have been swapped
}

// keepFeed is up to how many writes the room for them is kept for the next command.
const keepFeed = 1 << 10

func (f *feed) reset() {
	f.given, f.forward = false, false
	if cap(f.all) > keepFeed || cap(f.args) > 8*keepFeed || cap(f.text) > 64*keepFeed {
		*f = feed{}
		return
	}
	clear(f.all)
	clear(f.args)
	f.all, f.args, f.text = f.all[:0], f.args[:0], f.text[:0]
}

// copy adds a write whose arguments will not last.
func (f *feed) copy(db int, args [][]byte, skip FeedTarget) {
	first := len(f.args)
	for _, a := range args {
		at := len(f.text)
		f.text = arena.Append(f.text, a)
		f.args = append(f.args, f.text[at:len(f.text):len(f.text)])
	}
	f.all = append(f.all, Fed{DB: db, Args: f.args[first:len(f.args):len(f.args)], Skip: skip})
}

// Propagate says in what form the change is to be repeated by logs and
// replicas, instead of the command as it was given. Called several times, it
// adds up to a unit. The slices must stay unchanged until the command ends.
func (c *Ctx) Propagate(args ...[]byte) {
	c.feed.given = true
	if c.Hooks.any(hookFeed) {
		c.feed.all = append(c.feed.all, Fed{DB: c.DB.Index(), Args: append([][]byte(nil), args...), arrivals: c.Arrivals})
	}
}

// PropagateNothing keeps the command out of the feed although it made changes.
func (c *Ctx) PropagateNothing() {
	c.feed.given = true
	clear(c.feed.all) // what lies beyond the end would hold arguments for ever
	c.feed.all = c.feed.all[:0]
}

// Forward has replicas run the command as it was given, although it changes no data:
// it reaches somebody there (PUBLISH). No log has it.
func (c *Ctx) Forward() {
	if !c.Hooks.any(hookFeed) {
		return
	}
	c.feed.given, c.feed.forward = true, true
	c.feed.all = append(c.feed.all, Fed{DB: c.DB.Index(), Args: c.fedArgs(), Skip: FeedLog})
}

// Feeds reports whether the command has left something for Feed; it is the host's.
func (c *Ctx) Feeds() bool { return c.Dirty > 0 || c.feed.forward }

// Absorb makes what a nested command has changed a part of what c changes; it
// is the host's.
func (c *Ctx) Absorb(nested *Ctx) {
	if nested.HasAfterReply() {
		c.afterReply = append(c.afterReply, nested.TakeAfterReply()...)
	}
	c.feed.given = true
	c.Dirty += nested.Dirty
	c.feed.forward = c.feed.forward || nested.feed.forward
	c.feed.swapped = c.feed.swapped || nested.feed.swapped
	switch {
	case !nested.Feeds() || !c.Hooks.Feeding():
	case !nested.feed.given:
		c.feed.copy(nested.DB.Index(), nested.fedArgs(), c.feed.skip)
	default:
		for _, f := range nested.feed.all {
			c.feed.copy(f.DB, f.Args, f.Skip|c.feed.skip)
		}
	}
}

// Feed publishes what the command has changed; it is the host's, called while
// the locks are still held.
func (c *Ctx) Feed() {
	switch {
	case !c.Feeds() || !c.Hooks.Feeding():
	case !c.feed.given:
		c.Hooks.Feed(Fed{DB: c.DB.Index(), Args: c.fedArgs(), Client: c.client(), arrivals: c.Arrivals})
	default:
		c.Hooks.feedUnit(c.feed.all, c.client())
	}
}

// client is Fed.Client of what the command has changed.
func (c *Ctx) client() uint64 {
	if c.Session == nil {
		return 0
	}
	return c.Session.ID
}

// FeedStream is Feed for what a master has sent: raw, the very bytes, are published
// with it (OnStream), and nothing comes between. It is the host's.
func (c *Ctx) FeedStream(raw []byte) {
	h := c.Hooks
	h.feedMu.Lock()
	defer h.feedMu.Unlock()
	switch {
	case !c.Feeds() || !h.Feeding():
	case !c.feed.given:
		h.publish(Fed{DB: c.DB.Index(), Args: c.fedArgs(), arrivals: c.Arrivals})
	default:
		h.publishUnit(c.feed.all, 0)
	}
	for _, x := range h.stream {
		if x.sw.on.Load() {
			x.fn(c.DB.Index(), raw)
		}
	}
}

// OnStream registers a listener to the stream of the server's own master, byte for
// byte: each call is for whole units, after they have been executed, with their locks
// held, and after their writes have been fed. db is the database that they have left
// selected. Calls come one at a time, and none beside one of the feed. It must not
// keep the bytes.
func (r *Registry) OnStream(fn func(db int, raw []byte)) *Switch {
	sw := r.Hooks.newSwitch(9)
	r.Hooks.stream = append(r.Hooks.stream, hook[func(int, []byte)]{sw, fn})
	return sw
}

// Settled runs fn while nothing is being fed: what all listeners have heard is the
// same then. fn takes leaves only.
func (h *Hooks) Settled(fn func()) {
	h.feedMu.Lock()
	defer h.feedMu.Unlock()
	fn()
}

// Feeding reports whether somebody listens to the write feed.
func (h *Hooks) Feeding() bool { return h.any(hookFeed) }

// Feed publishes one write; the caller holds the locks of its keys.
func (h *Hooks) Feed(f Fed) {
	h.feedMu.Lock()
	defer h.feedMu.Unlock()
	h.publish(f)
}

// Swapped reports whether the command, or what it has called, has swapped databases; it
// is the host's.
func (c *Ctx) Swapped() bool { return c.feed.swapped }

// FeedGoneTo has what FeedGone tells collected for a unit, until it is called again with
// what it has returned; nil is nobody. It is the host's, around a command that a unit
// has called which has swapped databases, and so holds all locks.
func (h *Hooks) FeedGoneTo(unit *Ctx) (before *Ctx) {
	before, h.unit = h.unit, unit
	return before
}

// FeedGone publishes a deletion that no command asked for. The caller holds the lock of
// its key.
func (h *Hooks) FeedGone(f Fed) {
	if u := h.unit; u != nil {
		u.feed.given = true
		u.feed.copy(f.DB, f.Args, f.Skip)
		return
	}
	h.Feed(f)
}

// feedUnit publishes writes of a client that belong together; the caller holds the
// locks of the keys of all.
func (h *Hooks) feedUnit(all []Fed, client uint64) {
	h.feedMu.Lock()
	defer h.feedMu.Unlock()
	h.publishUnit(all, client)
}

func (h *Hooks) publishUnit(all []Fed, client uint64) {
	if len(all) == 0 {
		return
	}
	for i := range all {
		all[i].Client = client
	}
	if len(all) == 1 {
		h.publish(all[0])
		return
	}
	skip := FeedAll
	for _, f := range all {
		skip &= f.Skip
	}
	h.publish(Fed{DB: all[0].DB, Unit: UnitBegin, Skip: skip, Client: client})
	for _, f := range all {
		h.publish(f)
	}
	h.publish(Fed{DB: all[len(all)-1].DB, Unit: UnitEnd, Skip: skip, Client: client})
}

func (h *Hooks) publish(f Fed) {
	listen := 0
	for _, x := range h.feed {
		if x.sw.on.Load() {
			listen++
		}
	}
	if listen > 1 {
		h.encoded = h.encoded[:0]
		f.shared = &h.encoded
	}
	for _, x := range h.feed {
		if x.sw.on.Load() {
			x.fn(f)
		}
	}
	if cap(h.encoded) > keepEncoded {
		h.encoded = nil
	}
}

// keepEncoded is the largest buffer of encoded commands that is kept for the next.
const keepEncoded = 128 << 10
