package aof

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/files"
)

// directory is where the log is, as the parameters say.
func (m *module) directory() directory {
	name := m.params.dir.Load()
	return directory{path: m.srv.Path(name), name: name, file: m.params.file.Load()}
}

// load is the source of data of a server that starts. Even if no log is kept the
// manifest must be sound, since it may be kept later.
func (m *module) load() (done bool, err error) {
	m.files.Lock()
	defer m.files.Unlock()
	m.where = m.directory()
	if m.chain, err = m.where.readManifest(); err != nil {
		return false, err
	}
	m.tidy()
	if !m.params.on.Load() {
		m.deleteHistory()
		return false, nil
	}
	if err := m.upgrade(); err != nil {
		return false, err
	}
	start := time.Now()
	if m.chain.empty() {
		m.warnOfDump()
	} else {
		if err := m.loadChain(nil); err != nil {
			return false, err
		}
		m.log.Info("DB loaded from append only file", "seconds", time.Since(start).Seconds())
	}
	if err := m.open(); err != nil {
		return false, err
	}
	m.deleteHistory()
	return true, nil
}

// tidy removes what a crash has left in the directory half written. An increment
// without a base is of no use, either, nor an empty one that no manifest came to list.
func (m *module) tidy() {
	removed, err := dump.Tidy(m.where.path)
	manifests, failed := files.Tidy(m.where.in(m.where.manifestName()))
	removed, err = append(removed, manifests...), errors.Join(err, failed)
	if name := m.where.tempIncr(); os.Remove(m.where.in(name)) == nil {
		removed = append(removed, name)
	}
	name := m.chain.nextIncr(m.where.file).name
	if info, err := os.Lstat(m.where.in(name)); err == nil && info.Mode().IsRegular() && info.Size() == 0 && os.Remove(m.where.in(name)) == nil {
		removed = append(removed, name)
	}
	if err != nil && exists(m.where.path) {
		m.log.Warn("cannot remove what a crash has left behind", "error", err)
	}
	for _, name := range removed {
		m.log.Info("removed what a crash has left behind", "file", name)
	}
}

// warnOfDump warns of what is surprising in Redis, too: with a log that is new
// the server is empty, whatever dump there is.
func (m *module) warnOfDump() {
	if m.params.dumpFile == nil || !exists(m.srv.Path(m.params.dumpFile.Load())) {
		return
	}
	m.log.Warn("appendonly is on, but there is no AOF yet: the server starts EMPTY, and the dump is not loaded. " +
		"To take over its data start with appendonly no, and when it is loaded: CONFIG SET appendonly yes")
}

// upgrade makes a log of before Redis 7, which is one file beside the directory,
// the base of a chain. A manifest that names it and nothing else, while it is
// not in the directory, is that of an upgrade that did not come to its end.
func (m *module) upgrade() error {
	name := m.where.file
	old := m.srv.Path(name)
	if info, err := os.Stat(old); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	begun := m.chain.base != nil && len(m.chain.incrs) == 0 && m.chain.base.name == name && !exists(m.where.in(name))
	if !m.chain.empty() && !begun {
		return nil
	}
	if err := errors.Join(m.where.make(), m.where.vacant(name)); err != nil {
		return err
	}
	next := m.chain.clone()
	next.base, next.baseSeq = &entry{name, 1, typeBase}, 1
	if err := m.where.writeManifest(next); err != nil {
		return err
	}
	if err := os.Rename(old, m.where.in(name)); err != nil {
		return said("Error trying to move the old AOF file "+name+" into dir "+m.where.name, err)
	}
	if err := errors.Join(files.SyncDir(m.where.path), files.SyncDir(filepath.Dir(old))); err != nil {
		return err
	}
	m.chain = next
	m.log.Info("Successfully migrated an old-style AOF file (" + name + ") into the AOF directory (" + m.where.name + ").")
	return nil
}

// loadChain brings the data of the chain in. within is the command that does
// it, nil at the start.
func (m *module) loadChain(within *core.Ctx) error {
	var total, base int64
	chain := m.chain.chain()
	last := 0 // the log may end in this file, or after it
	for i, e := range chain {
		size, err := m.where.size(e.name)
		if err != nil {
			return err
		}
		total += size
		switch {
		case e.kind == typeBase:
			base = size
		case size > 0:
			last = i
		}
	}
	var at *core.Position
	err := m.srv.Load(total, func(ctx context.Context, p *core.Progress) error {
		l := &loader{m: m, ctx: ctx, progress: p, within: within}
		for i, e := range chain {
			start := time.Now()
			if err := l.file(e.name, mayBeTorn(chain, i, last)); err != nil {
				return err
			}
			kind := "incr"
			if e.kind == typeBase {
				kind = "base"
			}
			m.log.Info("DB loaded from "+kind+" file "+e.name, "seconds", time.Since(start).Seconds())
		}
		total -= l.cut
		at = l.position
		return nil
	})
	if err != nil {
		return err
	}
	if at != nil && within == nil {
		m.srv.Registry().Restored(*at, m.srv.Keyspace())
	}
	m.w.mu.Lock()
	m.w.length = total
	m.w.mu.Unlock()
	m.mu.Lock()
	m.figures.grown = base
	m.mu.Unlock()
	return nil
}

// mayBeTorn reports whether file i of a chain may end too early; last is the
// last increment that is not empty. A rewrite enters the next increment before
// the one so far is synced, and nothing is written to it until that is done: if
// the machine fails in between, the log ends in a file that an empty one comes
// after. A base was complete when it was entered.
func mayBeTorn(chain []entry, i, last int) bool {
	return i >= last && (chain[i].kind != typeBase || len(chain) == 1)
}

