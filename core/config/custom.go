package config

import (
	"strings"
	"sync/atomic"
)

// Repeat says how several lines of one parameter combine.
type Repeat int

const (
	// LastWins: each line replaces what was before.
	LastWins Repeat = iota
	// Collect: CONFIG SET, and the first line at start-up, begin from the zero value; later start-up lines add to it
	// (save, user).
	Collect
	// Merge: every line, and CONFIG SET too, changes a part of the value and leaves the rest
	// (client-output-buffer-limit).
	Merge
)

// Codec is how a parameter of a type of its own is read and written.
type Codec[T any] struct {
	// Parse reads the words of one line (or of CONFIG SET) onto base; what base is depends on Repeat, and is the zero
	// value under LastWins. It must not modify what base refers to: readers may hold it. A MultiArg parameter set to the
	// empty string arrives as no words at all.
	Parse func(words []string, base T) (T, error)
	// Format is the value as CONFIG GET prints it.
	Format func(T) string
	// Lines is the value as a configuration file states it (see Var.Lines); no lines: it is not to be stated at all. If
	// Lines is nil: Format's text, as one word, or split at spaces if the parameter is MultiArg.
	Lines func(T) [][]string
	// Repeat says how lines combine.
	Repeat Repeat
}

// CustomVar is a parameter of a type of its own. Values are shared with readers and never modified in place.
type CustomVar[T any] struct {
	common
	v      atomic.Pointer[T]
	codec  Codec[T]
	checks []func(T) error
}

// Custom declares a parameter with its own type.
func Custom[T any](s *Schema, p Param, codec Codec[T]) *CustomVar[T] {
	c := &CustomVar[T]{codec: codec}
	c.repeat = codec.Repeat
	c.v.Store(new(T))
	s.declare(c, p)
	return c
}

// Load returns the current value; the caller must not modify what it refers to.
func (c *CustomVar[T]) Load() T { return *c.v.Load() }

// Store replaces the value from inside the server: no check, no hook. The handle keeps v.
func (c *CustomVar[T]) Store(v T) { c.v.Store(&v) }

// Check adds a validation that runs before anything changes.
func (c *CustomVar[T]) Check(f func(T) error) { c.checks = append(c.checks, f) }

func (c *CustomVar[T]) String() string           { return c.codec.Format(c.Load()) }
func (c *CustomVar[T]) DefaultString() string    { return c.format(c.initial) }
func (c *CustomVar[T]) Lines() [][]string        { return c.lines(c.load()) }
func (c *CustomVar[T]) DefaultLines() [][]string { return c.lines(c.initial) }
func (c *CustomVar[T]) load() any                { return c.Load() }
func (c *CustomVar[T]) store(v any)              { c.Store(v.(T)) }
func (c *CustomVar[T]) format(v any) string      { return c.codec.Format(v.(T)) }

func (c *CustomVar[T]) lines(v any) [][]string {
	if c.codec.Lines != nil {
		return c.codec.Lines(v.(T))
	}
	text := c.format(v)
	if words := strings.Fields(text); c.p.Has(MultiArg) && len(words) > 0 {
		return [][]string{words}
	}
	return one(text)
}

func (c *CustomVar[T]) parse(words []string, onto any) (any, error) {
	var base T
	if onto != nil {
		base = onto.(T)
	}
	v, err := c.codec.Parse(words, base)
	if err != nil {
		return nil, err
	}
	return v, runChecks(c.checks, v)
}

// StringsVar is a list of words: bind, for instance.
type StringsVar = CustomVar[[]string]

// Strings declares a list of words separated by spaces. A single empty word is the empty list.
func (s *Schema) Strings(p Param) *StringsVar {
	p.Flags |= MultiArg
	return Custom(s, p, Codec[[]string]{
		Parse: func(words []string, _ []string) ([]string, error) {
			return append([]string(nil), words...), nil
		},
		Format: func(v []string) string { return strings.Join(v, " ") },
		Lines: func(v []string) [][]string {
			if len(v) == 0 {
				return one("")
			}
			return [][]string{append([]string(nil), v...)}
		},
	})
}
