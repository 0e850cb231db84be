package keyspace

import "github.com/ferrousdb/ferrous/core/arena"

// HoldFrom is the size of packed values, in bytes, from which holding one is worth more
// than copying it.
const HoldFrom = 1 << 20

// Hold keeps the bytes of the packed value (Data) as they are until release is called,
// whatever becomes of the key meanwhile: who sends them to a client need not copy
// them. Nobody waits for it; a change of the value in place is a copy of it as long.
// release is called once, from any goroutine, whatever locks it holds. A value that
// is not large is not held: ok is false.
func (e Entry) Hold() (release func(), ok bool) {
	if e.Kind().IsObject() || !arena.Pin(e.ref) {
		return nil, false
	}
	pool, ref := e.db.ks.pool, e.ref
	return func() { pool.Unpin(ref) }, true
}
