package core

import (
	"fmt"
	"strconv"
	"strings"
)

// Arg is one argument of a command's documentation, in the shape that COMMAND
// DOCS tells.
type Arg struct {
	Name  string
	Type  string // string integer double key pattern unix-time pure-token oneof block
	Token string // the literal word before the argument; "" for none
	Key   int    // which key specification finds it, for the type key
	Args  []Arg  // of oneof and block

	Optional      bool
	Multiple      bool
	MultipleToken bool // the token is repeated with each value
}

// ParseSyntax reads the compact notation of Doc.Args:
//
//	key                 a key found by key specification 0 (name "key" implies it)
//	name                a string
//	name:type           integer, double, key, pattern, unix-time, string
//	name:key@1          a key found by key specification 1
//	TOKEN               a literal word of its own; name=TOKEN gives it another name
//	TOKEN name:type     a literal word, then a value
//	name(A|B|C x)       one of several
//	name{x y}           a block of several
//	[x]                 optional
//	x...                one or more
//	x...+               one or more, the token repeated each time
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
	if !p.take("[") {
		return p.element()
	}
	a, err := p.element()
	if err != nil {
		return a, err
	}
	p.space()
	if !p.take("]") {
		return a, fmt.Errorf("expected ]")
	}
	a.Optional = true
	return a, nil
}

func (p *syntaxParser) element() (Arg, error) {
	p.space()
	word := p.word()
	if word == "" {
		return Arg{}, fmt.Errorf("expected a word")
	}
	a := Arg{Name: word, Type: "string"}
	if word == strings.ToUpper(word) {
		a = Arg{Name: strings.ToLower(word), Type: "pure-token", Token: word}
		p.space()
		if start := p.i; p.i < len(p.s) && !p.at("[]|){}(.") {
			if next := p.word(); next != strings.ToUpper(next) && !p.at("=") {
				a = Arg{Name: next, Type: "string", Token: word}
			} else {
				p.i = start
			}
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

// suffix reads what may follow a name: a type, alternatives or a block.
func (p *syntaxParser) suffix(a *Arg) (err error) {
	switch {
	case p.take("="):
		a.Token, a.Type = p.word(), "pure-token"
	case p.take(":"):
		a.Type = p.word()
		if p.take("@") {
			a.Key, err = strconv.Atoi(p.word())
		}
	case p.take("{"):
		a.Type = "block"
		if a.Args, err = p.sequence("}"); err == nil && !p.take("}") {
			err = fmt.Errorf("expected }")
		}
	case p.take("("):
		a.Type = "oneof"
		for err == nil {
			var alt Arg
			if alt, err = p.item(); err != nil {
				break
			}
			a.Args = append(a.Args, alt)
			p.space()
			if p.take(")") {
				return nil
			}
			if !p.take("|") {
				err = fmt.Errorf("expected | or )")
			}
		}
	case a.Name == "key" && a.Type == "string":
		a.Type = "key"
	}
	return err
}

func (p *syntaxParser) word() string {
	start := p.i
	for p.i < len(p.s) && !p.at(" \n\t[]{}()|:=@.+") {
		p.i++
	}
	return p.s[start:p.i]
}
