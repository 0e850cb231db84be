package toplist

import (
	"cmp"
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// measure is what large keys are ordered by.
type measure int

const (
	byBytes measure = iota
	byElements
)

// bigKey is a large key as it is now.
type bigKey struct {
	place
	kind            string
	bytes, elements int64
}

// bigKeys are the candidates of the walks as they are measured anew.
type bigKeys struct {
	m    *module
	by   measure
	left []candidate // that have not been measured
	all  []bigKey
}

// candidate is a key and its hash.
type candidate struct {
	place
	hash uint64
}

// lookForBig makes a look that measures the candidates: *bigKeys.
func (m *module) lookForBig(by measure) *core.Look {
	b := &bigKeys{m: m, by: by}
	m.walk.mu.Lock()
	found := slices.Concat(m.walk.complete[by], m.walk.current[by])
	m.walk.mu.Unlock()
	ks := m.srv.Keyspace()
	seen := make(map[place]bool, len(found))
	for _, p := range found {
		if p.size = 0; !seen[p] {
			seen[p] = true
			b.left = append(b.left, candidate{p, ks.Hash([]byte(p.key))})
		}
	}
	return &core.Look{Found: b, Shards: b.measure}
}

// measure measures the candidates of some shards, whose locks are held.
func (b *bigKeys) measure(set keyspace.Locks) {
	ks, reg, now := b.m.srv.Keyspace(), b.m.srv.Registry(), b.m.srv.Now()
	b.left = slices.DeleteFunc(b.left, func(p candidate) bool {
		if !set.Has(p.hash) {
			return false
		}
		e := ks.DB(p.db).Find([]byte(p.key), now, keyspace.KeepExpired)
		if !e.OK() || e.Expired(now) || b.by == byElements && e.Type() == keyspace.String {
			return true
		}
		big := bigKey{place: p.place, bytes: e.MemoryUsage(), elements: elements(reg, e)}
		if big.size = big.bytes; b.by == byElements {
			big.size = big.elements
		}
		if t := reg.TypeOf(e.Value()); t != nil {
			big.kind = t.Name
		}
		b.all = append(b.all, big)
		return true
	})
}

// first returns the n largest.
func (b *bigKeys) first(n int) []bigKey {
	slices.SortFunc(b.all, func(x, y bigKey) int {
		return cmp.Or(cmp.Compare(y.size, x.size), cmp.Compare(x.key, y.key), x.db-y.db)
	})
	return b.all[:min(n, len(b.all))]
}

// lookForBigkeys makes the look of TOPLIST BIGKEYS, which decides what they are measured by.
func (m *module) lookForBigkeys(c *core.Ctx) *core.Look {
	if len(c.Args) > 2 && core.SameName(c.Args[2], "elements") {
		return m.lookForBig(byElements)
	}
	return m.lookForBig(byBytes)
}

// bigkeys is TOPLIST BIGKEYS [BYTES | ELEMENTS] [COUNT count].
func (m *module) bigkeys(c *core.Ctx) error {
	at := 2
	if len(c.Args) > 2 && (core.SameName(c.Args[2], "bytes") || core.SameName(c.Args[2], "elements")) {
		at++
	}
	n, err := m.count(c, at)
	if err != nil {
		return err
	}
	if !m.enabled.Load() {
		return errOff
	}
	all := c.Looked().Found.(*bigKeys).first(n)
	c.Array(len(all))
	for _, b := range all {
		c.Map(5)
		c.BulkString("key")
		c.BulkString(b.key)
		c.BulkString("db")
		c.Int(int64(b.db))
		c.BulkString("type")
		c.BulkString(b.kind)
		c.BulkString("bytes")
		c.Int(b.bytes)
		c.BulkString("elements")
		c.Int(b.elements)
	}
	return nil
}

// forgetAll is TOPLIST RESET.
func (m *module) forgetAll(c *core.Ctx) error {
	m.reset()
	c.OK()
	return nil
}
