package aof

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// The log is a chain of files: one base, which holds all data as of a rewrite,
// and behind it the increments, in the order of their numbers. The manifest is
// the list of them and the only truth about what belongs to the chain: a file
// that it does not name is nothing, whatever its name. The format is Redis 7's.

// The types of files, as the manifest has them.
const (
	typeBase    = 'b'
	typeIncr    = 'i'
	typeHistory = 'h' // replaced by a rewrite, or not yet in the place of what it is to replace: to be deleted
)

// entry is a file of the log.
type entry struct {
	name string // without a directory
	seq  int64
	kind byte
}

// manifest is the list of the files of a log. It is a value: who changes one
// works on a clone, and the old one is valid until the new one is on disk.
type manifest struct {
	base             *entry
	history          []entry
	incrs            []entry
	baseSeq, incrSeq int64 // the last numbers given
}

// clone returns a manifest that may be changed.
func (m *manifest) clone() *manifest {
	c := *m
	c.history, c.incrs = slices.Clone(m.history), slices.Clone(m.incrs)
	return &c
}

// empty reports whether there is nothing to load.
func (m *manifest) empty() bool { return m.base == nil && len(m.incrs) == 0 }

// chain returns the files to load, in order.
func (m *manifest) chain() []entry {
	var all []entry
	if m.base != nil {
		all = append(all, *m.base)
	}
	return append(all, m.incrs...)
}

// addIncr appends the next increment and returns its name.
func (m *manifest) addIncr(file string) string {
	e := m.nextIncr(file)
	m.incrSeq = e.seq
	m.dropHistory(e.name)
	m.incrs = append(m.incrs, e)
	return e.name
}

// nextIncr is the increment that addIncr will append.
func (m *manifest) nextIncr(file string) entry {
	seq := m.incrSeq + 1
	return entry{fmt.Sprintf("%s.%d.incr.aof", file, seq), seq, typeIncr}
}

// announce lists files that are about to get their names as what is to be deleted.
// That is what they are as long as no manifest has made them a part of the chain: if
// none comes, since the server is killed before, the next start deletes them.
func (m *manifest) announce(coming ...entry) {
	for _, e := range coming {
		m.dropHistory(e.name)
		m.history = append(m.history, entry{e.name, e.seq, typeHistory})
	}
}

// isHistory reports whether a file is one that is to be deleted.
func (m *manifest) isHistory(name string) bool {
	return slices.ContainsFunc(m.history, func(e entry) bool { return e.name == name })
}

// dropHistory strikes a file off those that are to be deleted.
func (m *manifest) dropHistory(name string) {
	m.history = slices.DeleteFunc(m.history, func(e entry) bool { return e.name == name })
}

// nextBase returns the name of the base that replaceBase will enter.
func (m *manifest) nextBase(file string, dump bool) string {
	suffix := "aof"
	if dump {
		suffix = "rdb"
	}
	return fmt.Sprintf("%s.%d.base.%s", file, m.baseSeq+1, suffix)
}

// replaceBase enters a new base. It stands for everything before it but the
// last keep increments: the rest becomes history, the newest first, as Redis
// lists it.
func (m *manifest) replaceBase(name string, keep int) {
	if m.base != nil {
		m.history = slices.Insert(m.history, 0, entry{m.base.name, m.base.seq, typeHistory})
	}
	m.dropHistory(name)
	m.baseSeq++
	m.base = &entry{name, m.baseSeq, typeBase}
	past := m.incrs[:len(m.incrs)-keep]
	for _, e := range slices.Backward(past) {
		m.history = slices.Insert(m.history, 0, entry{e.name, e.seq, typeHistory})
	}
	m.incrs = slices.Clone(m.incrs[len(past):])
}

// format is the text of the manifest.
func (m *manifest) format() []byte {
	var b []byte
	add := func(e entry) {
		b = fmt.Appendf(b, "file %s seq %d type %c\n", quoteName(e.name), e.seq, e.kind)
	}
	if m.base != nil {
		add(*m.base)
	}
	for _, e := range m.history {
		add(e)
	}
	for _, e := range m.incrs {
		add(e)
	}
	return b
}

// quoteName returns a name as a word of the manifest: as it is, or in quotes if
// it would not be read as one word.
func quoteName(name string) string {
	plain := name != ""
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '\'' {
			plain = false
		}
	}
	if plain {
		return name
	}
	b := []byte{'"'}
	for i := range len(name) {
		const special, letters = "\\\"\n\r\t\a\b", `\"nrtab`
		switch c := name[i]; {
		case strings.IndexByte(special, c) >= 0:
			b = append(b, '\\', letters[strings.IndexByte(special, c)])
		case c < ' ' || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// longestLine is how long a line of a manifest may be, its end included.
const longestLine = 1024

// What may be wrong with a manifest, in Redis's words.
var (
	errEmptyManifest = errors.New("Found an empty AOF manifest")
	errLongLine      = errors.New("The AOF manifest file contains too long line")
	errFormat        = errors.New("Invalid AOF manifest file format")
	errNotBaseName   = errors.New("File can't be a path, just a filename")
	errTwoBases      = errors.New("Found duplicate base file information")
	errOrder         = errors.New("Found a non-monotonic sequence number")
	errKind          = errors.New("Unknown AOF file type")
)

// parseManifest reads the text of a manifest. The error says what is wrong and
// in which line.
func parseManifest(text []byte) (*manifest, error) {
	m := &manifest{}
	if len(text) == 0 {
		return nil, errEmptyManifest
	}
	for n := 1; len(text) > 0; n++ {
		line, rest, ended := bytes.Cut(text, []byte{'\n'})
		text = rest
		if len(line) > 0 && line[0] == '#' {
			continue
		}
		err := errLongLine
		if ended && len(line) < longestLine {
			err = m.line(string(line))
		}
		if err != nil {
			return nil, fmt.Errorf("reading the manifest file, at line %d >>> %q: %w", n, clip(line), err)
		}
	}
	return m, nil
}

// clip shortens a line that is shown in an error.
func clip(line []byte) []byte { return line[:min(len(line), 200)] }

// line takes one line in.
func (m *manifest) line(text string) error {
	words, err := config.SplitWords(strings.Trim(text, " \t\r\n"))
	// More pairs than are known may come from later versions.
	if err != nil || len(words) < 6 || len(words)%2 != 0 {
		return errFormat
	}
	var e entry
	for i := 0; i < len(words); i += 2 {
		value := words[i+1]
		switch strings.ToLower(words[i]) {
		case "file":
			if e.name = value; strings.ContainsAny(value, `/\`) || value == "." || value == ".." {
				return errNotBaseName
			}
		case "seq":
			e.seq, _ = strconv.ParseInt(value, 10, 64)
		case "type":
			if value != "" {
				e.kind = value[0]
			}
		}
	}
	if e.name == "" || e.seq <= 0 || e.kind == 0 {
		return errFormat
	}
	return m.enter(e)
}

func (m *manifest) enter(e entry) error {
	switch e.kind {
	case typeBase:
		if m.base != nil {
			return errTwoBases
		}
		m.base, m.baseSeq = &e, e.seq
	case typeHistory:
		m.history = append(m.history, e)
	case typeIncr:
		if e.seq <= m.incrSeq {
			return errOrder
		}
		m.incrs, m.incrSeq = append(m.incrs, e), e.seq
	default:
		return errKind
	}
	return nil
}

// isBaseName reports whether a parameter is a name and no path.
func isBaseName(name string) bool {
	return !strings.ContainsAny(name, `/\`) && filepath.Base(name) == name
}
