package main

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance"
)

const sampleOutput = `Cleanup: may take some time... OK
Starting test server at port 21079
[ready]: 4711
Testing unit/type/string
=== (string) Starting server 127.0.0.1:21111 ok
[ok]: SET and GET an item (0 ms)
[ok]: SETRANGE with huge offset (12 ms)
[err]: MGET command in tests/unit/type/string.tcl
Expected 'a' to be equal to 'b' (context: type eval line 5 cmd {assert_equal a b} proc ::test)
[err]: GETEX in tests/unit/type/string.tcl
ERR unknown command
    while executing
"[srv $level "client"] {*}$args"
[not a status]: part of the detail
Testing solo test
[skip]: LCS basic
[ignore]: big values: Tag: needs:debug denied
[1/1 done]: unit/type/string (3 seconds)

                   The End

Execution time of different units:
  3 seconds - unit/type/string

!!! WARNING The following tests failed:

*** [err]: MGET command in tests/unit/type/string.tcl
[err]: GETEX in tests/unit/type/string.tcl
Cleanup: may take some time... OK
`

func TestParseOutput(t *testing.T) {
	res := parseOutput("unit/type/string", sampleOutput)
	want := result{
		unit: "unit/type/string", passed: 2, failed: 2, skipped: 1, ignored: 1, finished: true,
		failures: []failure{
			{
				name:   "MGET command in tests/unit/type/string.tcl",
				detail: "Expected 'a' to be equal to 'b' (context: type eval line 5 cmd {assert_equal a b} proc ::test)\n",
			},
			{
				name:   "GETEX in tests/unit/type/string.tcl",
				detail: "ERR unknown command\n    while executing\n\"[srv $level \"client\"] {*}$args\"\n[not a status]: part of the detail\n",
			},
		},
	}
	if !reflect.DeepEqual(res, want) {
		t.Errorf("got  %+v\nwant %+v", res, want)
	}
}

func TestParseOutputThatBreaksOff(t *testing.T) {
	res := parseOutput("u", "[ok]: a (1 ms)\n[exception]: Executing test client: boom.\nwhere it was\n")
	if res.passed != 1 || res.failed != 1 || res.finished || res.note != "exception" {
		t.Errorf("%+v", res)
	}
	if len(res.failures) != 1 || res.failures[0].detail != "where it was\n" {
		t.Errorf("failures %+v", res.failures)
	}
	res = parseOutput("u", "[ok]: a (1 ms)\n[TIMEOUT]: clients state report follows.\nsock5 => (IN PROGRESS) b\n")
	if res.note != "TIMEOUT" || res.failed != 1 || !strings.Contains(res.failures[0].detail, "IN PROGRESS") {
		t.Errorf("%+v", res)
	}
}

