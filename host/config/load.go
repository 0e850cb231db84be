package config

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/order"
)

// Loaded is what Load found out beside the values, which are in the schema.
type Loaded struct {
	// File is the absolute path of the configuration file, "" if there was none. CONFIG REWRITE writes to it.
	File string
	// Stdin tells whether standard input was read.
	Stdin bool
	// Warnings are what may be a mistake, for the log.
	Warnings []string
}

// Load reads the sources of a start-up into s: args as after the program's name (and after ParseCommand), environ as
// from os.Environ, stdin if the arguments ask for it. The schema must be frozen.
//
// The error joins all mistakes of all sources, each naming its place; what is not mistaken has been loaded even then, so
// that a caller can report more. A server must not start on an error.
func Load(s *config.Schema, args, environ []string, stdin io.Reader) (*Loaded, error) {
	l := newLoader(s)
	cl, _ := parseArgs(args)
	out := &Loaded{Stdin: cl.stdin}
	if cl.hasFile {
		l.load(func() ([]line, error) { return l.readFile(cl.file, ""), nil }, appendLines)
		out.File = cl.file
		if abs, err := filepath.Abs(cl.file); err == nil {
			out.File = abs
		}
	}
	if cl.stdin {
		l.load(func() ([]line, error) {
			data, err := readAll(stdin, "standard input")
			return l.parseRedisConf(config.Origin{Source: "standard input", Line: 1}, data), err
		}, appendLines)
	}
	l.load(func() ([]line, error) { return l.environment(environ), nil }, l.replaceCollected)
	l.load(func() ([]line, error) {
		return l.parseRedisConf(config.Origin{Source: "command line"}, []byte(cl.options)), nil
	}, appendLines)
	out.Warnings = l.warnings
	return out, l.finish()
}

// Peek reads one parameter of text from the sources of Load, before it is known which others
// there are. Mistakes are left to Load, which reads the same sources again: so a file that
// can be read only once (a pipe) is left out, and who calls keeps what was read from stdin. Arguments that begin with
// something else than a file are a tool's.
func Peek(p config.Param, args, environ []string, stdin io.Reader) string {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		switch info, err := os.Stat(args[0]); {
		case err != nil:
			args = nil
		case !info.Mode().IsRegular():
			args = args[1:]
		}
	}
	s := config.NewSchema()
	v := s.Text(p)
	_, _ = Load(s, args, environ, stdin)
	return v.Load()
}

// line is one setting on its way from a source to the schema.
type line struct {
	Seq    int // counts over all sources: the order of reading
	Name   string
	Words  []string
	Origin config.Origin
}

// problem is a mistake, kept with the moment of its reading so that all can be reported in order.
type problem struct {
	seq int
	err error
}

// loader is one run of Load.
type loader struct {
	schema   *config.Schema
	store    config.Store
	seq      int
	open     []string // the files being read, outermost first: finds includes that go in circles
	problems []problem
	warnings []string
}

func newLoader(s *config.Schema) *loader {
	return &loader{schema: s, store: s.Store()}
}

// load reads one source.
func (l *loader) load(read func() ([]line, error), merge func(src, dest map[string]any) error) {
	if err := l.store.Load(func() (map[string]any, error) {
		lines, err := read()
		return l.byParameter(lines), err
	}, merge); err != nil {
		l.fail(err)
	}
}

// newLine numbers a line.
func (l *loader) newLine(name string, words []string, origin config.Origin) line {
	l.seq++
	return line{l.seq, name, words, origin}
}

func (l *loader) fail(err error) {
	l.seq++
	l.problems = append(l.problems, problem{l.seq, err})
}

// byParameter gathers lines under the parameters' own names, aliases resolved: the form in which sources are merged.
func (l *loader) byParameter(lines []line) map[string]any {
	m := map[string]any{}
	for _, ln := range lines {
		name := ln.Name
		if v := l.schema.Find(name); v != nil {
			name = v.Param().Name
		}
		before, _ := m[name].([]line)
		m[name] = append(before, ln)
	}
	return m
}

// appendLines adds a source's lines to those of earlier ones.
func appendLines(src, dest map[string]any) error {
	for name, lines := range src {
		before, _ := dest[name].([]line)
		dest[name] = append(before, lines.([]line)...)
	}
	return nil
}

// replaceCollected is appendLines for a source that states values as a whole.
func (l *loader) replaceCollected(src, dest map[string]any) error {
	for name := range src {
		if v := l.schema.Find(name); v != nil && v.Repeats() == config.Collect {
			delete(dest, name)
		}
	}
	return appendLines(src, dest)
}

// lines are all settings merged, in the order they were read.
func (l *loader) lines() []line {
	bySeq := make([]line, l.seq+1)
	for _, lines := range l.store.Raw() {
		for _, ln := range lines.([]line) {
			bySeq[ln.Seq] = ln
		}
	}
	return slices.DeleteFunc(bySeq, func(ln line) bool { return ln.Seq == 0 })
}

// finish hands the merged lines to the schema and returns all mistakes in the order of reading.
func (l *loader) finish() error {
	for _, ln := range l.lines() {
		if err := l.schema.Load(ln.Origin, ln.Name, ln.Words); err != nil {
			l.problems = append(l.problems, problem{ln.Seq, err})
		}
	}
	return l.err()
}

func (l *loader) err() error {
	order.Stable(l.problems, func(a, b problem) int { return cmp.Compare(a.seq, b.seq) })
	var errs []error
	for _, p := range l.problems {
		errs = append(errs, p.err)
	}
	return errors.Join(errs...)
}

// Setting is a value that is not the default, for the log.
type Setting struct {
	Name, Value string // Value is "(redacted)" if the parameter is sensitive
	Origin      config.Origin
}

// Settings lists the parameters that some source or CONFIG SET has given a value, with where it came from.
func Settings(s *config.Schema) []Setting {
	var out []Setting
	for _, v := range s.All() {
		origin := v.Origin()
		if origin == (config.Origin{}) {
			continue
		}
		value := v.String()
		if v.Param().Has(config.Sensitive) {
			value = "(redacted)"
		}
		out = append(out, Setting{v.Param().Name, value, origin})
	}
	return out
}
