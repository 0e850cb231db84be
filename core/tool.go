package core

import (
	"context"
	"io"
	"net"
)

// Tool is a word that may stand first on the command line of a server's program, which
// then does something else than to serve: "ferrous restore ...". The host has some of its
// own. Like all that is registered they are told of by --help, the man page and the
// completion of shells.
type Tool struct {
	Name    string // the word
	Args    string // what follows it, for the line of usage
	Summary string // a few words for the list of tools: "look at the machine ..."
	Help    string // what --help says behind the line of usage, options included
	// Run does it and returns the exit status. The registry is complete, and no server
	// runs in the process.
	Run func(t *ToolCall) int
}

// ToolCall is one use of a tool.
type ToolCall struct {
	Program  string   // the name of the program
	Args     []string // what follows the tool's name
	Registry *Table
	Version  Versions
	Stdin    io.Reader
	Stdout   io.Writer
	Stderr   io.Writer
	// Usage is the tool's line of usage and help.
	Usage string
	// Configure reads the configuration as a server that is given these arguments would
	// ([FILE] [--PARAMETER VALUE...]), the environment included. The error names every
	// mistake. It is called once at most.
	Configure func(args []string) error
	// Path returns where the file is that a parameter names, once there is a configuration.
	Path func(name string) string
	// Dial opens a connection to the server that the configuration describes, or, if address
	// is not empty, to another one, by TLS if it is to be secure. ctx bounds it all. The caller
	// closes it.
	Dial func(ctx context.Context, address string, secure bool) (net.Conn, error)
	// Progress shows how far the work is on a terminal, if there is one; with 0, 0 it takes
	// that off again.
	Progress func(done, total int64)
}

// Tool registers a tool.
func (r *Registry) Tool(t Tool) {
	for _, other := range r.tools {
		if other.Name == t.Name {
			r.fail("tool %q is already registered", t.Name)
			return
		}
	}
	if t.Name == "" || t.Run == nil || t.Summary == "" {
		r.fail("tool %q lacks a name, a summary or what it does", t.Name)
		return
	}
	r.tools = append(r.tools, t)
}

// Tools returns the tools of the modules, in order.
func (r *Table) Tools() []Tool { return r.tools }
