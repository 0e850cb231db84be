package main

import (
	"context"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// The tests of Sentinel are another suite, with a harness of its own: five sentinels, which
// are Redis's, watch five servers, which are the one under test. Each of its files is a unit
// here. The harness cannot leave out single tests; where one fails it goes on with the next
// file.

const sentinelPrefix = "sentinel/"

func isSentinel(unit string) bool { return strings.HasPrefix(unit, sentinelPrefix) }

// sentinelUnits finds the files.
func sentinelUnits(suite string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(suite, "tests/sentinel/tests/*.tcl"))
	var units []string
	for _, file := range files {
		units = append(units, sentinelPrefix+strings.TrimSuffix(filepath.Base(file), ".tcl"))
	}
	return units, err
}

// layOutSentinel is layOut with copies of the tests, since the harness finds the programs from
// where they are.
func (r runner) layOutSentinel(root string, skips []skip) error {
	if err := os.Mkdir(filepath.Join(root, "src"), 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(root, "tests"), os.DirFS(filepath.Join(r.suite, "tests"))); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "tests/sentinel/tmp"), 0o755); err != nil {
		return err
	}
	server, err := exec.LookPath("redis-server") // which is a sentinel if it is called one
	if err != nil {
		return err
	}
	if err := os.Symlink(server, filepath.Join(root, "src/redis-sentinel")); err != nil {
		return err
	}
	return r.layOutPrograms(root, "runtest-sentinel", skips)
}

// runtestSentinel is runtest. The harness chooses its ports itself.
func (r runner) runtestSentinel(ctx context.Context, root, unit string, _ int) (string, error) {
	return r.start(ctx, root, "./runtest-sentinel", "--single", path.Base(unit)+".tcl")
}

var (
	colours = regexp.MustCompile("\x1b\\[[0-9;]*m")
	// What a test prints stands between its name and its end.
	sentinelTest = regexp.MustCompile(`^\d\d:\d\d:\d\d> (.*?): `)
)

// parseSentinel is parseOutput.
func parseSentinel(unit, out string) result {
	res := result{unit: unit}
	name := ""        // of the test that runs
	var open *failure // its detail is being read
	for line := range strings.Lines(colours.ReplaceAllString(out, "")) {
		line = strings.TrimRight(line, "\r\n")
		if m := sentinelTest.FindStringSubmatch(line); m != nil {
			name, open = m[1], nil
		}
		switch _, why, failed := strings.Cut(line, "FAILED: "); {
		case failed:
			res.failed++
			res.failures = append(res.failures, failure{name: name, detail: why + "\n"})
			open = &res.failures[len(res.failures)-1]
		case name != "" && strings.HasSuffix(line, "OK"):
			res.passed++
			name = ""
		case strings.HasPrefix(line, "GOOD!"), strings.HasPrefix(line, "WARNING "):
			res.finished, open = true, nil
		case open != nil:
			open.detail += line + "\n"
		}
	}
	return res
}
