package dump

import (
	"fmt"
	"runtime"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// encoder is a worker of Save.
type encoder struct {
	*saver
	db   int
	b    []byte // the block; its first announceMax bytes are left free for the turn
	keys int64  // in the block
	late time.Duration
}

// maxKept is the size up to which a block's memory is used again.
const maxKept = 4 * blockSize

func newEncoder(v *saver) *encoder {
	return &encoder{saver: v, b: make([]byte, announceMax, blockSize+blockSize/8)}
}

// run encodes shards until there is none left.
func (e *encoder) run() {
	for {
		db, shard, ok := e.part()
		if !ok || db != e.db {
			e.flush()
			e.db = db
		}
		if !ok {
			return
		}
		e.s.Walk(db, shard, e.key)
	}
}

// key encodes one key, and reports whether to go on.
func (e *encoder) key(f keyspace.Frozen) bool {
	b := e.b
	if f.Expire != 0 {
		b = rdb.AppendMillis(append(b, rdb.OpExpireMillis), f.Expire)
	}
	switch mode := e.s.ClockMode(); {
	case e.o.Access == Idle && mode == keyspace.LRU:
		b = rdb.AppendLen(append(b, rdb.OpIdle), uint64(e.s.Idle(f, e.o.Now)/1000))
	case e.o.Access == Freq && mode == keyspace.LFU:
		b = append(b, rdb.OpFreq, e.s.Freq(f, e.o.Now))
	}
	t := e.r.TypeOf(f.Value)
	if t == nil {
		e.refuse(fmt.Errorf("key %q: no module knows the type of its value", f.Key))
		return false
	}
	at := len(b)
	b = rdb.AppendString(append(b, 0), f.Key, e.compress)
	var opcode byte
	opcode, b = t.Save(b, f.Value)
	b[at] = opcode
	e.b = b
	if e.keys++; e.keys%yieldAfter == 0 {
		runtime.Gosched()
	}
	if e.o.Delay != nil {
		return e.wait()
	}
	return len(b) < blockSize || e.flush()
}

// yieldAfter is after how many keys others may run: some 50 µs. Who saves in the
// background has time, and those who serve clients have not; left alone, the
// scheduler would let them wait for 10 ms.
const yieldAfter = 256

func (e *encoder) refuse(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail(err)
}

// flush writes the block, and reports whether to go on.
func (e *encoder) flush() bool {
	block := e.b[announceMax:]
	if len(block) == 0 {
		return !e.failed.Load()
	}
	crc := e.sum(block)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.ctx.Err(); err != nil {
		e.fail(err)
	}
	if e.err != nil {
		return false
	}
	var room [announceMax]byte
	head := e.announce(room[:0], e.db)
	copy(e.b[announceMax-len(head):], head)
	if len(head) > 0 {
		crc = rdb.CombineCRC64(e.sum(head), crc, int64(len(block)))
	}
	e.put(e.b[announceMax-len(head):], crc)
	e.told()
	if cap(e.b) > maxKept {
		e.b = make([]byte, 0, blockSize+blockSize/8)
	}
	e.b = e.b[:announceMax]
	return e.err == nil
}

// told counts the keys of the block.
func (e *encoder) told() {
	e.saver.keys.Add(e.keys)
	if e.o.Progress != nil {
		e.o.Progress.AddKeys(e.keys)
	}
	e.keys = 0
}

// shortest is the shortest time that a worker sleeps: shorter ones add up to it.
const shortest = time.Millisecond

// wait waits for the time that the options want after a key, and reports whether
// to go on. Who waits wants to see progress: the keys are told at once.
func (e *encoder) wait() bool {
	e.told()
	e.late += e.o.Delay()
	if e.late >= shortest {
		if err := sleep(e.ctx, e.late); err != nil {
			e.refuse(err)
			return false
		}
		e.late = 0
	}
	return len(e.b) < blockSize || e.flush()
}
