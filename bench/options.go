package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// options is the command line, checked.
type options struct {
	servers  []serverSpec
	baseline string // empty when there is nothing to compare
	sections []string
	jsonFile string

	tests          []test
	pipelines      []int
	sizes          []int
	clients        int
	keyspace       int
	rounds         int
	seconds        float64 // that a run should last
	threads        int
	redisBenchmark string
	pin            bool // servers and load to processors of their own

	growing []test   // rows of the growing section
	scripts []script // of the scripts section
	active  []int    // clients of the connections section, ascending

	conns      int // of the idle section
	keys       int // of the memory section
	overwrites int
	kinds      []collection // of the collections section
	elements   int
	writers    int     // of the persistence section
	deliveries int     // of the sessions section
	rest       float64 // seconds
	asleep     float64 // seconds
	large      int     // megabytes of a value of the large section
	parts      []string
	datasets   []dataset
	dir        string // under which servers have their directories; empty for the system's place for temporary files
}

// sectionNames in the order in which they run.
var sectionNames = []string{"throughput", "growing", "scripts", "tls", "churn", "connections", "latency1", "idle", "memory", "overwrite", "collections", "large", "persistence", "sessions", "replication", "scaling"}

// quickly is what -quick means for each flag that is not given itself.
var quickly = map[string]string{"P": "1,16", "d": "64", "seconds": "0.5", "conns": "1000", "keys": "500000", "elements": "200000", "large": "64", "active": "2000"}

// parseOptions reads the command line. flag.ErrHelp means that help was asked for and printed.
func parseOptions(args []string, output io.Writer) (*options, error) {
	o := &options{}
	var peers []string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(output)
	fs.Func("server", "`name=path` of a server, arguments may follow the path; repeatable\n"+
		"(default ferrous=bin/ferrous and redis=redis-server)", func(text string) error {
		spec, err := parseServerSpec(text)
		o.servers = append(o.servers, spec)
		return err
	})
	fs.Func("peer", "`path` of a later peer (valkey-server, a redis-server of Redis 8), named after its file: measured beside the other\n"+
		"servers, and the baseline where there is no redis-server; repeatable", func(path string) error {
		peers = append(peers, path)
		return nil
	})
	fs.StringVar(&o.baseline, "baseline", "redis", "`name` of the server that the others are compared with")
	only := fs.String("only", "", "comma-separated `sections`: "+strings.Join(sectionNames, ",")+
		"\n(default all; scaling if "+scalingDir+" exists)")
	quick := fs.Bool("quick", false, "a first impression: shorter runs, fewer cases, less data")
	fs.StringVar(&o.jsonFile, "json", "", "`file` for everything measured, as JSON")
	list := fs.String("t", defaultTests, "comma-separated `tests`, or all, or streams: "+strings.Join(testNames(), ","))
	pipelines := fs.String("P", "1,16,64", "comma-separated pipeline `depths`")
	sizes := fs.String("d", "3,64,1024", "comma-separated value `sizes` in bytes")
	fs.IntVar(&o.clients, "clients", 50, "connections of the throughput section")
	fs.IntVar(&o.keyspace, "r", 100_000, "`keys` of the throughput section")
	fs.IntVar(&o.rounds, "rounds", 3, "counted runs per case and server")
	fs.Float64Var(&o.seconds, "seconds", 1.5, "about how long a run lasts on the slowest server")
	fs.IntVar(&o.threads, "threads", 0, "threads of redis-benchmark (0: its single-threaded loop)")
	fs.BoolVar(&o.pin, "pin", false, "servers to one half of the processors, load to the other (needs taskset)")
	fs.StringVar(&o.redisBenchmark, "redis-benchmark", "redis-benchmark", "`path` of the load generator")
	growing := fs.String("g", "all", "comma-separated `rows` of the growing section: "+strings.Join(namesOf(growingTests), ","))
	scripts := fs.String("scripts", "all", "comma-separated `rows` of the scripts section: "+strings.Join(scriptNames(), ","))
	active := fs.String("active", "2000,10000", "comma-separated numbers of `clients` of the connections section")
	fs.IntVar(&o.conns, "conns", 10_000, "idle connections")
	fs.IntVar(&o.keys, "keys", 5_000_000, "keys of the memory and persistence sections")
	fs.IntVar(&o.overwrites, "overwrites", 0, "overwrites after that (default twice the keys)")
	kinds := fs.String("kinds", "all", "comma-separated `kinds` of the collections section")
	fs.IntVar(&o.elements, "elements", 1_000_000, "elements of each collection")
	fs.Float64Var(&o.asleep, "asleep", 0, "`seconds` for which nobody touches a collection before its memory is looked at once more")
	fs.IntVar(&o.deliveries, "deliveries", 600_000, "messages that reach somebody in a round of the sessions section")
	fs.IntVar(&o.large, "large", 512, "`megabytes` of the value that the large section moves; its collections are in proportion")
	fs.Float64Var(&o.rest, "rest", 10, "`seconds` after the DEL of a large value at which the server's memory is looked at")
	fs.IntVar(&o.writers, "writers", 20, "clients that write during the background jobs of the persistence section")
	parts := fs.String("parts", strings.Join(partNames, ","), "comma-separated `parts` of the persistence section")
	data := fs.String("data", "strings", "comma-separated kinds of `data` that the persistence section saves and loads: "+
		strings.Join(datasetNames(), ","))
	fs.StringVar(&o.dir, "dir", "", "`directory` for the servers' files, on the disk that is to be measured")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if *quick {
		for name, value := range quickly {
			if !given[name] {
				_ = fs.Set(name, value) // the names are ours
			}
		}
	}
	var errs [10]error
	o.tests, errs[0] = selectTests(*list)
	o.pipelines, errs[1] = positiveNumbers("P", *pipelines)
	o.sizes, errs[2] = positiveNumbers("d", *sizes)
	o.sections, errs[3] = selectSections(*only, o.pin)
	o.kinds, errs[4] = selectCollections(*kinds)
	o.parts, errs[5] = selectParts(*parts)
	o.datasets, errs[6] = selectDatasets(*data)
	o.growing, errs[7] = selectGrowing(*growing)
	o.active, errs[8] = positiveNumbers("active", *active)
	o.scripts, errs[9] = selectScripts(*scripts)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	slices.Sort(o.active)
	o.addServers(peers, given["baseline"])
	return o, o.complete(given["baseline"])
}

