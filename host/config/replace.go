package config

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/ferrousdb/ferrous/core/files"
)

// replaceFile puts data in the place of the file at path, see files.Replace. The new file has the permissions of the old
// one.
func replaceFile(path string, data []byte) error {
	mode := fs.FileMode(0)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	return files.Replace(path, fmt.Sprintf("%s.%d.tmp", path, os.Getpid()), data, mode)
}
