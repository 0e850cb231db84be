package core

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// Ctx is one call of a command: its arguments, its reply, the database that it
// works on. It belongs to the call; nothing of it may be kept.
//
// The reply is written through the embedded Writer: c.OK(), c.Int(n),
// c.Bulk(b), c.Array(n) followed by n replies, and so on.
type Ctx struct {
	*resp.Writer

	// Args are the arguments, the command name first. They point into the
	// read buffer and die with the call: what is stored is copied.
	Args [][]byte
	// Cmd is the row being executed (that of the subcommand, if there is one).
	Cmd *Command
	// DB is the selected database.
	DB *keyspace.DB
	// Session is the client; nil when the command comes from no client.
	Session *Session
	// Server is what the command runs on.
	Server Server
	// Now is the time of the call in Unix milliseconds. It does not move
	// during a command, a transaction or a script.
	Now int64
	// Locks are the shards whose locks are held: those of the command's keys at
	// least. A command with a Plan may go as far as they reach.
	Locks keyspace.Locks
	// NoBlock means that a blocking command must answer at once as if its
	// timeout had passed: inside MULTI, in scripts, without a client.
	NoBlock bool
	// Obeyed is set for what a log or a master says, and for all that this calls: it has
	// happened already, so nobody is asked whether it may.
	Obeyed bool
	// Loop tells on which executor the call runs, below Server.Executors. Two
	// calls on one never overlap: what is kept for each needs no lock.
	Loop int
	// Script is set for what a script runs.
	Script bool
	// Surveyed is set for a command with Surveys that stops nothing.
	Surveyed bool
	// Unbounded is set for what a script runs that is not to be refused for lack of
	// memory: it has begun to write, or may go on whatever there is. The script sets
	// it for itself.
	Unbounded bool
	// Committed is set for what a script runs that has written: no state of the server
	// refuses its writing from then on, so that it is not stopped half-way.
	Committed bool

	// Counted is set by a command that answers the error of one that it has called:
	// that has been counted where it arose.
	Counted bool

	// The rest belongs to the host.

	// Hooks are the registry's.
	Hooks *Hooks
	// Exec runs nested commands.
	Exec Executor
	// Dirty counts the changes that the command has made: see Changed and CountChanges.
	Dirty int64
	// Hash is the hash of the key at KeyArg, when KeyArg is not 0.
	Hash   uint64
	KeyArg int
	keys   severalKeys // when it is 0
	// Look is what has been looked at: see Looked.
	Look *Look
	// Waiting is set by Block.
	Waiting *Wait
	// PutOff is set by Prepare, and Prepared is the job that has been done since.
	PutOff, Prepared *Job
	// Arrivals are those of the arguments that were received where they can stay.
	Arrivals   []*keyspace.Arrival
	feed       feed
	afterReply []*Message
}

// Executor runs commands for other commands.
type Executor interface {
	// Call is Ctx.Call.
	Call(c *Ctx, cmd *Command, args [][]byte, where Where) (ran bool)
	// CountRefused counts a command (nil for a name that is none) that its caller has
	// refused itself, with the error of this text, and so does not call.
	CountRefused(cmd *Command, text string)
	// TakeMessages gives take what is on its way to a session of this executor, which
	// then does not get it. The slices are valid during the call.
	TakeMessages(of *Session, take func(b []byte))
	// Arrivals is where a large value is made: see Ctx.Draft.
	Arrivals() *keyspace.Arrivals
	// Overdue is Ctx.Overdue, and Yield is Ctx.Yield.
	Overdue() *atomic.Bool
	Yield(busy error) error
	// Deliver is Ctx.Deliver.
	Deliver(to *Session, m *Message)
}

