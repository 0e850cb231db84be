package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// exitStatus is how a server that was run has ended.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// make builds, tries what was built, and puts it where it belongs or runs it.
func (p *plan) make(stdout, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "ferrous-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := p.write(dir); err != nil {
		return err
	}
	if err := p.resolve(dir); err != nil {
		return err
	}
	binary := filepath.Join(dir, "server.exe")
	if _, err := goTool(dir, "build", "-mod=mod", "-ldflags=-s -w", "-o", binary, "."); err != nil {
		return p.explain(err)
	}
	modules, err := try(binary)
	if err != nil {
		return err
	}
	if p.run {
		return start(binary, p.args, stdout, stderr)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	if err := move(binary, p.output); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s\n%s: %.1f MB\n", strings.TrimRight(modules, "\n"), p.output, float64(info.Size())/1e6)
	return nil
}

// write puts the program's files into its folder. The sums of what comes from this machine are
// known there, so that nobody has to be asked for them.
func (p *plan) write(dir string) error {
	sums := map[string]bool{}
	var sum bytes.Buffer
	for _, from := range append(p.locals, local{root, p.ferrous.path}) {
		if from.dir == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from.dir, "go.sum"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" && !sums[line] {
				sums[line] = true
				sum.WriteString(line + "\n")
			}
		}
	}
	for name, text := range map[string][]byte{"main.go": p.main(), "go.mod": p.gomod(), "go.sum": sum.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// resolve has the Go tool find the versions of what is not on this machine, one after the
// other, so that it is clear what cannot be had.
func (p *plan) resolve(dir string) error {
	if p.ferrous.version != "" {
		if _, err := goTool(dir, "get", root+"@"+p.ferrous.version); err != nil {
			return fmt.Errorf("ferrous %s cannot be had: %w", p.ferrous.version, err)
		}
	}
	for _, a := range p.with {
		if a.path != "" {
			continue
		}
		version := a.version
		if version == "" {
			version = "latest"
		}
		if _, err := goTool(dir, "get", a.pkg+"@"+version); err != nil {
			return fmt.Errorf("--with %s: the module cannot be had: %w", a, err)
		}
	}
	return nil
}

// What the compiler says of a package that is no module.
var (
	noNew   = regexp.MustCompile(`undefined: with(\d+)\.New\b`)
	wrong   = regexp.MustCompile(`cannot use with(\d+)\.New\(\) \(.*?of (?:\w+ )?type (.*?)\) as`)
	wants   = regexp.MustCompile(`not enough arguments in call to with(\d+)\.New`)
	missing = regexp.MustCompile(`main\.go:\d+:\d+: ((?:no required module provides package|cannot find module providing package|package \S+ is not in std|module \S+ (?:provides|found)).*)`)
)

// explain says in other words what is wrong with a package, if that is what a build failed for.
func (p *plan) explain(err error) error {
	said := err.Error()
	with := func(n string) addition {
		i, _ := strconv.Atoi(n)
		return p.with[i]
	}
	if m := noNew.FindStringSubmatch(said); m != nil {
		return fmt.Errorf("--with %s: the package has no function New, which makes the module: func New() core.Module", with(m[1]))
	}
	if m := wants.FindStringSubmatch(said); m != nil {
		return fmt.Errorf("--with %s: its New wants arguments; what can be linked in is func New() core.Module", with(m[1]))
	}
	if m := wrong.FindStringSubmatch(said); m != nil {
		return fmt.Errorf("--with %s: its New makes a %s, which is no core.Module", with(m[1]), m[2])
	}
	if m := missing.FindStringSubmatch(said); m != nil {
		return errors.New(m[1])
	}
	return fmt.Errorf("it does not build: %w", err)
}

// try asks the server what it is made of, which it answers if its modules fit together. One for
// another system is believed.
func try(binary string) (modules string, err error) {
	if goos, arch := os.Getenv("GOOS"), os.Getenv("GOARCH"); goos != "" && goos != runtime.GOOS || arch != "" && arch != runtime.GOARCH {
		return "", nil
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(binary, "--modules")
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", errors.New(strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// start runs the server until it ends; an interrupt is its own to follow.
func start(binary string, args []string, stdout, stderr io.Writer) error {
	cmd := exec.Command(binary, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	err := cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return exitStatus(max(ended.ExitCode(), 1))
	}
	return err
}

// move renames, or copies where the folders are on different disks.
func move(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}

// goTool runs the Go tool in a folder, with no workspace, and returns what it prints. What it
// says of a failure is the error.
func goTool(dir string, args ...string) ([]byte, error) {
	var out, errs bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(errs.String()); text != "" {
			return nil, errors.New(text)
		}
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out.Bytes(), nil
}
