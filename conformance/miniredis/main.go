// Command miniredis runs the integration tests of miniredis, a server that many Go programs test with: they send the
// same commands to miniredis and to a redis-server, here ferrous, and compare the replies.
//
//	go run ./conformance/miniredis                          bin/ferrous
//	go run ./conformance/miniredis -server redis-server     which of them Redis itself does not pass
//
// The tests are not in this repository: the module is downloaded by the Go tool, and its tests run in a copy. What is
// expected to differ is listed in differs.txt; the exit status is 1 if anything else does, or if something there does not.
package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is what is downloaded.
const module = "github.com/alicebob/miniredis/v2@v2.40.0"

//go:embed differs.txt
var differs string

func main() {
	server := flag.String("server", "bin/ferrous", "the server")
	verbose := flag.Bool("v", false, "print what the tests say that fail as expected, too")
	flag.Parse()
	if err := run(*server, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "miniredis:", err)
		os.Exit(1)
	}
}

func run(server string, verbose bool) error {
	program, err := exec.LookPath(server)
	if err != nil {
		return err
	}
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	expected, left, err := parseDiffers(differs)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "miniredis")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := fetch(dir, program); err != nil {
		return err
	}
	test := exec.Command("go", "test", "-count=1", "-json", "-skip", left, "./integration")
	test.Dir, test.Env = dir, append(os.Environ(), "INT=1", "GOFLAGS=-mod=mod", "GOWORK=off")
	var stderr bytes.Buffer
	test.Stderr = &stderr
	out, _ := test.Output() // it fails if a test does
	r, err := results(out)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, &stderr)
	}
	return r.judge(expected, verbose)
}

// fetch puts a copy of the module into dir in which the program is the server that its tests start.
func fetch(dir, program string) error {
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Dir, download.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := download.Output()
	var got struct{ Dir, Error string }
	if failed := json.Unmarshal(out, &got); failed != nil || got.Dir == "" {
		return fmt.Errorf("%s cannot be downloaded: %w %s", module, errors.Join(err, failed), got.Error)
	}
	if err := os.CopyFS(dir, os.DirFS(got.Dir)); err != nil {
		return err
	}
	// Where its tests look before PATH.
	source := filepath.Join(dir, "integration", "redis_src")
	if err := os.Mkdir(source, 0o700); err != nil {
		return err
	}
	return os.Symlink(program, filepath.Join(source, "redis-server"))
}

// outcome is what the tests said.
type outcome struct {
	passed, failed []string          // names of tests, those inside others left out where one of these failed or passed
	output         map[string]string // of a test
}

// results reads what go test -json prints. The tests of tests that failed stand for them.
func results(out []byte) (o outcome, err error) {
	o.output = map[string]string{}
	s := bufio.NewScanner(bytes.NewReader(out))
	s.Buffer(nil, 16<<20)
	var all []string
	for s.Scan() {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(s.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		switch e.Action {
		case "output":
			o.output[e.Test] += e.Output
		case "pass":
			o.passed, all = append(o.passed, e.Test), append(all, e.Test)
		case "fail":
			o.failed, all = append(o.failed, e.Test), append(all, e.Test)
		}
	}
	holdsOthers := func(name string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	}
	o.passed = slices.DeleteFunc(o.passed, holdsOthers)
	o.failed = slices.DeleteFunc(o.failed, holdsOthers)
	if len(all) == 0 {
		err = fmt.Errorf("no test was run:\n%s", out)
	}
	return o, errors.Join(err, s.Err())
}

// judge tells how it went; an error says that it is not as expected.
func (o outcome) judge(expected map[string]string, verbose bool) error {
	fmt.Printf("%s: %d passed, %d differ\n", module, len(o.passed), len(o.failed))
	var wrong []string
	slices.Sort(o.failed)
	for _, name := range o.failed {
		why, ok := expected[name]
		if ok {
			fmt.Printf("  %s: %s\n", name, why)
		} else {
			wrong = append(wrong, name+" fails")
		}
		if !ok || verbose {
			fmt.Print(o.output[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		if !slices.Contains(o.failed, name) {
			wrong = append(wrong, name+" is listed in differs.txt and passes, or is not there")
		}
	}
	if len(wrong) > 0 {
		return errors.New("not as expected:\n  " + strings.Join(wrong, "\n  "))
	}
	return nil
}

// parseDiffers reads differs.txt: a test and what differs in it on each line. Those that are not run are left, a pattern
// for go test -skip.
func parseDiffers(text string) (expected map[string]string, left string, err error) {
	expected = map[string]string{}
	var skip []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, why, ok := strings.Cut(line, " :: ")
		if !ok || why == "" || expected[name] != "" {
			return nil, "", fmt.Errorf("differs.txt: %q is no test and a reason, or the test is listed twice", line)
		}
		if strings.HasPrefix(why, "not run: ") {
			skip = append(skip, regexp.QuoteMeta(name))
			continue
		}
		expected[name] = why
	}
	return expected, "^(" + strings.Join(skip, "|") + ")$", nil
}
