package main

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
	"github.com/ferrousdb/ferrous/modules/cache"
)

//go:embed testdata/directives.txt
var directivesList string

// directive is a line of testdata/directives.txt.
type directive struct {
	name     string
	releases []string
	values   []string // the default first
}

func directives(t *testing.T) (all []directive, releases []string) {
	t.Helper()
	for line := range strings.Lines(directivesList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		values, err := config.SplitWords(f[2])
		if err != nil {
			t.Fatal(line, err)
		}
		d := directive{f[0], strings.Fields(f[1]), values}
		all = append(all, d)
		for _, r := range d.releases {
			if r != "all" && !slices.Contains(releases, r) {
				releases = append(releases, r)
			}
		}
	}
	return all, releases
}

// refused are the lines that do not start ferrous, and why not.
var refused = map[string]string{
	"cluster-enabled yes":             "there is no cluster mode yet",
	"import-mode yes":                 "there is no mode in which a server does not expire keys",
	"preload-file rdb:/x/dump.rdb":    "the file to load is named by dir and dbfilename",
	"databases 2147483647":            "argument must be between 1 and 65536 inclusive",
	"maxmemory " + beyond:             "argument must be a memory value",
	cluster + "limit " + beyond:       "argument must be a memory value",
	"cluster-blacklist-ttl " + beyond: "argument couldn't be parsed into an integer",
}

const (
	beyond  = "18446744073709551615" // sizes and numbers have 63 bits
	cluster = "cluster-link-sendbuf-"
)

// TestEveryDirectiveIsTaken: every directive of Redis and Valkey is known, with
// every kind of value that it has there.
func TestEveryDirectiveIsTaken(t *testing.T) {
	s := schema(t)
	all, _ := directives(t)
	for _, d := range all {
		v := s.Find(d.name)
		if v == nil {
			t.Errorf("%s is not known", d.name)
			continue
		}
		for _, value := range d.values {
			words := []string{value}
			if v.Param().Has(config.MultiArg) && value != "" {
				words = strings.Fields(value)
			}
			err := s.Load(config.Origin{Source: "test"}, d.name, words)
			why := refused[d.name+" "+value]
			if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
				t.Errorf("%s %q: %v, want %q", d.name, value, err, why)
			}
		}
	}
}

// TestFilesOfEveryRelease: a file that states all that a release knows starts
// ferrous, and ferrous-cache too.
func TestFilesOfEveryRelease(t *testing.T) {
	all, releases := directives(t)
	if len(releases) != 8 {
		t.Fatal(releases)
	}
	full := schema(t)
	for _, release := range releases {
		for name, set := range map[string]func() []core.Module{"ferrous": modules.Full, "ferrous-cache": cache.Modules} {
			var file strings.Builder
			for _, d := range all {
				if d.releases[0] != "all" && !slices.Contains(d.releases, release) || d.name == "user" && name == "ferrous-cache" {
					continue // without access control, who names users is not served
				}
				value := d.values[0]
				if value == "" || !full.Find(d.name).Param().Has(config.MultiArg) {
					value = config.Quote(value)
				}
				file.WriteString(d.name + " " + value + "\n")
			}
			dir := t.TempDir()
			path := filepath.Join(dir, "redis.conf")
			if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			srv, err := host.Start(host.Options{Modules: set(), Args: []string{path, "--port", "0", "--dir", dir}})
			if err != nil {
				t.Errorf("%s with a file of %s: %v", name, release, err)
				continue
			}
			srv.Stop()
		}
	}
}

// TestExamplesOfConfiguration: the files in docs/config mean something, all of it.
func TestExamplesOfConfiguration(t *testing.T) {
	files, err := filepath.Glob("../../docs/config/*.conf")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{path, "--port", "0", "--dir", t.TempDir()}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		srv.Stop()
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			if len(words) == 0 || strings.HasPrefix(line, "#") {
				continue
			}
			if why := srv.Registry().Config.Find(words[0]).Param().NoEffect; why != "" {
				t.Errorf("%s: %s has no effect: %s", name, words[0], why)
			}
		}
	}
}