// open begins to keep the log of a server that starts.
func (m *module) open() error {
	if err := m.where.make(); err != nil {
		return err
	}
	next := m.chain.clone()
	if len(next.incrs) == 0 {
		if err := m.free(next.nextIncr(m.where.file).name); err != nil {
			return err
		}
	}
	if next.empty() {
		if err := m.firstBase(next); err != nil {
			return err
		}
	}
	verb := "Opening"
	if len(next.incrs) == 0 {
		verb = "Creating"
		next.addIncr(m.where.file)
	}
	name := next.incrs[len(next.incrs)-1].name
	// A link under the name of an increment that is new is nobody's who keeps the log.
	flags := os.O_WRONLY | os.O_APPEND
	if verb == "Creating" {
		flags |= os.O_CREATE | files.NoFollow
	}
	f, err := os.OpenFile(m.where.in(name), flags, 0o644)
	if err != nil {
		return said("Can't open the append-only file "+name, err)
	}
	size, err := m.where.size(name)
	if err == nil && string(next.format()) != string(m.chain.format()) {
		err = m.where.writeManifest(next)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	m.chain = next
	m.log.Info(verb + " AOF incr file " + name + " on server start")
	m.mu.Lock()
	m.state = on
	m.mu.Unlock()
	m.w.cut(&output{f: logFile{f}, size: size, settled: size}, m.forgetDB)
	m.w.review()
	m.feed.Set(true)
	return nil
}

// firstBase writes the base of a log that begins with no data.
func (m *module) firstBase(next *manifest) error {
	asDump := m.params.dump.Load()
	name := next.nextBase(m.where.file, asDump)
	if err := m.setAside(name); err != nil {
		return err
	}
	s := m.srv.Keyspace().Capture()
	defer s.End()
	size, err := m.writeBase(context.Background(), name, s, asDump, nil, func() error { return m.announce(name, false) })
	if err != nil {
		return err
	}
	next.replaceBase(name, 0)
	m.coming = nil
	m.log.Info("Creating AOF base file " + name + " on server start")
	m.w.mu.Lock()
	m.w.length = size
	m.w.mu.Unlock()
	m.mu.Lock()
	m.figures.grown = size
	m.mu.Unlock()
	return nil
}

// debugLoad is DEBUG LOADAOF.
func (m *module) debugLoad(c *core.Ctx) error {
	m.mu.Lock()
	state := m.state
	m.mu.Unlock()
	if state != off {
		_ = m.w.flush() // what cannot be written will not be loaded
	}
	ks := m.srv.Keyspace()
	c.Hooks.Flushed(c, -1)
	for i := range ks.Databases() {
		ks.DB(i).Flush()
	}
	m.srv.Registry().Functions.Flush()
	if err := m.reload(c); err != nil {
		m.log.Warn(err.Error())
		return core.Err("Error trying to load the AOF files, check server logs.")
	}
	m.log.Info("Append Only File loaded by DEBUG LOADAOF")
	c.OK()
	return nil
}

// reload loads the chain anew, as the disk has it.
func (m *module) reload(c *core.Ctx) error {
	m.files.Lock()
	defer m.files.Unlock()
	chain, err := m.where.readManifest()
	if err != nil {
		return err
	}
	m.chain = chain
	m.deleteHistory()
	if m.chain.empty() {
		return errors.New("there is no AOF")
	}
	feeding := m.feed.On() // what is played is in the log already
	m.feed.Set(false)
	defer m.feed.Set(feeding)
	return m.loadChain(c)
}

// loader is a load in progress.
type loader struct {
	m        *module
	ctx      context.Context
	progress *core.Progress
	within   *core.Ctx      // the command that loads, nil for none
	player   core.Player    // of the current file
	cut      int64          // bytes that were cut off from the last file
	refused  int            // commands that were answered with an error
	position *core.Position // at which the data are, if that is known
}

// file loads a file of the chain; what stands at its beginning says whether it
// is a dump, commands, or a dump and commands behind it.
func (l *loader) file(name string, last bool) error {
	path := l.m.where.in(name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return said("The append log file "+name+" doesn't exist", err)
	}
	if err != nil {
		return said("Fatal error: can't open the append log file "+name+" for reading", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, 5)
	n, _ := f.ReadAt(head, 0)
	begin := int64(0)
	if string(head[:n]) == "REDIS" {
		if begin, err = l.dump(f, name, info.Size()); err != nil {
			return err
		}
		if _, err := f.Seek(begin, io.SeekStart); err != nil {
			return err
		}
	}
	return l.commands(newReader(f, begin, info.Size()), name, last)
}

// dump loads the dump at the beginning of a file and returns where it ends.
func (l *loader) dump(f *os.File, name string, size int64) (end int64, err error) {
	l.m.log.Info("Reading RDB base file on AOF loading...")
	o := dump.LoadOptions{
		Checksum: is(l.m.params.rdbChecksum), KeepExpired: true, Locked: l.within != nil, Preamble: true,
		Log: l.m.log, Progress: l.progress,
	}
	if d := l.m.params.loadDelay; d != nil && d.Load() > 0 {
		o.Delay = func() time.Duration { return time.Duration(d.Load()) * time.Microsecond }
	}
	res, err := dump.Load(l.ctx, f, size, l.m.srv.Registry(), l.m.srv.Keyspace(), o)
	if err != nil {
		return 0, said("Error reading the RDB base file "+name+", AOF loading aborted", err)
	}
	if p, ok := dump.PositionOf(res.Aux); ok {
		l.position = &p
	}
	return res.Bytes, nil
}
