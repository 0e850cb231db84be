package keys

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/wire"
)

// moves are the transfers under way, and what they share.
type moves struct {
	ctx     context.Context // ends with the server
	stop    context.CancelFunc
	jobs    sync.WaitGroup
	sockets sockets
	version *config.IntVar // repl-rdb-version; nil where nothing replicates
	changes *core.Switch   // on while there is a transfer

	mu  sync.Mutex // a leaf
	all []*transfer
}

func (ms *moves) begin(t *transfer) {
	t.changed = map[string]bool{}
	for _, key := range t.keys {
		t.changed[string(key)] = false
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.all = append(ms.all, t)
	ms.changes.Set(true)
}

func (ms *moves) end(t *transfer) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for i, x := range ms.all {
		if x == t {
			ms.all = append(ms.all[:i:i], ms.all[i+1:]...)
			break
		}
	}
	ms.changes.Set(len(ms.all) > 0)
}

// noted is the hook for changed keys: the key's value is not any more what was sent.
func (ms *moves) noted(_ *core.Ctx, ch core.Change) {
	if ch.Only() {
		return
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for _, t := range ms.all {
		if _, ok := t.changed[string(ch.Key)]; ok && t.from == ch.DB {
			t.changed[string(ch.Key)] = true
		}
	}
}

// replaced takes note that there may be other values under the keys of all transfers.
func (ms *moves) replaced() {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for _, t := range ms.all {
		for key := range t.changed {
			t.changed[key] = true
		}
	}
}

// transfer carries out one MIGRATE. A key is deleted when the target has said that it has
// it, if it is still what was sent: clients that would change it are held back, but some writes come
// nevertheless (core.Server.HoldKeys), and then it is sent again.
type transfer struct {
	migration
	m       *module
	srv     core.Server
	cmd     *core.Command
	args    [][]byte
	from    int             // the database here
	within  *core.Ctx       // the call, if it does not let its locks go
	changed map[string]bool // since they were sent; moves.mu

	reads   int   // the version of the format that the target reads, 0 while nobody has asked
	deleted int64 // keys
	err     error // how it has ended
}

var (
	errConnect   = error(core.Error{Code: "IOERR", Text: "error or timeout connecting to the client"})
	errWriting   = error(core.Error{Code: "IOERR", Text: "error or timeout writing to target instance"})
	errReading   = error(core.Error{Code: "IOERR", Text: "error or timeout reading to target instance"})
	errStopping  = core.Err("the server is stopping")
	errRestless  = core.Err("the keys are changed again and again while they are sent")
	errFieldsTTL = core.Err("the target instance does not know hash fields that expire")
)

// unreachable is the error for a target that cannot be connected to. Redis notices only when it
// writes, unless there is no such host, or nothing comes of the attempt in time.
func unreachable(err error) error {
	var name *net.DNSError
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &name) {
		return errConnect
	}
	return errWriting
}

// mostRounds is how often keys are sent that are changed nevertheless.
const mostRounds = 16

// run does it, once more if the connection breaks before anything has come of it: it may be a
// cached one that the target has closed.
func (t *transfer) run() error {
	keys, replace := t.keys, t.replace
	for tries, rounds := 0, 0; ; rounds++ {
		s, err := t.m.moves.sockets.take(t.m.moves.ctx, t.srv, t.target, t.timeout)
		if err != nil {
			return unreachable(err)
		}
		acked, err := t.send(s, keys, replace)
		again, failed := t.drop(acked)
		t.m.moves.sockets.give(s, err == nil || s.sound)
		switch {
		case failed != nil:
			return failed
		case err != nil && tries == 0 && len(acked) == 0 && s.broken && !s.late:
			tries++
			continue
		case err != nil:
			return err
		case len(again) == 0:
			return nil
		case rounds == mostRounds:
			return errRestless
		}
		keys, replace = again, true
	}
}

// send sends keys, and returns those that the target has taken. The error is the first.
func (t *transfer) send(s *socket, keys [][]byte, replace bool) (acked [][]byte, err error) {
	if err := s.prepare(t.db); err != nil {
		return nil, err
	}
	var sent [][]byte
	for _, key := range keys {
		ok, err := t.sendKey(s, key, replace)
		if err != nil {
			s.sound = false // who knows how far it has come
			return nil, err
		}
		if ok {
			sent = append(sent, key)
		}
	}
	if s.w.Flush() != nil {
		return nil, s.failed(errWriting)
	}
	for _, key := range sent {
		refused := s.expectOK()
		if refused == nil {
			acked = append(acked, key)
			continue
		}
		if err == nil {
			err = refused
		}
		if s.broken {
			break
		}
	}
	return acked, err
}

