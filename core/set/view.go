package set

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/intset"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// The kinds of the forms.
var (
	packKind  = keyspace.MakeKind(keyspace.Set, 1)
	intsKind  = keyspace.MakeKind(keyspace.Set, 2)
	largeKind = keyspace.ObjectKind(keyspace.Set)
)

// Form says how a set is kept.
type Form uint8

// The forms. Empty is that of a missing key.
const (
	Empty Form = iota
	Ints       // an intset
	Pack       // a listpack
	Large      // a hash table
)

// View reads a set. The zero View is empty.
type View struct {
	form  Form
	data  []byte // of a packed form
	table *large
}

// Of returns the view of a value, which is a set; the zero Value, a missing key,
// gives an empty one.
func Of(v keyspace.Value) View {
	switch {
	case v.Object != nil:
		return View{form: Large, table: v.Object.(*large)}
	case len(v.Data) == 0:
		return View{}
	case v.Kind == intsKind:
		return View{form: Ints, data: v.Data}
	}
	return View{form: Pack, data: v.Data}
}

// Form returns how the set is kept.
func (v View) Form() Form { return v.form }

// Encoding names the form as OBJECT ENCODING does.
func Encoding(v keyspace.Value) string {
	return [...]string{"", "intset", "listpack", "hashtable"}[Of(v).form]
}

// Len returns the number of members.
func (v View) Len() int {
	switch v.form {
	case Ints:
		return intset.Len(v.data)
	case Pack:
		return listpack.Len(v.data)
	case Large:
		return v.table.Len()
	}
	return 0
}

// Same reports whether both are views of the same set.
func (v View) Same(o View) bool {
	switch {
	case v.form != o.form || v.form == Empty:
		return false
	case v.form == Large:
		return v.table == o.table
	}
	return &v.data[0] == &o.data[0]
}

// Has reports whether there is this member.
func (v View) Has(member []byte) bool {
	switch v.form {
	case Ints:
		n, ok := decimal.Parse(member)
		if ok {
			_, ok = intset.Find(v.data, n)
		}
		return ok
	case Pack:
		_, ok := listpack.Find(listpack.Elements(v.data), 0, member, 0)
		return ok
	case Large:
		_, ok := v.table.Find(v.table.Hash(member), member)
		return ok
	}
	return false
}

// Scan calls fn for some members, about count of them, and returns the cursor to
// go on with; 0 begins and ends a scan. A member that is there from the first
// call to the last is visited at least once. A packed set is visited as a whole.
// member is valid during the call of fn only, which must not change the set.
func (v View) Scan(cursor uint64, count int, fn func(member []byte)) (next uint64) {
	if v.form != Large {
		it := v.Iter()
		for it.Next() {
			fn(it.Member())
		}
		return 0
	}
	const effort = 10 // visits for each member asked for, in a table that has become sparse
	met := 0
	for i := 0; i < effort*count && met < count; i++ {
		cursor = v.table.Scan(cursor&(1<<dict.CursorBits-1), func(ref arena.Ref) {
			met++
			fn(dict.Key(ref))
		})
		if cursor == 0 {
			break
		}
	}
	return cursor
}
