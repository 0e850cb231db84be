package core

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Arg is one argument of a command's documentation, in the shape that COMMAND
// DOCS tells.
type Arg struct {
	Name    string
	Type    string // string integer double key pattern unix-time pure-token oneof block
	Token   string // the literal word before the argument; "" for none (but for a pure-token)
	Display string // what to call the value when speaking to people; "" for its name
	Key     int    // which key specification finds it, for the type key
	Args    []Arg  // of oneof and block

	Optional      bool
	Multiple      bool
	MultipleToken bool // the token is repeated with each value

	Since      string // the Redis version that brought it, if later than the command
	Deprecated string // the version that deprecated it, if any
}

// ParseSyntax reads the compact notation of Doc.Args:
//
//	key                 a key found by key specification 0 (name "key" implies it)
//	name                a string
//	name:type           integer, double, key, pattern, unix-time, string
//	name:key@1          a key found by key specification 1
//	name:type<text>     with another text to show for the value, as in <ip:port>
//	TOKEN               a literal word of its own; name=TOKEN gives it another name
//	name="="            the same for words of punctuation, or none
//	TOKEN name:type     a literal word, then a value
//	name(A|B|C x)       one of several
//	name{x y}           a block of several
//	[x]                 optional
//	x...                one or more
//	x...+               one or more, the token repeated each time
//	x^6.2.0             known since that version; x^-6.2.0 deprecated since
//
// For example SET:
//
//	key value [condition(NX|XX)] [GET] [expiration(EX seconds:integer|KEEPTTL)]
func ParseSyntax(s string) ([]Arg, error) {
	p := &syntaxParser{s: s}
	args, err := p.sequence("")
	if err != nil {
		return nil, fmt.Errorf("at %d of %q: %w", p.i, s, err)
	}
	return args, nil
}

type syntaxParser struct {
	s string
	i int
}

func (p *syntaxParser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\n' || p.s[p.i] == '\t') {
		p.i++
	}
}

// at reports whether the next byte is one of set.
func (p *syntaxParser) at(set string) bool {
	return p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0
}

func (p *syntaxParser) take(prefix string) bool {
	if strings.HasPrefix(p.s[p.i:], prefix) {
		p.i += len(prefix)
		return true
	}
	return false
}

// sequence reads arguments up to one of the bytes of end, or the end of text.
func (p *syntaxParser) sequence(end string) ([]Arg, error) {
	var args []Arg
	for {
		p.space()
		if p.i == len(p.s) || p.at(end) {
			return args, nil
		}
		a, err := p.item()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
}

func (p *syntaxParser) item() (Arg, error) {
	p.space()
	optional := p.take("[")
	a, err := p.element()
	if err != nil {
		return a, err
	}
	if optional {
		p.space()
		if !p.take("]") {
			return a, errors.New("expected ]")
		}
		a.Optional = true
	}
	for p.take("^") {
		version := &a.Since
		if p.take("-") {
			version = &a.Deprecated
		}
		if *version = p.until(" \n\t[](){}|^"); *version == "" {
			return a, errors.New("expected a version")
		}
	}
	return a, nil
}

func (p *syntaxParser) element() (Arg, error) {
	p.space()
	word := p.word()
	if word == "" {
		return Arg{}, errors.New("expected a word")
	}
	a := Arg{Name: word, Type: "string"}
	if isToken(word) {
		a = Arg{Name: strings.ToLower(word), Type: "pure-token", Token: word}
		if p.at("=") {
			return a, errors.New("a name is in lower case")
		}
		if next, ok := p.value(); ok {
			a = Arg{Name: next, Type: "string", Token: word}
		}
	}
	if err := p.suffix(&a); err != nil {
		return a, err
	}
	if p.take("...") {
		a.Multiple = true
		a.MultipleToken = p.take("+")
	}
	return a, nil
}

// isToken reports whether a word stands for itself.
func isToken(word string) bool { return word == strings.ToUpper(word) }

// value reads the name of the value that a token introduces, if one follows.
func (p *syntaxParser) value() (name string, ok bool) {
	start := p.i
	p.space()
	if p.i == start {
		return "", false
	}
	name = p.word()
	if name == "" || isToken(name) || p.at("=") {
		p.i = start
		return "", false
	}
	return name, true
}

// suffix reads what may follow a name: a literal, a type, alternatives or a
// block.
func (p *syntaxParser) suffix(a *Arg) (err error) {
	switch {
	case a.Type == "pure-token":
		return nil
	case a.Token == "" && p.take("="):
		a.Type = "pure-token"
		if !p.take(`"`) {
			a.Token = p.word()
		} else if a.Token = p.until(`"`); !p.take(`"`) {
			return errors.New(`expected "`)
		}
		return nil
	case p.take("{"):
		a.Type = "block"
		if a.Args, err = p.sequence("}"); err == nil && !p.take("}") {
			err = errors.New("expected }")
		}
		return err
	case p.take("("):
		a.Type = "oneof"
		return p.alternatives(a)
	case p.take(":"):
		if a.Type = p.word(); !slices.Contains(valueTypes[:], a.Type) {
			return fmt.Errorf("%q is not a type", a.Type)
		}
		if p.take("@") {
			a.Key, err = strconv.Atoi(p.word())
		}
	case a.Name == "key":
		a.Type = "key"
	}
	if err == nil && p.take("<") {
		if a.Display = p.until(">"); !p.take(">") {
			err = errors.New("expected >")
		}
	}
	return err
}

// valueTypes are the types that are written after a colon.
var valueTypes = [...]string{"string", "integer", "double", "key", "pattern", "unix-time"}

func (p *syntaxParser) alternatives(a *Arg) error {
	for {
		alt, err := p.item()
		if err != nil {
			return err
		}
		a.Args = append(a.Args, alt)
		p.space()
		switch {
		case p.take(")"):
			return nil
		case !p.take("|"):
			return errors.New("expected | or )")
		}
	}
}

// word reads a name or a token.
func (p *syntaxParser) word() string { return p.until(" \n\t[]{}()|:=@.+<>^\"") }

// until reads up to one of the bytes of stop, or the end of text.
func (p *syntaxParser) until(stop string) string {
	start := p.i
	for p.i < len(p.s) && !p.at(stop) {
		p.i++
	}
	return p.s[start:p.i]
}
