package rdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
)

// loaded tells of the last load.
type loaded struct{ keys, expired int64 }

// load is the source of data at the start: the RDB file, if there is one.
func (m *module) load() (done bool, err error) {
	start := time.Now()
	res, err := m.read(dump.LoadOptions{KeepAtPosition: true})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("Fatal error loading the DB, the file is left as it is: %s: %w", m.path(), err)
	}
	if p, ok := dump.PositionOf(res.Aux); ok {
		m.server.Registry().Restored(p, m.server.Keyspace())
	}
	m.log.Info(fmt.Sprintf("DB loaded from disk: %.3f seconds", time.Since(start).Seconds()))
	return true, nil
}

// read brings the file in.
func (m *module) read(o dump.LoadOptions) (res dump.Result, err error) {
	f, err := os.Open(m.path())
	if err != nil {
		return res, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return res, err
	}
	o.Checksum, o.Log = m.checksum.Load(), m.log
	if m.loadDelay.Load() != 0 {
		o.Delay = func() time.Duration { return dump.Delay(m.loadDelay.Load()) }
	}
	err = m.server.Load(info.Size(), func(ctx context.Context, p *core.Progress) error {
		o.Progress = p
		var err error
		res, err = dump.Load(ctx, f, info.Size(), m.server.Registry(), m.server.Keyspace(), o)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.state.loaded = loaded{res.Keys, res.Expired}
		return err
	})
	return res, err
}

// debugReload is DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE]: the data go through the
// file and back.
func (m *module) debugReload(c *core.Ctx) error {
	o := dump.LoadOptions{Locked: true}
	save, flush := true, true
	for i := 2; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "merge"):
			o.Replace = true
		case c.Is(i, "noflush"):
			flush = false
		case c.Is(i, "nosave"):
			save = false
		default:
			return core.Err("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
		}
	}
	if save && m.saveNow() != nil {
		c.Error(errPlain)
		return nil
	}
	if flush {
		c.Hooks.Flushed(c, -1)
		ks := c.DB.Keyspace()
		for i := range ks.Databases() {
			ks.DB(i).Flush()
		}
		c.Server.Registry().Functions.Flush()
	}
	if _, err := m.read(o); err != nil {
		m.log.Warn("DEBUG RELOAD: cannot load the RDB file", "error", err)
		return core.Err("Error trying to load the RDB dump, check server logs")
	}
	m.log.Warn("DB reloaded by DEBUG RELOAD")
	c.OK()
	return nil
}
