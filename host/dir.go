package host

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/files"
)

// declareDir declares the directory of the server's files. Redis makes it the
// working directory of the process. A server in this package may share its
// process with others, so the process stays where it is, and names of files are
// taken relative to the parameter instead: see path.
func (p *params) declareDir(s *config.Schema) {
	p.dir = config.Custom(s, config.Param{
		Name: "dir", Section: "general", Default: "./", Flags: config.Protected | config.DenyLoading,
		Doc: "Directory for the server's files. Relative names of other files are taken from here.",
	}, config.Codec[string]{
		Parse: func(words []string, _ string) (string, error) {
			info, err := os.Stat(words[0])
			if err == nil && !info.IsDir() {
				err = syscall.ENOTDIR
			}
			if err != nil {
				return "", config.Advise(systemError(err), "dir is the directory that the server keeps its files in, and has to be there")
			}
			return words[0], nil
		},
		Format: absolute,
		// A file says what was said, and the default is not the place where the file
		// was generated.
		Lines: func(dir string) [][]string { return [][]string{{dir}} },
	})
}

// absolute is dir as CONFIG GET tells it.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// path returns where the file is that a parameter names.
func (p *params) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(absolute(p.dir.Load()), name)
}

// systemError is what the system says about a failed call, as strerror words it.
func systemError(err error) error { return errors.New(files.Strerror(err)) }
