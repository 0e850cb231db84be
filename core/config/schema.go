package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Schema is the set of parameters of one server.
type Schema struct {
	mu     sync.Mutex // guards values' changes and origins; never held by readers of handles
	vars   []Var      // declaration order
	byName map[string]Var
	errs   []error
	uses   []func() error // see Use
	frozen bool
	store  func() Store
}

// Store is where the settings of several sources meet before they come into a schema: a map of
// what the sources have read by the names of parameters.
type Store interface {
	// Load reads a source and merges it, as src, into what was loaded before, which is dest.
	Load(read func() (map[string]any, error), merge func(src, dest map[string]any) error) error
	// Raw returns all that was loaded.
	Raw() map[string]any
}

// StoreIn says where sources meet; without it that is a plain map.
func (s *Schema) StoreIn(store func() Store) { s.store = store }

// Store returns a new one.
func (s *Schema) Store() Store {
	if s.store != nil {
		return s.store()
	}
	return store{}
}

type store map[string]any

func (m store) Load(read func() (map[string]any, error), merge func(src, dest map[string]any) error) error {
	src, err := read()
	if err != nil {
		return err
	}
	return merge(src, m)
}

func (m store) Raw() map[string]any { return m }

// hook is a side effect shared by one or more parameters.
type hook struct{ fn func() error }

// NewSchema returns an empty schema.
func NewSchema() *Schema { return &Schema{byName: map[string]Var{}} }

// Bool declares a yes/no parameter.
func (s *Schema) Bool(p Param) *BoolVar {
	v := &BoolVar{}
	s.declare(v, p)
	return v
}

// Int declares a number from min to max, both included.
func (s *Schema) Int(p Param, min, max int64) *IntVar {
	v := &IntVar{min: min, max: max}
	s.declare(v, p)
	return v
}

// Octal declares a number written in octal, such as file permissions.
func (s *Schema) Octal(p Param, min, max int64) *IntVar {
	v := &IntVar{min: min, max: max, octal: true}
	s.declare(v, p)
	return v
}

// Memory declares a number of bytes from min to max, both included, which may be written with a unit.
func (s *Schema) Memory(p Param, min, max int64) *MemoryVar {
	v := &MemoryVar{min: min, max: max}
	s.declare(v, p)
	return v
}

// MemoryOrPercent declares a number of bytes that may also be written as a percentage, "5%".
func (s *Schema) MemoryOrPercent(p Param, min, max int64) *MemoryVar {
	v := &MemoryVar{min: min, max: max, percent: true}
	s.declare(v, p)
	return v
}

// Text declares a parameter of free text.
func (s *Schema) Text(p Param) *StringVar {
	v := &StringVar{}
	v.Store("")
	s.declare(v, p)
	return v
}

// Enum declares a parameter that is one of several names. If names share a number, the first is its name.
func (s *Schema) Enum(p Param, choices ...Choice) *EnumVar {
	v := &EnumVar{choices: choices}
	s.declare(v, p)
	return v
}

// EnumSet declares a parameter that is any number of several names, separated by spaces; its number is the union of
// their bits. Names of more bits come before names of fewer.
func (s *Schema) EnumSet(p Param, choices ...Choice) *EnumVar {
	p.Flags |= MultiArg
	v := &EnumVar{choices: choices, set: true}
	s.declare(v, p)
	return v
}

// Apply registers a side effect of the given parameters. After a CONFIG SET has put all its values in place, the hook
// runs once if any of vars changed; it reads the handles. If it fails, every value is put back, the hooks that had run
// run again, and its error is the reply's reason. Hooks run with the schema's mutex held: they must not call Set, Load or
// Origin. They do not run for start-up sources: the server reads its handles when it starts.
func (s *Schema) Apply(fn func() error, vars ...Var) {
	h := &hook{fn}
	for _, v := range vars {
		v.base().hooks = append(v.base().hooks, h)
	}
}

