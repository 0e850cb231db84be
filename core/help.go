package core

import "strings"

// HelpRow is the HELP subcommand of a container: it tells how each of the
// container's subcommands is called and what it does, all from their rows.
func HelpRow(group, since string, acl Category) Command {
	return Command{
		Name: "help", Run: help, Arity: 2, Flags: Loading | Stale, ACL: acl,
		Doc: Doc{Summary: "Prints this help.", Since: since, Group: group, Complexity: "O(1)"},
	}
}

func help(c *Ctx) error {
	container := c.Cmd.Container()
	var entries []HelpEntry
	if container.Run != nil {
		entries = append(entries, HelpEntry{"(no subcommand)", container.Doc.Summary})
	}
	for i := range container.Sub {
		if sub := &container.Sub[i]; sub != c.Cmd {
			usage := strings.ToUpper(sub.Name) + " " + Usage(sub.Syntax())
			entries = append(entries, HelpEntry{strings.TrimSpace(usage), sub.Doc.Summary})
		}
	}
	WriteHelp(c, string(c.Args[0]), entries)
	return nil
}

// HelpEntry is a subcommand in the reply of HELP.
type HelpEntry struct {
	Usage string // "KILL <ip:port>"
	Text  string // what it does; lines are split at "\n"
}

// WriteHelp replies as every HELP does: a heading, then for each subcommand how
// it is called and, indented, what it does, HELP itself being the last.
func WriteHelp(c *Ctx, command string, entries []HelpEntry) {
	lines := []string{strings.ToUpper(command) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for _, e := range append(entries, HelpEntry{"HELP", "Prints this help."}) {
		lines = append(lines, e.Usage)
		for _, text := range strings.Split(e.Text, "\n") {
			lines = append(lines, "    "+text)
		}
	}
	c.Array(len(lines))
	for _, line := range lines {
		c.Status(line)
	}
}

// Usage writes arguments as people read them: words in capitals stand for
// themselves, <name> for a value, (A|B) for a choice, [x] may be left out and
// [x ...] may be repeated.
func Usage(args []Arg) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.usage()
	}
	return strings.Join(parts, " ")
}

func (a *Arg) usage() string {
	if a.Optional {
		return "[" + a.bare() + "]"
	}
	if a.Type == "oneof" && a.Token == "" && !a.Multiple {
		return "(" + a.bare() + ")"
	}
	return a.bare()
}

// bare is the argument without what encloses it.
func (a *Arg) bare() string {
	value := a.value()
	text := strings.TrimSpace(a.Token + " " + value)
	switch {
	case !a.Multiple:
		return text
	case a.Type == "oneof": // too long to be said twice
		return "(" + text + ") [...]"
	case a.MultipleToken:
		value = text
	}
	return text + " [" + value + " ...]"
}

// value is what follows the token, if there is one.
func (a *Arg) value() string {
	switch a.Type {
	case "pure-token":
		return ""
	case "block":
		return Usage(a.Args)
	case "oneof":
		parts := make([]string, len(a.Args))
		for i := range a.Args {
			parts[i] = a.Args[i].bare()
		}
		text := strings.Join(parts, "|")
		if a.Token != "" {
			text = "(" + text + ")"
		}
		return text
	}
	if a.Display != "" {
		return "<" + a.Display + ">"
	}
	return "<" + a.Name + ">"
}
