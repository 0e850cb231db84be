package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// LoadError is a line of a start-up source that cannot be used.
type LoadError struct {
	Origin  Origin
	Name    string   // the parameter as written
	Words   []string // its value as written; redacted if the parameter is Sensitive
	Unknown bool     // no such parameter
	Nearest string   // for an unknown one: the name that was probably meant, or ""
	Reason  string   // for a known one: what is wrong
}

// Error is one line: what, where, the offending directive in Redis's spelling, why.
func (e *LoadError) Error() string {
	if e.Unknown {
		text := fmt.Sprintf("unknown parameter '%s' %s: Bad directive or wrong number of arguments", e.Name, e.Origin.At())
		if e.Nearest != "" {
			text += fmt.Sprintf("; did you mean '%s'?", e.Nearest)
		}
		switch name, value, isPair := strings.Cut(e.Name, "="); {
		case strings.HasPrefix(name, "-"):
			text += "; an option is two dashes and the name of a parameter, as in --port 7000"
		case isPair:
			text += fmt.Sprintf("; the value follows after a space: %s %s", name, value)
		}
		return text
	}
	return fmt.Sprintf("bad value for %s %s: '%s': %s", e.Name, e.Origin.At(), e.Directive(), e.Reason)
}

// Directive is the line as redis.conf would have it, every word quoted.
func (e *LoadError) Directive() string {
	text := e.Name
	for _, w := range e.Words {
		text += " " + Quote(w)
	}
	return text
}

// String is "redis.conf:12", "command line", or "default" for the zero Origin.
func (o Origin) String() string {
	switch {
	case o.Source == "":
		return "default"
	case o.Line > 0:
		return o.Source + ":" + strconv.Itoa(o.Line)
	}
	return o.Source
}

// At is String with its preposition: "at redis.conf:12", "on the command line", "in environment variable FERROUS_PORT".
func (o Origin) At() string {
	switch {
	case o.Line > 0:
		return "at " + o.String()
	case o.Source == "command line":
		return "on the command line"
	}
	return "in " + o.String()
}

// Load takes one line of a start-up source: a parameter's name, or an alias of it, and the words of its value. Hooks do
// not run. The error is a *LoadError, and then nothing has changed.
//
// Load keeps words only by copying.
func (s *Schema) Load(origin Origin, name string, words []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.Find(name)
	if v == nil {
		return &LoadError{Origin: origin, Name: name, Words: words, Unknown: true, Nearest: s.Nearest(name)}
	}
	c := v.base()
	fail := func(reason string) error {
		shown := words
		if c.p.Has(Sensitive) && len(words) > 0 {
			shown = []string{"(redacted)"}
		}
		return &LoadError{Origin: origin, Name: name, Words: shown, Reason: reason}
	}
	value, err := readLine(v, words, v.load(), c.loaded)
	if err != nil {
		reason := err.Error()
		if a := (*advised)(nil); errors.As(err, &a) {
			reason += "; " + a.advice
		}
		return fail(reason)
	}
	v.store(value)
	c.origin, c.loaded = origin, true
	return nil
}

// readLine parses one start-up line of v; current is the value so far, started whether an earlier line made it.
func readLine(v Var, words []string, current any, started bool) (any, error) {
	c := v.base()
	switch {
	case !c.p.Has(MultiArg) && len(words) != 1:
		return nil, errArguments
	case c.p.Has(MultiArg) && len(words) == 1 && words[0] == "":
		words = nil
	case c.p.Has(MultiArg) && len(words) == 1:
		// One quoted word may hold them all: --save "60 1".
		split, err := SplitWords(words[0])
		if err != nil {
			return nil, err
		}
		words = split
	}
	if c.repeat == Merge || c.repeat == Collect && started {
		return v.parse(words, current)
	}
	return v.parse(words, nil)
}

// StatedBy tells whether start-up lines such as these, and no others, would give v the value it has now. CONFIG REWRITE
// leaves such lines alone.
func StatedBy(v Var, lines [][]string) bool {
	value := v.base().initial
	for i, words := range lines {
		var err error
		if value, err = readLine(v, words, value, i > 0); err != nil {
			return false
		}
	}
	return slices.EqualFunc(v.lines(value), v.lines(v.load()), slices.Equal[[]string])
}

// Nearest returns the name or alias closest to a mistyped one, or "" if nothing is close.
func (s *Schema) Nearest(name string) string {
	var names []string
	for _, v := range s.vars {
		if !v.Param().Has(Hidden) {
			names = append(names, v.base().names()...)
		}
	}
	return Nearest(strings.ToLower(name), names)
}
