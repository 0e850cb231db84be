package set

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// large is a set as an Object: a table whose entries are the members. It shares
// segments and entries with its frozen predecessors; the table sees to it that
// what a snapshot may look at is copied first.
type large struct {
	dict.Table
	bytes int64 // in entries, each with its whole size class
}

// newLarge returns an empty set with room for n members, whose memory is in a.
func newLarge(a *arena.Arena, n int) *large {
	s := new(large)
	s.Init(a, a.Pool().Seed(), 0)
	s.Reserve(n)
	return s
}

// add adds a member of hash h that is not there.
func (s *large) add(h uint64, member []byte) {
	a := s.Arena()
	ref := a.Alloc(dict.Size(len(member), 0, 0))
	dict.Write(ref, 0, member, nil, 0)
	s.bytes += int64(a.Cap(ref))
	s.Insert(h, ref)
}

// remove removes the member at p.
func (s *large) remove(p dict.Pos) {
	s.bytes -= int64(s.Arena().Cap(s.At(p)))
	s.DeleteFree(p)
}

// Thaw copies the struct; segments are copied when they change.
func (s *large) Thaw() keyspace.Object {
	next := *s
	return &next
}

// Release frees members.
func (s *large) Release(budget int) bool {
	done := s.Drain(budget, nil)
	if done {
		s.bytes = 0
	}
	return done
}

// MemoryUsage returns the bytes of members, segments and the struct.
func (s *large) MemoryUsage() int64 {
	return s.bytes + int64(s.MemoryUsed()) + int64(unsafe.Sizeof(*s))
}

// clone returns an independent copy in a.
func (s *large) clone(a *arena.Arena, p *keyspace.Pace) *large {
	c := newLarge(a, s.Len())
	w := s.Walker()
	for {
		ref := w.Next()
		if ref == 0 {
			return c
		}
		member := dict.Key(ref)
		c.add(c.Hash(member), member)
		p.Did(len(member))
	}
}
