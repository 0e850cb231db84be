package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SetOptions is what CONFIG SET must know about the moment and the caller.
type SetOptions struct {
	AllowProtected bool // enable-protected-configs lets this connection set Protected parameters
	Loading        bool // a data set is being loaded: DenyLoading parameters are refused
}

// ErrLoading: a DenyLoading parameter was to be set while a data set is loaded. CONFIG SET answers with LOADING.
var ErrLoading = errors.New("the server is loading the data set into memory")

// SetError is a refused CONFIG SET; Error is Redis's text without the leading "ERR ".
type SetError struct {
	Name    string // as the client wrote it
	Unknown bool   // no such parameter
	Reason  string
}

func (e *SetError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("Unknown option or number of arguments for CONFIG SET - '%s'", e.Name)
	}
	text := fmt.Sprintf("CONFIG SET failed (possibly related to argument '%s')", e.Name)
	if e.Reason != "" {
		text += " - " + e.Reason
	}
	return text
}

// change is one parameter of a CONFIG SET on its way.
type change struct {
	v          Var
	name       string // the lower-case name or alias it was called by
	text       string
	old        any
	oldOrigin  Origin
	mustNotify bool
}

// Set answers CONFIG SET: either all pairs take effect, hooks included, or none does. The error is a *SetError, or
// ErrLoading. It waits for a concurrent Set and must not be called from a hook.
func (s *Schema) Set(pairs []Pair, opt SetOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, err := s.resolve(pairs, opt)
	if err != nil {
		return err
	}
	for i := range changes {
		if err := changes[i].put(); err != nil {
			rollback(changes[:i])
			return &SetError{Name: changes[i].name, Reason: err.Error()}
		}
	}
	return applyAll(changes)
}

// resolve finds the parameters and refuses what can be refused by name alone. The first objection wins.
func (s *Schema) resolve(pairs []Pair, opt SetOptions) ([]change, error) {
	changes := make([]change, 0, len(pairs))
	for _, pair := range pairs {
		v := s.Find(pair.Name)
		if v == nil || v.Param().Has(Directive) {
			return nil, &SetError{Name: pair.Name, Unknown: true}
		}
		refuse := func(reason string) ([]change, error) { return nil, &SetError{Name: pair.Name, Reason: reason} }
		p, name := v.Param(), strings.ToLower(pair.Name)
		switch {
		case p.Has(Immutable):
			return refuse("can't set immutable config")
		case p.Has(Protected) && !opt.AllowProtected:
			return refuse("can't set protected config")
		case p.Has(DenyLoading) && opt.Loading:
			return nil, ErrLoading
		// A parameter beside its own alias is not a duplicate to Redis; the later one wins.
		case slices.ContainsFunc(changes, func(c change) bool { return c.name == name }):
			return refuse("duplicate parameter")
		}
		changes = append(changes, change{v: v, name: name, text: pair.Value})
	}
	return changes, nil
}

// put parses the new value and stores it, keeping the old one for rollback.
func (c *change) put() error {
	b := c.v.base()
	words := []string{c.text}
	if b.p.Has(MultiArg) {
		words = nil
		if c.text != "" {
			words = strings.Split(c.text, " ")
		}
	}
	var onto any
	if b.repeat == Merge {
		onto = c.v.load()
	}
	value, err := c.v.parse(words, onto)
	if err != nil {
		return err
	}
	c.old, c.oldOrigin = c.v.load(), b.origin
	c.mustNotify = b.p.Has(Volatile) || c.v.format(c.old) != c.v.format(value)
	c.v.store(value)
	b.origin = Origin{Source: "CONFIG SET"}
	return nil
}

// applyAll runs the hooks of what changed, each once, in the order of the parameters that brought them in.
func applyAll(changes []change) error {
	var ran []*hook
	for _, c := range changes {
		if !c.mustNotify {
			continue
		}
		for _, h := range c.v.base().hooks {
			if slices.Contains(ran, h) {
				continue
			}
			ran = append(ran, h)
			if err := h.fn(); err != nil {
				rollback(changes)
				for _, h := range ran {
					_ = h.fn() // back to values it accepted before; a second failure has nowhere better to go
				}
				return &SetError{Name: c.name, Reason: err.Error()}
			}
		}
	}
	return nil
}

// rollback puts the old values back, last first, so that a parameter set twice (by alias) ends with its oldest.
func rollback(changes []change) {
	for _, c := range slices.Backward(changes) {
		c.v.store(c.old)
		c.v.base().origin = c.oldOrigin
	}
}
