package config

import (
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// Action is what a start of the program is asked to do.
type Action int

const (
	// Run the server.
	Run Action = iota
	// Version: print it and end.
	Version
	// Help: print how to call the program and end.
	Help
	// CheckConfig: read the configuration, print every mistake, and end.
	CheckConfig
	// DefaultConfig: print GenerateHCL's text and end.
	DefaultConfig
	// Tool: do what one of the program's words says.
	Tool
	// Modules: list them and end.
	Modules
)

// Option is an argument that asks for something else than a running server, for people.
type Option struct{ Names, Args, Summary string }

// Options lists them.
func Options() []Option {
	return []Option{
		{"-v, --version", "", "print the version"},
		{"-h, --help", "", "print this"},
		{"--modules", "", "list the modules, the Go packages they are, and their versions"},
		{"--check-config", "[FILE...]", "check the configuration, name every mistake"},
		{"--default-config", "", "print a commented configuration file"},
	}
}

// ParseCommand takes what asks for something else than a running server off the arguments: -v, --version, -h, --help, --modules,
// --default-config and the names of tools as the first, --check-config as the first or last. word is the name of the
// tool.
func ParseCommand(args, tools []string) (action Action, word string, rest []string) {
	if len(args) == 0 {
		return Run, "", args
	}
	switch args[0] {
	case "-v", "--version":
		return Version, "", args[1:]
	case "--modules":
		return Modules, "", args[1:]
	case "-h", "--help":
		return Help, "", args[1:]
	case "--default-config":
		return DefaultConfig, "", args[1:]
	case "--check-config":
		return CheckConfig, "", args[1:]
	}
	if slices.Contains(tools, args[0]) {
		return Tool, args[0], args[1:]
	}
	if last := len(args) - 1; args[last] == "--check-config" {
		return CheckConfig, "", args[:last]
	}
	return Run, "", args
}

// commandLine is what the arguments say.
type commandLine struct {
	file    string
	hasFile bool
	stdin   bool
	options string // as lines of redis.conf
}

// argValue is where an argument states the value of an option, or a part of it.
type argValue struct {
	name string // of the option, as written
	arg  int    // which argument
	from int    // where in it the value begins
}

// parseArgs reads arguments exactly as redis-server does, by rewriting options into lines of redis.conf. An argument
// that starts with two dashes begins a line, the others are quoted and added to it, with these exceptions: the first
// argument is the file, unless it starts with a dash; a single dash, first or last, asks for standard input; right after
// an option without a value an argument is its value even if it starts with dashes (--logfile --odd--name); an option
// may hold its value in the same argument ("--port 7000"); --save without a value means --save "".
func parseArgs(args []string) (cl commandLine, values []argValue) {
	first := 0
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		cl.file, cl.hasFile, first = args[0], true, 1
	}
	var b strings.Builder
	option := ""     // the one at hand
	complete := true // it has a value, or there is none at hand
	for i := first; i < len(args); i++ {
		arg := args[i]
		if arg == "-" && (i == 0 || i == len(args)-1) {
			cl.stdin = true
			continue
		}
		if !complete || !strings.HasPrefix(arg, "--") {
			b.WriteString(config.Quote(arg) + " ")
			complete = true
			values = append(values, argValue{option, i, 0})
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(arg[2:] + " ")
		words, err := config.SplitWords(arg)
		complete = err != nil || len(words) != 1
		option = arg[2:]
		if n := strings.IndexAny(option, " \t"); n >= 0 {
			option = option[:n]
			values = append(values, argValue{option, i, 2 + n + 1})
		}
		if strings.EqualFold(arg, "--save") {
			if last := i == len(args)-1; last || strings.HasPrefix(args[i+1], "--") {
				b.WriteString(`""`)
				complete = true
			}
		}
	}
	cl.options = b.String()
	return cl, values
}

// Secrets calls found for each part of an argument that is, or may be, a secret: the value of a parameter that is
// Sensitive, which begins at a byte of the argument and goes to its end, or the password in a URL. args are as for Load.
func Secrets(s *config.Schema, args []string, found func(arg, from int)) {
	for i, arg := range args {
		if from := passwordIn(arg); from > 0 {
			found(i, from)
		}
	}
	_, values := parseArgs(args)
	for _, v := range values {
		if p := s.Find(v.name); p != nil && p.Param().Has(config.Sensitive) {
			found(v.arg, v.from)
		}
	}
}

// passwordIn returns where the password begins in a URL like redis://user:password@host, 0 if there is none.
func passwordIn(url string) int {
	scheme := strings.Index(url, "://")
	if scheme < 0 {
		return 0
	}
	user, _, ok := strings.Cut(url[scheme+3:], "@")
	colon := strings.IndexByte(user, ':')
	if !ok || colon < 0 {
		return 0
	}
	return scheme + 3 + colon + 1
}
