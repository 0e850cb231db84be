package config

import (
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// confDocument is a redis.conf by its lines.
type confDocument struct {
	lines    []confDocLine
	added    []confDocLine // at the end, under the marker
	end      string        // of a line
	marked   bool
	includes bool
}

type confDocLine struct {
	text string
	v    config.Var // what it sets; nil for comments and directives we do not know
}

func parseConfDocument(s *config.Schema, text []byte) *confDocument {
	d := &confDocument{end: lineEnd(text)}
	if len(text) == 0 {
		return d
	}
	for _, raw := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		ln := confDocLine{text: strings.TrimSuffix(raw, "\r")}
		d.marked = d.marked || strings.TrimSpace(raw) == marker
		if words, err := confWords(strings.TrimPrefix(raw, "\ufeff")); err == nil && len(words) > 0 {
			ln.v = s.Find(words[0])
			d.includes = d.includes || words[0] == "include"
		}
		d.lines = append(d.lines, ln)
	}
	return d
}

func (d *confDocument) hasIncludes() bool { return d.includes }

// places are the indices of the lines that set v.
func (d *confDocument) places(v config.Var) (at []int) {
	for i := range d.lines {
		if d.lines[i].v == v {
			at = append(at, i)
		}
	}
	return at
}

func (d *confDocument) count(v config.Var) int { return len(d.places(v)) }

func (d *confDocument) set(v config.Var, lines [][]string) {
	places := d.places(v)
	if len(places) == 0 {
		d.move(v, lines)
		return
	}
	for i, ln := range confDocLines(v, lines) {
		if i < len(places) {
			d.lines[places[i]] = ln
			continue
		}
		next := places[len(places)-1] + 1
		d.lines = slices.Insert(d.lines, next, ln)
		places = append(places, next)
	}
	for _, i := range slices.Backward(places[min(len(lines), len(places)):]) {
		d.lines = slices.Delete(d.lines, i, i+1)
	}
}

func (d *confDocument) move(v config.Var, lines [][]string) {
	setsV := func(ln confDocLine) bool { return ln.v == v }
	d.lines = slices.DeleteFunc(d.lines, setsV)
	d.added = append(slices.DeleteFunc(d.added, setsV), confDocLines(v, lines)...)
}

// confDocLines writes lines of v. A single word is split again when it is loaded, if the parameter takes several, and
// must survive that.
func confDocLines(v config.Var, lines [][]string) (out []confDocLine) {
	for _, words := range lines {
		if v.Param().Has(config.MultiArg) && len(words) == 1 {
			words = []string{lineText(v, words)}
		}
		out = append(out, confDocLine{confLine(v.Param().Name, words), v})
	}
	return out
}

func (d *confDocument) text() []byte {
	var b strings.Builder
	write := func(text string) { b.WriteString(text + d.end) }
	for _, ln := range d.lines {
		write(ln.text)
	}
	if len(d.added) > 0 && !d.marked {
		write(marker)
	}
	for _, ln := range d.added {
		write(ln.text)
	}
	return []byte(b.String())
}
