package config

import (
	"strings"

	"github.com/ferrousdb/ferrous/core/glob"
)

// Pair is a parameter's name and its value as text.
type Pair struct{ Name, Value string }

// Get answers CONFIG GET: the parameters that match any of the patterns, each at most once, in declaration order.
//
// As in Redis, a pattern without *, ? or [ is a name, in any case, and comes back as it was written; it finds Hidden
// parameters too. A pattern proper also matches aliases, each of which is answered under its own name.
func (s *Schema) Get(patterns ...string) []Pair {
	if len(patterns) == 1 && strings.ContainsAny(patterns[0], "*?[") {
		return s.getMatching(patterns[0])
	}
	asked := map[string]string{} // lower-case name to the spelling to answer with
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "*?[") {
			name := strings.ToLower(pattern)
			if _, seen := asked[name]; !seen {
				asked[name] = pattern
			}
			continue
		}
		for _, v := range s.vars {
			if v.Param().Has(Hidden) {
				continue
			}
			for _, name := range v.base().names() {
				if _, seen := asked[name]; !seen && glob.MatchFold(pattern, name) {
					asked[name] = name
				}
			}
		}
	}
	out := make([]Pair, 0, len(asked))
	for _, v := range s.vars {
		if v.Param().Has(Directive) {
			continue
		}
		for _, name := range v.base().names() {
			if spelling, ok := asked[name]; ok {
				out = append(out, Pair{spelling, v.String()})
			}
		}
	}
	return out
}

// getMatching is Get for one pattern, of which no name needs to be remembered.
func (s *Schema) getMatching(pattern string) []Pair {
	out := make([]Pair, 0, len(s.vars))
	for _, v := range s.vars {
		p := v.Param()
		if p.Has(Hidden) || p.Has(Directive) {
			continue
		}
		if glob.MatchFold(pattern, p.Name) {
			out = append(out, Pair{p.Name, v.String()})
		}
		for _, name := range p.Aliases {
			if glob.MatchFold(pattern, name) {
				out = append(out, Pair{name, v.String()})
			}
		}
	}
	return out
}
