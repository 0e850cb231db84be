package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// A panic in a handler is a bug, and nobody knows what it leaves behind. So it
// is logged with the command, and the server stops: the connections of the
// worker are cut without another byte, so that nothing half-done is ever
// acknowledged, and everything else is taken down in order, so that what was
// acknowledged before gets to where it is kept. That memory has run out
// (*arena.OutOfMemory) is treated alike: the panic may have come in the middle
// of a change, and there is no telling from outside.

// Crash is the error that a server stops with because of a panic.
type Crash struct {
	Value any
	Where string // a command, or what else was at work
}

// Error implements error.
func (c *Crash) Error() string { return fmt.Sprintf("stopped by a panic in %s: %v", c.Where, c.Value) }

// Crashed logs a panic and begins the shutdown; the caller is the function that
// recovered from it.
func (eng *Engine) Crashed(value any, where string) {
	eng.log.Error("=== FERROUS BUG REPORT: a panic, the server stops ===", "in", where, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
	eng.host.Fail(&Crash{value, where})
}

// errBroken answers who wants something of a broken worker.
var errBroken = errors.New("the server is stopping because of a panic")

// rescue is deferred around everything that a worker executes. The worker's
// lock is held. A broken worker executes nothing any more.
func (w *worker) rescue() {
	p := recover()
	if p == nil {
		return
	}
	w.broken = true
	for w.outer != nil {
		w.executor = w.outer
	}
	w.eng.Crashed(p, w.running())
	w.lane.Unlock(w.locked)
	w.locked = 0
	w.ready = nil
	w.w.Buf = nil
	w.reply.out.Drop(w.eng.buffers)
	for len(w.sessions) > 0 {
		w.cut(w.sessions[0])
	}
	// Letters that came with the panic may be connections to close.
	for _, l := range w.reading {
		if l.run != nil {
			w.Post(l.run)
		}
	}
	w.reading = nil
	w.wake()
}

// cut ends a session of a broken worker. The state of modules may be broken
// too: a second panic must not leave the connection open.
func (w *worker) cut(s *session) {
	defer func() {
		if p := recover(); p != nil {
			w.eng.log.Error("a panic while a client is disconnected", "id", s.ID, "panic", fmt.Sprint(p))
			s.link.Close()
		}
	}()
	s.reason = "panic"
	w.end(s)
}

// running describes what the worker is executing.
func (w *worker) running() string {
	switch {
	case w.serving != nil:
		return "the retry of " + w.eng.describe(w.serving.cmd, w.serving.args)
	case w.depth > 0:
		in := w.inner[w.depth-1]
		return w.eng.describe(in.Cmd, in.Args) + " within " + w.ctx.Cmd.FullName()
	case w.ctx.Cmd != nil:
		return w.eng.describe(w.ctx.Cmd, w.ctx.Args)
	}
	return "no command"
}

// describe shows a command as far as it fits into a line of the log.
func (eng *Engine) describe(cmd *core.Command, args [][]byte) string {
	if cmd.Flags&core.Sensitive != 0 || eng.params.hideUserData.Load() {
		return fmt.Sprintf("%s with %d arguments", cmd.FullName(), len(args)-1)
	}
	const most, longest = 16, 64
	var words []string
	for i, a := range args {
		if i == most {
			words = append(words, fmt.Sprintf("... (%d more arguments)", len(args)-most))
			break
		}
		word := strconv.Quote(core.Clip(a, longest))
		if len(a) > longest {
			word += fmt.Sprintf("... (%d more bytes)", len(a)-longest)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
