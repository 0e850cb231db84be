package aof

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/wire"
)

// saveDump writes a snapshot as a dump.
func (m *module) saveDump(ctx context.Context, w io.Writer, s *keyspace.Snapshot, at *core.Position) error {
	o := dump.SaveOptions{
		Checksum: is(m.params.rdbChecksum), Base: true, Background: true, RedisVersion: m.srv.Version().Redis,
		Workers: m.workers(), Access: m.params.dumps.Access(), Plain: !m.params.dumps.Compress(),
	}
	if at != nil {
		o.Aux = dump.PositionAux(*at)
	}
	if m.params.saveDelay != nil && m.params.saveDelay.Load() > 0 {
		o.Delay = func() time.Duration { // waits itself, to notice when the parameter changes
			m.delay(ctx)
			return 0
		}
	}
	_, err := dump.Save(ctx, w, m.srv.Registry(), s, o)
	return err
}

// workers returns how many cores write a base: by default those that the event
// loops leave.
func (m *module) workers() int {
	if p := m.params.saveThreads; p != nil && p.Load() > 0 {
		return int(p.Load())
	}
	return max(runtime.GOMAXPROCS(0)-m.srv.Loops(), 1)
}

// saveCommands writes a snapshot as commands.
func (m *module) saveCommands(ctx context.Context, w io.Writer, s *keyspace.Snapshot, at *core.Position) error {
	c := &commands{m: m, ctx: ctx, w: w}
	if m.params.timestamps.Load() {
		c.b = appendTime(c.b, time.Now().Unix())
	}
	for _, text := range m.srv.Registry().Functions.All() {
		c.b = wire.AppendCommand(c.b, []byte("FUNCTION"), []byte("LOAD"), text)
	}
	for db := range s.Databases() {
		selected := false
		for shard := range keyspace.Shards {
			if s.Len(db, shard) > 0 && !selected {
				c.b = wire.AppendSelect(c.b, db)
				selected = true
			}
			s.Walk(db, shard, func(f keyspace.Frozen) bool {
				c.key(f)
				return c.err == nil
			})
			if c.err != nil {
				return c.err
			}
		}
	}
	if at != nil {
		c.b = appendPosition(c.b, *at)
	}
	c.flush(0)
	return c.err
}

// commands is a base of commands that is being written.
type commands struct {
	m   *module
	ctx context.Context
	w   io.Writer
	b   []byte
	err error
}

// key writes what makes a key.
func (c *commands) key(f keyspace.Frozen) {
	t := c.m.srv.Registry().TypeOf(f.Value)
	if t == nil {
		c.err = fmt.Errorf("no module knows the type of key %q", f.Key)
		return
	}
	c.err = t.Rewrite(f.Key, f.Value, c.emit)
	if f.Expire != 0 && c.err == nil {
		var digits [20]byte
		c.err = c.emit([]byte("PEXPIREAT"), f.Key, strconv.AppendInt(digits[:0], f.Expire, 10))
	}
	if c.err == nil {
		c.err = c.ctx.Err()
	}
	c.m.delay(c.ctx)
}

func (c *commands) emit(args ...[]byte) error {
	c.b = wire.AppendHead(c.b, '*', len(args))
	for _, a := range args {
		c.b = wire.AppendHead(c.b, '$', len(a))
		c.argument(a)
		c.b = append(c.b, '\r', '\n')
	}
	c.flush(64 << 10)
	return c.err
}

// argument adds the bytes of an argument, which are not collected if they are many.
func (c *commands) argument(a []byte) {
	if len(a) < 64<<10 {
		c.b = append(c.b, a...)
		return
	}
	for c.flush(0); len(a) > 0 && c.err == nil; {
		n := min(len(a), writeAtOnce)
		_, c.err = c.w.Write(a[:n])
		a = a[n:]
	}
}

// flush writes what has been collected if that is more than so much.
func (c *commands) flush(above int) {
	if len(c.b) > above && c.err == nil {
		_, c.err = c.w.Write(c.b)
		c.b = c.b[:0]
	}
}

// delay is rdb-key-save-delay: it makes a rewrite slow, for tests. It notices
// when the parameter changes.
func (m *module) delay(ctx context.Context) {
	const step = 20 * time.Millisecond
	if m.params.saveDelay == nil || m.params.saveDelay.Load() <= 0 {
		return
	}
	for start := time.Now(); ctx.Err() == nil; {
		rest := time.Duration(m.params.saveDelay.Load())*time.Microsecond - time.Since(start)
		if rest <= 0 {
			return
		}
		sleep(ctx, min(rest, step).Microseconds())
	}
}
