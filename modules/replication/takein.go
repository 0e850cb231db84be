package replication

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A full sync: a dump of all data takes the place of those that there are. It is
// received into a file first, and loaded from there; or it is loaded while it comes,
// in the place of data that there are none, or beside those that there are.

// takeIn receives the dump and makes its data the server's.
func (l *link) takeIn(how agreement) error {
	src, err := l.payload()
	if err != nil {
		return err
	}
	if l.direct() {
		err = l.loadDirectly(src, how)
	} else {
		err = l.loadFromFile(src, how)
	}
	if err != nil {
		return err
	}
	u := &l.m.up
	u.mu.Lock()
	u.known = !l.old
	u.mu.Unlock()
	u.log.Info("MASTER <-> REPLICA sync: Finished with success")
	return nil
}

// payload reads the line before the dump, which says how it ends: after so many
// bytes, or with a mark.
func (l *link) payload() (io.Reader, error) {
	line, err := l.line()
	if err != nil {
		return nil, errors.New("I/O error reading bulk count from MASTER: " + err.Error())
	}
	log := l.m.up.log
	switch {
	case strings.HasPrefix(line, "-"):
		return nil, errors.New("MASTER aborted replication with an error: " + line[1:])
	case strings.HasPrefix(line, "$EOF:") && len(line) == len("$EOF:")+markSize:
		log.Info("MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF")
		return &marked{src: counted{l}, mark: []byte(line[len("$EOF:"):])}, nil
	case strings.HasPrefix(line, "$"):
		n, err := strconv.ParseInt(line[1:], 10, 64)
		if err == nil && n >= 0 {
			l.total.Store(n)
			log.Info(fmt.Sprintf("MASTER <-> REPLICA sync: receiving %d bytes from master", n))
			return io.LimitReader(counted{l}, n), nil
		}
	}
	return nil, fmt.Errorf("Bad protocol from MASTER, the first byte is not '$' (we received '%s'), are you sure the host and port are right?", core.Clip([]byte(line), 128))
}

// direct reports whether the dump is loaded while it comes.
func (l *link) direct() bool {
	switch l.m.up.diskless.Load() {
	case loadSwap, loadFlushed:
		return true
	case loadOnEmpty:
		ks := l.m.srv.Keyspace()
		ks.Lock(keyspace.AllShards)
		defer ks.Unlock(keyspace.AllShards)
		for i := range ks.Databases() {
			if ks.DB(i).Len() > 0 {
				return false
			}
		}
		return true
	}
	return false
}

// loadFromFile receives the dump into a file, drops the data, and loads it. The file
// becomes the server's dump.
func (l *link) loadFromFile(src io.Reader, how agreement) error {
	u := &l.m.up
	path := l.m.srv.Path(fmt.Sprintf("temp-%d.%d.rdb", time.Now().Unix(), os.Getpid()))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|files.NoFollow, 0o644)
	if err != nil {
		return errors.New("Opening the temp file needed for MASTER <-> REPLICA synchronization: " + files.Strerror(err))
	}
	defer file.Close()
	defer os.Remove(path) // unless it has its name by then
	size, err := io.CopyBuffer(struct{ io.Writer }{file}, src, make([]byte, 256<<10))
	if err == nil && l.total.Load() > size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return errors.New("I/O error trying to sync with MASTER: " + err.Error())
	}
	l.total.Store(size)
	l.read.Store(size)
	if err := file.Sync(); err != nil {
		return errors.New("Failed trying to sync the temp DB to disk in MASTER <-> REPLICA synchronization: " + files.Strerror(err))
	}
	err = l.m.srv.Reload(l.ctx, size, false, func(ctx context.Context, p *core.Progress) error {
		u.log.Info("MASTER <-> REPLICA sync: Flushing old data")
		if !l.drop() {
			return errEnded
		}
		if name := l.dumpName(); name != "" {
			if err := os.Rename(path, name); err != nil {
				return errors.New("Failed trying to rename the temp DB into " + name + " in MASTER <-> REPLICA synchronization: " + files.Strerror(err))
			}
			path = name
		}
		u.log.Info("MASTER <-> REPLICA sync: Loading DB in memory")
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return l.load(ctx, file, size, how, dump.LoadOptions{Progress: p})
	})
	if u.deleteFiles.Load() && l.m.keepsNothing() && path == l.dumpName() {
		u.log.Info("Removing the RDB file obtained from the master. This replica has persistence disabled")
		_ = os.Remove(path)
	}
	return err
}

// dumpName is the path of the server's dump, "" if it has none.
func (l *link) dumpName() string {
	if l.m.up.dumpFile == nil {
		return ""
	}
	return l.m.srv.Path(l.m.up.dumpFile.Load())
}

// keepsNothing reports whether the server has neither dumps nor a log.
func (m *module) keepsNothing() bool {
	off := func(v config.Var, value string) bool { return v == nil || v.String() == value }
	return off(m.up.save, "") && off(m.up.appendOnly, "no")
}

