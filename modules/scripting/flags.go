package scripting

import (
	"errors"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// flags are what a script says of itself in its first line, such as
// "#!lua flags=no-writes,allow-stale".
type flags uint8

const (
	noWrites       flags = 1 << iota // it changes nothing
	allowOOM                         // it may run when memory is exhausted
	allowStale                       // it may run on a replica with stale data
	noCluster                        // it may not run in a cluster
	allowCrossSlot                   // it may use keys of several slots
	// compat is a script without such a line: it may do what scripts might before
	// there were flags, and each of its commands is asked for itself.
	compat
)

var flagNames = []struct {
	name string
	flag flags
}{{"no-writes", noWrites}, {"allow-oom", allowOOM}, {"allow-stale", allowStale}, {"no-cluster", noCluster}, {"allow-cross-slot-keys", allowCrossSlot}}

// names returns the names of the flags, in Redis's order.
func (f flags) names() (names []string) {
	for _, x := range flagNames {
		if f&x.flag != 0 {
			names = append(names, x.name)
		}
	}
	return names
}

// flagNamed returns a flag by its name, 0 if there is none.
func flagNamed(name string) flags {
	for _, x := range flagNames {
		if x.name == name {
			return x.flag
		}
	}
	return 0
}

// of returns the flags of a command that runs a script with these, where the
// command's own are those. A script that says nothing of itself has the command's.
func (f flags) of(command core.Flags) core.Flags {
	if f&compat != 0 {
		return command
	}
	command &^= core.Stale | core.DenyOOM | core.Write | core.MayReplicate
	if f&(allowOOM|noWrites) == 0 {
		command |= core.DenyOOM
	}
	if f&noWrites == 0 {
		command |= core.Write
	}
	if f&allowStale != 0 {
		command |= core.Stale
	}
	return command
}

// parseShebang reads the first line of a script, which begins with "#!".
func parseShebang(body string) (f flags, err error) {
	line, _, ok := strings.Cut(body, "\n")
	if !ok {
		return 0, core.Err("Invalid script shebang")
	}
	words, err := config.SplitWords(line)
	if err != nil || len(words) == 0 {
		return 0, core.Err("Invalid engine in script shebang")
	}
	if words[0] != "#!lua" {
		return 0, core.Err("Unexpected engine in script shebang: " + words[0])
	}
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return 0, core.Err("Unknown lua shebang option: " + word)
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			flag := flagNamed(name)
			if flag == 0 {
				return 0, core.Err("Unexpected flag in script shebang: " + name)
			}
			f |= flag
		}
	}
	return f, nil
}

func errCompile(err error) error {
	return core.Err("Error compiling script (new function): " + err.Error())
}

// The answers of scripts that may not run as they are.
var (
	errNoScript  = core.Error{Code: "NOSCRIPT", Text: "No matching script. Please use EVAL."}
	errWriteRO   = core.Err("Can not execute a script with write flag using *_ro command.")
	errOOMScript = core.Error{Code: "OOM", Text: "allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"}
	errReadOnly  = errors.New("Write commands are not allowed from read-only scripts.")
)
