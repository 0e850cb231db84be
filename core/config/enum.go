package config

import (
	"strings"
	"sync/atomic"
)

// Choice is one name of an EnumVar and the number the server works with.
type Choice struct {
	Name  string
	Value int
}

// EnumVar is one of a list of names, or a set of them.
type EnumVar struct {
	common
	v       atomic.Int64
	choices []Choice
	set     bool
	checks  []func(int) error
}

// Load returns the number of the current choice; of a set, the union of the bits.
func (e *EnumVar) Load() int { return int(e.v.Load()) }

// Store replaces the value from inside the server: no check, no hook.
func (e *EnumVar) Store(v int) { e.v.Store(int64(v)) }

// Check adds a validation that runs before anything changes.
func (e *EnumVar) Check(f func(int) error) { e.checks = append(e.checks, f) }

// Choices lists what is accepted. Callers must not change it.
func (e *EnumVar) Choices() []Choice { return e.choices }

func (e *EnumVar) String() string           { return e.format(e.load()) }
func (e *EnumVar) DefaultString() string    { return e.format(e.initial) }
func (e *EnumVar) Lines() [][]string        { return e.lines(e.load()) }
func (e *EnumVar) DefaultLines() [][]string { return e.lines(e.initial) }
func (e *EnumVar) load() any                { return e.Load() }
func (e *EnumVar) store(v any)              { e.Store(v.(int)) }

func (e *EnumVar) lines(v any) [][]string {
	if e.set {
		return [][]string{strings.Fields(e.format(v))}
	}
	return one(e.format(v))
}

// format names the value. The bits of a set are taken away name by name, in declared order, so that a name of several
// bits is preferred to its parts.
func (e *EnumVar) format(v any) string {
	value := v.(int)
	for _, c := range e.choices {
		if c.Value == value {
			return c.Name
		}
	}
	var names []string
	if e.set {
		for _, c := range e.choices {
			if c.Value != 0 && value&c.Value == c.Value {
				names = append(names, c.Name)
				value &^= c.Value
			}
		}
	}
	if len(names) == 0 || value != 0 {
		return "unknown"
	}
	return strings.Join(names, " ")
}

func (e *EnumVar) parse(words []string, _ any) (any, error) {
	if len(words) == 0 {
		return nil, notOneOf(e.choices)
	}
	value := 0
	for _, w := range words {
		bits, ok := e.number(w)
		if !ok {
			return nil, notOneOf(e.choices)
		}
		value |= bits
	}
	return value, runChecks(e.checks, value)
}

func (e *EnumVar) number(name string) (int, bool) {
	for _, c := range e.choices {
		if strings.EqualFold(c.Name, name) {
			return c.Value, true
		}
	}
	return 0, false
}