// Find returns the parameter with this name or alias, in any case; nil if there is none.
func (s *Schema) Find(name string) Var {
	if v, ok := s.byName[name]; ok {
		return v
	}
	return s.byName[strings.ToLower(name)]
}

// All returns the parameters in declaration order. The caller must not change the slice.
func (s *Schema) All() []Var { return s.vars }

// Use has *v be the handle of a parameter that somebody else declares: at once if that has been done (the host's are
// always there), else from Freeze on. That there is no such parameter (one without effect is none), or that it is of
// another type, is a mistake that Freeze returns, so that no server starts with it.
func Use[V Var](s *Schema, name string, v *V) { use(s, name, v, true) }

// UseIf is Use of a parameter that not every server has: without it *v stays nil.
func UseIf[V Var](s *Schema, name string, v *V) { use(s, name, v, false) }

func use[V Var](s *Schema, name string, v *V, must bool) {
	find := func() (Var, bool) {
		found := s.Find(name)
		if found == nil || found.Param().NoEffect != "" { // that one has nothing to follow
			return nil, false
		}
		handle, ok := found.(V)
		if ok {
			*v = handle
		}
		return found, ok
	}
	if _, ok := find(); ok {
		return
	}
	s.uses = append(s.uses, func() error {
		switch found, ok := find(); {
		case ok:
		case found != nil:
			return fmt.Errorf("config: parameter %q is a %T and not a %T", name, found, *v)
		case must:
			return fmt.Errorf("config: there is no parameter %q, which somebody follows", name)
		}
		return nil
	})
}

// Freeze ends declaring. It returns every mistake made while declaring, joined: doubled names, defaults that do not
// parse, impossible bounds, parameters of others that are missing.
func (s *Schema) Freeze() error {
	s.frozen = true
	for _, find := range s.uses {
		if err := find(); err != nil {
			s.errs = append(s.errs, err)
		}
	}
	s.uses = nil
	return errors.Join(s.errs...)
}

// declare enters v under p's names and gives it its default.
func (s *Schema) declare(v Var, p Param) {
	c := v.base()
	c.p, c.s = p, s
	if err := s.enter(v); err != nil {
		s.errs = append(s.errs, fmt.Errorf("config: parameter %q: %w", p.Name, err))
		return
	}
	s.vars = append(s.vars, v)
	if err := s.setDefault(v); err != nil {
		s.errs = append(s.errs, fmt.Errorf("config: default %q of parameter %q: %w", p.Default, p.Name, err))
	}
}

// enter records v's names.
func (s *Schema) enter(v Var) error {
	p := v.Param()
	if s.frozen {
		return errors.New("declared after the schema was frozen")
	}
	if p.Has(MultiArg) && isOneWord(v) {
		return errors.New("MultiArg is for text, sets of names and custom types")
	}
	names := append([]string{p.Name}, p.Aliases...)
	for i, name := range names {
		if name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, " \t\r\n\"'*?[]") {
			return fmt.Errorf("%q is not a parameter name", name)
		}
		if s.byName[name] != nil || slices.Contains(names[:i], name) {
			return fmt.Errorf("the name %q is taken", name)
		}
	}
	for _, name := range names {
		s.byName[name] = v
	}
	return nil
}

// isOneWord tells whether the type of v can only ever be a single word.
func isOneWord(v Var) bool {
	switch v := v.(type) {
	case *BoolVar, *IntVar, *MemoryVar:
		return true
	case *EnumVar:
		return !v.set
	}
	return false
}

// setDefault gives v its declared default, line by line.
func (s *Schema) setDefault(v Var) error {
	c := v.base()
	if c.repeat != LastWins && c.p.Default == "" {
		c.initial = v.load() // no lines
		return nil
	}
	for i, line := range strings.Split(c.p.Default, "\n") {
		words := []string{line}
		if c.p.Has(MultiArg) {
			words = strings.Fields(line)
		}
		value, err := readLine(v, words, v.load(), i > 0)
		if err != nil {
			return err
		}
		v.store(value)
	}
	c.initial = v.load()
	return nil
}
