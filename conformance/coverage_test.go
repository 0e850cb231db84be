package conformance

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/script"
)

const (
	oracleTableFile = "tables/redis-7.0.15.txt"
	exceptionsFile  = "tables/exceptions.txt"
)

// TestCoverage is the gate: a command that ferrous reports needs a script.
func TestCoverage(t *testing.T) {
	if *record {
		t.Skip("recording")
	}
	sub := startSubject(t)
	c := NewCoverage(tableOf(t, sub.Side))
	for _, path := range scriptPaths(t) {
		sc, err := script.ParseFile(filepath.Join(scriptsDir, path))
		if err != nil {
			t.Fatal(err)
		}
		c.Add(sc, sub.abilities)
	}
	for _, name := range c.Missing() {
		t.Errorf("%s: no script exercises it", name)
	}
	for _, name := range c.WithoutSince(oracleTable(t)) {
		t.Errorf("%s: Redis %s lacks it, so its script needs @since lines", name, oracleRelease)
	}
}

// TestCommandTable compares what COMMAND and COMMAND DOCS say.
func TestCommandTable(t *testing.T) {
	oracle, except := oracleTable(t), exceptions(t)
	if *record {
		return
	}
	side := newSubject(t)
	subject := tableOf(t, side)
	if subjectVersion(t, side).Before(subjectRelease) {
		except = nil // a Redis of the oracle's release, to test this test
	}
	noteTodo(t, subject, oracle, except)
	for _, name := range slices.Sorted(maps.Keys(subject)) {
		facts := subject[name]
		for aspect, want := range oracle[name] {
			if _, excepted := except[name][aspect]; excepted {
				continue
			}
			if got := facts[aspect]; got != present(subject, aspect, want) {
				t.Errorf("%s, %s:\n    redis:   %s\n    ferrous: %s", name, aspect, want, got)
			}
		}
		for aspect, want := range except[name] {
			if aspect == aspectAbsent {
				t.Errorf("%s is there: %s need not excuse it", name, exceptionsFile)
			} else if got := facts[aspect]; got != present(subject, aspect, want) {
				t.Errorf("%s, %s:\n    %s: %s\n    ferrous: %s", name, aspect, exceptionsFile, want, got)
			}
		}
	}
}

const aspectAbsent = "absent"

// present leaves of a list of subcommands those that the subject has. The others are to
// be done, which is no failure, as for commands.
func present(subject CommandTable, aspect, want string) string {
	if aspect != aspectSubcommand {
		return want
	}
	subs := strings.Fields(want)
	return strings.Join(slices.DeleteFunc(subs, func(sub string) bool { return subject[sub] == nil }), " ")
}

// noteTodo tells what Redis has and ferrous has not yet.
func noteTodo(t *testing.T, subject, oracle, except CommandTable) {
	var todo []string
	for _, table := range []CommandTable{oracle, except} {
		for name := range table {
			if _, excused := except[name][aspectAbsent]; subject[name] == nil && !excused && !slices.Contains(todo, name) {
				todo = append(todo, name)
			}
		}
	}
	slices.Sort(todo)
	t.Logf("%d commands and subcommands are still to be done: %s", len(todo), strings.Join(todo, " "))
	spared.Lock()
	defer spared.Unlock()
	spared.todo = len(todo)
}

// TestExceptionsAreNeeded finds exceptions that say what the oracle says anyway.
func TestExceptionsAreNeeded(t *testing.T) {
	oracle := oracleTable(t)
	if _, v := oracleBin(); v != oracleRelease {
		t.Skipf("the exceptions are from %s", oracleRelease)
	}
	for name, facts := range exceptions(t) {
		for aspect, fact := range facts {
			if said, ok := oracle[name][aspect]; ok && said == fact {
				t.Errorf("%s, %s: Redis %s says the same", name, aspect, oracleRelease)
			}
		}
	}
}

// oracleTable asks the real server, and holds the recorded table to it; where there is
// no server it reads the recorded table.
func oracleTable(t *testing.T) CommandTable {
	t.Helper()
	oracle := newOracle(t)
	if oracle == nil {
		return readTable(t, oracleTableFile)
	}
	table := tableOf(t, oracle)
	_, version := oracleBin()
	switch old, _ := os.ReadFile(oracleTableFile); {
	case version != oracleRelease || bytes.Equal(old, table.Format()):
	case *record:
		if err := os.WriteFile(oracleTableFile, table.Format(), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is stale: run go test ./conformance -record", oracleTableFile)
	}
	return table
}

func tableOf(t *testing.T, s *Side) (table CommandTable) {
	t.Helper()
	if s.server == nil {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
	}
	err := withConn(s, func(c *Conn) (err error) {
		table, err = ReadCommandTable(c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// withConn calls f with a fresh connection to a side's running server.
func withConn(s *Side, f func(*Conn) error) error {
	c, err := Dial(s.server.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return f(c)
}

func readTable(t *testing.T, path string) CommandTable {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := ParseCommandTable(data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return table
}

// exceptions reads the exceptions, each of which stands under a reason.
func exceptions(t *testing.T) CommandTable {
	t.Helper()
	data, err := os.ReadFile(exceptionsFile)
	if err != nil {
		t.Fatal(err)
	}
	table, err := parseExceptions(string(data))
	if err != nil {
		t.Fatalf("%s: %v", exceptionsFile, err)
	}
	return table
}

func parseExceptions(text string) (CommandTable, error) {
	var rows []string
	reason := ""
	for line := range strings.Lines(text) {
		if r, ok := strings.CutPrefix(line, "-- "); ok {
			reason = strings.TrimSpace(r)
			continue
		}
		row := strings.TrimSpace(line) != "" && line[0] != '#'
		if row && reason == "" {
			return nil, fmt.Errorf("no reason for %q", line)
		}
		rows = append(rows, line)
	}
	return ParseCommandTable([]byte(strings.Join(rows, "")))
}

func TestParseExceptions(t *testing.T) {
	got, err := parseExceptions("# x\n\n-- why\nget\tarity\t5\n")
	if err != nil || !reflect.DeepEqual(got, CommandTable{"get": {"arity": "5"}}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"get\tarity\t5\n", "-- \nget\tarity\t5\n", "-- why\nget\tarity\n"} {
		if got, err := parseExceptions(text); err == nil {
			t.Errorf("%q: accepted as %v", text, got)
		}
	}
}

func TestCoverageCounts(t *testing.T) {
	table := CommandTable{
		"get": {}, "set": {}, "waitaof": {}, "echo": {},
		"client":      {aspectSubcommand: "client|id client|list"},
		"client|id":   {},
		"client|list": {},
	}
	sc, err := script.Parse("x", `
get k
@send SET k v
CLIENT ID
WAITAOF 0 0 0
~ignore -- this exercises nothing
ECHO x
@let x = client list
`)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCoverage(table)
	c.Add(sc, nil)
	if got := c.Missing(); !reflect.DeepEqual(got, []string{"echo"}) {
		t.Errorf("missing %q", got)
	}
	oracle := CommandTable{"get": {}, "set": {}, "client|id": {}, "client|list": {}}
	if got := c.WithoutSince(oracle); !reflect.DeepEqual(got, []string{"waitaof"}) {
		t.Errorf("without @since %q", got)
	}
}
