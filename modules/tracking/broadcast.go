package tracking

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

// broadcasts tells clients of all changed keys with certain prefixes. The keys
// are collected for a turn of the event loop that changes them, so that a
// pipeline or a transaction makes one message for each prefix.
type broadcasts struct {
	n        atomic.Int32 // of prefixes
	waiting  atomic.Bool  // there are changed keys
	mu       sync.Mutex
	prefixes map[string][]*client
	lengths  []int         // of the prefixes, each once: a key is looked up by its beginnings
	turns    map[int]batch // by Ctx.Loop
}

// nobody stands for a loop: of changes that no command makes.
const nobody = -1

// batch is changed keys, with the session that changed each last; 0 is none.
type batch map[string]uint64

// perPrefix is what a prefix takes beside its bytes, about.
const perPrefix = 128

// add makes a client hear of keys with these prefixes, too.
func (b *broadcasts) add(cl *client, prefixes []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range prefixes {
		if at, has := slices.BinarySearch(cl.prefixes, p); !has {
			cl.prefixes = slices.Insert(cl.prefixes, at, p)
			if b.prefixes == nil {
				b.prefixes, b.turns = map[string][]*client{}, map[int]batch{}
			}
			b.prefixes[p] = append(b.prefixes[p], cl)
			cl.session.HeldBytes += len(p) + perPrefix
		}
	}
	b.measure()
}

// remove makes a client hear of nothing.
func (b *broadcasts) remove(cl *client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range cl.prefixes {
		cl.session.HeldBytes -= len(p) + perPrefix
		all := b.prefixes[p]
		if i := slices.Index(all, cl); i >= 0 {
			all = slices.Delete(all, i, i+1)
		}
		if b.prefixes[p] = all; len(all) == 0 {
			delete(b.prefixes, p)
		}
	}
	cl.prefixes = nil
	b.measure()
}

// measure notes how long the prefixes are and how many.
func (b *broadcasts) measure() {
	b.n.Store(int32(len(b.prefixes)))
	b.lengths = b.lengths[:0]
	for p := range b.prefixes {
		b.lengths = append(b.lengths, len(p))
	}
	slices.Sort(b.lengths)
	b.lengths = slices.Compact(b.lengths)
	if len(b.prefixes) == 0 {
		clear(b.turns)
		b.waiting.Store(false)
	}
}

// note collects a changed key; c is nil if no command changed it.
func (b *broadcasts) note(c *core.Ctx, key []byte) {
	if b.n.Load() == 0 {
		return
	}
	loop, by := nobody, uint64(0)
	if c != nil {
		loop = c.Loop
		if c.Session != nil {
			by = c.Session.ID
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.lengths {
		if n > len(key) {
			return
		}
		if b.prefixes[string(key[:n])] != nil {
			if b.turns[loop] == nil {
				b.turns[loop] = batch{}
			}
			b.turns[loop][string(key)] = by
			b.waiting.Store(true)
			return
		}
	}
}

// send tells of the keys that a loop has changed, at the end of its turn, and
// of those that nobody has.
func (b *broadcasts) send(loop int) {
	if !b.waiting.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := b.take(loop)
	for key := range b.take(nobody) {
		if changed == nil {
			changed = batch{}
		}
		changed[key] = 0 // whoever changed it before: it has changed since
	}
	b.waiting.Store(len(b.turns) > 0)
	if len(changed) == 0 {
		return
	}
	byPrefix := b.group(changed)
	prefixes := make([]string, 0, len(byPrefix))
	for p := range byPrefix {
		prefixes = append(prefixes, p)
	}
	slices.Sort(prefixes)
	for _, p := range prefixes {
		b.tell(b.prefixes[p], byPrefix[p], changed)
	}
}

func (b *broadcasts) take(loop int) batch {
	keys := b.turns[loop]
	delete(b.turns, loop)
	return keys
}

// group puts keys to their prefixes, in order.
func (b *broadcasts) group(changed batch) map[string][]string {
	keys := make([]string, 0, len(changed))
	for key := range changed {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	byPrefix := map[string][]string{}
	for _, key := range keys {
		for _, n := range b.lengths {
			if n > len(key) {
				break
			}
			if p := key[:n]; b.prefixes[p] != nil {
				byPrefix[p] = append(byPrefix[p], key)
			}
		}
	}
	return byPrefix
}

// tell sends the clients of a prefix its keys, but to one with NOLOOP none that
// it has changed itself.
func (b *broadcasts) tell(to []*client, keys []string, changed batch) {
	var all notice
	for _, cl := range to {
		if !cl.is(noLoop) {
			if all.three == nil {
				all.forKeys(keys)
			}
			cl.tell(nil, &all)
			continue
		}
		id := cl.session.ID
		mine := func(key string) bool { return changed[key] == id }
		if others := slices.DeleteFunc(slices.Clone(keys), mine); len(others) > 0 {
			var n notice
			n.forKeys(others)
			cl.tell(nil, &n)
		}
	}
}

// overlap returns two prefixes that some key could both have, the first of them
// among those that are new; ok is false if there are none.
func overlap(have, added []string) (a, b string, existing, ok bool) {
	both := func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
	for i, p := range added {
		for _, old := range have {
			if both(p, old) {
				return p, old, true, true
			}
		}
		for _, other := range added[i+1:] {
			if both(p, other) {
				return p, other, false, true
			}
		}
	}
	return "", "", false, false
}
