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

// biggest measures the candidates of the walks anew and returns the first n. The caller
// holds all locks.
func (m *module) biggest(by measure, n int) []bigKey {
	m.walk.mu.Lock()
	found := slices.Concat(m.walk.complete[by], m.walk.current[by])
	m.walk.mu.Unlock()
	ks, reg := m.srv.Keyspace(), m.srv.Registry()
	seen := make(map[place]bool, len(found))
	all := make([]bigKey, 0, len(found))
	for _, p := range found {
		if p.size = 0; seen[p] {
			continue
		}
		seen[p] = true
		e := ks.DB(p.db).Find([]byte(p.key), m.srv.Now(), keyspace.KeepExpired)
		if !e.OK() || e.Expired(m.srv.Now()) || by == byElements && e.Type() == keyspace.String {
			continue
		}
		b := bigKey{place: p, bytes: e.MemoryUsage(), elements: elements(reg, e)}
		if b.size = b.bytes; by == byElements {
			b.size = b.elements
		}
		if t := reg.TypeOf(e.Value()); t != nil {
			b.kind = t.Name
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b bigKey) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.key, b.key), a.db-b.db)
	})
	return all[:min(n, len(all))]
}

// bigkeys is TOPLIST BIGKEYS [BYTES | ELEMENTS] [COUNT count].
func (m *module) bigkeys(c *core.Ctx) error {
	by, at := byBytes, 2
	if len(c.Args) > 2 {
		switch {
		case core.SameName(c.Args[2], "bytes"):
			at++
		case core.SameName(c.Args[2], "elements"):
			by, at = byElements, at+1
		}
	}
	n, err := m.count(c, at)
	if err != nil {
		return err
	}
	if !m.enabled.Load() {
		return errOff
	}
	all := m.biggest(by, n)
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
