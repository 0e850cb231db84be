package script

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// Replies name fields in four ways: maps, flat arrays of name and value (a map in
// RESP2), "name:value" lines (INFO) and "name=value" words (CLIENT LIST). An array of
// any of these (XINFO GROUPS) is a list of records.

// mask is what a field's value becomes when it does not matter.
const mask = "*"

// mapFields hides the values of the fields that hidden names, or drops the fields
// altogether.
func mapFields(v resp.Value, hidden func(name string) bool, drop bool) resp.Value {
	w := v
	switch {
	case v.Kind == resp.Map || v.Kind == resp.Array && isFlatMap(v.Elems):
		w.Elems = nil
		for i := 0; i+1 < len(v.Elems); i += 2 {
			name, value := v.Elems[i], v.Elems[i+1]
			if hidden(name.Text) {
				if drop {
					continue
				}
				value = resp.Value{Kind: resp.Simple, Text: mask}
			} else if value.Elems != nil {
				value = mapFields(value, hidden, drop)
			}
			w.Elems = append(w.Elems, name, value)
		}
	case v.Elems != nil:
		w.Elems = nil
		for _, e := range v.Elems {
			w.Elems = append(w.Elems, mapFields(e, hidden, drop))
		}
	case v.Kind == resp.Verbatim:
		w.Text = v.Text[:4] + mapText(v.Text[4:], hidden, drop)
	default:
		w.Text = mapText(v.Text, hidden, drop)
	}
	return w
}

// isFlatMap reports whether elems look like name, value, name, value.
func isFlatMap(elems []resp.Value) bool {
	if len(elems) == 0 || len(elems)%2 != 0 {
		return false
	}
	for i := 0; i < len(elems); i += 2 {
		if k := elems[i].Kind; k != resp.Bulk && k != resp.Simple {
			return false
		}
	}
	return true
}

// mapText does the same for lines and words.
func mapText(text string, hidden func(string) bool, drop bool) string {
	var out []string
	for _, field := range splitText(text) {
		name, value, sep := cutField(field)
		switch {
		case name == "" && drop: // a heading or an empty line
		case name == "" || value == mask || !hidden(name):
			out = append(out, field)
		case !drop:
			out = append(out, name+sep+mask)
		}
	}
	// One field a line, whatever stood between them: cutting this again changes nothing.
	return strings.Join(out, "\n")
}

// splitText cuts text into its fields: lines that hold "name:value" stay whole,
// others are cut into words.
func splitText(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		name, _, ok := strings.Cut(line, ":")
		if ok && !strings.ContainsAny(name, " =") {
			out = append(out, line)
			continue
		}
		out = append(out, strings.Fields(line)...)
	}
	return out
}

func cutField(field string) (name, value, sep string) {
	i := strings.IndexAny(field, ":=")
	if i < 0 {
		return "", "", ""
	}
	return field[:i], field[i+1:], field[i : i+1]
}

// fieldNames is the sorted array of the names of a reply's fields. Given such an
// array, it returns it.
func fieldNames(v resp.Value) resp.Value {
	if v.Kind == resp.Push && len(v.Elems) > 0 && v.Elems[0].Text == namesTag {
		return v
	}
	seen := map[string]bool{}
	collectNames(v, seen)
	w := resp.Value{Kind: resp.Push, Elems: []resp.Value{{Kind: resp.Simple, Text: namesTag}}}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.Elems = append(w.Elems, resp.Value{Kind: resp.Bulk, Text: name})
	}
	return w
}

const namesTag = "names"

func collectNames(v resp.Value, seen map[string]bool) {
	switch {
	case v.Kind == resp.Map || v.Kind == resp.Array && isFlatMap(v.Elems):
		for i := 0; i < len(v.Elems); i += 2 {
			seen[v.Elems[i].Text] = true
		}
	case v.Elems != nil:
		for _, e := range v.Elems {
			collectNames(e, seen)
		}
	default:
		text := v.Text
		if v.Kind == resp.Verbatim {
			text = text[4:]
		}
		for _, field := range splitText(text) {
			if name, _, _ := cutField(field); name != "" {
				seen[name] = true
			}
		}
	}
}

// missingNames reports the names that want has and got lacks, other than those without.
func missingNames(want, got resp.Value, without []string) error {
	var missing []string
	for _, w := range want.Elems {
		if !slices.ContainsFunc(got.Elems, w.Equal) && !slices.Contains(without, w.Text) {
			missing = append(missing, w.Text)
		}
	}
	if missing != nil {
		return fmt.Errorf("fields missing: %s", strings.Join(missing, " "))
	}
	return nil
}
