package scripting

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/modules/scripting/lua"
)

// How long a library may take to load: one that a client sends, and one in a file,
// which has been loaded in time once; but it must not keep the server from starting.
const (
	loadTimeout = 500 * time.Millisecond
	fileTimeout = 10 * time.Second
)

// library is a library of functions.
type library struct {
	name      string
	code      []byte
	functions []*function // in the order in which it has registered them
	byName    map[string]*function
}

// function is one of a library's.
type function struct {
	*lua.Function
	flags flags
}

// Register implements lua.Registrar.
func (l *library) Register(f *lua.Function) error {
	if !validName(f.Name) {
		// Redis speaks of libraries here, too.
		return plain("Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
	}
	if l.byName[f.Name] != nil {
		return plain("Function already exists in the library")
	}
	own := &function{Function: f}
	for _, name := range f.Flags {
		own.flags |= flagNamed(strings.ToLower(name))
	}
	l.functions = append(l.functions, own)
	l.byName[f.Name] = own
	return nil
}

// Flag implements lua.Registrar.
func (*library) Flag(name string) bool { return flagNamed(strings.ToLower(name)) != 0 }

type plain string

func (p plain) Error() string { return string(p) }

// memory is what it takes, about.
func (l *library) memory() int64 { return int64(3*len(l.code)) + 256*int64(len(l.functions)) + 512 }

// libraries are all that there are, and the one engine that runs them: what a library
// keeps in its locals is the same for whoever calls it. It is safe for concurrent
// use, as files are written, and commands judged, by who holds no locks.
type libraries struct {
	mu        sync.Mutex
	all       []*library // in the order in which they were loaded
	byName    map[string]*library
	functions map[string]*function // by their names in lower case: of these, the first one counts
	count     int                  // of functions
	memory    int64
}

func newLibraries() *libraries {
	return &libraries{byName: map[string]*library{}, functions: map[string]*function{}}
}

// list returns all libraries.
func (s *libraries) list() []*library {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*library(nil), s.all...)
}

// counts returns how many libraries and functions there are, and their memory in bytes.
func (s *libraries) counts() (libs, functions int, memory int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all), s.count, s.memory
}

// has reports whether there is a library of that name.
func (s *libraries) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byName[name] != nil
}

// function returns one by its name in any case, nil if there is none.
func (s *libraries) function(name []byte) *function {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.functions[string(name)]; f != nil {
		return f
	}
	return s.functions[strings.ToLower(string(name))]
}

// add takes libraries in, all or none. They have different names.
func (s *libraries) add(libs []*library, replace bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var old []*library
	for _, l := range libs {
		if o := s.byName[l.name]; o != nil {
			if !replace {
				return core.Err("Library " + l.name + " already exists")
			}
			old = append(old, o)
		}
	}
	s.drop(old)
	for i, l := range libs {
		if err := s.put(l); err != nil {
			s.drop(libs[:i])
			for _, o := range old {
				_ = s.put(o) // it has been there before
			}
			return err
		}
	}
	return nil
}

// put adds a library, unless one of its functions is another's.
func (s *libraries) put(l *library) error {
	for _, f := range l.functions {
		if s.functions[strings.ToLower(f.Name)] != nil {
			return core.Err("Function " + f.Name + " already exists")
		}
	}
	for _, f := range l.functions {
		if name := strings.ToLower(f.Name); s.functions[name] == nil {
			s.functions[name] = f
		}
	}
	s.all = append(s.all, l)
	s.byName[l.name] = l
	s.count += len(l.functions)
	s.memory += l.memory()
	return nil
}

// drop forgets libraries, which are there.
func (s *libraries) drop(libs []*library) {
	if len(libs) == 0 {
		return
	}
	for _, l := range libs {
		delete(s.byName, l.name)
		for _, f := range l.functions {
			delete(s.functions, strings.ToLower(f.Name))
		}
		s.count -= len(l.functions)
		s.memory -= l.memory()
	}
	s.all = slices.DeleteFunc(s.all, func(l *library) bool { return s.byName[l.name] != l })
}

