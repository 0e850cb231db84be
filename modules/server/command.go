package server

import (
	"github.com/ferrousdb/ferrous/core"
)

// command is COMMAND without a subcommand.
func command(c *core.Ctx) error {
	all := visible(c.Server.Registry())
	c.Array(len(all))
	for _, cmd := range all {
		writeInfo(c, cmd)
	}
	return nil
}

// visible are the commands that are shown, sorted by name.
func visible(r *core.Table) []*core.Command {
	var shown []*core.Command
	for _, cmd := range r.Callable() {
		if cmd.Flags&core.Internal == 0 {
			shown = append(shown, cmd)
		}
	}
	return shown
}

func commandCount(c *core.Ctx) error {
	c.Int(int64(len(visible(c.Server.Registry()))))
	return nil
}

// commandInfo is COMMAND INFO [name ...]; a name may be that of a subcommand.
func commandInfo(c *core.Ctx) error {
	if len(c.Args) == 2 {
		return command(c)
	}
	names := c.Args[2:]
	c.Array(len(names))
	for _, name := range names {
		if cmd := c.Server.Registry().FindCallable(string(name)); cmd != nil {
			writeInfo(c, cmd)
		} else {
			c.Null()
		}
	}
	return nil
}

// writeInfo writes what clients need to know of a command to route it.
func writeInfo(c *core.Ctx, cmd *core.Command) {
	first, last, step, _ := cmd.KeyRange()
	c.Array(10)
	c.BulkString(cmd.FullName())
	c.Int(int64(cmd.Arity))
	writeStatuses(c, cmd.Flags.Names(), "")
	c.Int(int64(first))
	c.Int(int64(last))
	c.Int(int64(step))
	writeStatuses(c, cmd.Categories().Names(), "@")
	c.Set(len(cmd.Doc.Tips))
	for _, tip := range cmd.Doc.Tips {
		c.BulkString(tip)
	}
	c.Set(len(cmd.Keys))
	for i := range cmd.Keys {
		writeKeySpec(c, &cmd.Keys[i])
	}
	c.Set(len(cmd.Sub))
	for i := range cmd.Sub {
		writeInfo(c, &cmd.Sub[i])
	}
}

func writeStatuses(c *core.Ctx, names []string, prefix string) {
	c.Set(len(names))
	for _, name := range names {
		c.Status(prefix + name)
	}
}

func writeKeySpec(c *core.Ctx, s *core.KeySpec) {
	if s.Notes != "" {
		c.Map(4)
		c.BulkString("notes")
		c.BulkString(s.Notes)
	} else {
		c.Map(3)
	}
	c.BulkString("flags")
	writeStatuses(c, s.Flags.Names(), "")

	c.BulkString("begin_search")
	switch {
	case s.Unknown:
		writeStep(c, "unknown")
	case s.Keyword != "":
		writeStep(c, "keyword", fact{"keyword", s.Keyword}, fact{"startfrom", s.From})
	default:
		writeStep(c, "index", fact{"index", s.Index})
	}

	c.BulkString("find_keys")
	switch {
	case s.Unknown:
		writeStep(c, "unknown")
	case s.Count:
		writeStep(c, "keynum", fact{"keynumidx", s.NumAt}, fact{"firstkey", s.FirstAt}, fact{"keystep", s.Step})
	default:
		writeStep(c, "range", fact{"lastkey", s.Last}, fact{"keystep", s.Step}, fact{"limit", s.Limit})
	}
}

// fact is a name with its value, a string or an int.
type fact struct {
	name  string
	value any
}

// writeStep writes one step of a key specification.
func writeStep(c *core.Ctx, kind string, fields ...fact) {
	c.Map(2)
	c.BulkString("type")
	c.BulkString(kind)
	c.BulkString("spec")
	c.Map(len(fields))
	for _, f := range fields {
		c.BulkString(f.name)
		switch v := f.value.(type) {
		case int:
			c.Int(int64(v))
		case string:
			c.BulkString(v)
		}
	}
}
