package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/order"
	"github.com/ferrousdb/ferrous/host/config/hcl"
)

// hclDocument is an HCL file by its attributes; edits are kept apart until the text is wanted.
type hclDocument struct {
	src      []byte
	attrs    []hclDocAttr
	added    []hclDocAttr // at the end, under the marker; only v and value matter
	includes bool
}

type hclDocAttr struct {
	hcl.Attr
	v       config.Var
	value   string // the new value, if edited
	edited  bool
	removed bool
}

// parseHCLDocument refuses a file with mistakes: where its attributes start and end is not known then.
func parseHCLDocument(path string, s *config.Schema, src []byte) (*hclDocument, error) {
	f, mistakes := hcl.Parse(src)
	if len(mistakes) > 0 {
		var errs []error
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s:%w", path, m))
		}
		return nil, errors.Join(errs...)
	}
	d := &hclDocument{src: src}
	for _, a := range f.Attrs {
		d.includes = d.includes || a.Name == "include"
		if v := s.Find(a.Name); v != nil {
			d.attrs = append(d.attrs, hclDocAttr{Attr: a, v: v})
		}
	}
	return d, nil
}

func (d *hclDocument) hasIncludes() bool { return d.includes }

// count finds more than one where an attribute is given by its name and by an alias.
func (d *hclDocument) count(v config.Var) int {
	n := 0
	for _, a := range d.attrs {
		if a.v == v && !a.removed {
			n++
		}
	}
	return n
}

func (d *hclDocument) set(v config.Var, lines [][]string) {
	if d.count(v) == 0 || len(lines) == 0 {
		d.move(v, lines)
		return
	}
	first := true
	for i := range d.attrs {
		a := &d.attrs[i]
		if a.v != v || a.removed {
			continue
		}
		a.edited, a.removed, first = first, !first, false
		a.value = hclValue(v, lines)
	}
}

func (d *hclDocument) move(v config.Var, lines [][]string) {
	for i := range d.attrs {
		d.attrs[i].removed = d.attrs[i].removed || d.attrs[i].v == v
	}
	d.added = slices.DeleteFunc(d.added, func(a hclDocAttr) bool { return a.v == v })
	if len(lines) > 0 {
		d.added = append(d.added, hclDocAttr{v: v, value: hclValue(v, lines)})
	}
}

func (d *hclDocument) text() []byte {
	var b bytes.Buffer
	at := 0
	order.Stable(d.attrs, func(a, b hclDocAttr) int { return cmp.Compare(a.Start, b.Start) })
	for _, a := range d.attrs {
		switch {
		case a.removed:
			start, end := d.span(a)
			b.Write(d.src[at:start])
			at = end
		case a.edited:
			b.Write(d.src[at:a.Value.Start])
			b.WriteString(a.value)
			at = a.Value.End
		}
	}
	b.Write(d.src[at:])
	d.writeAdded(&b)
	return b.Bytes()
}

func (d *hclDocument) writeAdded(b *bytes.Buffer) {
	if len(d.added) == 0 {
		return
	}
	end := lineEnd(d.src)
	write := func(text string) { b.WriteString(strings.ReplaceAll(text, "\n", end) + end) }
	if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
		write("")
	}
	if !bytes.Contains(d.src, []byte(marker)) {
		write(marker)
	}
	for _, a := range d.added {
		write(a.v.Param().Name + " = " + a.value)
	}
}

// span is what to cut out to remove an attribute: its whole lines, with a comment that ends the last, if it has them to
// itself.
func (d *hclDocument) span(a hclDocAttr) (start, end int) {
	start, end = a.Start, a.Value.End
	lineStart := bytes.LastIndexByte(d.src[:start], '\n') + 1
	lineStop := len(d.src)
	if i := bytes.IndexByte(d.src[end:], '\n'); i >= 0 {
		lineStop = end + i + 1
	}
	rest := bytes.TrimSpace(d.src[end:lineStop])
	alone := len(bytes.TrimSpace(d.src[lineStart:start])) == 0 &&
		(len(rest) == 0 || rest[0] == '#' || bytes.HasPrefix(rest, []byte("//")))
	if alone {
		return lineStart, lineStop
	}
	return start, end
}
