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
	w    rdb.Writer // its Buf is the block, whose first announceMax bytes are left free for the turn
	turn bool       // it is this one's, in the midst of a value: mu is held
	keys int64      // in the block
	late time.Duration
}

// maxKept is the size up to which a block's memory is used again.
const maxKept = 4 * blockSize

func newEncoder(v *saver) *encoder {
	e := &encoder{saver: v}
	e.w = rdb.Writer{Buf: make([]byte, announceMax, blockSize+blockSize/8), Compress: v.compress, Version: v.o.Version, Spill: e.spill, Pause: runtime.Gosched}
	return e
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
	b := e.w.Buf
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
	e.w.Buf = b
	e.w.Key(f.Key)
	t.Save(&e.w, f.Value)
	if e.keys++; e.keys%yieldAfter == 0 {
		runtime.Gosched()
	}
	if e.o.Delay != nil {
		return e.wait()
	}
	return e.goOn()
}

// goOn writes what there is if it is a block, and reports whether to go on.
func (e *encoder) goOn() bool { return len(e.w.Buf) < blockSize && !e.turn || e.flush() }

// spill writes a part of a value that is large: rdb.Writer.Spill. Until the value ends
// the turn remains this encoder's, and the others wait when they have a block.
func (e *encoder) spill(buf, more []byte) []byte {
	if !e.turn {
		e.mu.Lock()
		e.turn = true
	}
	e.fail(e.ctx.Err())
	if block := buf[announceMax:]; len(block) > 0 && e.err == nil {
		e.putBlock(buf, e.sum(block))
	}
	if len(more) > 0 {
		e.put(more, e.sum(more))
	}
	runtime.Gosched()
	return buf[:announceMax]
}

// putBlock writes a block, whose checksum is known, and before it what is to be said of
// its database; mu is held.
func (e *encoder) putBlock(buf []byte, crc uint64) {
	var room [announceMax]byte
	head := e.announce(room[:0], e.db)
	copy(buf[announceMax-len(head):], head)
	if len(head) > 0 {
		crc = rdb.CombineCRC64(e.sum(head), crc, int64(len(buf)-announceMax))
	}
	e.put(buf[announceMax-len(head):], crc)
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
	block := e.w.Buf[announceMax:]
	if len(block) == 0 && !e.turn {
		return !e.failed.Load()
	}
	crc := e.sum(block)
	if !e.turn {
		e.mu.Lock()
	}
	e.turn = false
	defer e.mu.Unlock()
	e.fail(e.ctx.Err())
	if e.err != nil {
		return false
	}
	if len(block) > 0 {
		e.putBlock(e.w.Buf, crc)
	}
	e.told()
	if cap(e.w.Buf) > maxKept {
		e.w.Buf = make([]byte, 0, blockSize+blockSize/8)
	}
	e.w.Buf = e.w.Buf[:announceMax]
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
	if e.turn && !e.flush() {
		return false
	}
	e.told()
	e.late += e.o.Delay()
	if e.late >= shortest {
		if err := sleepUnless(e.ctx, e.late, e.o.Hurry); err != nil {
			e.refuse(err)
			return false
		}
		e.late = 0
	}
	return e.goOn()
}
