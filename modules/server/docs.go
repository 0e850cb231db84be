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

// writeDocs writes a command's name and its documentation. Only what is there
// is told, and the number of fields comes first: hence the list.
func writeDocs(c *core.Ctx, cmd *core.Command) {
	d := &cmd.Doc
	var fields []func()
	text := func(name, value string) {
		if value != "" {
			fields = append(fields, func() { c.BulkString(name); c.BulkString(value) })
		}
	}
	text("summary", d.Summary)
	text("since", d.Since)
	text("group", d.Group)
	text("complexity", d.Complexity)
	if flags := docFlags(d); len(flags) > 0 {
		fields = append(fields, func() { c.BulkString("doc_flags"); writeStatuses(c, flags, "") })
	}
	text("deprecated_since", d.Deprecated)
	text("replaced_by", d.ReplacedBy)
	if len(d.History) > 0 {
		fields = append(fields, func() { writeHistory(c, d.History) })
	}
	if args := cmd.Syntax(); len(args) > 0 {
		fields = append(fields, func() { c.BulkString("arguments"); writeArgs(c, args) })
	}
	if len(cmd.Sub) > 0 {
		fields = append(fields, func() { writeSubDocs(c, cmd) })
	}
	c.BulkString(cmd.FullName())
	c.Map(len(fields))
	for _, write := range fields {
		write()
	}
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
	c.BulkString("history")
	c.Set(len(notes))
	for _, note := range notes {
		c.Array(2)
		c.BulkString(note.Version)
		c.BulkString(note.Text)
	}
}

func writeSubDocs(c *core.Ctx, cmd *core.Command) {
	c.BulkString("subcommands")
	c.Map(len(cmd.Sub))
	for i := range cmd.Sub {
		writeDocs(c, &cmd.Sub[i])
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
	var fields []func()
	text := func(name, value string) {
		fields = append(fields, func() { c.BulkString(name); c.BulkString(value) })
	}
	text("name", a.Name)
	text("type", a.Type)
	if !nested {
		text("display_text", cmp.Or(a.Display, a.Name)) // new in 7.2
	}
	if a.Type == "key" || a.Key > 0 {
		fields = append(fields, func() { c.BulkString("key_spec_index"); c.Int(int64(a.Key)) })
	}
	if a.Token != "" || a.Type == "pure-token" {
		text("token", a.Token)
	}
	if a.Since != "" {
		text("since", a.Since)
	}
	if a.Deprecated != "" {
		text("deprecated_since", a.Deprecated)
	}
	if flags := argFlags(a); len(flags) > 0 {
		fields = append(fields, func() { c.BulkString("flags"); writeStatuses(c, flags, "") })
	}
	if nested {
		fields = append(fields, func() { c.BulkString("arguments"); writeArgs(c, a.Args) })
	}
	c.Map(len(fields))
	for _, write := range fields {
		write()
	}
}

func argFlags(a *core.Arg) (flags []string) {
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