func TestParseSentinel(t *testing.T) {
	const out = "Starting redis #0 at port 30000\n\x1b[0;33;49mTesting unit: 00-base.tcl\x1b[0m\n" +
		"11:36:49> (init) Restart killed instances: sentinel/4 \x1b[0;32;49mOK\x1b[0m\n" +
		"11:36:50> Two: words: \x1b[0;31;49mFAILED: Expected 'a'\x1b[0m\n(Jumping to next unit after error)\n" +
		"Cleaning up...\n\x1b[0;31;49mWARNING 1 test(s) failed.\x1b[0m\n"
	got := parse("sentinel/00-base", out)
	want := result{unit: "sentinel/00-base", passed: 1, failed: 1, finished: true, failures: []failure{{
		name: "Two", detail: "Expected 'a'\n(Jumping to next unit after error)\nCleaning up...\n",
	}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := parse("sentinel/00-base", out[:200]); got.passed != 1 || got.finished {
		t.Errorf("%+v", got)
	}
}

func TestLacks(t *testing.T) {
	known := func(name string) bool { return name == "sadd" || name == "client|tracking" }
	for detail, want := range map[string]string{
		"n command 'sadd'\nERR unknown command 'SADD', with args beginning with: 's' 'x'":    "sadd",
		"ERR unknown subcommand 'TRACKING'. Try CLIENT HELP.":                                "client|tracking",
		"ERR unknown subcommand or wrong number of arguments for 'loadaof'. Try DEBUG HELP.": "debug loadaof",
		"ERR Unknown option or number of arguments for CONFIG SET - 'activedefrag'":          "parameter activedefrag",
		"argument 'appendonly') - this server has no file: there is no persistence yet":      "family: persistence",
		"unknown parameter 'x-y' at ./redis.conf:3: Bad directive":                           "parameter x-y",
		"ERR unknown command 'nosuch', with args beginning with: ":                           "",
		"Expected 'ERR unknown command' to match 'OOM*'":                                     "",
		"ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.":                                  "",
		"ERR unknown command 'nosuch', then later: ERR unknown command 'sadd', with args":    "sadd",
	} {
		if got := lacks(detail, known); got != want {
			t.Errorf("%s: %q, want %q", detail, got, want)
		}
	}
	res := parseOutput("u", "[err]: a in x.tcl\nERR unknown command 'sadd'\n[err]: b in x.tcl\nExpected 1\n")
	res.sort(known)
	if res.failed != 1 || res.lacking != 1 {
		t.Errorf("%d failed, %d lacking", res.failed, res.lacking)
	}
	const lost = "[err]: c in x.tcl\nkey \"client\" not known in dictionary\n"
	after := parseOutput("u", "[err]: a in x.tcl\nERR unknown command 'sadd'\n"+lost+lost+"[err]: b in x.tcl\nExpected 1\n"+lost)
	after.sort(known)
	if after.failed != 2 || after.lacking != 3 {
		t.Errorf("with an aftermath: %d failed, %d lacking", after.failed, after.lacking)
	}
	for _, r := range []struct {
		res result
		bad bool
	}{
		{result{lacking: 3}, false},
		{result{lacking: 3, note: exception}, false},
		{result{failed: 1, note: exception}, true},
		{result{note: "killed after 10m"}, true},
		{result{omitted: true, note: "the reason"}, false},
	} {
		if r.res.bad() != r.bad {
			t.Errorf("%+v: bad is %v", r.res, !r.bad)
		}
	}
	var b strings.Builder
	printLacks(&b, []result{res, res})
	if b.String() != "lacking: sadd (2)\n" {
		t.Errorf("printed %q", b.String())
	}
}

func TestKnownCommands(t *testing.T) {
	known, err := knownCommands("../tables/redis-7.0.15.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !known("get") || !known("client|tracking") || known("nosuch") {
		t.Error("the table of Redis's commands is not what it was")
	}
}

func TestParseSkips(t *testing.T) {
	list, err := parseSkips(`
# a comment
unit/a :: Some test with :: inside :: it looks into the allocator
unit/a :: /^SRANDMEMBER .*/ :: dict internals
unit/b :: * :: there are no child processes
unit/c :: * :: needs rpush client|tracking: lists are not there yet
`)
	if err != nil {
		t.Fatal(err)
	}
	want := skipList{
		"unit/a": {
			{"Some test with :: inside", "it looks into the allocator", nil},
			{"/^SRANDMEMBER .*", "dict internals", nil},
		},
		"unit/b": {{wholeUnit, "there are no child processes", nil}},
		"unit/c": {{wholeUnit, "needs rpush client|tracking: lists are not there yet", []string{"rpush", "client|tracking"}}},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got %q", list)
	}
	if got := string(skipfile(list["unit/a"])); got != "Some test with :: inside\n/^SRANDMEMBER .*\n" {
		t.Errorf("skipfile %q", got)
	}
	if err := list.known([]string{"unit/a", "unit/b", "unit/c"}); err != nil {
		t.Error(err)
	}
	if err := list.known([]string{"unit/a"}); err == nil {
		t.Error("unit/b is not missed")
	}
	if got := list.inForce(nil); len(got) != 2 || got["unit/c"] != nil {
		t.Errorf("a server that has everything is given %q", got)
	}
	if got := list.inForce(&conformance.Abilities{}); !reflect.DeepEqual(got, list) {
		t.Errorf("a server that has nothing is given %q", got)
	}
	for _, text := range []string{
		"unit/a :: x :: needs : why", "unit/a :: x :: needs rpush", "unit/a", "unit/a :: test", "unit/a :: test :: ", "unit/a ::  :: why",
		"unit/a :: /x :: why", "unit/a :: // :: why", "unit/a :: /(/ :: why",
		"unit/a :: x :: why\nunit/a :: x :: why",
	} {
		if list, err := parseSkips(text); err == nil {
			t.Errorf("%q: accepted as %q", text, list)
		}
	}
}

func TestSkipFileIsValid(t *testing.T) {
	if _, err := loadSkips("skip.txt"); err != nil {
		t.Error(err)
	}
	if _, err := loadBaseline("passed.txt"); err != nil {
		t.Error(err)
	}
}

func TestBaselineOnlyGrows(t *testing.T) {
	b, err := parseBaseline("# comment\nunit/a 10\nunit/b 5\nunit/d 4+\n")
	if err != nil {
		t.Fatal(err)
	}
	results := []result{{unit: "unit/a", passed: 12}, {unit: "unit/b", passed: 3}, {unit: "unit/c", passed: 1}, {unit: "unit/d", passed: 9}}
	if err := b.check(results); err == nil || !strings.Contains(err.Error(), "unit/b passed 3 tests, 5 before") ||
		strings.Contains(err.Error(), "unit/a") {
		t.Errorf("check: %v", err)
	}
	if err := b.check(results[:1]); err != nil {
		t.Errorf("check of a unit that improved: %v", err)
	}
	up := b.raise(results)
	if want := (baseline{"unit/a": {passed: 12}, "unit/b": {passed: 5}, "unit/c": {passed: 1}, "unit/d": {4, true}}); !reflect.DeepEqual(up, want) {
		t.Errorf("raised to %v", up)
	}
	back, err := parseBaseline(string(up.format()))
	if err != nil || !reflect.DeepEqual(back, up) {
		t.Errorf("round trip: %v, %v", back, err)
	}
	for _, text := range []string{"unit/a", "unit/a x", "unit/a -1", "unit/a 1++", "unit/a +", "unit/a 1 2", "unit/a 1\nunit/a 2"} {
		if b, err := parseBaseline(text); err == nil {
			t.Errorf("%q: accepted as %v", text, b)
		}
	}
}

func TestSelectUnits(t *testing.T) {
	all := []string{"unit/auth", "unit/acl", "unit/type/string", "unit/type/list", "integration/aof"}
	for pattern, want := range map[string][]string{
		"unit/auth":   {"unit/auth"},
		"unit/a*":     {"unit/auth", "unit/acl"},
		"unit/type/*": {"unit/type/string", "unit/type/list"},
		"unit/type":   {"unit/type/string", "unit/type/list"},
		"integration": {"integration/aof"},
	} {
		got, err := selectUnits(all, []string{pattern})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
	if got, err := selectUnits(all, []string{"integration/aof", "unit/auth"}); err != nil || len(got) != 2 || got[0] != "unit/auth" {
		t.Errorf("order: %q, %v", got, err)
	}
	if got, err := selectUnits(all, []string{"unit/auth", "nosuch"}); err == nil {
		t.Errorf("nosuch: %q", got)
	}
}

// fakeSuite is a suite whose runtest is a shell script.
func fakeSuite(t *testing.T, script string) runner {
	t.Helper()
	suite := t.TempDir()
	if err := os.MkdirAll(filepath.Join(suite, "tests/unit"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(suite, "runtest"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	r := runner{suite: suite, server: "/bin/echo", known: func(string) bool { return false }, tmp: t.TempDir(), timeout: 20 * time.Second, baseport: 21000, jobs: 2}
	if err := r.layOut(t.TempDir(), nil); err != nil {
		t.Skip(err) // the tools of redis are not installed
	}
	return r
}

func TestRunAll(t *testing.T) {
	r := fakeSuite(t, `
src/redis-server "a server" >&2
cat skipfile
echo "[ok]: $5 with $TERM (1 ms)"
echo "[1/1 done]: $5 (1 seconds)"
`)
	r.skips = skipList{"unit/a": {{test: "some test", reason: "why"}}, "unit/c": {{test: wholeUnit, reason: "why"}}}
	got := map[string]result{}
	err := r.runAll(t.Context(), []string{"unit/a", "unit/b", "unit/c"}, func(res result) { got[res.unit] = res })
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got["unit/a"].passed != 1 || !got["unit/b"].finished || !got["unit/c"].omitted {
		t.Errorf("%+v", got)
	}
}

func TestRunUnitKillsWhatHangs(t *testing.T) {
	// A child in the background keeps the output open, as a forgotten server does.
	r := fakeSuite(t, "echo '[ok]: a (1 ms)'\nsleep 100 &\nsleep 100\n")
	r.timeout = 2 * time.Second
	start := time.Now()
	res, err := r.runUnit(t.Context(), "unit/a", 21000)
	if err != nil {
		t.Fatal(err)
	}
	if res.passed != 1 || !strings.Contains(res.note, "killed after") || len(res.failures) != 1 {
		t.Errorf("%+v", res)
	}
	if took := time.Since(start); took > 60*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestRunUnitThatDies(t *testing.T) {
	r := fakeSuite(t, "echo 'Wrong argument'\nexit 1\n")
	res, err := r.runUnit(t.Context(), "unit/a", 21000)
	if err != nil {
		t.Fatal(err)
	}
	if res.note != "did not finish" || len(res.failures) != 1 || !strings.Contains(res.failures[0].detail, "Wrong argument") {
		t.Errorf("%+v", res)
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	printHeader(&b)
	printRow(&b, result{unit: "unit/a", passed: 7, failed: 1, took: time.Second, note: "exception"}, baseline{"unit/a": {passed: 9}})
	printRow(&b, result{unit: "unit/b", omitted: true, note: "the reason"}, nil)
	printTotals(&b, []result{{passed: 7, failed: 1}, {passed: 3, skipped: 2}})
	for _, part := range []string{"passed 9 before", "exception", "skipped: the reason", "2 units"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("%q is not in\n%s", part, b.String())
		}
	}
}

func TestVerifyRefusesAnotherFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), tarballName)
	if err := os.WriteFile(file, []byte("something else"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := fetchSuite(t.Context(), filepath.Dir(file), io.Discard); err == nil || !strings.Contains(err.Error(), "sha256") {
		t.Errorf("got %v", err)
	}
}