// Deliver hands a message to a session, as its Conn's DeliverMessage does, and
// faster to sessions of the event loop that runs the command. The order of the messages that a
// session gets is that of the calls, as far as the caller keeps others out.
func (c *Ctx) Deliver(to *Session, m *Message) {
	if c == nil || c.Exec == nil {
		to.Conn.DeliverMessage(m)
		return
	}
	c.Exec.Deliver(to, m)
}

// Reset prepares c for the next command; it is the host's.
func (c *Ctx) Reset(cmd *Command, args [][]byte) {
	c.Cmd, c.Args = cmd, args
	c.Dirty, c.Counted = 0, false
	c.KeyArg = 0
	if len(c.keys.refs) > 0 {
		c.keys.forget()
	}
	c.Waiting, c.Look = nil, nil
	c.feed.skip, c.feed.swapped = 0, false
	if c.feed.given {
		c.feed.reset()
	}
}

// Flags returns the flags of this call: those of the row, unless the row says
// that they depend on the call.
func (c *Ctx) Flags() Flags {
	if c.Cmd.CallFlags != nil {
		return c.Cmd.CallFlags(c)
	}
	return c.Cmd.Flags
}

// Find opens a key for reading: a hit or miss is counted and the access
// recorded. Check OK of the result.
func (c *Ctx) Find(key []byte) keyspace.Entry { return c.find(key, keyspace.ForRead) }

// FindForWrite opens a key that the command is going to change.
func (c *Ctx) FindForWrite(key []byte) keyspace.Entry { return c.find(key, keyspace.ForWrite) }

// Touch is Find that records the access even for a session with NO-TOUCH.
func (c *Ctx) Touch(key []byte) keyspace.Entry { return c.look(key, keyspace.ForRead) }

// Peek is Find that leaves the access clock alone (EXISTS, TTL, TYPE).
func (c *Ctx) Peek(key []byte) keyspace.Entry { return c.find(key, keyspace.Count) }

func (c *Ctx) find(key []byte, m keyspace.Mode) keyspace.Entry {
	if c.Session != nil && c.Session.NoTouch {
		m &^= keyspace.Touch
	}
	return c.look(key, m)
}

func (c *Ctx) look(key []byte, m keyspace.Mode) keyspace.Entry {
	e := c.DB.FindHashed(c.HashOf(key), key, c.Now, m)
	if !e.OK() && m&keyspace.Count != 0 {
		c.Event(EventKeyMiss, "keymiss", key)
	}
	return e
}

// HashOf returns the hash of a key; those of the command's keys are known
// already, since the host has locked their shards.
func (c *Ctx) HashOf(key []byte) uint64 {
	if c.KeyArg != 0 && unsafe.SliceData(key) == unsafe.SliceData(c.Args[c.KeyArg]) {
		return c.Hash
	}
	return c.hashOf(key)
}

// FindType is Find for a key that must hold type t: the error is WRONGTYPE. A
// missing key is no error.
func (c *Ctx) FindType(key []byte, t keyspace.Type) (keyspace.Entry, error) {
	return typed(c.Find(key), t)
}

// FindTypeForWrite is FindForWrite for a key that must hold type t.
func (c *Ctx) FindTypeForWrite(key []byte, t keyspace.Type) (keyspace.Entry, error) {
	return typed(c.FindForWrite(key), t)
}

func typed(e keyspace.Entry, t keyspace.Type) (keyspace.Entry, error) {
	if e.OK() && e.Type() != t {
		return keyspace.Entry{}, ErrWrongType
	}
	return e, nil
}

// SetString stores a string value, choosing its encoding; expire as in
// keyspace.DB.Put.
func (c *Ctx) SetString(key, value []byte, expire int64) {
	if len(c.Arrivals) > 0 && len(value) > arena.MaxSmall {
		for _, a := range c.Arrivals {
			if unsafe.SliceData(a.Bytes()) == unsafe.SliceData(value) {
				c.DB.PutArrived(c.HashOf(key), key, a, expire, c.Now)
				return
			}
		}
	}
	c.DB.PutString(c.HashOf(key), key, value, expire, c.Now)
}

