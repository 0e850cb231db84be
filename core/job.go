package core

import (
	"errors"
	"iter"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What takes long and changes nothing is done before a command takes effect: a copy of
// a large value is made, a payload is decoded. The command is put off, and the job is done in
// turns with the commands of others; then the command runs from its beginning again, as if it
// had come just now, and takes what was made if it finds the data as they were.

// Job is such work. It reads only what is kept for it: values that are frozen or held,
// arguments that are held.
type Job struct {
	// Locks are those of the shards in whose arenas Step and Drop work.
	Locks keyspace.Locks
	// Step does a piece of the work, a millisecond's or so, and returns whether there
	// is more. A client that goes away does not end it.
	Step func() (more bool)
	// Drop gives up what was kept and what the command has not taken. It is called once,
	// after the last Step and, if there is one, the command.
	Drop func()
	// Made is what the command finds in Prepared.
	Made any

	tries int
}

// mostTries is how often a command is put off because others have changed its data
// meanwhile; then it does everything at once.
const mostTries = 3

// ErrPutOff is what a handler returns that has been put off; nobody is told.
var ErrPutOff = errors.New("put off")

// MayPrepare reports whether a command can be put off: not within a transaction or a
// script, nor for ever.
func (c *Ctx) MayPrepare() bool {
	return !c.NoBlock && c.Session != nil && (c.Prepared == nil || c.Prepared.tries < mostTries)
}

// Prepare puts the command off until a job is done. The handler, which has changed and
// replied nothing, returns its error.
func (c *Ctx) Prepare(j *Job) error {
	if c.Prepared != nil {
		j.tries = c.Prepared.tries + 1
	}
	c.PutOff = j
	return ErrPutOff
}

// Stepwise makes steps of a function that calls pause where it may be interrupted. It
// runs in a coroutine, on the goroutine of whoever calls step, to its end.
func Stepwise(fn func(pause func())) (step func() (more bool)) {
	next, _ := iter.Pull(func(yield func(struct{}) bool) {
		fn(func() { yield(struct{}{}) })
	})
	return func() bool {
		_, more := next()
		return more
	}
}
