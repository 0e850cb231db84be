package server

import (
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/glob"
)

// commandList is COMMAND LIST [FILTERBY MODULE name|ACLCAT category|PATTERN
// pattern]. A module here is one that the server is composed of.
func commandList(c *core.Ctx) error {
	accept, err := listFilter(c)
	if err != nil {
		return err
	}
	var names []string
	for _, cmd := range visible(c.Server.Registry()) {
		names = appendNames(names, cmd, accept)
	}
	c.Array(len(names))
	for _, name := range names {
		c.BulkString(name)
	}
	return nil
}

// appendNames appends the names of a command and of its subcommands.
func appendNames(names []string, cmd *core.Command, accept func(*core.Command) bool) []string {
	if accept(cmd) {
		names = append(names, cmd.FullName())
	}
	for i := range cmd.Sub {
		names = appendNames(names, &cmd.Sub[i], accept)
	}
	return names
}

func listFilter(c *core.Ctx) (func(*core.Command) bool, error) {
	if len(c.Args) == 2 {
		return func(*core.Command) bool { return true }, nil
	}
	if len(c.Args) != 5 || !c.Is(2, "FILTERBY") {
		return nil, core.ErrSyntax
	}
	value := string(c.Args[4])
	switch {
	case c.Is(3, "MODULE"):
		return func(cmd *core.Command) bool { return cmd.Module() == value }, nil
	case c.Is(3, "ACLCAT"):
		category := core.CategoryByName(strings.ToLower(value))
		return func(cmd *core.Command) bool { return cmd.Categories()&category != 0 }, nil
	case c.Is(3, "PATTERN"):
		return func(cmd *core.Command) bool { return glob.MatchFold(value, cmd.FullName()) }, nil
	}
	return nil, core.ErrSyntax
}