// loadDirectly loads the dump while it comes. Data that there are stay until it is
// complete; they are served meanwhile if the history is the same, as what they are: old.
func (l *link) loadDirectly(src io.Reader, how agreement) error {
	m, ks := l.m, l.m.srv.Keyspace()
	swap := m.up.diskless.Load() == loadSwap
	if !swap && !l.drop() {
		return errEnded
	}
	beside := swap && m.history().id == how.id
	m.up.log.Info("MASTER <-> REPLICA sync: Loading DB in memory")
	return m.srv.Reload(l.ctx, l.total.Load(), beside, func(ctx context.Context, p *core.Progress) error {
		o := dump.LoadOptions{Progress: p}
		if !swap {
			return l.load(ctx, src, -1, how, o)
		}
		aside := ks.Aside()
		var libraries [][]byte
		o.Aside, o.Library = aside, func(text []byte) error {
			libraries = append(libraries, bytes.Clone(text))
			return nil
		}
		res, err := l.read1(ctx, src, -1, o)
		m.srv.Standstill(func() {
			if err == nil && l.ctx.Err() != nil {
				err = errEnded
			}
			if err != nil {
				aside.Drop()
				return
			}
			m.up.log.Info("MASTER <-> REPLICA sync: Swapping active DB with loaded DB")
			m.replacing(true)
			if err = m.swap(aside, libraries); err != nil {
				m.up.forget()
			}
			m.adopt(how.position(res, ks))
			m.replacing(false)
		})
		return err
	})
}

// swap puts data that were loaded aside in the place of those that there are.
func (m *module) swap(aside *keyspace.Aside, libraries [][]byte) (err error) {
	r := m.srv.Registry()
	r.Hooks.Flushed(nil, -1)
	aside.Swap()
	r.Functions.Flush()
	for _, text := range libraries {
		if e := r.Functions.Load(text, false); err == nil {
			err = e
		}
	}
	return err
}

// drop drops all data, and with them their history: should the server become a master before
// it has others, its replicas must not go on with what they have. It reports false if the link has
// ended: they are somebody else's then.
func (l *link) drop() (ok bool) {
	m, ks := l.m, l.m.srv.Keyspace()
	m.srv.Standstill(func() {
		if ok = l.ctx.Err() == nil; !ok {
			return
		}
		m.up.forget()
		m.disconnectReplicas("the data are about to be replaced")
		m.renew()
		m.stream.restart(m.stream.offset(), -1)
		m.replacing(true)
		m.empty(ks)
	})
	return ok
}

// replacing tells a log that all data are about to be replaced, or that they were. After
// a sync that has failed it waits for the next, or for the server to become a master.
func (m *module) replacing(begins bool) {
	if m.up.replacing != begins {
		m.up.replacing = begins
		m.srv.Registry().Replace(begins)
	}
}

// empty drops all data. Everything stands still.
func (m *module) empty(ks *keyspace.Keyspace) {
	r := m.srv.Registry()
	r.Hooks.Flushed(nil, -1)
	for i := range ks.Databases() {
		ks.DB(i).Flush()
	}
	r.Functions.Flush()
}

// load loads a dump into the databases, which are empty, and makes its history the
// server's. If it fails they are empty again.
func (l *link) load(ctx context.Context, src io.Reader, size int64, how agreement, o dump.LoadOptions) error {
	ks := l.m.srv.Keyspace()
	res, err := l.read1(ctx, src, size, o)
	l.m.srv.Standstill(func() {
		if err == nil && l.ctx.Err() != nil {
			err = errEnded
		}
		if err != nil {
			l.m.empty(ks)
			return
		}
		l.m.adopt(how.position(res, ks))
		l.m.replacing(false)
	})
	return err
}

// read1 reads a dump.
func (l *link) read1(ctx context.Context, src io.Reader, size int64, o dump.LoadOptions) (dump.Result, error) {
	o.Checksum = l.m.up.checks()
	o.KeepExpired, o.Log = true, l.m.up.log
	o.Preamble = size < 0
	res, err := dump.Load(ctx, src, size, l.m.srv.Registry(), l.m.srv.Keyspace(), o)
	if err == nil && size < 0 { // to the end, or the mark
		_, err = io.Copy(io.Discard, src)
	}
	if err != nil {
		err = errors.New("Failed trying to load the MASTER synchronization DB, check server logs: " + err.Error())
	}
	return res, err
}

// position is where a dump was made, with the database that the stream had selected there.
func (how agreement) position(res dump.Result, ks *keyspace.Keyspace) core.Position {
	at := core.Position{ID: how.id, Offset: how.offset}
	if n, err := strconv.Atoi(res.Aux["repl-stream-db"]); err == nil && n >= 0 && n < ks.Databases() {
		at.DB = n
	}
	return at
}

// counted reads what a link receives, and counts it.
type counted struct{ *link }

func (c counted) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.link.read.Add(int64(n))
	c.m.up.count(n)
	c.hear()
	return n, err
}

// markSize is the size of the mark that a dump of unknown length ends with.
const markSize = 40

// marked reads up to a mark, behind which nothing comes before it is acknowledged.
type marked struct {
	src  io.Reader
	mark []byte
	held []byte // what has come last, and may be the mark
	buf  []byte
}

func (r *marked) Read(b []byte) (int, error) {
	for {
		if n := len(r.held) - markSize; n > 0 {
			n = copy(b, r.held[:n])
			r.held = r.held[n:]
			return n, nil
		}
		if bytes.Equal(r.held, r.mark) {
			return 0, io.EOF
		}
		if r.buf == nil {
			r.buf = make([]byte, 64<<10)
		}
		kept := copy(r.buf, r.held)
		n, err := r.src.Read(r.buf[kept:])
		r.held = r.buf[:kept+n]
		if n == 0 && err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
}
