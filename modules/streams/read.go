package streams

import (
	"bytes"
	"math"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/stream"
)

// reading is what XREAD or XREADGROUP is asked for.
type reading struct {
	keys  [2]int  // where the keys begin and end in the arguments; their IDs follow
	from  []start // for each key
	few   [4]start
	count int64 // of each stream; 0 for all

	block    bool
	deadline int64

	group, consumer int // the arguments; 0 for XREAD
	noack           bool
	claim           bool         // entries that have been pending for long, too
	idle            int64        // that long, in milliseconds
	look            atomic.Int64 // when something may have become pending for that long, Unix milliseconds
}

// start says which entries of a stream are wanted.
type start struct {
	after stream.ID // those that come after this
	fresh bool      // ">": those that no consumer of the group has got
}

var (
	errNoGroupWord  = core.Err("Missing GROUP option for XREADGROUP")
	errIdle         = core.Err("min-idle-time is not an integer or out of range")
	errIdleNegative = core.Err("min-idle-time must be a positive integer")
	errFresh        = core.Err("The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
)

// errOnlyGroup is for an option of XREADGROUP that is given to XREAD.
func errOnlyGroup(word string) error {
	return core.Err("The " + word + " option is only supported by XREADGROUP. You called XREAD instead.")
}

// errNoSense is for an ID of XREAD that is given to XREADGROUP.
func errNoSense(id string) error {
	return core.Err("The " + id + " ID is meaningless in the context of XREADGROUP: you want to read the history of this " +
		"consumer by specifying a proper ID, or use the > ID to get new messages. The " + id + " ID would just return an empty result set.")
}

// xread is XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...].
func xread(c *core.Ctx) error { return read(c, false) }

// xreadgroup is XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [CLAIM min-idle-time] [NOACK]
// STREAMS key [key ...] id [id ...].
func xreadgroup(c *core.Ctx) error { return read(c, true) }

func read(c *core.Ctx, group bool) error {
	r := &reading{}
	if err := r.parse(c, group); err != nil {
		return err
	}
	if err := r.parseIDs(c); err != nil {
		return err
	}
	if done := r.run(c); done {
		return nil
	}
	if !r.block {
		c.NullArray()
		return nil
	}
	return c.Block(r.wait(c))
}

// wait is for entries to come. It is the one place that knows how waiting is done: a change of one of the keys is worth
// a look at all of them; who reads for a group learns that it has gone, and so has to be asked when a key has.
func (r *reading) wait(c *core.Ctx) core.Wait {
	w := core.Wait{
		Keys: c.Args[r.keys[0]:r.keys[1]], Gone: r.group > 0, Deadline: r.deadline, Expired: (*core.Ctx).NullArray,
		Wants: r.wants(c),
		Retry: func(c *core.Ctx, _ []byte) (bool, error) {
			for i := range r.from {
				if _, err := r.open(c, r.keys[0]+i); err != nil {
					return false, r.reason(err)
				}
			}
			return r.run(c), nil
		},
	}
	switch {
	case r.claim:
		w.Due = r.due(c)
	case r.group > 0:
		w.Alike = consumerOf(c.Args[r.group])
	}
	return w
}

// consumerOf is core.Wait.Alike for those who wait for new entries as consumers of the group of that name.
type consumerOf string

// leastLook is how soon, in milliseconds, what is pending is looked at again at the earliest.
const leastLook = 10

// due returns what tells from a stream when something that is pending may be claimed, if it is not acknowledged before:
// what can be claimed already has been looked at, and what becomes pending from now on is not due before that much time.
func (r *reading) due(c *core.Ctx) func(e keyspace.Entry) int64 {
	group, server := bytes.Clone(c.Args[r.group]), c.Server
	return func(e keyspace.Entry) int64 {
		if e.Type() != keyspace.Stream {
			return 0
		}
		now := server.Now()
		at := now + min(r.idle, math.MaxInt64-now)
		if g, ok := stream.Of(e.Value()).Group(group); ok {
			if t, ok := g.NextAfter(now - r.idle); ok && t < now {
				at = t + r.idle
			}
		}
		if old := r.look.Load(); old <= now || at < old {
			r.look.Store(at)
		}
		return max(at, now+leastLook)
	}
}

// wants returns what tells whether a changed key may have something for the waiting client, an error included.
// Which of the keys it is that has changed is not known here, so any of their IDs will do.
func (r *reading) wants(c *core.Ctx) func(e keyspace.Entry) bool {
	if r.group == 0 {
		least := stream.MaxID
		for _, s := range r.from {
			if s.after.Less(least) {
				least = s.after
			}
		}
		return func(e keyspace.Entry) bool {
			return e.Type() == keyspace.Stream && least.Less(stream.Of(e.Value()).Last())
		}
	}
	group, server := bytes.Clone(c.Args[r.group]), c.Server // the arguments are not ours to keep
	return func(e keyspace.Entry) bool {
		if e.Type() != keyspace.Stream {
			return true
		}
		v := stream.Of(e.Value())
		g, ok := v.Group(group)
		switch {
		case !ok || g.Last().Less(v.Last()):
			return true
		case !r.claim:
			return false
		}
		now := server.Now()
		return r.look.Load() <= now && g.PendingSince(now-r.idle)
	}
}

// reason returns the error that ends a wait: for XREAD, which may have been first, no key of another type does.
func (r *reading) reason(err error) error {
	if r.group == 0 {
		return nil
	}
	return err
}

func (r *reading) parse(c *core.Ctx, group bool) (err error) {
	for i := 1; i < len(c.Args) && r.keys[0] == 0 && err == nil; i++ {
		more := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "block") && more > 0:
			if c.Script { // in a transaction it would be allowed
				return core.Err(core.Shown(c.Args[0]) + " command is not allowed with BLOCK option from scripts")
			}
			i++
			err = r.parseBlock(c, i)
		case c.Is(i, "count") && more > 0:
			i++
			r.count, err = argCount(c, i)
		case c.Is(i, "streams") && more > 0:
			if more%2 != 0 {
				return errUnbalanced(group)
			}
			r.keys = [2]int{i + 1, i + 1 + more/2}
		case c.Is(i, "group") && more > 1:
			if !group {
				return errOnlyGroup("GROUP")
			}
			r.group, r.consumer = i+1, i+2
			i += 2
		case c.Is(i, "noack"):
			if !group {
				return errOnlyGroup("NOACK")
			}
			r.noack = true
		case c.Is(i, "claim") && more > 0:
			if !group {
				return errOnlyGroup("CLAIM")
			}
			i++
			err = r.parseClaim(c, i)
		default:
			return core.ErrSyntax
		}
	}
	switch {
	case err != nil:
		return err
	case r.keys[0] == 0:
		return core.ErrSyntax
	case group && r.group == 0:
		return errNoGroupWord
	}
	return nil
}

