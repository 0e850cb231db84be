package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// CommandTable is what a server says about its commands by COMMAND INFO and COMMAND
// DOCS: for every command and subcommand ("client|list") its facts by aspect, each as
// one line of text. Prose (summaries, complexity, notes) is left out: every server
// says that in its own words.
type CommandTable map[string]map[string]string

// The aspects of a command.
const (
	aspectArity      = "arity"
	aspectFlags      = "flags"
	aspectKeys       = "keys" // first key, last key, step
	aspectACL        = "acl"
	aspectKeySpecs   = "keyspecs"
	aspectSubcommand = "subcommands"
	aspectArguments  = "arguments"
)

// ReadCommandTable asks a server over a RESP2 connection.
func ReadCommandTable(c *Conn) (CommandTable, error) {
	info, err := c.Do("COMMAND")
	if err != nil {
		return nil, err
	}
	table := CommandTable{}
	for _, e := range info.Elems {
		if err := table.addInfo(e); err != nil {
			return nil, fmt.Errorf("COMMAND: %w", err)
		}
	}
	docs, err := c.Do("COMMAND", "DOCS")
	if err != nil {
		return nil, err
	}
	if docs.IsErr() {
		return nil, fmt.Errorf("COMMAND DOCS: %s", docs)
	}
	return table, table.addDocs(docs)
}

// addInfo adds one element of COMMAND's reply: name, arity, flags, first key, last key,
// step, ACL categories, tips, key specifications, subcommands.
func (t CommandTable) addInfo(v resp.Value) error {
	e := v.Elems
	if len(e) != 10 {
		return fmt.Errorf("a command has %d elements, not 10: %s", len(e), brief(v))
	}
	name := e[0].Text
	if t[name] != nil {
		return fmt.Errorf("%s is there twice", name)
	}
	facts := map[string]string{
		aspectArity:    e[1].Text,
		aspectFlags:    sortedWords(e[2]),
		aspectKeys:     e[3].Text + " " + e[4].Text + " " + e[5].Text,
		aspectACL:      sortedWords(e[6]),
		aspectKeySpecs: keySpecs(e[8]),
	}
	var subs []string
	for _, sub := range e[9].Elems {
		if err := t.addInfo(sub); err != nil {
			return err
		}
		subs = append(subs, sub.Elems[0].Text)
	}
	slices.Sort(subs)
	facts[aspectSubcommand] = strings.Join(subs, " ")
	t[name] = facts
	return nil
}

func sortedWords(v resp.Value) string {
	var words []string
	for _, e := range v.Elems {
		words = append(words, e.Text)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// keySpecs writes specifications one after another, their fields by name and without
// the notes.
func keySpecs(v resp.Value) string {
	var out []string
	for _, spec := range v.Elems {
		fields := flatMap(spec)
		delete(fields, "notes")
		out = append(out, formatFields(fields))
	}
	return strings.Join(out, " ")
}

// flatMap reads a map in RESP2 form.
func flatMap(v resp.Value) map[string]resp.Value {
	m := map[string]resp.Value{}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		m[v.Elems[i].Text] = v.Elems[i+1]
	}
	return m
}

func formatFields(fields map[string]resp.Value) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		v := fields[name]
		text := v.Text
		switch {
		case name == "flags":
			text = "(" + sortedWords(v) + ")"
		case len(v.Elems) > 0:
			text = formatFields(flatMap(v))
		case v.Kind == resp.Array:
			text = "{}"
		}
		out = append(out, name+"="+text)
	}
	return "{" + strings.Join(out, " ") + "}"
}

// addDocs adds the arguments of COMMAND DOCS' reply, a map of names to maps.
func (t CommandTable) addDocs(v resp.Value) error {
	for name, doc := range flatMap(v) {
		facts := t[name]
		if facts == nil {
			return fmt.Errorf("COMMAND DOCS has %s, COMMAND has not", name)
		}
		fields := flatMap(doc)
		facts[aspectArguments] = arguments(fields["arguments"])
		if err := t.addDocs(fields["subcommands"]); err != nil {
			return err
		}
	}
	return nil
}

// arguments writes arguments like: key:key@0 condition:oneof(optional){nx:pure-token=NX}.
func arguments(v resp.Value) string {
	var out []string
	for _, arg := range v.Elems {
		fields := flatMap(arg)
		text := fields["name"].Text + ":" + fields["type"].Text
		if spec, ok := fields["key_spec_index"]; ok {
			text += "@" + spec.Text
		}
		if token, ok := fields["token"]; ok {
			text += "=" + resp.Quote(token.Text)
		}
		if flags, ok := fields["flags"]; ok {
			text += "(" + sortedWords(flags) + ")"
		}
		if nested, ok := fields["arguments"]; ok {
			text += "{" + arguments(nested) + "}"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// Format returns the table as text: lines of command, aspect, fact, separated by tabs.
func (t CommandTable) Format() []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(t)) {
		for _, aspect := range slices.Sorted(maps.Keys(t[name])) {
			fmt.Fprintf(&b, "%s\t%s\t%s\n", name, aspect, t[name][aspect])
		}
	}
	return b.Bytes()
}

// ParseCommandTable reads what Format wrote. Lines that start with # are comments.
func ParseCommandTable(data []byte) (CommandTable, error) {
	t := CommandTable{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		if lines.Text() == "" || lines.Text()[0] == '#' {
			continue
		}
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 3 {
			return nil, fmt.Errorf("line %d: %d fields, not 3", n, len(f))
		}
		if t[f[0]] == nil {
			t[f[0]] = map[string]string{}
		}
		t[f[0]][f[1]] = f[2]
	}
	return t, lines.Err()
}
