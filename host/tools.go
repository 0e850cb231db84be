package host

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// What the program does when it is not to serve: the tools, of the host and of the
// modules, and what --help says of all.

// tools lists them, the host's own first.
func (srv *Server) tools() []core.Tool {
	return slices.Concat([]core.Tool{srv.checkTool(), importTool(), srv.pingTool(), srv.doctorTool(), srv.docsTool()}, srv.registry.Tools())
}

func toolNames(tools []core.Tool) (names []string) {
	for _, t := range tools {
		names = append(names, t.Name)
	}
	return names
}

// toolUsage is what a tool says to --help.
func toolUsage(program string, t core.Tool) string {
	line := "Usage: " + program + " " + t.Name
	if t.Args != "" {
		line += " " + t.Args
	}
	return line + "\n\n" + t.Help
}

// runTool runs the tool of a name and returns the exit status.
func (srv *Server) runTool(tools []core.Tool, name string, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	t := tools[slices.IndexFunc(tools, func(t core.Tool) bool { return t.Name == name })]
	usage := toolUsage(srv.program(), t)
	if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
		fmt.Fprint(stdout, usage)
		return 0
	}
	progress := &bar{w: stderr, on: isTerminal(stderr)}
	defer progress.clear()
	return t.Run(&core.ToolCall{
		Program: srv.program(), Args: args, Registry: srv.registry, Version: srv.Version(), Usage: usage,
		Stdin: stdin, Stdout: besideBar{stdout, progress}, Stderr: besideBar{stderr, progress},
		Configure: func(args []string) error {
			loaded, err := hostconfig.Load(srv.registry.Config, args, environ, stdin)
			srv.process.file = loaded.File
			return err
		},
		Path: srv.Path,
		Dial: func(ctx context.Context, address string, secure bool) (net.Conn, error) {
			if address == "" {
				return srv.net.DialOwn(ctx, srv.params.path(srv.params.net.UnixSocket.Load()))
			}
			return srv.net.Dial(ctx, address, secure)
		},
		Progress: func(done, total int64) {
			if total == 0 {
				progress.clear()
			}
			progress.show(done, total)
		},
	})
}

// help is what --help says.
func (srv *Server) help(tools []core.Tool) string {
	var b strings.Builder
	fmt.Fprintf(&b, `Usage: %[1]s [FILE] [--PARAMETER VALUE...] [-]

  %[1]s                          listen on port 6379 with the defaults
  %[1]s ferrous.hcl              with a configuration file (.hcl, or a redis.conf)
  %[1]s --port 7000 --save ""    with parameters given here
  %[1]s -                        with a configuration read from standard input

`, srv.program())
	line := func(what, args, summary string) {
		if args != "" {
			what += " " + args
		}
		fmt.Fprintf(&b, "  %-32s %s\n", what, summary)
	}
	for _, o := range hostconfig.Options() {
		line(o.Names, o.Args, o.Summary)
	}
	b.WriteByte('\n')
	for _, t := range tools {
		line(t.Name, "...", t.Summary)
	}
	fmt.Fprintf(&b, `
%s TOOL --help tells more of one of these.
The environment may set parameters too: FERROUS_MAXMEMORY=100mb.

Modules: %s
`, srv.program(), strings.Join(srv.registry.Modules(), " "))
	return b.String()
}
