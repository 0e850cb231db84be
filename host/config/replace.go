package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// replaceFile puts data in the place of the file at path in one step, and on disk before it returns. The new file has
// the permissions of the old one, or 0644 less the process's umask. A temporary file left by a crash is overwritten.
func replaceFile(path string, data []byte) (err error) {
	mode, existed := fs.FileMode(0o644), false
	if info, err := os.Stat(path); err == nil {
		mode, existed = info.Mode().Perm(), true
	}
	tmp, err := os.OpenFile(fmt.Sprintf("%s.%d.tmp", path, os.Getpid()), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err == nil && existed {
		err = tmp.Chmod(mode) // what the umask took away
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
