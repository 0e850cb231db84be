package ring

import (
	"errors"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// opcode is the type byte of a ring in a dump. A server with two types that
// claim the same one does not start.
const opcode = rdb.FirstCustom

// save writes a ring as its size, the number of elements, and the elements.
func save(w *rdb.Writer, v keyspace.Value) {
	r := v.Object.(*ring)
	w.Begin(opcode)
	w.Len(uint64(r.size))
	w.Len(uint64(r.Len()))
	for i := range r.Len() {
		w.String(r.at(i))
	}
}

var errCorrupt = errors.New("a ring of an impossible size")

// load reads what save has written, or what somebody else says it has: the
// bytes come from a file or, with RESTORE, from any client.
func load(_ byte, in *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
	size := in.Len()
	n := in.Count(1)
	if err := in.Err(); err != nil {
		return keyspace.Value{}, err
	}
	if size < 1 || size > maxSize || n < 1 || uint64(n) > size {
		return keyspace.Value{}, errCorrupt
	}
	r := newRing(a, int(size))
	for range n {
		element := in.String()
		if err := in.Err(); err != nil {
			r.Release(n) // nobody else will
			return keyspace.Value{}, err
		}
		r.push(element)
	}
	return valueOf(r), nil
}

// valueOf is the view of a ring that the keyspace takes and gives.
func valueOf(r *ring) keyspace.Value {
	return keyspace.Value{Kind: keyspace.ObjectKind(keyspace.Custom), Object: r}
}

// batch is how many elements a command of rewrite carries at most.
const batch = 64

// rewrite emits the commands that make the ring anew, for the log.
func rewrite(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
	r := v.Object.(*ring)
	size := strconv.AppendInt(nil, int64(r.size), 10)
	args := make([][]byte, 0, 3+batch)
	for i := 0; i < r.Len(); i += batch {
		args = append(args[:0], []byte("RING.PUSH"), key, size)
		for j := i; j < min(i+batch, r.Len()); j++ {
			args = append(args, r.at(j))
		}
		if err := emit(args...); err != nil {
			return err
		}
	}
	return nil
}

// duplicate makes an independent ring in a, for COPY.
func duplicate(v keyspace.Value, a *arena.Arena) (keyspace.Value, error) {
	r := v.Object.(*ring)
	next := newRing(a, r.size)
	for i := range r.Len() {
		next.push(r.at(i))
	}
	return valueOf(next), nil
}

// digest tells DEBUG DIGEST what makes two rings equal: the elements in order.
func digest(v keyspace.Value, d core.Digester) {
	r := v.Object.(*ring)
	for i := range r.Len() {
		d.Mix(r.at(i))
	}
}
