package server

import (
	"cmp"

	"github.com/ferrousdb/ferrous/core"
)

// commandDocs is COMMAND DOCS [name ...]. Unknown names are left out.
func commandDocs(c *core.Ctx) error {
	var chosen []*core.Command
	if len(c.Args) == 2 {
		chosen = visible(c.Server.Registry())
	}
	for _, name := range c.Args[2:] {
		if cmd := c.Server.Registry().FindCallable(string(name)); cmd != nil {
			chosen = append(chosen, cmd)
		}
	}
	c.Map(len(chosen))
	for _, cmd := range chosen {
		writeDocs(c, cmd)
	}
	return nil
}

// docField is a field of a documentation, a text or what else there is.
type docField struct {
	name, text string
	history    []core.Note
	flags      []string
	args       []core.Arg
	sub        []core.Command
	isNumber   bool
	number     int64
}

func (f *docField) write(c *core.Ctx) {
	c.BulkString(f.name)
	switch {
	case f.history != nil:
		writeHistory(c, f.history)
	case f.flags != nil:
		writeStatuses(c, f.flags, "")
	case f.args != nil:
		writeArgs(c, f.args)
	case f.sub != nil:
		writeSubDocs(c, f.sub)
	case f.isNumber:
		c.Int(f.number)
	default:
		c.BulkString(f.text)
	}
}

// writeFields writes a map. The number of its fields comes first, and only what is there is told: so
// they are collected, where nothing has to be allocated for them.
func writeFields(c *core.Ctx, fields []docField) {
	c.Map(len(fields))
	for i := range fields {
		fields[i].write(c)
	}
}

// writeDocs writes a command's name and its documentation.
func writeDocs(c *core.Ctx, cmd *core.Command) {
	d := &cmd.Doc
	var room [12]docField
	fields := room[:0]
	text := func(name, value string) {
		if value != "" {
			fields = append(fields, docField{name: name, text: value})
		}
	}
	text("summary", d.Summary)
	text("since", d.Since)
	text("group", d.Group)
	text("complexity", d.Complexity)
	if flags := docFlags(d); len(flags) > 0 {
		fields = append(fields, docField{name: "doc_flags", flags: flags})
	}
	text("deprecated_since", d.Deprecated)
	text("replaced_by", d.ReplacedBy)
	if len(d.History) > 0 {
		fields = append(fields, docField{name: "history", history: d.History})
	}
	if args := cmd.Syntax(); len(args) > 0 {
		fields = append(fields, docField{name: "arguments", args: args})
	}
	if len(cmd.Sub) > 0 {
		fields = append(fields, docField{name: "subcommands", sub: cmd.Sub})
	}
	c.BulkString(cmd.FullName())
	writeFields(c, fields)
}

func docFlags(d *core.Doc) (flags []string) {
	if d.Deprecated != "" {
		flags = append(flags, "deprecated")
	}
	if d.System {
		flags = append(flags, "syscmd")
	}
	return flags
}

func writeHistory(c *core.Ctx, notes []core.Note) {
	c.Set(len(notes))
	for _, note := range notes {
		c.Array(2)
		c.BulkString(note.Version)
		c.BulkString(note.Text)
	}
}

func writeSubDocs(c *core.Ctx, sub []core.Command) {
	c.Map(len(sub))
	for i := range sub {
		writeDocs(c, &sub[i])
	}
}

func writeArgs(c *core.Ctx, args []core.Arg) {
	c.Array(len(args))
	for i := range args {
		writeArg(c, &args[i])
	}
}

func writeArg(c *core.Ctx, a *core.Arg) {
	nested := a.Type == "oneof" || a.Type == "block"
	var room [12]docField
	var flags [3]string
	fields := append(room[:0], docField{name: "name", text: a.Name}, docField{name: "type", text: a.Type})
	text := func(name, value string) {
		if value != "" {
			fields = append(fields, docField{name: name, text: value})
		}
	}
	if !nested {
		text("display_text", cmp.Or(a.Display, a.Name)) // new in 7.2
	}
	if a.Type == "key" || a.Key > 0 {
		fields = append(fields, docField{name: "key_spec_index", isNumber: true, number: int64(a.Key)})
	}
	if a.Token != "" || a.Type == "pure-token" {
		fields = append(fields, docField{name: "token", text: a.Token})
	}
	text("since", a.Since)
	text("deprecated_since", a.Deprecated)
	if flags := argFlags(flags[:0], a); len(flags) > 0 {
		fields = append(fields, docField{name: "flags", flags: flags})
	}
	if nested {
		fields = append(fields, docField{name: "arguments", args: a.Args})
	}
	writeFields(c, fields)
}

// argFlags appends an argument's flags.
func argFlags(flags []string, a *core.Arg) []string {
	if a.Optional {
		flags = append(flags, "optional")
	}
	if a.Multiple {
		flags = append(flags, "multiple")
	}
	if a.MultipleToken {
		flags = append(flags, "multiple_token")
	}
	return flags
}
