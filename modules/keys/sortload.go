package keys

import (
	"bytes"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
	"github.com/ferrousdb/ferrous/core/set"
	"github.com/ferrousdb/ferrous/core/zset"
)

// sorter is one SORT at work.
type sorter struct {
	c *core.Ctx
	sortOptions
	elements []sortElement
	weights  [][]byte   // with ALPHA and BY, of each element; nil if there is none
	items    []sortItem // the elements in their order, as far as it is wanted; none: they stand in order
	texts    []byte     // of weights that have no bytes where they are
	name     []byte     // of the key that is looked up
	scratch  [20]byte
}

// sortElement is an element: its bytes, where the key has them, or a number.
type sortElement struct {
	text []byte
	n    int64 // if text is nil
}

// bytes returns the element's text; that of a number is written to scratch.
func (e *sortElement) bytes(scratch []byte) []byte {
	if e.text == nil {
		return strconv.AppendInt(scratch[:0], e.n, 10)
	}
	return e.text
}

// len is how many elements there are, once they are in order how many are wanted.
func (s *sorter) len() int {
	if s.items != nil {
		return len(s.items)
	}
	return len(s.elements)
}

// at returns the i-th of them.
func (s *sorter) at(i int) *sortElement {
	if s.items != nil {
		i = int(s.items[i].at)
	}
	return &s.elements[i]
}

// own makes text that is about to be overwritten last until the end.
func (s *sorter) own(text []byte) []byte {
	at := len(s.texts)
	s.texts = append(s.texts, text...)
	return s.texts[at:len(s.texts):len(s.texts)]
}

// add adds an element, whose bytes stay as they are until the end unless they are
// the text of an integer.
func (s *sorter) add(text []byte) {
	if n, ok := decimal.Parse(text); ok {
		s.elements = append(s.elements, sortElement{n: n})
	} else {
		s.elements = append(s.elements, sortElement{text: text})
	}
}

// load takes the elements of a value; of a list or sorted set that is not to be
// sorted those only that are wanted.
func (s *sorter) load(v keyspace.Value) {
	if v.Object == nil && v.Data == nil {
		return
	}
	switch v.Kind.Type() {
	case keyspace.List:
		s.loadList(list.Of(v))
	case keyspace.ZSet:
		s.loadSorted(zset.Of(v))
	case keyspace.Set:
		v := set.Of(v)
		s.elements = make([]sortElement, 0, v.Len())
		it := v.Iter()
		for it.Next() {
			if n, ok := it.Int(); ok {
				s.elements = append(s.elements, sortElement{n: n})
			} else {
				s.elements = append(s.elements, sortElement{text: it.Member()})
			}
		}
		if s.unsort {
			start, end := s.window(len(s.elements))
			s.elements = s.elements[start:end]
		}
	}
}

// span is which elements of n to load, in which direction.
func (s *sorter) span(n int) (from, count int, backwards bool) {
	if !s.unsort {
		return 0, n, false
	}
	start, end := s.window(n)
	if s.desc {
		return n - 1 - start, end - start, true
	}
	return start, end - start, false
}

func (s *sorter) loadList(v list.View) {
	from, count, backwards := s.span(v.Len())
	away := list.Back
	if backwards {
		from, away = from+1, list.Front // the cursor stands between elements
	}
	s.elements = make([]sortElement, 0, count)
	if count == 0 {
		return
	}
	at := v.At(from)
	at.Keep()
	for len(s.elements) < count {
		e, ok := at.Step(away)
		if !ok {
			return
		}
		if n, ok := e.Int(); ok {
			s.elements = append(s.elements, sortElement{n: n})
		} else {
			s.elements = append(s.elements, sortElement{text: e.Text(nil)})
		}
	}
}

func (s *sorter) loadSorted(v zset.View) {
	from, count, backwards := s.span(v.Len())
	s.elements = make([]sortElement, 0, count)
	if count == 0 {
		return
	}
	at := v.At(from)
	for len(s.elements) < count && at.OK() {
		s.add(at.Member())
		if backwards {
			at.Prev()
		} else {
			at.Next()
		}
	}
}

// weight reads a number as C does: up to a zero byte, after any blanks, and
// nothing at all is 0.
func weight(text []byte) (float64, bool) {
	if f, ok := core.ParseFloat(text); ok {
		return f, true
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	if len(text) == 0 {
		return 0, true
	}
	return core.ParseFloat(bytes.TrimLeft(text, " \t\n\v\f\r"))
}

// pattern is the argument of BY or GET, taken apart: the name of a key with an
// element in its middle, and perhaps the field of a hash there.
type pattern struct {
	self          bool // "#", the element itself
	none          bool // no "*": there is nothing to look up
	before, after []byte
	field         []byte // nil: the key's own value, a string
}

func parsePattern(b []byte) (p pattern) {
	if string(b) == "#" {
		return pattern{self: true}
	}
	var ok bool
	if p.before, p.after, ok = bytes.Cut(b, []byte{'*'}); !ok {
		return pattern{none: true}
	}
	if key, field, ok := bytes.Cut(p.after, []byte("->")); ok && len(field) > 0 {
		p.after, p.field = key, field
	}
	return p
}

// lookup finds what a pattern means for an element. The result is valid until the
// next call.
func (s *sorter) lookup(p *pattern, element []byte) (value []byte, ok bool) {
	switch {
	case p.self:
		return element, true
	case p.none:
		return nil, false
	}
	s.name = append(append(append(s.name[:0], p.before...), element...), p.after...)
	e := s.c.Find(s.name)
	switch {
	case !e.OK():
		return nil, false
	case p.field == nil && e.Type() == keyspace.String:
		return e.Text(s.scratch[:]), true
	case p.field != nil && e.Type() == keyspace.Hash:
		return hash.Of(e.Value(), s.c.Now).Get(p.field, s.scratch[:])
	}
	return nil, false
}
