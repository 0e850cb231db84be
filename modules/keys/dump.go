package keys

import (
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/resp"
)

// dumpKey is DUMP key.
func (m *module) dumpKey(c *core.Ctx) error {
	e := c.Find(c.Args[1])
	if !e.OK() {
		c.Null()
		return nil
	}
	v := e.Value()
	t := c.Server.Registry().TypeOf(v)
	if t == nil {
		return errNoType
	}
	d := &dumper{t: t, v: v, compress: m.dumps.Compress()}
	if c.Patient() && d.long() {
		c.Raw([]byte{'$'}) // something has to be there for the rest to follow
		c.Writer.Later(d.replyLater(e.Freeze()))
		return nil
	}
	d.reply(c.Writer)
	return nil
}

// dumper makes a payload of a value, which leaves it in pieces.
type dumper struct {
	t        *core.ValueType
	v        keyspace.Value
	compress bool
	version  int // of the format, 0 for the newest
}

// longDump is the size of a value, in bytes, from which its payload is made in the turns of
// others: what is made at once takes no longer than a piece of another reply.
const longDump = resp.PieceSize

func (d *dumper) long() bool {
	if d.v.Object == nil {
		return len(d.v.Data) > longDump
	}
	return d.v.Object.MemoryUsage() > longDump
}

// each gives out the payload in pieces, but for its footer, and an empty piece now and then
// where there is none to give for long. When out returns false it ends at once.
func (d *dumper) each(out func(b []byte) bool) {
	defer func() {
		if why := recover(); why != nil && why != errUnwanted {
			panic(why)
		}
	}()
	give := func(b []byte) {
		if !out(b) {
			panic(errUnwanted) // the saving of a type goes on to its end otherwise
		}
	}
	w := rdb.Writer{Compress: d.compress, Version: d.version}
	w.Pause = func() { give(nil) }
	w.Spill = func(buf, more []byte) []byte {
		give(buf)
		give(more)
		return buf[:0]
	}
	d.t.Save(&w, d.v)
	give(w.Buf)
}

var errUnwanted = errors.New("nobody wants the rest of the payload")

// reply writes the payload at once. How long it is stands before it, and is known at the
// end.
func (d *dumper) reply(w *resp.Writer) {
	mark, n, crc := w.Mark(), 0, uint64(0)
	d.each(func(b []byte) bool {
		n += len(b)
		crc = rdb.CRC64(crc, b)
		w.Raw(b)
		return true
	})
	footer := rdb.Footer(crc)
	w.Raw(footer[:])
	w.Raw([]byte("\r\n"))
	w.Insert(mark, bulkHead(n+len(footer)))
}

func bulkHead(n int) []byte { return append(strconv.AppendInt([]byte{'$'}, int64(n), 10), '\r', '\n') }

// mostKept is up to how many bytes of a payload are kept until it is known how long it is.
const mostKept = 16 << 20

// replyLater returns what writes the payload piece by piece (resp.Writer.Later). How long it is stands before
// it: so it is made as a whole first, and once more if it is too long to be kept meanwhile. The
// saving of a type is not made to be interrupted, so it runs in a coroutine.
func (d *dumper) replyLater(release func()) (next func(w *resp.Writer) bool, end func()) {
	piece, stop := iter.Pull(iter.Seq[[]byte](d.each))
	n, crc, counting := 0, uint64(0), true
	var kept [][]byte
	next = func(w *resp.Writer) bool {
		b, more := piece()
		switch {
		case counting && more:
			if n += len(b); n > mostKept {
				kept = nil
			} else if len(b) > 0 {
				kept = append(kept, slices.Clone(b))
			}
		case counting:
			w.Raw(bulkHead(n + len(rdb.Footer(0)))[1:])
			counting = false
			if n > mostKept {
				piece, stop = iter.Pull(iter.Seq[[]byte](d.each))
			} else {
				piece, stop = iter.Pull(slices.Values(kept))
			}
			return true
		case more:
			crc = rdb.CRC64(crc, b)
			w.Raw(b)
		default:
			footer := rdb.Footer(crc)
			w.Raw(footer[:])
			w.Raw([]byte("\r\n"))
		}
		return more
	}
	return next, func() {
		stop()
		release()
	}
}

