// Command ferrous-build makes a server of ferrous's modules and of others'. It writes the
// twenty lines of Go that compose one (main.go), a go.mod beside them, and lets the Go tool
// resolve and build, from the module proxy or without a network.
//
//	ferrous-build --with example.com/geofence@v1.2.0 --without scripting,acl -o my-ferrous
//	ferrous-build run -- --port 7000        in a module's own folder
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() { os.Exit(build(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = `Usage: ferrous-build [OPTION...]
       ferrous-build run [OPTION...] [-- SERVER ARGUMENT...]

Builds a server of ferrous's modules and of others'. With run, in the folder of a module,
it builds one with that module and starts it.

  --with MODULE[@VERSION][=PATH]  add a Go package with a function New() core.Module;
                                  PATH is a folder on this machine that holds it
  --without NAME[,NAME...]        leave out modules of the preset
  --preset NAME                   what to begin with: %s (full)
  --ferrous VERSION|PATH          the ferrous to build with, if it is not the one that the
                                  module in this folder uses, or this program's own
  -o FILE                         the server (ferrous)
  --main                          print the main.go and do nothing else
  --list                          print the presets and their modules

The rest is up to the Go tool: GOOS and GOARCH build for other systems, GOFLAGS, GOPROXY=off
and CGO_ENABLED mean what they always do.
`

// options are what the command line asks for.
type options struct {
	with    []addition
	without []string
	preset  string
	ferrous string
	output  string
	run     bool
	args    []string // of the server that is run
}

// addition is what --with names: a package, and where it comes from.
type addition struct{ pkg, version, path string }

func (a addition) String() string {
	s := a.pkg
	if a.version != "" {
		s += "@" + a.version
	}
	if a.path != "" {
		s += "=" + a.path
	}
	return s
}

// parseAddition reads MODULE[@VERSION][=PATH].
func parseAddition(s string) (a addition, err error) {
	s, a.path, _ = strings.Cut(s, "=")
	a.pkg, a.version, _ = strings.Cut(s, "@")
	if first, _, _ := strings.Cut(a.pkg, "/"); !strings.Contains(first, ".") {
		return a, fmt.Errorf("%q is no path of a Go package: one begins with a host's name, like example.com/geofence", a.pkg)
	}
	return a, nil
}

// build is main: it returns the exit status.
func build(args []string, stdout, stderr io.Writer) int {
	o := options{preset: "full"}
	if len(args) > 0 && args[0] == "run" {
		o.run, args = true, args[1:]
	}
	flags := flag.NewFlagSet("ferrous-build", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprintf(stderr, usage, strings.Join(presetNames(), ", ")) }
	flags.Func("with", "", func(s string) error {
		a, err := parseAddition(s)
		o.with = append(o.with, a)
		return err
	})
	flags.Func("without", "", func(s string) error {
		o.without = append(o.without, strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })...)
		return nil
	})
	flags.StringVar(&o.preset, "preset", o.preset, "")
	flags.StringVar(&o.ferrous, "ferrous", "", "")
	flags.StringVar(&o.output, "o", "ferrous", "")
	printMain := flags.Bool("main", false, "")
	list := flags.Bool("list", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	o.args = flags.Args()
	if len(o.args) > 0 && !o.run {
		fmt.Fprintf(stderr, "ferrous-build: what is %q? --help tells the options\n", o.args[0])
		return 2
	}
	if *list {
		listPresets(stdout)
		return 0
	}
	p, err := newPlan(o)
	if err == nil && *printMain {
		_, err = stdout.Write(p.main())
	} else if err == nil {
		err = p.make(stdout, stderr)
	}
	var ended exitStatus
	switch {
	case errors.As(err, &ended):
		return int(ended)
	case err != nil:
		fmt.Fprintln(stderr, "ferrous-build:", err)
		return 1
	}
	return 0
}