// SetInt stores an integer as a string value.
func (c *Ctx) SetInt(key []byte, n int64, expire int64) {
	c.DB.PutInt(c.HashOf(key), key, n, expire, c.Now)
}

// Arena returns where the value of a key allocates what it keeps beside the
// entry: what an Object is made with.
func (c *Ctx) Arena(key []byte) *arena.Arena { return c.DB.Keyspace().Arena(c.HashOf(key)) }

// PutObject gives key an Object as its value; expire as in keyspace.DB.Put.
func (c *Ctx) PutObject(key []byte, t keyspace.Type, o keyspace.Object, expire int64) {
	c.DB.PutObject(key, t, o, expire, c.Now)
}

// Changed records an effective change of a key: it counts as dirty, it is fed
// to the log and the replicas, transactions and caches that watch the key
// learn of it, clients that wait for it are served, and the keyspace event
// (class and name; no event if name is empty) is published. Call it once per
// change, after the change.
func (c *Ctx) Changed(class Event, name string, key []byte) { c.ChangedBy(1, class, name, key) }

// ChangedBy is Changed for a change that counts as n: elements that were added, say.
func (c *Ctx) ChangedBy(n int64, class Event, name string, key []byte) {
	c.Dirty += n
	if c.Hooks.any(hookChange) {
		c.Hooks.changed(c, Change{c.DB.Index(), key, class, name})
	}
}

// Removed is ChangedBy for a change that has taken n members from a value, and the key if it went with
// them (gone). Nothing is told if n is 0.
func (c *Ctx) Removed(n int64, class Event, name string, key []byte, gone bool) {
	if n > 0 {
		c.ChangedBy(n, class, name, key)
	}
	if gone {
		c.Event(EventGeneric, "del", key)
	}
}

// CountChanges records n changes of which nobody is told by key: it is fed, and that
// is all.
func (c *Ctx) CountChanges(n int64) { c.Dirty += n }

// ChangedIn is Changed for a key of another database than the selected one.
func (c *Ctx) ChangedIn(db int, class Event, name string, key []byte) {
	c.Dirty++
	if c.Hooks.any(hookChange) {
		c.Hooks.changed(c, Change{db, key, class, name})
	}
}

// Event publishes a keyspace event without counting a change (a second event
// of one change).
func (c *Ctx) Event(class Event, name string, key []byte) {
	if c.Hooks.any(hookChange) {
		c.Hooks.changed(c, Change{c.DB.Index(), key, class, name})
	}
}

// EventIn is Event for a key of another database than the selected one.
func (c *Ctx) EventIn(db int, class Event, name string, key []byte) {
	if c.Hooks.any(hookChange) {
		c.Hooks.changed(c, Change{db, key, class, name})
	}
}

// Call runs another command with the locks that this one holds and writes its
// reply here; scripts and transactions are made of it. What the command changes
// is fed as part of this one, all of it as one unit. It is asked for as at any
// other door (where: InExec, InScript), and a refusal is its reply; so is the
// error for a wrong number of arguments, and for keys whose locks are not among
// those held. cmd is what Registry.Lookup has found; args need be valid only
// during the call. ran says that it was not refused.
func (c *Ctx) Call(cmd *Command, args [][]byte, where Where) (ran bool) {
	return c.Exec.Call(c, cmd, args, where)
}

// Overdue returns a flag that is up from when a command with the flag Long has run for
// longer than busy-reply-threshold. It costs a load to look at, and no clock.
func (c *Ctx) Overdue() *atomic.Bool { return c.Exec.Overdue() }

// Yield is called by the handler of a row with Long whose Overdue flag is up, where it
// can be interrupted, again and again: every hundred microseconds or so, since others
// wait for it, and more often costs it a look at the clock each time. They are answered meanwhile: busy, but for rows
// with AllowBusy, which run; nobody changes the data. What these have to say (that
// the handler is to end) it finds out afterwards. The error is that the server is
// to stop, and the handler ends at once.
func (c *Ctx) Yield(busy error) error { return c.Exec.Yield(busy) }

