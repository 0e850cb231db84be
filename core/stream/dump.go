package stream

import (
	"errors"
	"math"
	"slices"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Encoding names the form of a stream as OBJECT ENCODING does.
func Encoding(keyspace.Value) string { return "stream" }

// Opcodes are the types of dumps that Load reads. Save writes the last.
func Opcodes() []byte {
	return []byte{rdb.TypeStreamListpacks, rdb.TypeStreamListpacks2, rdb.TypeStreamListpacks3}
}

// Save writes a stream in the form of rdb.TypeStreamListpacks3 or, for a reader that does not know
// it, in that of rdb.TypeStreamListpacks2, in which consumers have not been active.
func Save(w *rdb.Writer, v keyspace.Value) {
	o := Of(v).o
	if w.Knows(11) {
		w.Begin(rdb.TypeStreamListpacks3)
	} else {
		w.Begin(rdb.TypeStreamListpacks2)
	}
	w.Len(uint64(o.blockCount()))
	var pack []byte
	for at, ok := o.firstBlock(); ok; at, ok = o.nextBlock(at) {
		x := o.block(at)
		w.Len(rawID)
		saveRaw(w, x.first)
		r := x.region()
		n := listpack.Count(r)
		if len(r) > longBlock {
			head, tail := listpack.Ends(len(r), n)
			w.Whole(head[:], r, tail[:])
			continue
		}
		pack = listpack.AppendPack(pack[:0], r, n)
		w.String(pack)
	}
	w.Len(uint64(o.n))
	for _, id := range []ID{o.last, Of(v).First(), o.deleted} {
		saveID(w, id)
	}
	w.Len(o.added)
	w.Len(uint64(Of(v).Groups()))
	for name, g := range Of(v).AllGroups() {
		saveName(w, name)
		saveGroup(w, g)
	}
}

// longBlock is the size of a block, in bytes, that is not put together to be saved: one
// of an entry that is large.
const longBlock = 256 << 10

func saveID(w *rdb.Writer, id ID) {
	w.Len(id.Ms)
	w.Len(id.Seq)
}

func saveRaw(w *rdb.Writer, id ID) { w.Buf = appendRaw(w.Buf, id) }

// saveName writes a name as Redis does, never as a number.
func saveName(w *rdb.Writer, name string) {
	w.Len(uint64(len(name)))
	w.Raw([]byte(name))
}

func saveGroup(w *rdb.Writer, g Group) {
	saveID(w, g.Last())
	w.Len(uint64(g.Read()))
	w.Len(uint64(g.Pending()))
	owned := make(map[Consumer]*idRow, g.Consumers())
	c := g.PendingFrom(ID{})
	for p, ok := c.Next(); ok; p, ok = c.Next() {
		saveRaw(w, p.ID)
		w.Millis(p.Time)
		w.Len(p.Count)
		row := owned[p.Consumer]
		if row == nil {
			row = &idRow{}
			owned[p.Consumer] = row
		}
		row.add(p.ID)
	}
	w.Len(uint64(g.Consumers()))
	for n, s := range g.AllConsumers() {
		saveName(w, s.Name)
		w.Millis(s.Seen)
		if w.Knows(11) {
			w.Millis(s.Active)
		}
		w.Len(uint64(s.Pending))
		if row := owned[n]; row != nil {
			row.save(w)
		}
	}
}

// idRow is IDs in pieces: one slice of millions would be moved each time it grows.
type idRow struct{ pieces [][]ID }

// idPiece is the most that a piece holds.
const idPiece = 4096

func (r *idRow) add(id ID) {
	last := len(r.pieces) - 1
	if last < 0 || len(r.pieces[last]) == idPiece {
		r.pieces = append(r.pieces, nil)
		last++
	}
	r.pieces[last] = append(r.pieces[last], id)
}

func (r *idRow) save(w *rdb.Writer) {
	for _, piece := range r.pieces {
		for _, id := range piece {
			saveRaw(w, id)
		}
		w.Raw(nil)
	}
}

var (
	errID       = errors.New("a block of a stream has an ID that is none")
	errLength   = errors.New("a stream has not as many entries as it says")
	errLast     = errors.New("a stream has entries behind its last one")
	errGroup    = errors.New("a stream has a group twice")
	errOrder    = errors.New("what is pending for a group is not in order")
	errConsumer = errors.New("a group has a consumer twice")
	errOwner    = errors.New("not everything that is pending has one consumer")
)

// Load decodes what follows one of the opcodes of streams in a dump. a is where the stream is going
// to live. Everything is checked, whatever the origin: streams are read in ways that trust them.
func Load(opcode byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
	o := &object{store: store{a: a}}
	switch opcode {
	case rdb.TypeStreamListpacks, rdb.TypeStreamListpacks2, rdb.TypeStreamListpacks3:
		o.load(opcode, r)
	default:
		r.Failf("type %d is no stream", opcode)
	}
	v := keyspace.Value{Kind: keyspace.ObjectKind(keyspace.Stream), Object: o}
	if err := r.Err(); err != nil {
		v.Release()
		return keyspace.Value{}, err
	}
	return v, nil
}

func (o *object) load(opcode byte, r *rdb.Reader) {
	var top ID
	for n := r.Count(rawID + 2); n > 0 && r.Err() == nil; n-- {
		top = o.loadBlock(r, top)
	}
	n := r.Len()
	o.last = loadID(r)
	switch {
	case r.Err() != nil:
		return
	case n != uint64(o.n):
		r.Fail(errLength)
		return
	case o.last.Less(top):
		r.Fail(errLast)
		return
	}
	if o.added = n; opcode != rdb.TypeStreamListpacks {
		loadID(r) // the first, which is seen anyway
		o.deleted = loadID(r)
		o.added = r.Len()
	}
	for n := r.Count(3); n > 0 && r.Err() == nil; n-- {
		o.loadGroup(opcode, r)
	}
}

func loadID(r *rdb.Reader) ID {
	ms := r.Len()
	return ID{ms, r.Len()}
}

// loadBlock reads a block whose entries come after an ID, and returns the last one's.
func (o *object) loadBlock(r *rdb.Reader, above ID) ID {
	raw := r.String()
	pack := r.String()
	switch {
	case r.Err() != nil:
		return above
	case len(raw) != rawID:
		r.Fail(errID)
		return above
	}
	if _, err := listpack.Validate(pack); err != nil {
		r.Fail(err)
		return above
	}
	first := idFromRaw(raw)
	region := listpack.Elements(pack)
	h, last, err := check(region, first, above)
	if err != nil {
		r.Fail(err)
		return above
	}
	if o.open.ref != 0 {
		o.rest().blocks.push(&o.store, o.open)
	}
	o.open = o.fill(first, region, h.live)
	o.n += h.live
	return last
}

// fill makes a block of a region that is stored elsewhere.
func (o *object) fill(first ID, region []byte, live int) block {
	b := block{first: first, ref: o.alloc(len(region)), epoch: o.epoch(), size: uint32(len(region)), live: uint32(live)}
	arena.Copy(b.region(), region)
	return b
}

// nobody stands for the consumer of what has none yet.
const nobody = Consumer(math.MaxUint32)

func (o *object) loadGroup(opcode byte, r *rdb.Reader) {
	name := r.String()
	g := &group{epoch: o.epoch(), last: loadID(r)}
	if opcode != rdb.TypeStreamListpacks {
		g.read = int64(r.Len())
	} else {
		g.read, _ = View{o}.Before(g.last)
	}
	list := loadPending(r)
	if r.Err() != nil {
		return
	}
	groups := &o.rest().groups
	at, ok := groups.find(name)
	if ok {
		r.Fail(errGroup)
		return
	}
	groups.insert(&o.store, at, string(name), g)
	o.onHeap(groupCost + int64(len(name)))
	for n := r.Count(10); n > 0 && r.Err() == nil; n-- {
		g.loadConsumer(&o.store, opcode, r, list)
	}
	if r.Err() != nil {
		return
	}
	if slices.ContainsFunc(list, func(p Pending) bool { return p.Consumer == nobody }) {
		r.Fail(errOwner)
		return
	}
	g.fill(&o.store, list)
	o.noteGone(list)
}

// noteGone notes what is pending for entries that are not there.
func (o *object) noteGone(list []Pending) {
	first := View{o}.First()
	m := View{o}.Merge()
	for _, p := range list {
		if !p.ID.Less(first) && !m.Has(p.ID) && o.more.gone.Less(p.ID) {
			o.more.gone = p.ID
		}
	}
}

// fill makes the chunks of what is pending, which is in order.
func (g *group) fill(s *store, list []Pending) {
	g.n = len(list)
	for part := range slices.Chunk(list, chunkMost) {
		g.pending.push(s, pack(s, part, len(part)))
	}
}

// loadPending reads what is pending for a group.
func loadPending(r *rdb.Reader) []Pending {
	n := r.Count(rawID + 9)
	list := make([]Pending, 0, n)
	for range n {
		raw := r.Bytes(rawID)
		p := Pending{Time: r.Millis(), Count: r.Len(), Consumer: nobody}
		if r.Err() != nil {
			return nil
		}
		if p.ID = idFromRaw(raw); len(list) > 0 && !list[len(list)-1].ID.Less(p.ID) {
			r.Fail(errOrder)
			return nil
		}
		list = append(list, p)
	}
	return list
}

// loadConsumer reads a consumer and notes it with what it has of the list.
func (g *group) loadConsumer(s *store, opcode byte, r *rdb.Reader, list []Pending) {
	name := r.String()
	state := ConsumerState{Name: string(name), Seen: r.Millis()}
	if state.Active = state.Seen; opcode == rdb.TypeStreamListpacks3 {
		state.Active = r.Millis()
	}
	state.Pending = r.Count(rawID)
	if r.Err() != nil {
		return
	}
	at, ok := g.consumers.find(name)
	if ok {
		r.Fail(errConsumer)
		return
	}
	n := g.addConsumer(s, at, state)
	for range state.Pending {
		id := idFromRaw(r.Bytes(rawID))
		i, ok := slices.BinarySearchFunc(list, id, func(p Pending, id ID) int { return p.ID.Compare(id) })
		if !ok || list[i].Consumer != nobody {
			r.Fail(errOwner)
			return
		}
		list[i].Consumer = n
	}
}

// Copy makes an independent stream that lives in a.
func Copy(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) keyspace.Value {
	from := Of(v).o
	to := &object{store: store{a: a}, n: from.n, last: from.last, deleted: from.deleted, added: from.added}
	for w, ok := from.firstBlock(); ok; w, ok = from.nextBlock(w) {
		b := from.block(w)
		if to.open.ref != 0 {
			to.rest().blocks.push(&to.store, to.open)
		}
		to.open = to.fill(b.first, b.region(), int(b.live))
		p.Did(len(b.region()))
	}
	if from.more != nil {
		to.rest().gone = from.more.gone
	}
	for name, g := range Of(v).AllGroups() {
		copied := to.copyGroup(g, p)
		groups := &to.rest().groups
		at, _ := groups.find([]byte(name))
		groups.insert(&to.store, at, name, copied)
		to.onHeap(groupCost + int64(len(name)))
		p.Did(int(groupCost))
	}
	return keyspace.Value{Kind: v.Kind, Object: to}
}

func (o *object) copyGroup(from Group, pace *keyspace.Pace) *group {
	g := &group{epoch: o.epoch(), last: from.Last(), read: from.Read()}
	numbers := make(map[Consumer]Consumer, from.Consumers())
	for n, s := range from.AllConsumers() {
		at, _ := g.consumers.find([]byte(s.Name))
		numbers[n] = g.addConsumer(&o.store, at, *s)
		pace.Did(int(consumerCost))
	}
	c := from.PendingFrom(ID{})
	var list [chunkMost]Pending
	part := list[:0]
	for {
		p, ok := c.Next()
		if len(part) == chunkMost || !ok && len(part) > 0 {
			g.pending.push(&o.store, pack(&o.store, part, len(part)))
			g.n += len(part)
			pace.Did(len(part) * 16)
			part = list[:0]
		}
		if !ok {
			return g
		}
		p.Consumer = numbers[p.Consumer]
		part = append(part, p)
	}
}

// Digest feeds the content to a DEBUG DIGEST; mix is that of core.Digester.
func Digest(v keyspace.Value, mix func(elements ...[]byte)) {
	var text [MaxIDText]byte
	var scratch [2][20]byte
	c := Of(v).Range(ID{}, MaxID)
	for e, ok := c.Next(); ok; e, ok = c.Next() {
		id := e.ID.Append(text[:0])
		id[slices.Index(id, '-')] = '.'
		mix(id)
		pairs := e.Pairs()
		for range e.Fields {
			field, value := pairs.Next()
			mix(field.Text(scratch[0][:]), value.Text(scratch[1][:]))
		}
	}
}
