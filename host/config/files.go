package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/ferrousdb/ferrous/core/config"
)

// maxFile bounds a configuration file: something larger is a mistake, such as the name of a dump.
const maxFile = 64 << 20

// readFile reads the lines of a file; where says, for errors, which line included it.
func (l *loader) readFile(path, where string) []line {
	data, err := readFile(path)
	if err != nil {
		l.fail(fmt.Errorf("%w%s", err, where))
		return nil
	}
	return l.parse(path, data, where)
}

// parse reads the lines of a file's text in the format its name promises.
func (l *loader) parse(path string, data []byte, where string) []line {
	id := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		id = real
	}
	if abs, err := filepath.Abs(id); err == nil {
		id = abs
	}
	if slices.Contains(l.open, id) {
		l.fail(fmt.Errorf("config file '%s' includes itself%s", path, where))
		return nil
	}
	l.open = append(l.open, id)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	if isHCL(path) {
		return l.parseHCL(path, data)
	}
	return l.parseRedisConf(config.Origin{Source: path, Line: 1}, data)
}

func isHCL(path string) bool { return strings.EqualFold(filepath.Ext(path), ".hcl") }

// include reads the files of an include line. Relative paths are relative to the working directory, as in Redis. A
// pattern that matches no file is no mistake, so that a directory of snippets may be empty; a missing file is one.
func (l *loader) include(pattern string, origin config.Origin) []line {
	where := " (included " + origin.At() + ")"
	paths := []string{pattern}
	if strings.ContainsAny(pattern, "*?[") {
		var err error
		if paths, err = filepath.Glob(pattern); err != nil {
			l.fail(fmt.Errorf("bad pattern '%s'%s", pattern, where))
			return nil
		}
	}
	var lines []line
	for _, path := range paths {
		lines = append(lines, l.readFile(path, where)...)
	}
	return lines
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var data []byte
		if data, err = readAll(f, "config file '"+path+"'"); err == nil {
			return data, nil
		}
	}
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		advice := ""
		if errors.Is(err, syscall.EISDIR) {
			advice = ": name a file in it"
		}
		return nil, fmt.Errorf("can't open config file '%s': %w%s", path, pathErr.Err, advice)
	}
	return nil, err
}

func readAll(r io.Reader, what string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", what, maxFile)
	}
	return data, err
}