// Later leaves the rest of a long reply to next, which is called when the handler has
// returned: without locks, in turns with the commands of others, from the value of e
// as it is now, and of other values only what was frozen by a Later of their own. It
// writes about resp.PieceSize bytes at a time, and returns whether there is more. The
// beginning has been written, with how many elements there are in all; the handler may
// write more behind it, but changes nothing of the value any more. Where a reply cannot
// be made later (within a script) all of it is written at once.
func (c *Ctx) Later(e keyspace.Entry, next func(w *resp.Writer) (more bool)) {
	if !c.Patient() {
		for next(c.Writer) && !c.Unwanted() {
		}
		return
	}
	c.Writer.Later(next, e.Freeze())
}

// Wait describes a blocked client.
type Wait struct {
	// Keys of the selected database; a change of one of them is worth a retry
	// if the key exists then. The host copies them. Empty: only the deadline or
	// an unblock ends it.
	Keys [][]byte
	// Wants, if set, says which values a retry is worth: the wait goes on when a key
	// has become anything else (a set, where elements of a list are waited for).
	// See OfType.
	Wants func(e keyspace.Entry) bool
	// Alike, if it is not nil, is comparable, and equal for waits of which the same holds: what Wants says of a
	// value for one it says for all, and so does Gone. Of those that wait for a key only the first is asked, so
	// that thousands of them cost no more. What one gets makes no other want something, unless
	// the key has Changed by that.
	Alike any
	// Due, if set, is for waits that time may end, too: it says from a key's value when,
	// in Unix milliseconds, a look is worth it although the key has not changed. A
	// retry follows if the key holds what the wait Wants then; else, and after a retry
	// that has come to nothing, Due is asked again. 0 means never.
	Due func(e keyspace.Entry) int64
	// Gone asks for a retry also when a key has ceased to exist (XREADGROUP).
	Gone bool
	// Deadline in Unix milliseconds; 0 means never.
	Deadline int64
	// Retry is called with the command's locks held (the Ctx is a new one with
	// the original arguments, copied) after a key was changed. It either
	// answers and returns true, or returns false to go on waiting.
	Retry func(c *Ctx, key []byte) (served bool, err error)
	// Expired writes the reply for a deadline that has passed. It has no locks. What was
	// changed in the background for the client it counts (CountChanges), so that
	// what a client is promised of its writes holds for these, too.
	Expired func(c *Ctx)
	// Firm waits are ended by nobody else: CLIENT UNBLOCK does not find the client waiting.
	Firm bool
	// Parked, if set, is called when the client waits, with a function that ends
	// the wait as its deadline would: for waits for something that is no key. end
	// may be called from any goroutine, under any lock, and more than once.
	Parked func(end func())
}

// OfType is Wait.Wants for values of one of Redis's types.
func OfType(t keyspace.Type) func(e keyspace.Entry) bool {
	return func(e keyspace.Entry) bool { return e.Type() == t }
}

// Block parks the session until one of the keys changes in a way that Retry
// accepts, the deadline passes or the client is unblocked. The handler returns
// right after it, having written no reply. Where blocking is not allowed, the
// reply of an expired wait is written at once.
func (c *Ctx) Block(w Wait) error {
	if c.NoBlock || c.Session == nil {
		w.Expired(c)
		return nil
	}
	c.Waiting = &w
	return nil
}

