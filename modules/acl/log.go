package acl

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/resp"
)

// log counts refusals and remembers the latest. It may be used from any loop.
type log struct {
	registry *core.Table
	counts   [byChannel + 1]atomic.Int64
	limit    *config.IntVar

	mu      sync.Mutex
	entries []*entry // the latest last
	ids     int64
}

// entry is one refusal, or several that are alike.
type entry struct {
	reason  reason
	context string
	object  string // the command, the key or the channel
	user    string
	client  string // its line in CLIENT LIST, the latest time
	count   int64
	id      int64
	created int64 // Unix milliseconds
	updated int64
}

// Refusals are alike if they are the same within a minute, and so near the end of
// the log that it is no work to find out.
const (
	alikeMillis = 60_000
	alikeAmong  = 10
)

func contextOf(where core.Where) string {
	switch where {
	case core.InMulti, core.InExec:
		return "multi"
	case core.InScript:
		return "lua"
	}
	return "toplevel"
}

// refused records that a call was refused.
func (l *log) refused(c *core.Ctx, user string, r refusal, cmd *core.Command, args [][]byte, where core.Where) {
	object := cmd.FullName()
	if r.reason != byCommand {
		object = string(args[r.at])
	}
	l.record(c, &entry{reason: r.reason, context: contextOf(where), object: object, user: user}, where)
}

func (l *log) record(c *core.Ctx, e *entry, where core.Where) {
	l.counts[e.reason].Add(1)
	e.created, e.updated = c.Now, c.Now
	if where == core.Retried { // the session is another loop's
		c.Session.Conn.DeliverFunc(func(s *core.Session, _ *resp.Writer) {
			e.client = l.clientInfo(s, e.created, nil)
			l.add(e)
		})
		return
	}
	e.client = l.clientInfo(c.Session, c.Now, c.Args)
	l.add(e)
}

// clientInfo is the session's line without its end.
func (l *log) clientInfo(s *core.Session, now int64, own [][]byte) string {
	line := l.registry.AppendClientInfo(nil, s, now, own)
	return string(line[:len(line)-1])
}

// add puts an entry at the end of the log, or brings one there that is alike.
func (l *log) add(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.entries)
	for i := n - 1; i >= max(n-alikeAmong, 0); i-- {
		old := l.entries[i]
		if !old.alike(e) {
			continue
		}
		old.count++
		old.client, old.updated = e.client, e.updated
		l.entries = append(slices.Delete(l.entries, i, i+1), old)
		return
	}
	e.id, e.count = l.ids, 1
	l.ids++
	l.entries = append(l.entries, e)
	if over := len(l.entries) - int(l.limit.Load()); over > 0 {
		l.entries = slices.Delete(l.entries, 0, over)
	}
}

func (e *entry) alike(o *entry) bool {
	return e.reason == o.reason && e.context == o.context && e.object == o.object && e.user == o.user &&
		max(e.updated-o.updated, o.updated-e.updated) <= alikeMillis
}

// latest returns copies of up to n entries, the latest first.
func (l *log) latest(n int64) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(max(n, 0), int64(len(l.entries)))
	found := make([]entry, n)
	for i := range found {
		found[i] = *l.entries[len(l.entries)-1-i]
	}
	return found
}

// clear forgets all entries.
func (l *log) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// info is for INFO stats.
func (l *log) info(w *core.InfoWriter) {
	w.Int("acl_access_denied_auth", l.counts[byAuth].Load())
	w.Int("acl_access_denied_cmd", l.counts[byCommand].Load())
	w.Int("acl_access_denied_key", l.counts[byKey].Load())
	w.Int("acl_access_denied_channel", l.counts[byChannel].Load())
}

// write answers an entry.
func (e *entry) write(c *core.Ctx) {
	c.Map(10)
	number := func(name string, n int64) {
		c.BulkString(name)
		c.Int(n)
	}
	text := func(name, s string) {
		c.BulkString(name)
		c.BulkString(s)
	}
	number("count", e.count)
	text("reason", e.reason.String())
	text("context", e.context)
	text("object", e.object)
	text("username", e.user)
	c.BulkString("age-seconds")
	c.Double(float64(max(c.Now-e.updated, 0)) / 1000) // other loops' clocks may be ahead
	text("client-info", e.client)
	number("entry-id", e.id)
	number("timestamp-created", e.created)
	number("timestamp-last-updated", e.updated)
}
