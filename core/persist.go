package core

import (
	"errors"
	"io"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What modules that keep data (in files, on replicas) need of the host, beside
// the write feed: to load before clients are served, to be asked before the
// server stops, to hold replies back until what they tell of is safe, to work in
// the background one at a time.

// OnLoad registers a source of data for a server that starts: a file, for
// example. The sources are asked in the order of their registration until one
// says that it has the data (done), even if that is nothing. Clients are
// connected already, and answered -LOADING; no other goroutine writes. With an
// error the server does not start. fn brings its data in within Server.Load.
func (r *Registry) OnLoad(fn func() (done bool, err error)) { r.loads = append(r.loads, fn) }

// Loads returns the sources of data, in order; it is the host's.
func (r *Table) Loads() []func() (done bool, err error) { return r.loads }

// OnShutdown registers what is to be done before the server stops because it was
// asked to: to save. It is called with no command running and all shards
// locked, in the order of registration, and once it was called no further
// command runs unless the shutdown comes to nothing. An error refuses the
// shutdown, unless o.Force. After a panic it is not called: the data may be
// broken.
func (r *Registry) OnShutdown(fn func(o Shutdown) error) { r.shutdowns = append(r.shutdowns, fn) }

// DelayShutdown registers who may let a shutdown that is in no hurry (without Now) wait, for
// shutdown-timeout at most, with writes held back. ready is asked now and then, as long as it returns
// false, with no command running and all shards locked.
func (r *Registry) DelayShutdown(ready func() bool) { r.delays = append(r.delays, ready) }

// Delays returns what DelayShutdown has registered; it is the host's.
func (r *Table) Delays() []func() bool { return r.delays }

// ErrShutdownWaits is the answer of Server.Shutdown to one that has to wait, or while one does.
var ErrShutdownWaits = errors.New("the shutdown waits")

// Shutdowns returns what OnShutdown has registered; it is the host's.
func (r *Table) Shutdowns() []func(o Shutdown) error { return r.shutdowns }

// SavesToo registers who, beside the module that writes dumps to files, makes dumps of all data: began
// is when the oldest of those under way began, ok false if there is none. As in Redis, INFO tells of
// them all as of a BGSAVE.
func (r *Registry) SavesToo(fn func() (began time.Time, ok bool)) { r.saves = append(r.saves, fn) }

// Saves returns what those tell that SavesToo has registered.
func (r *Table) Saves() (began time.Time, ok bool) {
	for _, fn := range r.saves {
		if at, is := fn(); is && (!ok || at.Before(began)) {
			began, ok = at, true
		}
	}
	return began, ok
}

// OnTick registers a function that the server's background work calls hz times
// a second (10 by default) while it serves, with no lock held; now is Unix
// milliseconds. It must be quick.
func (r *Registry) OnTick(fn func(now int64)) { r.ticks = append(r.ticks, fn) }

// Ticks returns what OnTick has registered; it is the host's.
func (r *Table) Ticks() []func(now int64) { return r.ticks }

// Checker examines files of one format, for the command "ferrous check".
type Checker struct {
	// Format names it in reports: "RDB".
	Format string
	// Knows reports whether a file is of this format, by its name and its first
	// bytes (at most 512). Checkers are asked in the order of registration.
	Knows func(name string, head []byte) bool
	// Check examines the file and writes what it finds to o.Out. The error says
	// what is wrong with it and where; nil means that it is sound, or was
	// repaired.
	Check func(name string, o CheckOptions) error
}

// CheckOptions say how a file is to be checked.
type CheckOptions struct {
	Fix      bool        // repair what can be
	Ask      func() bool // asks the user whether to go on with the repair
	Out      io.Writer
	Registry *Table // of a server that does not run
	// Progress is told how many bytes of how many are done; never nil.
	Progress func(done, total int64)
}

// Checker registers a checker of files.
func (r *Registry) Checker(c Checker) { r.checkers = append(r.checkers, c) }

// Checkers returns the checkers of files, in order; it is the host's.
func (r *Table) Checkers() []Checker { return r.checkers }

// Position is a place in the history of the data that masters and replicas share: a
// replica whose data are those of a position goes on from there.
type Position struct {
	ID     string // of the history (replid)
	Offset int64  // bytes of the stream up to there
	DB     int    // the database that the stream has selected
}

// OnPosition registers who knows at which position the data are. It is called with all
// shards locked; without ok there is none.
func (r *Registry) OnPosition(fn func() (p Position, ok bool)) { r.position = fn }

// OnRestore registers who is told that the data which were loaded at the start are those
// of a position. It is called with all shards locked.
func (r *Registry) OnRestore(fn func(p Position)) { r.restore = fn }

// Restored tells that the data, which have just been loaded at the start from a file
// that says so, are those of a position. No lock is held.
func (r *Table) Restored(p Position, ks *keyspace.Keyspace) {
	if r.restore != nil {
		ks.Lock(keyspace.AllShards)
		defer ks.Unlock(keyspace.AllShards)
		r.restore(p)
	}
}

// OnReplace registers who keeps the writes (a log), and has to know that all data are
// about to be replaced by others that are not fed (begins), and that they have been.
// In between nothing is to be kept; what was kept before stays until then. It is called
// with all shards locked.
func (r *Registry) OnReplace(fn func(begins bool)) { r.replace = append(r.replace, fn) }

// Replace tells those that OnReplace has registered.
func (r *Table) Replace(begins bool) {
	for _, fn := range r.replace {
		fn(begins)
	}
}

// Position returns the position of the data, and whether there is one. All shards are
// locked: it is what belongs to a snapshot that is taken under the same locks. Or nothing
// is being fed (Hooks.Settled): it is what belongs to what was.
func (r *Table) Position() (p Position, ok bool) {
	if r.position == nil {
		return p, false
	}
	return r.position()
}

// Acks is what replicas have acknowledged of what clients have written. Its methods may
// be called from any goroutine.
type Acks interface {
	// Refuses returns the error for a client that waits where nothing is acknowledged
	// because the server is a replica itself, or nil.
	Refuses(command string) error
	// Logged counts the replicas in whose own logs it is safe what a client has written.
	Logged(s *Session) int64
	// Await calls end, with no lock held, when there may be n of them. It is called at
	// most once, and may be called at once.
	Await(s *Session, n int64, end func())
}

// Acknowledges registers who knows what replicas have acknowledged.
func (r *Registry) Acknowledges(a Acks) { r.acks = a }

// Acks returns who knows what replicas have acknowledged, nil if there cannot be any.
func (r *Table) Acks() Acks { return r.acks }

// Log is a log of the writes. Its methods may be called from any goroutine.
type Log interface {
	// Fed returns the position behind everything that the log has been given.
	Fed() uint64
	// Safe returns the position up to which it is safe on the disk, and whether a log is
	// kept that holds all the data.
	Safe() (pos uint64, kept bool)
	// Await calls end once, with no lock held, when the log is safe up to pos, or none is
	// kept any more. It may be called at once. A second call is instead of the first.
	Await(pos uint64, end func())
}

// Logs registers the log of the writes.
func (r *Registry) Logs(l Log) { r.log = l }

// Log returns the log of the writes, nil if there cannot be any.
func (r *Table) Log() Log { return r.log }