// First calls take for the arguments from first up to end, which are keys, until it says that it has
// replied (done), or fails: for commands that are served by the first key that has something.
func (c *Ctx) First(first, end int, take func(c *Ctx, key []byte) (done bool, err error)) (done bool, err error) {
	for _, key := range c.Args[first:end] {
		if done, err := take(c, key); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// Await is First for a command that waits if no key has anything, until one of them has become what is wanted (OfType,
// OfObject): then take is called again, with the command's locks and a copy of its arguments. Argument timeout is for
// how many seconds; the reply to who has waited in vain, or may not wait, is the null array.
func (c *Ctx) Await(first, end, timeout int, wants func(e keyspace.Entry) bool, take func(c *Ctx, key []byte) (done bool, err error)) error {
	deadline, err := c.Timeout(timeout)
	if err != nil {
		return err
	}
	if done, err := c.First(first, end, take); done || err != nil {
		return err
	}
	return c.Block(Wait{
		Keys: c.Args[first:end], Wants: wants, Deadline: deadline, Expired: (*Ctx).NullArray,
		Retry: func(c *Ctx, _ []byte) (bool, error) { return c.First(first, end, take) },
	})
}

// Is reports whether argument i is the given word, in any case.
func (c *Ctx) Is(i int, word string) bool { return equalFold(c.Args[i], word) }

// ArgInt parses argument i as a 64-bit integer in Redis's strict form: no
// sign but "-", no leading zeros, no blanks.
func (c *Ctx) ArgInt(i int) (int64, error) {
	n, ok := decimal.Parse(c.Args[i])
	if !ok {
		return 0, ErrNotInteger
	}
	return n, nil
}

// ArgCount parses argument i, the last one, which may be missing, as how many there are to be: 0 or more. The
// error is the same for all that is no such number.
func (c *Ctx) ArgCount(i int, missing int64) (int64, error) {
	switch len(c.Args) {
	case i:
		return missing, nil
	case i + 1:
		return c.ArgPositive(i)
	}
	return 0, ErrSyntax
}

// ArgPositive parses argument i as 0 or more, which Redis calls positive. The error is the same for all that is
// no such number.
func (c *Ctx) ArgPositive(i int) (int64, error) {
	if n, ok := decimal.Parse(c.Args[i]); ok && n >= 0 {
		return n, nil
	}
	return 0, ErrNotPositive
}

// ArgInt32 is ArgInt for what Redis keeps in 32 bits: the number of a database.
func (c *Ctx) ArgInt32(i int) (int, error) {
	n, err := c.ArgInt(i)
	if err == nil && n != int64(int32(n)) {
		err = ErrInt32
	}
	return int(n), err
}

// ArgFloat parses argument i as a floating-point number; NaN is refused.
func (c *Ctx) ArgFloat(i int) (float64, error) {
	f, ok := ParseFloat(c.Args[i])
	if !ok {
		return 0, ErrNotFloat
	}
	return f, nil
}

// Timeout parses argument i as the timeout of a blocking command in seconds
// and returns the deadline in Unix milliseconds, 0 for ever.
func (c *Ctx) Timeout(i int) (int64, error) {
	f, ok := Strtod(c.Args[i])
	ms := math.Ceil(f * 1000)
	switch {
	case !ok:
		return 0, ErrTimeoutFloat
	case ms >= math.MaxInt64: // which is 2^63 as a float
		return 0, ErrTimeoutRange
	case ms < 0:
		return 0, ErrTimeoutNeg
	}
	return c.deadline(int64(ms))
}

// TimeoutMillis is Timeout for a command that takes milliseconds.
func (c *Ctx) TimeoutMillis(i int) (int64, error) {
	ms, ok := decimal.Parse(c.Args[i])
	if !ok {
		return 0, ErrTimeoutInt
	}
	return c.deadline(ms)
}

// deadline returns when so many milliseconds will have passed, 0 for ever.
func (c *Ctx) deadline(ms int64) (int64, error) {
	switch {
	case ms < 0:
		return 0, ErrTimeoutNeg
	case ms > math.MaxInt64-c.Now:
		return 0, ErrTimeoutRange
	case ms == 0:
		return 0, nil
	}
	return c.Now + ms, nil
}
