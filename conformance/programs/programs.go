package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// program is something that talks to Redis. It is started with
//
//	REDIS_HOST, REDIS_PORT, REDIS_URL   the server
//	REDIS_PORTS                         all servers' ports, with blanks between, if it asks for several
//	REDIS_CLI                           redis-cli of the installed Redis
//	TMPDIR                              a directory that is removed after it
//
// and prints for each case a line of "case", a name and a result, with tabs between. A result
// that begins with FAILED is a fault, one that begins with SKIPPED has its reason behind it;
// any other has to be the same with both servers. Other lines are the program's own.
type program struct {
	name    string // "node/bullmq"
	command []string
	lacks   string // what is not installed; "" if it can be run
	servers int    // how many it wants
}

// languages are the directories with a file for each program.
var languages = []struct {
	dir, ext string
	command  []string // the file's path is appended
	needs    string   // a file that says that what the programs need is installed
}{
	{"node", ".mjs", []string{"node"}, "node_modules"},
	{"perl", ".pl", []string{"perl"}, ""},
	{"php", ".php", []string{"php"}, ""},
	{"python", ".py", []string{"/usr/bin/python3"}, ""}, // for which Debian's packages are installed
	{"ruby", ".rb", []string{"ruby"}, ""},
	{"tools", ".sh", []string{"bash"}, ""},
}

// discover finds the programs, and builds those in Go.
func discover(ctx context.Context, dir, tmp string) ([]program, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	all, err := goPrograms(ctx, filepath.Join(dir, "go"), filepath.Join(tmp, "bin"))
	if err != nil {
		return nil, err
	}
	for _, l := range languages {
		files, err := filepath.Glob(filepath.Join(dir, l.dir, "*"+l.ext))
		if err != nil {
			return nil, err
		}
		lacks := ""
		if _, err := exec.LookPath(l.command[0]); err != nil {
			lacks = l.command[0]
		} else if _, err := os.Stat(filepath.Join(dir, l.dir, l.needs)); err != nil {
			lacks = l.needs
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), l.ext)
			if name == "lib" { // what the programs of a language share
				continue
			}
			p := program{name: l.dir + "/" + name, command: append(slices.Clone(l.command), file), lacks: lacks}
			if p.servers, err = wanted(file); err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// goPrograms builds the programs of the Go module in dir, of which each is a directory.
func goPrograms(ctx context.Context, dir, bin string) ([]program, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "main.go"))
	if err != nil || files == nil {
		return nil, err
	}
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin+string(filepath.Separator), "./...")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: go build: %w", dir, err)
	}
	var all []program
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		p := program{name: "go/" + name, command: []string{filepath.Join(bin, name)}}
		if p.servers, err = wanted(file); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

var wants = regexp.MustCompile(`(?m)^\W+servers: (\d+)$`)

// wanted returns how many servers a program asks for, by a comment "servers: 3".
func wanted(file string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	if m := wants.FindSubmatch(text); m != nil {
		return strconv.Atoi(string(m[1]))
	}
	return 1, nil
}

// environment is what a program gets beside what everybody has.
func environment(ports []string, tmp string) []string {
	cli, err := exec.LookPath("redis-cli")
	if errors.Is(err, fs.ErrNotExist) {
		cli = "redis-cli" // the program will say that it is not there
	}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "FERROUS_") })
	return append(env,
		"REDIS_HOST=127.0.0.1", "REDIS_PORT="+ports[0], "REDIS_PORTS="+strings.Join(ports, " "),
		"REDIS_URL=redis://127.0.0.1:"+ports[0], "REDIS_CLI="+cli, "TMPDIR="+tmp, "NODE_NO_WARNINGS=1")
}
