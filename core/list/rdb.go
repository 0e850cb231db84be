package list

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/wire"
	"github.com/ferrousdb/ferrous/core/ziplist"
)

// What stands before each node of an rdb.TypeListQuicklist2.
const (
	plainNode  = 1 // an element as it is
	packedNode = 2 // a listpack
)

// plainSize is the size from which an element is saved as a plain node: it is written as
// it is, where a listpack would have to be put together. (Redis accepts either, but no
// listpack of more than a gigabyte.)
const plainSize = 64 << 10

// Save writes a list in the form of rdb.TypeListQuicklist2.
func Save(w *rdb.Writer, v keyspace.Value) {
	w.Begin(rdb.TypeListQuicklist2)
	l, ok := v.Object.(*large)
	if !ok {
		w.Len(1)
		w.Len(packedNode)
		w.String(v.Data)
		return
	}
	chunks := 1
	for p, ok := l.next(l.place(Front)); ok; p, ok = l.next(p) {
		chunks++
	}
	w.Len(uint64(chunks))
	var pack []byte
	for p, ok := l.place(Front), true; ok; p, ok = l.next(p) {
		c := l.chunkAt(p)
		if c.head().form == compressed {
			w.Len(packedNode)
			w.Compressed(c.lzf(), int(c.head().start))
			continue
		}
		r, n := c.region(), int(c.head().count)
		if n == 1 && len(r) > plainSize {
			e, _ := listpack.Read(r, 0)
			w.Len(plainNode)
			w.String(e.Text(nil))
			continue
		}
		pack = listpack.AppendPack(pack[:0], r, n)
		w.Len(packedNode)
		w.String(pack)
	}
}

var errEmpty = rdb.Empty("an empty list")

// Load decodes what follows one of the opcodes of lists in a dump. a is where the
// list is going to live; limits are as for Build.
func Load(opcode byte, r *rdb.Reader, a *arena.Arena, limits keyspace.PackedLimits) (keyspace.Value, error) {
	b := Build(a, limits)
	switch opcode {
	case rdb.TypeList:
		for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
			if value := r.String(); r.Err() == nil {
				b.Add(value)
			}
		}
	case rdb.TypeListQuicklist2:
		for n := r.Count(2); n > 0 && r.Err() == nil; n-- {
			b.loadNode(r)
		}
	case rdb.TypeListZiplist:
		b.loadZiplist(r)
	case rdb.TypeListQuicklist:
		for n := r.Count(1); n > 0 && r.Err() == nil; n-- {
			b.loadZiplist(r)
		}
	default:
		r.Failf("type %d is no list", opcode)
	}
	if r.Err() == nil && b.Len() == 0 {
		r.Fail(errEmpty)
	}
	if err := r.Err(); err != nil {
		b.Discard()
		return keyspace.Value{}, err
	}
	return b.Value(), nil
}

// loadNode reads one node of a quicklist.
func (b *Builder) loadNode(r *rdb.Reader) {
	container := r.Len()
	data := r.String()
	switch {
	case r.Err() != nil:
	case container == plainNode && len(data) == 0:
		r.Failf("an empty node of a list") // plain ones are for what is large
	case container == plainNode:
		b.Add(data)
	case container != packedNode:
		r.Failf("unknown container %d in a list", container)
	default:
		n, err := listpack.Validate(data)
		if err != nil {
			r.Fail(fmt.Errorf("a node of a list: %w", err))
			return
		}
		b.region(listpack.Elements(data), n)
	}
}

// loadZiplist reads the form of nodes before Redis 7.
func (b *Builder) loadZiplist(r *rdb.Reader) {
	data := r.String()
	if r.Err() != nil {
		return
	}
	err := ziplist.Each(data, func(e ziplist.Element) error {
		if e.IsInt {
			b.addInt(e.Int)
		} else {
			b.Add(e.Bytes)
		}
		return nil
	})
	if err != nil {
		r.Fail(err)
	}
}

// Rewrite emits the commands that rebuild a list. The arguments are valid during the
// call of emit.
func Rewrite(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
	b := wire.NewBatch(emit, []byte("RPUSH"), key)
	var digits [20]byte
	c := Of(v).At(0)
	c.Keep()
	for {
		e, ok := c.Next()
		if !ok {
			return b.End()
		}
		var text []byte
		if _, num := e.Int(); num {
			text = b.Keep(e.Append(digits[:0]))
		} else {
			text = e.Text(nil)
		}
		if b.Add(text) != nil {
			return b.End()
		}
	}
}

// Copy makes an independent list that lives in a.
func Copy(v keyspace.Value, a *arena.Arena, p *keyspace.Pace) keyspace.Value {
	from, ok := v.Object.(*large)
	if !ok {
		return v
	}
	b := Builder{l: &large{a: a}}
	for at, ok := from.place(Front), true; ok; at, ok = from.next(at) {
		c := from.chunkAt(at)
		b.put(b.l.copy(c), int(c.head().count))
		p.Did(int(c.head().end))
	}
	return keyspace.Value{Kind: v.Kind, Object: b.l}
}

// Opcodes are the types of dumps that Load reads.
func Opcodes() []byte {
	return []byte{rdb.TypeList, rdb.TypeListQuicklist2, rdb.TypeListZiplist, rdb.TypeListQuicklist}
}
