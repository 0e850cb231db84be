package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// twoServers are programs that exist everywhere; options only look whether they do.
var twoServers = []string{"-server", "ferrous=/bin/sh", "-server", "redis=/bin/sh -x"}

func TestOptions(t *testing.T) {
	o, err := parseOptions(append(twoServers, "-t", "GET,set", "-P", "16,1", "-only", "memory,throughput"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.tests) != 2 || o.tests[0].name != "set" || !slices.Equal(o.pipelines, []int{16, 1}) ||
		!slices.Equal(o.sizes, []int{3, 64, 1024}) || !slices.Equal(o.sections, []string{"throughput", "memory"}) {
		t.Errorf("%+v", o)
	}
	if o.baseline != "redis" || !slices.Equal(o.subjects(), []string{"ferrous"}) || !slices.Equal(o.servers[1].Args, []string{"-x"}) {
		t.Errorf("%+v", o.servers)
	}
	if !slices.Equal(o.parts, partNames) || len(o.datasets) != 1 || o.datasets[0].name != "strings" {
		t.Errorf("%v %v", o.parts, o.datasets)
	}
	if o.overwrites != 2*o.keys {
		t.Errorf("%d keys, %d overwrites", o.keys, o.overwrites)
	}
}

func TestQuickYieldsToExplicitFlags(t *testing.T) {
	o, err := parseOptions(append(twoServers, "-quick", "-P", "64"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.pipelines, []int{64}) || !slices.Equal(o.sizes, []int{64}) || o.seconds != 0.5 || o.keys != 500_000 {
		t.Errorf("%+v", o)
	}
}

func TestOneServerNeedsNoBaseline(t *testing.T) {
	o, err := parseOptions([]string{"-server", "x=/bin/sh"}, io.Discard)
	if err != nil || o.baseline != "" || !slices.Equal(o.subjects(), []string{"x"}) {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, c := range []struct{ args, complaint string }{
		{"-server x", "name=path"},
		{"-server x=/bin/sh -server x=/bin/sh", "two servers"},
		{"-server x=/no/such/program", "x"},
		{"-server x=/bin/sh -server y=/bin/sh", `no server is named "redis"`},
		{"-server x=/bin/sh -baseline y", `no server is named "y"`},
		{"-server x=/bin/sh -t get,gte", `unknown test "gte"`},
		{"-server x=/bin/sh -only memroy", `unknown section "memroy"`},
		{"-server x=/bin/sh -P 0", "not a positive number"},
		{"-server x=/bin/sh -d 3,,4", "not a positive number"},
		{"-server x=/bin/sh -pin -only scaling", "leave -pin out"},
		{"-server x=/bin/sh -rounds 0", "must be positive"},
		{"-server x=/bin/sh -g sort_1000,sort", `no row "sort"`},
		{"-server x=/bin/sh -active 0", "not a positive number"},
		{"-server x=/bin/sh -peer /no/such/program", "server program"},
		{"-server x=/bin/sh -parts aof,rdb", `no part "rdb"`},
		{"-server x=/bin/sh -data strings,streams", `no data is named "streams"`},
		{"-server x=/bin/sh -scripts get,put", `no script "put"`},
		{"-server x=/bin/sh -writers 0", "must be positive"},
		{"-server x=/bin/sh extra", "unexpected argument"},
	} {
		if _, err := parseOptions(strings.Fields(c.args), io.Discard); err == nil || !strings.Contains(err.Error(), c.complaint) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}

func TestHelpNamesEveryTestAndSection(t *testing.T) {
	var out bytes.Buffer
	if _, err := parseOptions([]string{"-help"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(testNames(), sectionNames, namesOf(growingTests), scriptNames(), []string{"-peer"}) {
		if !strings.Contains(out.String(), name) {
			t.Errorf("%s is not mentioned", name)
		}
	}
}

func TestTableOfTests(t *testing.T) {
	if _, err := selectTests(defaultTests); err != nil {
		t.Error(err)
	}
	names := testNames()
	if some, err := selectTests("streams,get"); err != nil || len(some) < 8 || some[0].name != "get" || some[1].name != "xadd" {
		t.Errorf("streams and get select %v, %v", some, err)
	}
	if all, err := selectTests("all"); err != nil || len(all) != len(names) {
		t.Errorf("%d of %d, %v", len(all), len(names), err)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(tests) {
		t.Error("a name occurs twice")
	}
	for _, test := range tests {
		if test.name != strings.ToLower(test.name) {
			t.Errorf("%s: names are selected in lower case", test.name)
		}
		if !test.sized && strings.Contains(test.command, "__data__") {
			t.Errorf("%s holds a value but is not sized", test.name)
		}
		for _, f := range test.fill {
			if f.count(10, 20) < 1 {
				t.Errorf("%s is filled %d times", test.name, f.times)
			}
		}
	}
}

func TestPeers(t *testing.T) {
	names := func(args ...string) (all []string, baseline string) {
		t.Helper()
		o, err := parseOptions(args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range o.servers {
			all = append(all, s.Name)
		}
		return all, o.baseline
	}
	dir := t.TempDir()
	peer, again := filepath.Join(dir, "valkey-server"), filepath.Join(dir, "redis-server")
	for _, path := range []string{peer, again} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if all, baseline := names(append(twoServers, "-peer", peer, "-peer", again)...); !slices.Equal(all, []string{"ferrous", "redis", "valkey", "redis2"}) ||
		baseline != "redis" {
		t.Errorf("%v, baseline %s", all, baseline)
	}
	if all, baseline := names("-server", "ferrous=/bin/sh", "-peer", peer); !slices.Equal(all, []string{"ferrous", "valkey"}) || baseline != "valkey" {
		t.Errorf("in the place of redis: %v, baseline %s", all, baseline)
	}
	// Nothing is called redis-server here but what stands in dir, if that is asked at all.
	t.Setenv("PATH", "")
	t.Chdir(dir)
	if err := os.Mkdir("bin", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("redis-server", "bin/ferrous"); err != nil {
		t.Fatal(err)
	}
	if all, baseline := names("-peer", peer); !slices.Equal(all, []string{"ferrous", "valkey"}) || baseline != "valkey" {
		t.Errorf("where there is no redis-server: %v, baseline %s", all, baseline)
	}
}