// remove forgets a library, and reports whether there was one of that name.
func (s *libraries) remove(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.byName[name]
	if l == nil {
		return false
	}
	s.drop([]*library{l})
	return true
}

func (s *libraries) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.become(newLibraries())
}

// replaceAll puts libraries in the place of all that there were.
func (s *libraries) replaceAll(libs []*library) error {
	next := newLibraries()
	if err := next.add(libs, false); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.become(next)
	return nil
}

func (s *libraries) become(next *libraries) {
	s.all, s.byName, s.functions, s.count, s.memory = next.all, next.byName, next.functions, next.count, next.memory
}

// build makes a library of its source text: reads its first line, compiles it and
// runs it. The text is copied. may, if set, is asked about the name.
func (m *module) build(text []byte, timeout time.Duration, may func(name string) error) (*library, error) {
	code := string(text)
	name, err := libraryName(code)
	if err != nil {
		return nil, err
	}
	if may != nil {
		if err := may(name); err != nil {
			return nil, err
		}
	}
	l := &library{name: name, code: []byte(code), byName: map[string]*function{}}
	chunk, err := lua.CompileLibrary(code, "@user_function")
	if err != nil {
		return nil, core.Err("Error compiling function: " + err.Error())
	}
	call := lua.Call{Host: &loading{runner: runner{m: m}}, Limits: lua.Limits{Time: timeout}}
	r := m.functionRunner()
	r.busy.Lock()
	defer r.busy.Unlock()
	if e := r.engine.Load(chunk, l, &call); e != nil {
		if e.Limit == lua.ErrTime {
			return nil, core.Err("Error registering functions: ERR FUNCTION LOAD timeout")
		}
		return nil, core.Err("Error registering functions: " + e.Text)
	}
	if len(l.functions) == 0 {
		return nil, core.Err("No functions registered")
	}
	return l, nil
}

// loading is the host of a library that is loaded: it can do nothing but log.
type loading struct{ runner }

// Poll implements lua.Host: time is all that ends it.
func (*loading) Poll() error { return nil }

// functionRunner is what runs functions, for who holds all shards.
func (m *module) functionRunner() *runner {
	r := m.functions.Load()
	if r == nil {
		r = m.newRunner()
		m.functions.Store(r)
	}
	return r
}

// libraryName reads the first line of a library, such as "#!lua name=mine".
func libraryName(code string) (name string, err error) {
	if !strings.HasPrefix(code, "#!") {
		return "", core.Err("Missing library metadata")
	}
	line, _, ok := strings.Cut(code, "\n")
	if !ok {
		return "", core.Err("Invalid library metadata")
	}
	words, err := config.SplitWords(line)
	if err != nil {
		return "", core.Err("Invalid library metadata")
	}
	given := false
	for _, word := range words[1:] {
		v, ok := cutPrefixFold(word, "name=")
		switch {
		case !ok:
			return "", core.Err("Invalid metadata value given: " + word)
		case given:
			return "", core.Err("Invalid metadata value, name argument was given multiple times")
		}
		name, given = v, true
	}
	switch {
	case !given:
		return "", core.Err("Library name was not given")
	case !validName(name):
		return "", core.Err("Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
	case !strings.EqualFold(words[0], "#!lua"):
		return "", core.Err("Engine '" + words[0][2:] + "' not found")
	}
	return name, nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}

// LoadLibrary implements core.FunctionsOwner.
func (m *module) LoadLibrary(text []byte, replace bool) error {
	l, err := m.build(text, fileTimeout, nil)
	if err != nil {
		return err
	}
	return m.libraries.add([]*library{l}, replace)
}

// Libraries implements core.FunctionsOwner.
func (m *module) Libraries() (texts [][]byte) {
	for _, l := range m.libraries.list() {
		texts = append(texts, l.code)
	}
	return texts
}

// FlushLibraries implements core.FunctionsOwner.
func (m *module) FlushLibraries() { m.libraries.flush() }
