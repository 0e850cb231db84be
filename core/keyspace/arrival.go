package keyspace

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// A large argument of a command is received where it can stay: in a blob of the
// arena, with room for the head of an entry in front. To store it as the value of
// its key is then a matter of writing that head, whatever its size; nothing is
// copied, and the Go heap never sees it.

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
	a := &Arrivals{ks: ks, arena: ks.pool.NewArena()}
	a.arena.Publish(math.MaxInt64)
	return a
}

// Arrival is one large argument.
type Arrival struct {
	in     *Arrivals
	ref    arena.Ref
	klen   int // of the key that the room in front is meant for
	at     int // where in the blob the bytes begin
	n      int // how many there are to be, with the end of the line
	got    int
	stored bool
}

// Layout of the entry that an arrival may become: whether it is going to expire is
// not known yet.
const arrivalLayout = dict.WithClock | dict.WithExpire

// lineEnd is what follows an argument, and is received together with it.
const lineEnd = 2

// Begin makes room for n bytes, more than arena.MaxSmall, and the two that end
// their line. They are going to be the value of a key of klen bytes, perhaps.
func (in *Arrivals) Begin(klen, n int) *Arrival {
	at := dict.Size(klen, n, arrivalLayout) - n
	return &Arrival{in: in, ref: in.arena.Alloc(at + n + lineEnd), klen: klen, at: at, n: n + lineEnd}
}

// Room is where what is still to come belongs.
func (a *Arrival) Room() []byte { return arena.Bytes(a.ref, a.at+a.n)[a.at+a.got:] }

// Added says that the first n bytes of Room were filled.
func (a *Arrival) Added(n int) { a.got += n }

// Received is how many bytes have come.
func (a *Arrival) Received() int { return a.got }

// Whole reports whether all have come.
func (a *Arrival) Whole() bool { return a.got == a.n }

// Bytes is the argument, valid until Release.
func (a *Arrival) Bytes() []byte {
	end := a.at + a.n - lineEnd
	return arena.Bytes(a.ref, end)[a.at:end:end]
}

// Hold keeps the bytes where and as they are beyond Release, until release is called,
// once, from any goroutine.
func (a *Arrival) Hold() (release func()) {
	arena.Pin(a.ref)
	pool, ref := a.in.ks.pool, a.ref
	return func() { pool.Unpin(ref) }
}

// Release gives the memory back, or leaves it to the key that has it now.
func (a *Arrival) Release() {
	if a.stored {
		a.in.ks.pool.Unpin(a.ref)
	} else {
		a.in.arena.FreeNow(a.ref)
	}
	a.ref = 0
}

// PutArrived is PutString of the value that has arrived; false means that it must
// be copied: the room in front is not for a key like this one, or it was stored
// before. It holds the lock of its Arrivals and of the key's shard.
func (db *DB) PutArrived(h uint64, key []byte, a *Arrival, expire, now int64) bool {
	if a.stored || len(key) != a.klen {
		return false
	}
	sh := ShardOf(h)
	t := &db.tables[sh]
	clock := db.ks.clock.fresh(now)
	pos, ok := t.Find(h, key)
	if ok && expired(t.At(pos), now) {
		ok = !db.clear(sh, pos, t.At(pos))
	}
	if expire == KeepTTL {
		expire = 0
		if ok {
			expire = Entry{db, pos, t.At(pos), uint8(sh)}.Expire()
		}
	}
	dict.Init(a.ref, uint8(MakeKind(String, Raw)), len(key), a.n-lineEnd, arrivalLayout)
	copy(dict.Key(a.ref), key)
	dict.SetClock(a.ref, clock)
	if expire > 0 {
		dict.SetExpire(a.ref, expire)
	}
	db.ks.shards[sh].arena.Adopt(a.in.arena, a.ref)
	arena.Pin(a.ref) // the command goes on with its arguments
	a.stored = true
	if !ok {
		db.insert(h, a.ref)
		return true
	}
	e := Entry{db, pos, t.At(pos), uint8(sh)}
	e.dropObject(true)
	e.replace(a.ref)
	return true
}
