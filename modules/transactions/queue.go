package transactions

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// tx is the transaction state of a session. It belongs to the session's event
// loop; what others tell it comes by the mark dirty.
type tx struct {
	session *core.Session

	open   bool // in MULTI
	broken bool // a command was refused instead of being queued
	queue  []queued
	args   [][]byte // of all queued commands, one after the other
	text   []byte   // what the arguments point into
	older  int      // bytes of texts before it, which older arguments point into

	// What the queue needs in all.
	locks   keyspace.Locks
	planned bool       // some locks are known only when EXEC runs
	hashes  []uint64   // of the keys, of commands that have only one
	some    core.Flags // flags that some command has
	every   core.Flags // flags that every command has

	watches []*watch
	spare   []*watch
}

// queued is one command of the queue; its arguments are tx.args[first:end].
type queued struct {
	cmd        *core.Command
	first, end int
}

func (t *tx) begin() {
	t.open, t.every = true, ^core.Flags(0)
	t.session.PushLast(t) // what others refuse is not queued
	t.tell()
}

// tell shows the session's state to CLIENT LIST.
func (t *tx) tell() {
	s := t.session
	s.InMulti = t.open
	s.QueuedBytes = t.older + len(t.text) + len(t.queue)*int(unsafe.Sizeof(queued{})) +
		len(t.args)*int(unsafe.Sizeof(t.args[0])) + len(t.watches)*int(unsafe.Sizeof(watch{}))
}

// Command implements core.Interceptor: it queues. MULTI and WATCH are let
// through, to be refused by themselves: that does not break the transaction.
func (t *tx) Command(c *core.Ctx) (done bool, err error) {
	if c.Cmd.Flags&core.NotQueued != 0 || c.Cmd.Name == "multi" || c.Cmd.Name == "watch" {
		return false, nil
	}
	t.add(c)
	c.Status("QUEUED")
	return true, nil
}

// Refused implements core.Interceptor.
func (t *tx) Refused(*core.Ctx, error) { t.broken = true }

// add copies a command into the queue.
func (t *tx) add(c *core.Ctx) {
	size := 0
	for _, a := range c.Args {
		size += len(a)
	}
	if cap(t.text)-len(t.text) < size {
		// What is there stays where it is: the arguments point into it.
		t.older += len(t.text)
		t.text = make([]byte, 0, max(2*cap(t.text), size, 256))
	}
	first := len(t.args)
	for _, a := range c.Args {
		at := len(t.text)
		t.text = arena.Append(t.text, a)
		t.args = append(t.args, t.text[at:len(t.text):len(t.text)])
	}
	t.queue = append(t.queue, queued{c.Cmd, first, len(t.args)})
	t.some |= c.Flags()
	t.every &= c.Flags()
	if c.Cmd.Plan != nil {
		t.planned = true
	} else {
		t.locks |= c.Cmd.LocksFor(c)
	}
	if c.KeyArg != 0 {
		t.hashes = append(t.hashes, c.Hash)
	}
	t.tell()
}

// clear empties the queue and ends MULTI. Room for a usual transaction is kept
// for the next one.
func (t *tx) clear() {
	t.session.Pop(t)
	t.open, t.broken, t.planned = false, false, false
	t.locks, t.some, t.older = 0, 0, 0
	const keepText, keepArgs = 4 << 10, 256
	clear(t.args)
	clear(t.queue)
	t.text, t.args, t.queue, t.hashes = t.text[:0], t.args[:0], t.queue[:0], t.hashes[:0]
	if cap(t.text) > keepText {
		t.text = nil
	}
	if cap(t.args) > keepArgs || cap(t.queue) > keepArgs {
		t.args, t.queue, t.hashes = nil, nil, nil
	}
	t.tell()
}
