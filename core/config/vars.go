package config

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// common is the part of a handle that does not depend on the type.
type common struct {
	p       Param
	s       *Schema
	repeat  Repeat // how several lines combine
	origin  Origin // guarded by s.mu
	initial any    // boxed default
	loaded  bool   // a start-up line has been seen (Repeated values start from nothing at the first); guarded by s.mu
	hooks   []*hook
}

func (c *common) Param() *Param   { return &c.p }
func (c *common) Repeats() Repeat { return c.repeat }
func (c *common) base() *common   { return c }

// names are the name and its aliases.
func (c *common) names() []string { return append([]string{c.p.Name}, c.p.Aliases...) }

func (c *common) Origin() Origin {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.origin
}

// one is the line of a value that is a single word.
func one(text string) [][]string { return [][]string{{text}} }

// BoolVar is a yes/no parameter.
type BoolVar struct {
	common
	v      atomic.Bool
	checks []func(bool) error
}

// Load returns the current value.
func (b *BoolVar) Load() bool { return b.v.Load() }

// Store replaces the value from inside the server: no check, no hook.
func (b *BoolVar) Store(v bool) { b.v.Store(v) }

// Check adds a validation that runs before anything changes; its error text follows "CONFIG SET failed (...) - ".
func (b *BoolVar) Check(f func(bool) error) { b.checks = append(b.checks, f) }

func (b *BoolVar) String() string           { return b.format(b.load()) }
func (b *BoolVar) DefaultString() string    { return b.format(b.initial) }
func (b *BoolVar) Lines() [][]string        { return b.lines(b.load()) }
func (b *BoolVar) DefaultLines() [][]string { return b.lines(b.initial) }
func (b *BoolVar) load() any                { return b.v.Load() }
func (b *BoolVar) store(v any)              { b.v.Store(v.(bool)) }
func (b *BoolVar) lines(v any) [][]string {
	return one(b.format(v))
}

func (b *BoolVar) format(v any) string {
	if v.(bool) {
		return "yes"
	}
	return "no"
}

func (b *BoolVar) parse(words []string, _ any) (any, error) {
	v, ok := parseBool(words[0])
	if !ok {
		return nil, errYesNo
	}
	return v, runChecks(b.checks, v)
}

// IntVar is a number within bounds.
type IntVar struct {
	common
	v        atomic.Int64
	min, max int64
	octal    bool
	nearest  func(int64) int64 // nil if values within the bounds are taken as they are
	checks   []func(int64) error
}

// Load returns the current value.
func (i *IntVar) Load() int64 { return i.v.Load() }

// Store replaces the value from inside the server: no check, no hook.
func (i *IntVar) Store(v int64) { i.v.Store(v) }

// Check adds a validation that runs before anything changes.
func (i *IntVar) Check(f func(int64) error) { i.checks = append(i.checks, f) }

// Clamp narrows the bounds for values that are accepted: one beyond them is taken for the nearest.
func (i *IntVar) Clamp(lowest, highest int64) {
	i.nearest = func(v int64) int64 { return min(max(v, lowest), highest) }
}

// Number writes a value as this parameter does: in octal, if it is declared so.
func (i *IntVar) Number(v int64) string { return i.format(v) }

// Bounds are the smallest and largest value accepted.
func (i *IntVar) Bounds() (min, max int64) { return i.min, i.max }

func (i *IntVar) String() string           { return i.format(i.load()) }
func (i *IntVar) DefaultString() string    { return i.format(i.initial) }
func (i *IntVar) Lines() [][]string        { return i.lines(i.load()) }
func (i *IntVar) DefaultLines() [][]string { return i.lines(i.initial) }
func (i *IntVar) load() any                { return i.v.Load() }
func (i *IntVar) store(v any)              { i.v.Store(v.(int64)) }
func (i *IntVar) lines(v any) [][]string   { return one(i.format(v)) }
func (i *IntVar) numberBase() int {
	if i.octal {
		return 8
	}
	return 10
}

func (i *IntVar) format(v any) string { return strconv.FormatInt(v.(int64), i.numberBase()) }

func (i *IntVar) parse(words []string, _ any) (any, error) {
	v, err := strconv.ParseInt(words[0], i.numberBase(), 64)
	switch {
	case i.octal && err != nil:
		return nil, errOctal
	case err != nil, !i.octal && strconv.FormatInt(v, 10) != words[0]: // no plus sign, no leading zeros
		return nil, errInteger
	}
	if v < i.min || v > i.max {
		return nil, outOfBounds(i.min, i.max, i.numberBase())
	}
	if i.nearest != nil {
		v = i.nearest(v)
	}
	return v, runChecks(i.checks, v)
}

// StringVar is free text. With MultiArg it is the words of a line joined by single spaces; CONFIG SET may give it
// other text, of which each single space separates two words, so that its lines read back the same.
type StringVar struct {
	common
	v      atomic.Pointer[string]
	checks []func(string) error
}

// Load returns the current value.
func (t *StringVar) Load() string { return *t.v.Load() }

// Store replaces the value from inside the server: no check, no hook.
func (t *StringVar) Store(v string) { t.v.Store(&v) }

// Check adds a validation that runs before anything changes.
func (t *StringVar) Check(f func(string) error) { t.checks = append(t.checks, f) }

func (t *StringVar) String() string           { return t.Load() }
func (t *StringVar) DefaultString() string    { return t.initial.(string) }
func (t *StringVar) Lines() [][]string        { return t.lines(t.load()) }
func (t *StringVar) DefaultLines() [][]string { return t.lines(t.initial) }
func (t *StringVar) load() any                { return t.Load() }
func (t *StringVar) store(v any)              { t.Store(v.(string)) }
func (t *StringVar) format(v any) string      { return v.(string) }
func (t *StringVar) lines(v any) [][]string {
	if t.p.Has(MultiArg) {
		return [][]string{strings.Split(v.(string), " ")}
	}
	return one(v.(string))
}

func (t *StringVar) parse(words []string, _ any) (any, error) {
	text := strings.Join(words, " ")
	return text, runChecks(t.checks, text)
}

// runChecks returns the first objection.
func runChecks[T any](checks []func(T) error, v T) error {
	for _, f := range checks {
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}