// sendKey sends a key, if it is still there.
func (t *transfer) sendKey(s *socket, key []byte, replace bool) (sent bool, err error) {
	var d *dumper
	var body []byte
	var ttl int64
	release := func() {}
	err = t.locked(func(c *core.Ctx) error {
		t.m.moves.mu.Lock()
		if t.changed != nil {
			t.changed[string(key)] = false
		}
		t.m.moves.mu.Unlock()
		e := c.Peek(key)
		if !e.OK() {
			return nil
		}
		if at := e.Expire(); at != 0 {
			ttl = max(at-c.Now, 1)
		}
		kind := t.srv.Registry().TypeOf(e.Value())
		if kind == nil {
			return errNoType
		}
		d = &dumper{t: kind, v: e.Value(), compress: t.m.dumps.Compress(), version: t.version()}
		if d.long() {
			release = e.Freeze()
		} else {
			d.each(func(b []byte) bool { body = append(body, b...); return true })
		}
		return nil
	})
	defer release()
	if err != nil || d == nil {
		return false, err
	}
	return true, t.write(s, d, body, key, ttl, replace)
}

// write writes a RESTORE; body is the payload without its footer, nil if it is made while it
// is sent.
func (t *transfer) write(s *socket, d *dumper, body, key []byte, ttl int64, replace bool) error {
	n, opcode, crc := len(body), byte(0), rdb.CRC64(0, body)
	if body == nil {
		d.each(func(b []byte) bool {
			if n == 0 && len(b) > 0 {
				opcode = b[0]
			}
			n, crc = n+len(b), rdb.CRC64(crc, b)
			return t.m.moves.ctx.Err() == nil
		})
	} else {
		opcode = body[0]
	}
	version, err := t.versionOf(opcode)
	if err != nil {
		return err
	}
	footer := rdb.FooterOf(crc, version)
	words := 4
	if replace {
		words = 5
	}
	b := wire.AppendHead(nil, '*', words)
	b = appendBulk(b, []byte("RESTORE"))
	b = appendBulk(b, key)
	b = appendBulk(b, strconv.AppendInt(nil, ttl, 10))
	b = wire.AppendHead(b, '$', n+len(footer))
	ok := s.write(b)
	if body == nil {
		d.each(func(b []byte) bool { ok = ok && s.write(b); return ok })
	} else {
		ok = ok && s.write(body)
	}
	b = append(append(b[:0], footer[:]...), "\r\n"...)
	if replace {
		b = appendBulk(b, []byte("REPLACE"))
	}
	if !ok || !s.write(b) {
		return s.failed(errWriting)
	}
	return nil
}

func appendBulk(b, text []byte) []byte {
	b = wire.AppendHead(b, '$', len(text))
	return append(append(b, text...), "\r\n"...)
}

// drop deletes keys here that the target has, and returns those that have to be sent again.
func (t *transfer) drop(acked [][]byte) (again [][]byte, err error) {
	if len(acked) == 0 || t.copy || t.m.moves.ctx.Err() != nil {
		return nil, nil
	}
	err = t.locked(func(c *core.Ctx) error {
		if err := c.Hooks.Refusal(c, core.Write, core.TopLevel); err != nil {
			return err // it has become a replica
		}
		gone := [][]byte{[]byte("DEL")}
		for _, key := range acked {
			e := c.FindForWrite(key)
			switch {
			case !e.OK():
			case t.hasChanged(key):
				again = append(again, key)
			default:
				e.Delete()
				c.Changed(core.EventGeneric, "del", key)
				gone = append(gone, key)
			}
		}
		if len(gone) > 1 {
			t.deleted += int64(len(gone) - 1)
			if c.Hooks.Feeding() {
				c.Propagate(gone...)
			}
		}
		return nil
	})
	return again, err
}

func (t *transfer) hasChanged(key []byte) bool {
	t.m.moves.mu.Lock()
	defer t.m.moves.mu.Unlock()
	return t.changed[string(key)]
}

// locked runs fn with the keys' locks.
func (t *transfer) locked(fn func(c *core.Ctx) error) error {
	if t.within != nil {
		return fn(t.within)
	}
	if t.m.moves.ctx.Err() != nil {
		return errStopping
	}
	return t.srv.Continue(t.cmd, t.from, t.args, fn)
}

// oldVersion is that of the format which every target reads that is not older than Redis 7.0.
const oldVersion = 10

// version is that of the format for a target which does not say what it reads.
func (t *transfer) version() int {
	if v := t.m.moves.version; v != nil {
		return max(int(v.Load()), oldVersion)
	}
	return oldVersion
}

// versionOf returns the version of a payload of a layout. If it is one that old servers do not know
// the target is asked what it is, by another connection: this one has replies to come.
func (t *transfer) versionOf(opcode byte) (int, error) {
	if opcode != rdb.TypeHashMetadata || t.version() >= rdb.VersionMemberExpiry {
		return t.version(), nil
	}
	if t.reads == 0 {
		s, err := t.m.moves.sockets.take(t.m.moves.ctx, t.srv, t.target, t.timeout)
		if err != nil {
			return 0, unreachable(err)
		}
		t.reads, err = s.readsVersion()
		t.m.moves.sockets.give(s, err == nil)
		if err != nil {
			return 0, err
		}
	}
	if t.reads < rdb.VersionMemberExpiry {
		return 0, errFieldsTTL
	}
	return t.reads, nil
}