var (
	errNoType    = core.Err("the module of this value's type is not linked in")
	errBadFormat = core.Err("Bad data format")
	errPayload   = core.Err(rdb.ErrFooter.Error())
	errTTL       = core.Err("Invalid TTL value, must be >= 0")
	errIdle      = core.Err("Invalid IDLETIME value, must be >= 0")
	errFreq      = core.Err("Invalid FREQ value, must be >= 0 and <= 255")
)

// restoreOptions are what may follow the payload of RESTORE.
type restoreOptions struct {
	replace, absolute bool
	idle, freq        int64 // -1 if not given
}

func parseRestore(c *core.Ctx) (restoreOptions, error) {
	o := restoreOptions{idle: -1, freq: -1}
	for i := 4; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		var err error
		switch {
		case c.Is(i, "replace"):
			o.replace = true
		case c.Is(i, "absttl"):
			o.absolute = true
		case c.Is(i, "idletime") && more && o.freq < 0:
			i++
			o.idle, err = within(c, i, math.MaxInt64, errIdle)
		case c.Is(i, "freq") && more && o.idle < 0:
			i++
			o.freq, err = within(c, i, 255, errFreq)
		default:
			err = core.ErrSyntax
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// within parses argument i as an integer from 0 to limit.
func within(c *core.Ctx, i int, limit int64, outside error) (int64, error) {
	n, err := c.ArgInt(i)
	if err == nil && (n < 0 || n > limit) {
		err = outside
	}
	return n, err
}

// restore is RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME s] [FREQ n],
// and RESTORE-ASKING. The payload is foreign: each type checks what it loads
// down to the last byte, always.
func (m *module) restore(c *core.Ctx) error {
	key := c.Args[1]
	o, err := parseRestore(c)
	if err != nil {
		return err
	}
	if !o.replace && c.FindForWrite(key).OK() {
		return core.ErrBusyKey
	}
	at, err := within(c, 2, math.MaxInt64, errTTL)
	if err != nil {
		return err
	}
	v, err := m.payload(c, key, c.Args[3])
	if err != nil {
		return err
	}
	if at != 0 && !o.absolute {
		at += c.Now // may overflow, as in Redis: then it is long past
	}
	old := c.FindForWrite(key)
	if old.OK() {
		old.Delete()
	}
	if at != 0 && at <= c.Now && c.DB.Keyspace().Expiry() == keyspace.DeleteExpired {
		v.release()
		if old.OK() {
			propagateDeletion(c, m.lazyServer, key)
			c.Changed(core.EventGeneric, "del", key)
		}
		c.OK()
		return nil
	}
	v.put(c, key, at)
	setAccess(c, key, o)
	propagateRestore(c, o, at)
	c.Changed(core.EventGeneric, "restore", key)
	c.OK()
	return nil
}

// restored is what a payload holds.
type restored struct {
	value keyspace.Value
	text  *core.Draft // in the place of a large string
	err   error
}

func (r *restored) put(c *core.Ctx, key []byte, at int64) {
	if r.text != nil {
		r.text.Put(c, key, at)
		return
	}
	c.DB.PutValue(key, r.value, at, c.Now)
	r.value = keyspace.Value{}
}

func (r *restored) release() {
	r.value.Release()
	r.value = keyspace.Value{}
}

// payload returns what a payload holds, for a key. A large one is decoded before the
// command takes effect.
func (m *module) payload(c *core.Ctx, key, payload []byte) (*restored, error) {
	l := &loading{reg: c.Server.Registry(), log: c.Server.Log(), arena: c.Arena(key), sum: !m.unchecked.Load()}
	if c.Prepared != nil {
		if r, ok := c.Prepared.Made.(*restored); ok {
			return r, r.err
		}
	}
	m.payloads.Add(1)
	if len(payload) >= longPayload && c.MayPrepare() {
		if release, ok := c.HoldArg(payload); ok {
			return nil, l.prepare(c, c.HashOf(key), payload, release)
		}
	}
	r := &restored{}
	r.value, r.err = l.load(payload, nil)
	return r, r.err
}

// longPayload is the length of a payload, in bytes, from which it is decoded before. It may
// be compressed, to a hundredth even.
const longPayload = 64 << 10

// loading makes a value of a payload.
type loading struct {
	reg   *core.Table
	log   core.Logger
	arena *arena.Arena
	sum   bool // the checksum is verified
}

// prepare puts the command off until a payload that is held is decoded.
func (l *loading) prepare(c *core.Ctx, h uint64, payload []byte, release func()) error {
	r, ks, in := &restored{}, c.DB.Keyspace(), c.Exec.Arrivals()
	return c.Prepare(&core.Job{
		Locks: keyspace.Locks(0).Add(h),
		Made:  r,
		Step: core.Stepwise(func(pause func()) {
			p := &keyspace.Pace{Pause: pause}
			r.value, r.err = l.load(payload, p)
			if len(r.value.Data) >= core.PutOffFrom {
				r.text = core.DraftOf(r.value.Data, in, pause)
				r.value = keyspace.Value{}
			}
		}),
		Drop: func() {
			if r.text != nil {
				r.text.Drop()
			}
			ks.Discard(h, r.value)
			release()
		},
	})
}

// load makes a value of a payload, at a pace if there is one.
func (l *loading) load(payload []byte, p *keyspace.Pace) (keyspace.Value, error) {
	body, err := rdb.CheckFooterAt(payload, l.sum, p.Did)
	if err != nil {
		return keyspace.Value{}, errPayload
	}
	r := rdb.NewReader(body)
	if p != nil {
		r.Pace = p.Did
	}
	opcode := r.Byte()
	t, err := l.reg.TypeIn(opcode, r)
	if err != nil {
		l.log.Warn("RESTORE: " + err.Error())
		return keyspace.Value{}, errBadFormat
	}
	v, err := t.Load(opcode, r, l.arena)
	if err != nil {
		// The client gets Redis's few words; what is wrong is for who runs the server.
		l.log.Warn("RESTORE: "+rdb.Layout(opcode)+" integrity check failed", "error", err)
		return keyspace.Value{}, errBadFormat
	}
	return v, nil
}

// skipChecksum is DEBUG SET-SKIP-CHECKSUM-VALIDATION: tests that damage payloads
// want to know what the types themselves refuse.
func (m *module) skipChecksum(c *core.Ctx) error {
	m.unchecked.Store(string(c.Args[2]) != "0")
	c.OK()
	return nil
}

// setAccess makes the key as old or as popular as the options say.
func setAccess(c *core.Ctx, key []byte, o restoreOptions) {
	if o.idle < 0 && o.freq < 0 {
		return
	}
	e := c.DB.FindHashed(c.HashOf(key), key, c.Now, 0)
	if o.idle >= 0 {
		e.SetIdle(c.Now, min(o.idle, c.Now/1000)*1000)
	}
	if o.freq >= 0 {
		e.SetFreq(c.Now, o.freq)
	}
}

// propagateRestore makes the expiry absolute.
func propagateRestore(c *core.Ctx, o restoreOptions, at int64) {
	if at == 0 || o.absolute || !c.Hooks.Feeding() {
		return
	}
	args := append([][]byte(nil), c.Args...)
	args[2] = strconv.AppendInt(nil, at, 10)
	c.Propagate(append(args, []byte("ABSTTL"))...)
}
