// Package tracking brings client-side caching: clients keep copies of what they
// have read, and the server tells them when a key has changed (CLIENT TRACKING).
//
// By default it remembers which client has read which keys (table.go), and says
// once that a key is invalid; the client asks again if it wants more. In
// broadcast mode it remembers nothing, and clients hear of all changed keys with
// the prefixes that they have named (broadcast.go). What a session has asked
// for is in its client (client.go), the messages are in notice.go.
//
// # Why no client keeps an old value
//
// Commands run on several event loops, so a key may be changed the moment a
// reader lets go of its shard. A read is therefore remembered while the shard is
// still locked (core's OnExecuted): whoever changes the key later finds the reader in
// the table, whoever changed it earlier did so before the value was read. And
// what the changer hands to the reader's session goes through the mailbox of the
// reader's loop, which is opened when the replies of the running turn are on their
// way: the invalidation cannot overtake the reply with the value. It may come
// after the reply with a newer value, which costs a needless read.
//
// # Locks
//
// Hooks are called with shards locked, and a stripe of the table is a leaf below
// them. So is the list of clients, and the broadcasts; but with these locked
// mailboxes are filled.
package tracking

import (
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	slot       int // of the session's client
	clients    clients
	table      table
	broadcasts broadcasts
	container  *core.Command // that the module's rows are subcommands of

	// The marks of a session: its keys are tracked, who should get its invalidations is
	// gone, it is in broadcast mode.
	tracked, broken, broadcast core.Mark

	maxKeys *config.IntVar

	// The hooks: on while anybody tracks, has a choice to make for each command,
	// or wants broadcasts.
	changes, reads, choices, turns *core.Switch
}

// Name implements core.Module.
func (*module) Name() string { return "tracking" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.slot = r.SessionSlot()
	m.tracked, m.broken, m.broadcast = r.Mark('t'), r.Mark('R'), r.Mark('B')
	r.ClientField(core.ClientField{Name: "redir", Append: func(b []byte, s *core.Session) []byte {
		return strconv.AppendInt(b, m.redirection(s), 10)
	}})
	m.changes = r.OnChange(m.changed)
	m.reads = r.OnExecuted(m.remember)
	m.choices = r.OnAfter(m.forgetChoice)
	m.turns = r.OnTurnEnd(m.broadcasts.send)
	r.OnFlush(func(c *core.Ctx, _ int) { m.invalidateAll(c) })
	r.OnSwap(m.swapped)
	r.OnSession(nil, m.closed)
	r.OnReset(m.stop)
	r.OnTick(m.tick)
	r.Extend("client", m.rows()...)
	m.maxKeys = r.Config.Int(config.Param{
		Name: "tracking-table-max-keys", Section: "client-side caching", Default: "1000000",
		Doc: "How many keys are remembered at most for clients that keep copies of them (CLIENT TRACKING); of what is too much, some are invalidated. 0 is no limit.",
	}, 0, math.MaxInt64)
	r.Config.Apply(func() error { m.shrink(nil, shrinkAtOnce); return nil }, m.maxKeys)
	r.Info(core.InfoSection{Name: "clients", Fill: func(w *core.InfoWriter) {
		w.Int("tracking_clients", int64(m.clients.n.Load()))
	}})
	r.Info(core.InfoSection{Name: "stats", Fill: func(w *core.InfoWriter) {
		w.Int("tracking_total_keys", m.table.keys.Load())
		w.Int("tracking_total_items", m.table.items.Load())
		w.Int("tracking_total_prefixes", int64(m.broadcasts.n.Load()))
	}})
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.table.open(arena.Options{})
	m.container = s.Registry().Find("client|tracking").Container()
	return nil
}

// Stop implements core.Stopper.
func (m *module) Stop() { m.table.close() }

// remember is the hook for commands that have run, with their keys locked.
// Everything that reads is remembered, an error or a missing key too, as in
// Redis. Scripts are not, only the commands that they run.
func (m *module) remember(c *core.Ctx) {
	s := c.Session
	if c.Cmd.Flags&core.ReadOnly == 0 || s == nil || !s.Marks.Has(m.tracked) {
		return
	}
	cl, _ := s.Slots[m.slot].(*client)
	if cl == nil || !cl.wantsReads() || c.Cmd.Categories()&core.CatScripting != 0 {
		return
	}
	if i := c.Cmd.OnlyKey(); i != 0 {
		m.table.add(c.Args[i], s.ID)
	} else {
		var few [16]core.KeyRef
		refs, err := c.Cmd.AppendKeys(few[:0], c.Args)
		if err != nil {
			return
		}
		for _, ref := range refs {
			m.table.add(c.Args[ref.Index], s.ID)
		}
	}
	m.shrink(c, shrinkInPassing)
}

// changed is the hook for changed keys, which are locked.
func (m *module) changed(c *core.Ctx, ch core.Change) {
	if ch.Only() {
		return
	}
	m.broadcasts.note(c, ch.Key)
	if m.table.keys.Load() == 0 {
		return
	}
	var few [16]uint64
	if ids := m.table.take(few[:0], ch.Key); len(ids) > 0 {
		m.invalidate(c, ch.Key, ids, true)
	}
}

// invalidate tells those who have read a key that it is not valid any more. What
// a client with NOLOOP has changed itself it knows.
func (m *module) invalidate(c *core.Ctx, key []byte, ids []uint64, changed bool) {
	var n notice
	for _, id := range ids {
		cl := m.clients.find(id)
		switch {
		case cl == nil || cl.is(broadcasting): // reads from before it was that do not matter any more
		case changed && c != nil && c.Session == cl.session && cl.is(noLoop):
		default:
			n.forKey(key)
			cl.tell(c, &n)
		}
	}
}

// invalidateAll is the hook for databases that are emptied: one message says
// that nothing is valid, whichever database it was, since clients are not told
// of databases at all.
func (m *module) invalidateAll(c *core.Ctx) {
	if m.clients.n.Load() == 0 {
		return
	}
	m.table.clear()
	var n notice
	n.forAll()
	m.clients.each(func(cl *client) { cl.tell(c, &n) })
}

// swapped is the hook for databases that have changed places. Redis says nothing
// then, and clients keep values of the other database.
func (m *module) swapped(c *core.Ctx, a, b int) {
	if a != b {
		m.invalidateAll(c)
	}
}

// How many keys of too many are forgotten at once: for each command that may have
// added some, when the limit is lowered, and in the background.
const (
	shrinkInPassing = 16
	shrinkAtOnce    = 1000
	shrinkOnTick    = 5000
)

// shrink forgets keys at random while there are more than the limit, most at the
// most, and tells those who have read them: they would not learn of changes any
// more.
func (m *module) shrink(c *core.Ctx, most int) {
	limit := m.maxKeys.Load()
	for ; limit > 0 && m.table.keys.Load() > limit && most > 0; most-- {
		key, ids := m.table.takeAny()
		m.invalidate(c, key, ids, false)
	}
}

// tick is background work.
func (m *module) tick(int64) {
	m.shrink(nil, shrinkOnTick)
	m.table.sweep()
	m.broadcasts.send(nobody) // keys that have expired or were evicted
}
