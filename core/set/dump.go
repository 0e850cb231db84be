package set

import (
	"errors"
	"fmt"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/intset"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/wire"
)

// Opcodes returns the RDB type bytes that Load accepts.
func Opcodes() []byte { return []byte{rdb.TypeSet, rdb.TypeSetIntset, rdb.TypeSetListpack} }

// Save writes a set in RDB form.
func Save(w *rdb.Writer, v keyspace.Value) {
	view := Of(v)
	switch {
	case view.form == Ints:
		w.Begin(rdb.TypeSetIntset)
		w.String(view.data)
		return
	case view.form == Pack && w.Knows(11):
		w.Begin(rdb.TypeSetListpack)
		w.String(view.data)
		return
	}
	w.Begin(rdb.TypeSet)
	w.Len(uint64(view.Len()))
	it := view.Iter()
	for it.Next() {
		w.String(it.Member())
	}
}

var (
	errEmpty = rdb.Empty("a set without members")
	errTwice = errors.New("a member of a set is there twice")
)

// Load reads a set of RDB form, all of which it checks. Members of a large one go
// to a; with an error it has given all of it back.
func Load(opcode byte, r *rdb.Reader, a *arena.Arena, lim keyspace.PackedLimits) (keyspace.Value, error) {
	ed := New(a, lim, Ints, 0)
	var err error
	switch opcode {
	case rdb.TypeSetIntset:
		err = ed.loadInts(r)
	case rdb.TypeSetListpack:
		err = ed.loadPack(r)
	case rdb.TypeSet:
		err = ed.loadMembers(r)
	default:
		err = fmt.Errorf("RDB type %d is no set", opcode)
	}
	if err == nil {
		err = r.Err()
	}
	if err == nil && ed.view.Len() == 0 {
		err = errEmpty
	}
	if err != nil {
		ed.Discard()
		return keyspace.Value{}, err
	}
	return ed.Value(), nil
}

func (ed *Editor) loadInts(r *rdb.Reader) error {
	b := r.String()
	if r.Err() != nil {
		return nil
	}
	n, err := intset.Validate(b)
	if err != nil {
		return err
	}
	ed.view = View{form: Ints, data: b}
	if n > ed.lim.Ints {
		ed.enlarge(n)
	}
	return nil
}

func (ed *Editor) loadPack(r *rdb.Reader) error {
	b := r.String()
	if r.Err() != nil {
		return nil
	}
	n, err := listpack.Validate(b)
	if err != nil {
		return err
	}
	view := View{form: Pack, data: b}
	if region := listpack.Elements(b); n <= ed.lim.Entries && listpack.Canonical(region) {
		ed.view = view
		if !listpack.Distinct(region, 1, n) {
			return errTwice
		}
		return nil
	}
	ed.view = View{form: Large, table: newLarge(ed.alone, n)}
	it := view.Iter()
	for it.Next() {
		if !ed.AddMember(&it) {
			return errTwice
		}
	}
	return nil
}

func (ed *Editor) loadMembers(r *rdb.Reader) error {
	n := r.Count(1)
	if n > max(ed.lim.Ints, ed.lim.Entries) {
		ed.enlarge(n)
	}
	for range n {
		member := r.String()
		if r.Err() != nil {
			return nil
		}
		if !ed.Add(member) {
			return errTwice
		}
	}
	return nil
}

// Copy returns an independent copy of a set, with its members in a. Packed bytes
// are the same as in v.
func Copy(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) keyspace.Value {
	if view := Of(v); view.form == Large {
		v.Object = view.table.clone(a, p)
	}
	return v
}

// Rewrite emits the commands that rebuild the set.
func Rewrite(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
	b := wire.NewBatch(emit, []byte("SADD"), key)
	it := Of(v).Iter()
	for it.Next() {
		member := it.Member()
		if it.text == nil {
			member = b.Keep(member) // the text of a number
		}
		if b.Add(member) != nil {
			break
		}
	}
	return b.End()
}