// addServers fills in the servers that are measured unless told otherwise, and the peers. A peer takes the place of redis-server where
// that is not installed.
func (o *options) addServers(peers []string, baselineGiven bool) {
	if len(o.servers) == 0 {
		o.servers = []serverSpec{{Name: "ferrous", Path: "bin/ferrous"}}
		if _, err := exec.LookPath("redis-server"); err == nil || len(peers) == 0 {
			o.servers = append(o.servers, serverSpec{Name: "redis", Path: "redis-server"})
		}
	}
	named := func(name string) bool {
		return slices.ContainsFunc(o.servers, func(s serverSpec) bool { return s.Name == name })
	}
	for i, path := range peers {
		short := strings.TrimSuffix(filepath.Base(path), "-server")
		name := short
		for n := 2; named(name); n++ {
			name = short + strconv.Itoa(n)
		}
		o.servers = append(o.servers, serverSpec{Name: name, Path: path})
		if i == 0 && !baselineGiven && !named("redis") {
			o.baseline = name
		}
	}
}

// complete fills in what depends on other options, and checks the rest.
func (o *options) complete(baselineGiven bool) error {
	if o.overwrites == 0 {
		o.overwrites = 2 * o.keys
	}
	if o.clients < 1 || o.keyspace < 1 || o.rounds < 1 || o.conns < 1 || o.keys < 1 || o.elements < 1 || o.overwrites < 1 || o.threads < 0 || o.large < 1 ||
		o.writers < 1 || o.seconds < 0.1 || o.seconds > 30 {
		return errors.New("numbers must be positive, and -seconds from 0.1 to 30")
	}
	var names []string
	for _, s := range o.servers {
		if slices.Contains(names, s.Name) {
			return fmt.Errorf("two servers are named %q", s.Name)
		}
		names = append(names, s.Name)
		if _, err := exec.LookPath(s.Path); err != nil {
			return fmt.Errorf("server %s: %w (build it first, or name others with -server)", s.Name, err)
		}
	}
	if len(names) == 1 && !baselineGiven {
		o.baseline = ""
	} else if !slices.Contains(names, o.baseline) {
		return fmt.Errorf("no server is named %q, the baseline; there are %s", o.baseline, strings.Join(names, ", "))
	} else if len(names) == 1 {
		o.baseline = "" // itself, which is no comparison
	}
	return nil
}

// selectSections reads -only. Without it everything runs that can: scaling needs its program, and all processors.
func selectSections(list string, pinned bool) ([]string, error) {
	if list == "" {
		sections := slices.Clone(sectionNames)
		if _, err := os.Stat(scalingDir); err != nil || pinned {
			sections = slices.DeleteFunc(sections, func(s string) bool { return s == "scaling" })
		}
		return sections, nil
	}
	asked := strings.Split(list, ",")
	for _, s := range asked {
		if !slices.Contains(sectionNames, s) {
			return nil, fmt.Errorf("unknown section %q; there are %s", s, strings.Join(sectionNames, " "))
		}
	}
	if pinned && slices.Contains(asked, "scaling") {
		return nil, errors.New("the scaling section needs all processors: leave -pin out")
	}
	return slices.DeleteFunc(slices.Clone(sectionNames), func(s string) bool { return !slices.Contains(asked, s) }), nil
}

func positiveNumbers(flagName, list string) ([]int, error) {
	var out []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-%s: %q is not a positive number", flagName, word)
		}
		out = append(out, n)
	}
	return out, nil
}
