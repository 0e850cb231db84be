package aof

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/core/files"
)

// directory is where the files of the log are, and how they are called.
type directory struct {
	path string // the directory
	name string // appenddirname
	file string // appendfilename, with which all names begin
}

func (d directory) in(name string) string { return filepath.Join(d.path, name) }

func (d directory) manifestName() string { return d.file + ".manifest" }

// tempIncr is the name of the increment that is written while there is no base
// for it yet.
func (d directory) tempIncr() string { return "temp-" + d.file + ".incr" }

// make creates the directory.
func (d directory) make() error {
	err := os.Mkdir(d.path, 0o755)
	if errors.Is(err, fs.ErrExist) {
		var info fs.FileInfo
		if info, err = os.Stat(d.path); err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
	}
	if err != nil {
		return said("Can't open or create append-only dir "+d.name, err)
	}
	return nil
}

// readManifest reads the manifest; a missing one is empty.
func (d directory) readManifest() (*manifest, error) {
	text, err := os.ReadFile(d.in(d.manifestName()))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return &manifest{}, nil
	}
	if err != nil {
		return nil, said("Fatal error: can't open the AOF manifest file "+d.manifestName()+" for reading", err)
	}
	return parseManifest(text)
}

// writeManifest puts a manifest in the place of the one that is there: whatever
// happens, the one or the other is found whole. When it returns, it is the new
// one, and the files that it names are in the directory for good. One that names
// nothing is no file: an empty one would be taken for a damaged one.
func (d directory) writeManifest(m *manifest) error {
	name, text := d.manifestName(), m.format()
	var err error
	if len(text) > 0 {
		err = files.Replace(d.in(name), text, 0o644)
	} else if err = os.Remove(d.in(name)); err == nil {
		err = files.SyncDir(d.path)
	}
	if err != nil {
		return said("cannot write the AOF manifest file "+name, err)
	}
	return nil
}

// remove deletes a file of the log. A directory of that name is none.
func (d directory) remove(name string) {
	if info, err := os.Lstat(d.in(name)); err == nil && !info.IsDir() {
		_ = os.Remove(d.in(name))
	}
}

// size returns the size of a file of the log.
func (d directory) size(name string) (int64, error) {
	info, err := os.Stat(d.in(name))
	if err != nil {
		return 0, said("Unable to obtain the AOF file "+name+" length. stat", err)
	}
	return info.Size(), nil
}

// vacant returns an error if something that is not empty stands where a file of the
// log is to be made. No manifest names it, so it is not this log's, or its manifest
// has been lost; in either case it is not to be written to, nor removed.
func (d directory) vacant(name string) error {
	info, err := os.Lstat(d.in(name))
	if err != nil || info.Mode().Type() == fs.ModeSymlink || info.Mode().IsRegular() && info.Size() == 0 {
		return nil // what is in the way of the call that makes it, that call will say
	}
	return errors.New("The file " + name + " in " + d.name + " is in the way of a new AOF file: it is not empty, and the manifest " +
		d.manifestName() + " does not list it. Put the manifest back that belongs to it, or move the file away.")
}

// free returns an error if something is in the way of a file of the log that is to be
// made; what the manifest lists to be deleted is not, and goes. files is held.
func (m *module) free(name string) error {
	if m.chain.isHistory(name) {
		m.where.remove(name)
	}
	return m.where.vacant(name)
}

// setAside gives a file another name that stands where the first base of a log is to
// be, and is not listed to be deleted. It may be the base of a log whose manifest has
// been lost.
func (m *module) setAside(name string) error {
	path := m.where.in(name)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() == 0 || m.chain.isHistory(name) {
		return nil
	}
	kept := name + time.Now().UTC().Format(".found-20060102T150405.000000")
	if err := os.Rename(path, m.where.in(kept)); err != nil {
		return said("Can't set the AOF file "+name+" aside", err)
	}
	m.log.Warn("There was an AOF base file that no manifest lists; it is kept under another name", "file", name, "now", kept)
	return nil
}

// exists reports whether there is a file, whatever it is.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// said is the error err of a call, worded as Redis does: what could not be done,
// and what the system said.
func said(what string, err error) error { return &callError{what, err} }

type callError struct {
	what string
	err  error
}

func (e *callError) Error() string { return e.what + ": " + files.Strerror(e.err) }
func (e *callError) Unwrap() error { return e.err }
