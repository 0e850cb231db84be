package core

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/wire"
)

// Members says of a type whose values are collections how to take one apart and how to put it
// together again, in the terms of its own command that adds members: the log repeats that command, a
// dump has the same arguments, a copy is made of them, and two values are equal if these are.
type Members[T Object] struct {
	// Command adds members: COMMAND key head... member [member ...].
	Command string
	// Head, if set, returns the arguments between the key and the members: what is said of the value as
	// a whole.
	Head func(v T) [][]byte
	// SetHead says of an empty value what Head has said of another. The arguments are foreign, as in Add.
	SetHead func(v T, head [][]byte) error
	// New makes an empty value, whose members will be in a.
	New func(a *arena.Arena) T
	// Each visits the members in an order in which they may be added again, each as the arguments
	// that add it, which last until the visit ends; yield returns false to end it.
	Each func(v T, yield func(member ...[]byte) bool)
	// Add adds a member. The arguments are foreign: RESTORE lets any client send them. They die with the call.
	Add func(v T, member [][]byte) error
}

// fill puts functions that are made of the members where the row has none.
func (m *Members[T]) fill(t *ObjectType[T]) {
	if m.Command == "" || m.New == nil || m.Each == nil || m.Add == nil {
		return
	}
	if t.Save == nil && t.Load == nil {
		t.Save, t.Load = m.save, m.load
	}
	if t.Rewrite == nil {
		t.Rewrite = m.rewrite
	}
	if t.Digest == nil {
		t.Digest = m.digest
	}
}

func (m *Members[T]) head(v T) [][]byte {
	if m.Head == nil {
		return nil
	}
	return m.Head(v)
}

func (m *Members[T]) save(w *rdb.FieldWriter, v T) {
	tuple := func(all [][]byte) {
		w.Uint(uint64(len(all)))
		for _, s := range all {
			w.String(s)
		}
	}
	tuple(m.head(v))
	w.Uint(uint64(v.Len()))
	m.Each(v, func(member ...[]byte) bool { tuple(member); return true })
}

func (m *Members[T]) load(r *rdb.FieldReader, a *arena.Arena) (v T, err error) {
	var tuple [][]byte
	next := func() [][]byte {
		tuple = tuple[:0]
		for range r.Count() {
			tuple = append(tuple, r.String())
		}
		return tuple
	}
	head := next()
	switch v = m.New(a); {
	case r.Err() != nil:
		return v, nil
	case m.SetHead != nil:
		err = m.SetHead(v, head)
	case len(head) > 0:
		err = fmt.Errorf("%d arguments before the members of a value that %s adds to", len(head), m.Command)
	}
	if err != nil {
		return v, err
	}
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		member := next()
		if r.Err() != nil {
			break
		}
		if err := m.Add(v, member); err != nil {
			return v, err
		}
	}
	if v.Len() == 0 && r.Err() == nil {
		return v, rdb.Empty(fmt.Sprintf("nothing is in a value that %s adds to", m.Command))
	}
	return v, nil
}

func (m *Members[T]) rewrite(key []byte, v T, emit func(args ...[]byte) error) error {
	b := wire.NewBatch(emit, append([][]byte{[]byte(m.Command), key}, m.head(v)...)...)
	m.Each(v, func(member ...[]byte) bool { return b.Add(member...) == nil })
	return b.End()
}

func (m *Members[T]) digest(v T, d Digester) {
	d.Mix(m.head(v)...)
	m.Each(v, func(member ...[]byte) bool { d.Mix(member...); return true })
}
