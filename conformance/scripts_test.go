package conformance

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/script"
)

const (
	scriptsDir  = "scripts"
	recordedDir = "recorded"
	scriptExt   = ".rsp"
)

// TestScripts runs every script against the oracle and ferrous. A family is a subtest,
// with servers of its own; a script is a subtest of it:
//
//	go test ./conformance -run TestScripts/strings/get
func TestScripts(t *testing.T) {
	families := map[string][]string{}
	for _, path := range scriptPaths(t) {
		family := filepath.Dir(path)
		families[family] = append(families[family], path)
	}
	for family, paths := range families {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			runFamily(t, paths)
		})
	}
}

// scriptPaths lists the scripts, relative to scriptsDir.
func scriptPaths(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(scriptsDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(scriptsDir, path)
		if filepath.Ext(path) != scriptExt {
			t.Errorf("%s is no script: its name does not end in %s", path, scriptExt)
			return err
		}
		paths = append(paths, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func runFamily(t *testing.T, paths []string) {
	oracle := newOracle(t)
	var sub subject
	switch {
	case !*record:
		sub = startSubject(t)
	case oracle == nil:
		t.Fatalf("nothing to record from: redis-server %s is not installed", oracleRelease)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), scriptExt)
		t.Run(name, func(t *testing.T) { runScript(t, path, oracle, sub) })
	}
}

// subject is ferrous and what has to be known of it; empty while recording.
type subject struct {
	*Side
	version   script.Version
	abilities *Abilities
}

func startSubject(t *testing.T) subject {
	t.Helper()
	s := subject{Side: newSubject(t)}
	s.version = subjectVersion(t, s.Side)
	err := withConn(s.Side, func(c *Conn) (err error) {
		s.abilities, err = ReadAbilities(c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.version = releaseOf(s.version, s.abilities)
	return s
}

func runScript(t *testing.T, path string, oracle *Side, sub subject) {
	sc, err := script.ParseFile(filepath.Join(scriptsDir, path))
	if err != nil {
		t.Fatal(err)
	}
	old, err := LoadRecording(recordingPath(path))
	if err != nil {
		t.Fatal(err)
	}
	lines, spared := sub.abilities.Spared(sc)
	noteSpared(t, lines)
	if spared {
		sub.Side = nil // its arguments for a server may be unknown too
	}
	_, oracleV := oracleBin()
	now := Recording{}
	for _, proto := range sc.Protos {
		run := Run{
			Script: sc, Proto: proto, Oracle: oracle, Subject: sub.Side, Recorded: old[proto],
			OracleVersion: oracleV, SubjectVersion: sub.version, Abilities: sub.abilities,
		}
		entries, problems := run.Do()
		for _, p := range problems {
			t.Error(p)
		}
		now[proto] = entries
	}
	switch {
	case t.Failed() || oracleV != oracleRelease:
	case *record:
		if err := now.Save(recordingPath(path)); err != nil {
			t.Error(err)
		}
	case !now.Equal(old):
		t.Errorf("%s is stale: run go test ./conformance -record", recordingPath(path))
	}
	if spared && !t.Failed() {
		t.Skip("ferrous lacks what every line requires")
	}
}

// spared counts the lines that ferrous was spared, by what it lacks. TestMain prints it.
var spared struct {
	sync.Mutex
	lines map[string]int
	todo  int // commands of Redis that ferrous lacks
}

func noteSpared(t *testing.T, lines map[string]int) {
	if len(lines) == 0 {
		return
	}
	spared.Lock()
	defer spared.Unlock()
	if spared.lines == nil {
		spared.lines = map[string]int{}
	}
	for _, lacks := range slices.Sorted(maps.Keys(lines)) {
		t.Logf("%d lines left out: ferrous lacks %s", lines[lacks], lacks)
		spared.lines[lacks] += lines[lacks]
	}
}

// printSpared prints the sums; go test shows them with -v, or when it runs in this directory.
func printSpared() {
	spared.Lock()
	defer spared.Unlock()
	if spared.todo > 0 {
		fmt.Printf("%d commands and subcommands of Redis are still to be done\n", spared.todo)
	}
	total := 0
	for _, n := range spared.lines {
		total += n
	}
	if total == 0 {
		return
	}
	fmt.Printf("%d lines of scripts left out, for ferrous lacks what they require:\n", total)
	for _, lacks := range slices.Sorted(maps.Keys(spared.lines)) {
		fmt.Printf("%6d  %s\n", spared.lines[lacks], lacks)
	}
}

// subjectVersion tells which @since lines the subject has to satisfy. Only a binary
// given by FERROUS_BIN may be of an older release: a Redis, to test the scripts.
func subjectVersion(t *testing.T, s *Side) script.Version {
	t.Helper()
	if s.server == nil {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.Version()
	if err != nil {
		t.Fatal(err)
	}
	if v.Before(subjectRelease) && os.Getenv("FERROUS_BIN") == "" {
		t.Fatalf("HELLO reports version %s, older than %s", v, subjectRelease)
	}
	return v
}

// newer are commands of releases that ferrous is ahead of its version in. Whoever has
// one of them owes what @since lines say of its release.
var newer = []struct {
	command string
	release script.Version
}{{"hexpire", script.Version{7, 4, 0}}, {"hgetex", script.Version{8, 0, 0}}, {"xdelex", script.Version{8, 4, 0}}}

// releaseOf is the newest release of which a subject that reports version v has commands.
func releaseOf(v script.Version, a *Abilities) script.Version {
	for _, n := range newer {
		if v.Before(n.release) && len(a.Missing([]string{n.command})) == 0 {
			v = n.release
		}
	}
	return v
}

func recordingPath(path string) string {
	return filepath.Join(recordedDir, strings.TrimSuffix(path, scriptExt)+".txt")
}

// TestNoOrphanRecordings finds recordings whose script is gone.
func TestNoOrphanRecordings(t *testing.T) {
	known := map[string]bool{}
	for _, path := range scriptPaths(t) {
		known[recordingPath(path)] = true
	}
	err := filepath.WalkDir(recordedDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Dir(path) != recordedDir && !known[path] {
			t.Errorf("%s: no script of that name", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
