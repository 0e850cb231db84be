package config

import (
	"errors"
	"fmt"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host/config/hcl"
)

// parseHCL reads the lines of an HCL file.
func (l *loader) parseHCL(path string, data []byte) []line {
	f, errs := hcl.Parse(data)
	for _, err := range errs {
		l.fail(fmt.Errorf("%s:%w", path, err))
	}
	var lines []line
	for _, a := range f.Attrs {
		origin := config.Origin{Source: path, Line: a.Line}
		if a.Name == "include" {
			lines = append(lines, l.includeHCL(a.Value, origin)...)
			continue
		}
		stated, err := attrLines(l.schema.Find(a.Name), a.Value)
		if err != nil {
			l.fail(fmt.Errorf("bad value for %s %s: %w", a.Name, origin.At(), err))
		}
		for _, s := range stated {
			origin.Line = s.line
			lines = append(lines, l.newLine(a.Name, s.words, origin))
		}
	}
	return lines
}

func (l *loader) includeHCL(v hcl.Value, origin config.Origin) []line {
	paths := []hcl.Value{v}
	if v.Kind == hcl.List {
		paths = v.List
	}
	var lines []line
	for _, p := range paths {
		if p.Kind != hcl.String {
			l.fail(fmt.Errorf("bad value for include %s: expected a string, found %s", origin.At(), p.Kind))
			continue
		}
		lines = append(lines, l.include(p.Text, origin)...)
	}
	return lines
}

// stated is a value as the line of redis.conf it stands for.
type stated struct {
	words []string
	line  int
}

// attrLines turns the value of an attribute into lines of redis.conf. What a list means depends on the parameter: the
// lines of one that collects lines (save), the words of one that takes several (bind). v is nil for a name that does not
// exist; the schema will say so.
func attrLines(v config.Var, value hcl.Value) ([]stated, error) {
	switch {
	case value.Kind != hcl.List:
		word, err := scalar(v, value)
		return []stated{{[]string{word}, value.Line}}, err
	case v == nil:
		return []stated{{nil, value.Line}}, nil
	case v.Repeats() != config.LastWins:
		return repeatedLines(v, value)
	case v.Param().Has(config.MultiArg):
		words, err := scalars(v, value.List)
		return []stated{{words, value.Line}}, err
	}
	return nil, errors.New("expected one value, found a list")
}

// repeatedLines reads a list of lines, each a string as in redis.conf or a list of its words. The empty list is the empty
// line, which clears (save); where there is nothing by default it says nothing (user).
func repeatedLines(v config.Var, list hcl.Value) ([]stated, error) {
	if len(list.List) == 0 && len(v.DefaultLines()) > 0 {
		return []stated{{[]string{""}, list.Line}}, nil
	}
	var out []stated
	for _, e := range list.List {
		elements := []hcl.Value{e}
		if e.Kind == hcl.List {
			elements = e.List
		}
		words, err := scalars(v, elements)
		if err != nil {
			return nil, err
		}
		out = append(out, stated{words, e.Line})
	}
	return out, nil
}

func scalars(v config.Var, values []hcl.Value) ([]string, error) {
	words := make([]string, len(values))
	for i, e := range values {
		var err error
		if words[i], err = scalar(v, e); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// scalar is a value as a word. true and false are yes and no where a parameter has these among its choices; elsewhere
// they are more likely a mistake than the text "yes".
func scalar(v config.Var, value hcl.Value) (string, error) {
	if value.Kind == hcl.List {
		return "", errors.New("expected one value, found a list")
	}
	if value.Kind != hcl.Bool {
		return value.Text, nil
	}
	switch v.(type) {
	case *config.BoolVar, *config.EnumVar, nil:
		return map[string]string{"true": "yes", "false": "no"}[value.Text], nil
	}
	return "", fmt.Errorf("expected a value, found the bare word %s; a string needs quotes: %q", value.Text, value.Text)
}
