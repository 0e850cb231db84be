// Tcl runs the official test suite of Redis 7.0.15 with another server in the place of
// redis-server, and counts what passes.
//
//	go run ./conformance/tcl                            every unit, with ferrous built from ./cmd/ferrous
//	go run ./conformance/tcl unit/type/string 'unit/a*' some units, by name or pattern
//	go run ./conformance/tcl -check                     fail if a file passes fewer tests than passed.txt says
//	go run ./conformance/tcl -update                    raise the counts in passed.txt
//
// The suite is Debian's orig tarball of the package redis. It is fetched with apt-get
// once, kept in a cache directory, and never becomes part of this repository. tclsh and
// Debian's redis-tools and redis-server (for redis-check-aof) have to be installed.
//
// Tests that cannot pass are named, each with its reason, in skip.txt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

type options struct {
	server   string
	cache    string
	dir      string // where skip.txt and passed.txt are
	log      string
	jobs     int
	timeout  time.Duration
	baseport int
	check    bool
	update   bool
	list     bool
	patterns []string
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "", "the server binary (default: build ./cmd/ferrous)")
	flag.StringVar(&o.cache, "cache", defaultCache(), "directory for the suite's tarball")
	flag.StringVar(&o.dir, "dir", "conformance/tcl", "directory of skip.txt and passed.txt")
	flag.StringVar(&o.log, "log", filepath.Join(os.TempDir(), "ferrous-tcl.log"), "file for the details of failures")
	flag.IntVar(&o.jobs, "j", 1, "units to run at a time; many tests are sensitive to load")
	flag.DurationVar(&o.timeout, "timeout", 10*time.Minute, "time a unit may take")
	flag.IntVar(&o.baseport, "baseport", 0, "first port for test servers (default: random between 21000 and 26000)")
	flag.BoolVar(&o.check, "check", false, "fail if a file passes fewer tests than passed.txt says")
	flag.BoolVar(&o.update, "update", false, "raise the counts in passed.txt")
	flag.BoolVar(&o.list, "list", false, "list the units and end")
	flag.Parse()
	o.patterns = flag.Args()

	tool.Main("tcl", func(ctx context.Context) error { return run(ctx, o, os.Stdout) })
}

func defaultCache() string {
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "ferrous")
	}
	return "/var/cache/ferrous-tcl"
}

func run(ctx context.Context, o options, out io.Writer) error {
	skips, err := loadSkips(filepath.Join(o.dir, "skip.txt"))
	if err != nil {
		return err
	}
	base, err := loadBaseline(filepath.Join(o.dir, "passed.txt"))
	if err != nil {
		return err
	}
	known, err := knownCommands(filepath.Join(o.dir, "../tables/redis-7.0.15.txt"))
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "ferrous-tcl-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	tarball, err := fetchSuite(ctx, o.cache, out)
	if err != nil {
		return err
	}
	suite := filepath.Join(tmp, "suite")
	if err := extractSuite(tarball, suite); err != nil {
		return err
	}
	if err := amend(suite); err != nil {
		return err
	}
	all, err := unitsOf(suite)
	if err != nil {
		return err
	}
	units, err := selectUnits(all, o.patterns)
	if err != nil {
		return err
	}
	if o.list {
		fmt.Fprintln(out, strings.Join(units, "\n"))
		return nil
	}
	if err := skips.known(all); err != nil {
		return err
	}
	if o.server, err = serverBinary(ctx, o.server, tmp); err != nil {
		return err
	}
	abilities, err := abilitiesOf(o.server, tmp)
	if err != nil {
		return err
	}
	r := runner{
		suite: suite, server: o.server, tmp: tmp, skips: skips.inForce(abilities), known: known, timeout: o.timeout,
		baseport: o.baseport, jobs: max(1, o.jobs),
	}
	if r.baseport == 0 {
		r.baseport = 21000 + rand.IntN(5000)
	}
	return report(ctx, o, r, base, units, out)
}

// report runs the units, prints the table, and does what -check and -update ask for.
func report(ctx context.Context, o options, r runner, base baseline, units []string, out io.Writer) error {
	log, err := os.Create(o.log)
	if err != nil {
		return err
	}
	defer log.Close()
	var results []result
	printHeader(out)
	err = r.runAll(ctx, units, func(res result) {
		results = append(results, res)
		printRow(out, res, base)
		res.logFailures(log)
	})
	printTotals(out, results)
	printLacks(out, results)
	fmt.Fprintf(out, "details of failures: %s\n", o.log)
	if err != nil {
		return err
	}
	if o.update {
		return base.raise(results).save(filepath.Join(o.dir, "passed.txt"))
	}
	if o.check {
		return base.check(results)
	}
	if slices.ContainsFunc(results, result.bad) {
		return errors.New("some tests failed")
	}
	return nil
}

// serverBinary returns the absolute path of the server, built if none was given.
func serverBinary(ctx context.Context, given, tmp string) (string, error) {
	if given != "" {
		found, err := exec.LookPath(given)
		if err != nil {
			return "", err
		}
		return filepath.Abs(found)
	}
	bin := filepath.Join(tmp, "ferrous")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/ferrous").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building ./cmd/ferrous (-server names another): %w\n%s", err, out)
	}
	return bin, nil
}

// selectUnits returns the units that a pattern names, in the suite's order; all of them
// without patterns. A pattern that names none is an error.
func selectUnits(all, patterns []string) ([]string, error) {
	if len(patterns) == 0 {
		return all, nil
	}
	chosen := map[string]bool{}
	for _, p := range patterns {
		found := false
		for _, unit := range all {
			ok, err := path.Match(p, unit)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", p, err)
			}
			if ok || strings.HasPrefix(unit, strings.TrimSuffix(p, "/")+"/") {
				found, chosen[unit] = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no unit is named %q; -list shows them", p)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(unit string) bool { return !chosen[unit] }), nil
}
