package stream

import (
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Rewrite emits the commands that rebuild a stream: entries, groups, consumers and what is pending. When consumers
// were last seen no command can tell. The arguments are valid during the call of emit.
//
// What is pending may be for entries that are gone, for which no command makes it so: such entries are added with the
// others and deleted at the end, those before the first by trimming, which leaves no other trace.
func Rewrite(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
	r := rewriter{key: key, view: Of(v), emit: emit}
	return r.run()
}

type rewriter struct {
	key  []byte
	view View
	emit func(args ...[]byte) error
	args [][]byte
	text []byte // of numbers and IDs among them
	err  error
}

// begin begins a command.
func (r *rewriter) begin(words ...string) {
	r.args, r.text = r.args[:0], r.text[:0]
	r.word(words...)
}

func (r *rewriter) word(words ...string) {
	for _, w := range words {
		r.args = append(r.args, []byte(w))
	}
}

func (r *rewriter) id(id ID) {
	at := len(r.text)
	r.text = id.Append(r.text) // the arguments before may keep pieces of what it was
	r.args = append(r.args, r.text[at:len(r.text):len(r.text)])
}

func (r *rewriter) int(n int64) {
	at := len(r.text)
	r.text = strconv.AppendInt(r.text, n, 10)
	r.args = append(r.args, r.text[at:len(r.text):len(r.text)])
}

func (r *rewriter) element(e listpack.Element) {
	if n, ok := e.Int(); ok {
		r.int(n)
		return
	}
	r.args = append(r.args, e.Text(nil))
}

func (r *rewriter) end() {
	if r.err == nil {
		r.err = r.emit(r.args...)
	}
}

func (r *rewriter) run() error {
	dead := r.entries()
	for name, g := range r.view.AllGroups() {
		r.group(name, g)
	}
	r.remove(dead)
	r.begin("XSETID")
	r.args = append(r.args, r.key)
	r.id(r.view.Last())
	r.word("ENTRIESADDED")
	r.int(int64(min(r.view.Added(), math.MaxInt64)))
	r.word("MAXDELETEDID")
	r.id(r.view.MaxDeleted())
	r.end()
	return r.err
}

// entries emits the entries, those among them that are gone but pending with a field of their own, and
// returns the IDs of these.
func (r *rewriter) entries() (dead []ID) {
	dead = r.dead()
	c := r.view.Range(ID{}, MaxID)
	e, ok := c.Next()
	for next := dead; (ok || len(next) > 0) && r.err == nil; {
		if !ok || len(next) > 0 && next[0].Less(e.ID) {
			r.add(next[0])
			r.word("x", "y")
			r.end()
			next = next[1:]
			continue
		}
		r.add(e.ID)
		pairs := e.Pairs()
		for range e.Fields {
			field, value := pairs.Next()
			r.element(field)
			r.element(value)
		}
		r.end()
		e, ok = c.Next()
	}
	if r.view.Len() == 0 && len(dead) == 0 { // a stream without entries
		r.begin("XADD")
		r.args = append(r.args, r.key)
		r.word("MAXLEN", "0", "0-1", "x", "y")
		r.end()
	}
	return dead
}

func (r *rewriter) add(id ID) {
	r.begin("XADD")
	r.args = append(r.args, r.key)
	r.id(id)
}

// dead returns the IDs, in order and each once, of what is pending for entries that are gone.
func (r *rewriter) dead() (all []ID) {
	for _, g := range r.view.AllGroups() {
		var list []ID
		m := r.view.Merge()
		c := g.PendingFrom(ID{})
		for p, ok := c.Next(); ok; p, ok = c.Next() {
			if !m.Has(p.ID) && p.ID != (ID{}) {
				list = append(list, p.ID)
			}
		}
		all = union(all, list)
	}
	return all
}

// union merges two lists that are in order.
func union(a, b []ID) (all []ID) {
	if len(b) == 0 {
		return a
	}
	for len(a) > 0 && len(b) > 0 {
		switch a[0].Compare(b[0]) {
		case -1:
			all, a = append(all, a[0]), a[1:]
		case 1:
			all, b = append(all, b[0]), b[1:]
		default:
			a = a[1:]
		}
	}
	return append(append(all, a...), b...)
}

// remove emits what removes the dead again.
func (r *rewriter) remove(dead []ID) {
	if len(dead) == 0 {
		return
	}
	if r.view.Len() == 0 {
		r.begin("XTRIM")
		r.args = append(r.args, r.key)
		r.word("MAXLEN", "0")
		r.end()
		return
	}
	if first := r.view.First(); dead[0].Less(first) {
		r.begin("XTRIM")
		r.args = append(r.args, r.key)
		r.word("MINID")
		r.id(first)
		r.end()
		for len(dead) > 0 && dead[0].Less(first) {
			dead = dead[1:]
		}
	}
	for len(dead) > 0 {
		n := min(len(dead), rewriteBatch)
		r.begin("XDEL")
		r.args = append(r.args, r.key)
		for _, id := range dead[:n] {
			r.id(id)
		}
		r.end()
		dead = dead[n:]
	}
}

// rewriteBatch is how many IDs a command has.
const rewriteBatch = 64

func (r *rewriter) group(name string, g Group) {
	r.begin("XGROUP", "CREATE")
	r.args = append(r.args, r.key)
	r.word(name)
	r.id(g.Last())
	r.word("ENTRIESREAD")
	r.int(max(g.Read(), Unread))
	r.end()
	for _, s := range g.AllConsumers() {
		r.begin("XGROUP", "CREATECONSUMER")
		r.args = append(r.args, r.key)
		r.word(name, s.Name)
		r.end()
	}
	c := g.PendingFrom(ID{})
	p, ok := c.Next()
	for ok && r.err == nil {
		like := p
		r.begin("XCLAIM")
		r.args = append(r.args, r.key)
		r.word(name, g.State(p.Consumer).Name, "0")
		for n := 0; ok && n < rewriteBatch && p.Consumer == like.Consumer && p.Time == like.Time && p.Count == like.Count; n++ {
			r.id(p.ID)
			p, ok = c.Next()
		}
		r.word("TIME")
		r.int(like.Time)
		r.word("RETRYCOUNT")
		r.int(int64(min(like.Count, math.MaxInt64)))
		r.word("JUSTID", "FORCE")
		r.end()
	}
}
