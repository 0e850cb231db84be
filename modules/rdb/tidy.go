package rdb

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/ferrousdb/ferrous/core/dump"
)

// tidy removes what saves that a crash has cut off have left behind. A directory
// that cannot be read is for loading, or saving, to tell of.
func (m *module) tidy() {
	dir := filepath.Dir(m.server.Path("x"))
	removed, err := dump.Tidy(dir)
	for _, name := range removed {
		m.log.Info("removed what a save that was cut off has left behind", "file", filepath.Join(dir, name))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.log.Warn("cannot remove what a save has left behind", "error", err)
	}
}