func errUnbalanced(group bool) error {
	if group {
		return core.Err("Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.")
	}
	return core.Err("Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified.")
}

func (r *reading) parseBlock(c *core.Ctx, i int) (err error) {
	r.block = true
	r.deadline, err = c.TimeoutMillis(i)
	return err
}

func (r *reading) parseClaim(c *core.Ctx, i int) (err error) {
	if r.idle, err = c.ArgInt(i); err != nil {
		return errIdle
	}
	if r.idle < 0 {
		return errIdleNegative
	}
	r.claim = true
	return nil
}

// open looks up the stream of a key, which for XREADGROUP has to be there, with the group.
func (r *reading) open(c *core.Ctx, key int) (v stream.View, err error) {
	if v, _, err = view(c, c.Args[key]); err != nil || r.group == 0 {
		return v, err
	}
	if _, ok := v.Group(c.Args[r.group]); !ok {
		k, g := c.Args[key], c.Args[r.group]
		return v, errNoGroup("No such key '" + core.Clip(k, len(k)) + "' or consumer group '" + core.Clip(g, len(g)) +
			"' in XREADGROUP with GROUP option")
	}
	return v, nil
}

// parseIDs reads the IDs. Those that mean where a stream is now are resolved, once and for all.
func (r *reading) parseIDs(c *core.Ctx) error {
	n := r.keys[1] - r.keys[0]
	if r.from = r.few[:min(n, len(r.few))]; n > len(r.few) {
		r.from = make([]start, n)
	}
	for i := range n {
		v, err := r.open(c, r.keys[0]+i)
		if err != nil {
			return err
		}
		switch text := c.Args[r.keys[1]+i]; {
		case string(text) == "$" && r.group > 0, string(text) == "+" && r.group > 0:
			return errNoSense(string(text))
		case string(text) == "$":
			r.from[i].after = v.Last()
		case string(text) == "+":
			r.from[i].after, _ = v.Top().Prev()
		case string(text) == ">" && r.group == 0:
			return errFresh
		case string(text) == ">":
			r.from[i].fresh = true
		default:
			if r.from[i].after, err = exactID(text); err != nil {
				return err
			}
			// To Redis the greatest ID is what ">" means.
			r.from[i].fresh = r.group > 0 && r.from[i].after == stream.MaxID
		}
	}
	return nil
}

// answer is the reply in the making: a map, of which the number of keys turns out in the end.
type answer struct {
	array
	begun bool
}

// stream begins the part of a stream.
func (a *answer) stream(c *core.Ctx, key []byte) {
	if !a.begun {
		a.begun = true
		a.array = begin(c, 1)
	}
	if !c.RESP3() {
		c.Array(2)
	}
	c.Bulk(key)
	a.n++
}

// run replies what there is; if there is nothing it replies nothing. The types of the keys have been looked at.
func (r *reading) run(c *core.Ctx) bool {
	if r.group > 0 {
		c.PropagateNothing() // but what it comes to
	}
	var a answer
	for i := range r.from {
		key := c.Args[r.keys[0]+i]
		if r.group > 0 {
			r.serveGroup(c, &a, i, key)
			continue
		}
		v, e, err := view(c, key)
		if err != nil || !v.OK() {
			continue // of another type: somebody waits for it
		}
		if !r.from[i].after.Less(v.Last()) || !r.from[i].after.Less(v.Top()) {
			continue
		}
		a.stream(c, key)
		from, _ := r.from[i].after.Next()
		cur := v.Range(from, stream.MaxID)
		replyEntries(c, e, &cur, r.count, likely(v, from, stream.MaxID, r.count))
	}
	if !a.begun {
		return false
	}
	if c.RESP3() {
		a.endAs(c, '%')
	} else {
		a.end(c)
	}
	return true
}
