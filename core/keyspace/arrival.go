package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
)

// A large argument of a command is received where it can stay: in a blob of the
// arena. To store it as the value of its key is then a matter of an entry that says
// so, whatever its size; nothing is copied, and the Go heap never sees it. A large
// value that a command makes itself is made in such a blob, too.

// Arrivals is where one executor of commands receives large arguments; its lock
// protects it.
type Arrivals struct {
	ks    *Keyspace
	arena *arena.Arena
}

// NewArrivals makes one, which lives as long as the keyspace. What it holds is not
// counted as data until it is stored: lengths are only declared, and cost nothing
// before the bytes come.
func (ks *Keyspace) NewArrivals() *Arrivals {
	return &Arrivals{ks: ks, arena: ks.pool.NewScratch()}
}

// Arrival is one large argument.
type Arrival struct {
	in   *Arrivals
	ref  arena.Ref // 0 when a key has taken it
	n    int       // how many bytes there are to be, with the end of the line
	got  int
	data bool // a key has it
}

// lineEnd is what follows an argument, and is received together with it.
const lineEnd = 2

// Begin makes room for n bytes, more than arena.MaxSmall, and the two that end
// their line.
func (in *Arrivals) Begin(n int) *Arrival {
	return &Arrival{in: in, ref: in.arena.Alloc(n + lineEnd), n: n + lineEnd}
}

// Make makes room for a value of n bytes that no client sends, and that may get spare
// more.
func (in *Arrivals) Make(n, spare int) *Arrival {
	return &Arrival{in: in, ref: in.arena.Alloc(max(n+spare, arena.MaxSmall+1)), n: n + lineEnd}
}

// Len is how many bytes there are to be, without the end of the line.
func (a *Arrival) Len() int { return a.n - lineEnd }

// Room is where what is still to come belongs.
func (a *Arrival) Room() []byte { return arena.Bytes(a.ref, a.n)[a.got:] }

// Added says that the first n bytes of Room were filled.
func (a *Arrival) Added(n int) { a.got += n }

// Received is how many bytes have come.
func (a *Arrival) Received() int { return a.got }

// Whole reports whether all have come.
func (a *Arrival) Whole() bool { return a.got == a.n }

// Bytes is the argument, valid until Release.
func (a *Arrival) Bytes() []byte {
	end := a.n - lineEnd
	return arena.Bytes(a.ref, end)[:end:end]
}

// Hold keeps the bytes where and as they are beyond Release, until release is called,
// once, from any goroutine.
func (a *Arrival) Hold() (release func()) {
	arena.Keep(a.ref)
	pool, ref := a.in.ks.pool, a.ref
	return func() { pool.Release(ref) }
}

// Release gives the memory back, or leaves it to the keys that have it now. The lock
// of the Arrivals is held.
func (a *Arrival) Release() {
	switch {
	case a.ref == 0:
	case a.data:
		a.in.ks.pool.Release(a.ref)
	default:
		a.in.arena.FreeNow(a.ref)
	}
	a.ref = 0
}

// PutMade gives a key what was made, and leaves nothing of it to Release; the rest is as
// with PutArrived.
func (db *DB) PutMade(h uint64, key []byte, a *Arrival, expire, now int64) {
	db.ks.shards[ShardOf(h)].arena.Adopt(a.in.arena, a.ref)
	db.putOutside(h, key, MakeKind(String, Raw), a.ref, a.n-lineEnd, expire, now)
	a.ref = 0
}

// PutArrived gives a key what has arrived as a string. The caller holds the lock of its
// Arrivals and of the key's shard. h is the key's hash; expire is as in Put. Several
// keys may get it.
func (db *DB) PutArrived(h uint64, key []byte, a *Arrival, expire, now int64) {
	if !a.data {
		db.ks.shards[ShardOf(h)].arena.Adopt(a.in.arena, a.ref)
		a.data = true
	}
	arena.Keep(a.ref) // the command goes on with its arguments
	db.putOutside(h, key, MakeKind(String, Raw), a.ref, a.n-lineEnd, expire, now)
}
