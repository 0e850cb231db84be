package dump

import (
	"context"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// LoadOptions say how a dump is brought in.
type LoadOptions struct {
	Checksum bool // verify it (rdbchecksum), if the dump has one
	// KeepExpired keeps keys whose time is past: what comes after the dump, a log
	// or a master, deletes them. Else they are left out.
	KeepExpired bool
	// KeepAtPosition does so if the dump tells a position (PositionOf): those who go on
	// from there are told when the keys are deleted.
	KeepAtPosition bool
	Replace        bool  // a key that exists already is replaced; else it is an error
	Locked         bool  // the caller holds all locks of the keyspace; else they are taken as needed
	Preamble       bool  // more may come behind the dump: Result.Bytes tells where
	Workers        int   // how many goroutines decode; 0 for as many as there are cores
	Now            int64 // Unix milliseconds; 0 for the time of the call

	// Aside, if not nil, is where the data go instead of the keyspace's own databases,
	// and Library is given the libraries of functions instead of the registry.
	Aside   *keyspace.Aside
	Library func(text []byte) error

	Log      core.Logger    // told what Redis tells of a dump that it loads; may be nil
	Progress *core.Progress // told of bytes and keys; may be nil
	// Delay, if not nil, returns how long to wait after each key.
	Delay func() time.Duration
}

// Load brings a dump into ks. It reads no more of src than it needs, but for
// what is in its buffer. size is that of src, -1 if it is not known: no more
// than that is read, and lengths that cannot be true are noticed early.
//
// Libraries of functions are added to those of the registry: who has dropped the
// data has to drop these too. With an error, which is an *Error if the dump is to
// blame, some keys may have been brought in; the caller drops them.
func Load(ctx context.Context, src io.Reader, size int64, r *core.Table, ks *keyspace.Keyspace, o LoadOptions) (Result, error) {
	if o.Now == 0 {
		o.Now = time.Now().UnixMilli()
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Log == nil {
		o.Log = logging.Silent{}
	}
	l := &loader{ks: ks, o: o, sum: sum{on: o.Checksum}}
	l.expected = make([]atomic.Int64, ks.Databases())
	l.stream = stream{ctx: ctx, src: src, size: size, reg: r, flush: l.flush}
	l.straight = l.readStraight
	l.res.Aux = map[string]string{}
	l.failure.at.Store(nowhere)
	stored := l.run()
	l.res.Version, l.res.Bytes = l.version, l.offset()
	l.res.Keys, l.res.Expired, l.res.Empty = l.keys.Load(), l.expired.Load(), l.empty.Load()
	if err := l.failure.err; err != nil {
		return l.res, err
	}
	l.done(stored)
	return l.res, nil
}

// loader is a Load in progress. What no other goroutine is said to use is the
// reading one's.
type loader struct {
	stream
	ks  *keyspace.Keyspace
	o   LoadOptions
	res Result

	ahead item // what opcodes have said of the next key

	block   *block      // to come: its items
	blocks  int         // how many there were
	queue   chan *block // to the workers; nil if there are none
	free    chan *block // and back
	workers sync.WaitGroup
	inline  *worker // the reading goroutine's own

	mutexes [keyspace.Shards]sync.Mutex // in the place of the keyspace's, if those are held
	failure failure
	sum     sum
	pace    sync.Mutex // held while waiting for a Delay

	// expected is how many keys each database is going to have, 0 if not known.
	expected []atomic.Int64

	keys, expired, empty atomic.Int64
}

// block is whole elements of the dump, on their way to a worker.
type block struct {
	number int
	buf    []byte
	base   int64 // the offset of buf in the dump
	items  []item
}

// item is a key in a block, at offsets in the block's buffer.
type item struct {
	head   int
	value  int
	end    int
	hash   uint64
	expire int64 // Unix milliseconds; 0 for none
	idle   int64 // seconds; -1 if not known
	db     int32
	freq   int16 // -1 if not known
	op     byte
}

// unknown is an item of which nothing has been said.
func unknown(db int32) item { return item{db: db, idle: -1, freq: -1} }

// run reads the dump to its end, or to the first error, and returns the checksum
// that it has.
func (l *loader) run() (stored uint64) {
	l.ahead = unknown(0)
	l.block = &block{}
	l.inline = newWorker(l)
	if l.o.Workers > 1 {
		l.queue = make(chan *block, l.o.Workers)
		l.free = make(chan *block, 2*l.o.Workers+1)
		for range l.o.Workers {
			l.workers.Go(l.work)
		}
	}
	err := l.read()
	l.failure.add(err)
	if l.el.head > 0 { // in what is before an error there may be another
		l.makeRoom(0)
	}
	if !l.failure.before(nowhere) {
		stored, err = l.checksum()
		l.failure.add(err)
	}
	if l.queue != nil {
		close(l.queue)
		l.workers.Wait()
	}
	if l.failure.err == nil {
		l.failure.add(l.verify(&l.sum, stored, l.o.Preamble))
	}
	return stored
}

// read takes one element after the other up to the end.
func (l *loader) read() error {
	if err := l.begin(); err != nil {
		return err
	}
	for {
		e, err := l.next()
		switch {
		case err != nil:
			return err
		case e.op == rdb.OpEOF:
			l.el.head = l.at
			return nil
		case e.there:
		case e.isKey():
			l.key(e)
		default:
			if err := l.opcode(e); err != nil {
				return l.broken(err)
			}
		}
		if l.failure.before(l.offset()) {
			l.el.head = l.at
			return nil
		}
	}
}

// key takes note of a key.
func (l *loader) key(e element) {
	it := l.ahead
	it.op, it.head, it.value, it.end = e.op, e.head, e.value, e.end
	l.block.items = append(l.block.items, it)
	l.ahead = unknown(it.db)
	if l.o.Delay != nil {
		l.el.head = l.at // a block of its own, so that others see it come in
		l.makeRoom(0)
	}
}

// flush makes a block of buf and gives it to a worker, or does its work.
func (l *loader) flush(buf []byte) []byte {
	if len(buf) == 0 {
		return make([]byte, 0, blockSize)
	}
	b := l.block
	b.number, b.buf, b.base = l.blocks, buf, l.base
	l.blocks++
	if l.o.Progress != nil {
		l.o.Progress.Add(int64(len(buf)))
	}
	if l.queue == nil {
		l.inline.do(b)
	} else {
		l.queue <- b
		b = l.another()
	}
	l.block = b
	b.items = b.items[:0]
	if cap(b.buf) > maxKept {
		b.buf = nil
	}
	return slices.Grow(b.buf[:0], blockSize)
}

// another returns a block that workers are done with, or a new one.
func (l *loader) another() *block {
	select {
	case b := <-l.free:
		return b
	default:
		return &block{}
	}
}

// work is a worker: it does blocks until there are none.
func (l *loader) work() {
	w := newWorker(l)
	for b := range l.queue {
		w.do(b)
		select {
		case l.free <- b:
		default:
		}
	}
}

// db returns the database that data go to.
func (l *loader) db(i int32) *keyspace.DB {
	if l.o.Aside != nil {
		return l.o.Aside.DB(int(i))
	}
	return l.ks.DB(int(i))
}
