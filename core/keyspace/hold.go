package keyspace

// What keeps a value as it is for somebody who reads it without a lock: Hold, the bytes
// of a large packed one, and Freeze, any.

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// HoldFrom is the size of packed values, in bytes, from which holding one is worth more
// than copying it.
const HoldFrom = 1 << 20

// Hold keeps the bytes of the packed value (Data) as they are until release is called,
// whatever becomes of the key meanwhile: who sends them to a client need not copy
// them. Nobody waits for it; a change of the value in place is a copy of it as long.
// release is called once, from any goroutine, whatever locks it holds. A value that
// is not large is not held: ok is false.
func (e Entry) Hold() (release func(), ok bool) {
	blob := dict.Outside(e.ref)
	if blob == 0 {
		return nil, false
	}
	arena.Keep(blob)
	pool := e.db.ks.pool
	return func() { pool.Release(blob) }, true
}

// Freeze keeps the key's value (Value, and what it refers to) as it is until release is
// called: it may be read meanwhile from any goroutine and without a lock. Nobody waits
// for it; who changes something in the key's shard works on copies as long, and
// what is freed there comes back only afterwards. So it is for reads that come to an
// end by themselves. release is called once, whatever locks are held. The key's lock
// is held, and the entry stays valid.
func (e Entry) Freeze() (release func()) {
	epochs, epoch := e.db.ks.epochs, e.shard().arena.Begin()
	return func() { epochs.End(epoch) }
}
