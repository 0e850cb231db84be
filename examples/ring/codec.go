package ring

import (
	"errors"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// save writes a ring as its size, the number of elements, and the elements.
func save(w *rdb.FieldWriter, r *ring) {
	w.Uint(uint64(r.size))
	w.Uint(uint64(r.Len()))
	for i := range r.Len() {
		w.String(r.at(i))
	}
}

// load reads what save has written, or what somebody else says it has: the
// bytes come from a file or, with RESTORE, from any client.
func load(in *rdb.FieldReader, a *arena.Arena) (*ring, error) {
	size, n := in.Uint(), in.Count()
	if size < 1 || size > maxSize || n < 1 || uint64(n) > size {
		return nil, errors.New("a ring of an impossible size")
	}
	r := newRing(a, int(size))
	for range n {
		r.push(in.String())
	}
	return r, nil
}

// batch is how many elements a command of rewrite carries at most.
const batch = 64

// rewrite emits the commands that make the ring anew, for the log.
func rewrite(key []byte, r *ring, emit func(args ...[]byte) error) error {
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
func duplicate(r *ring, a *arena.Arena) (*ring, error) {
	next := newRing(a, r.size)
	for i := range r.Len() {
		next.push(r.at(i))
	}
	return next, nil
}

// digest tells DEBUG DIGEST what makes two rings equal: the elements in order.
func digest(r *ring, d core.Digester) {
	for i := range r.Len() {
		d.Mix(r.at(i))
	}
}
