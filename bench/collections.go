package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// collection is a kind of value for the collections section: how to fill it.
type collection struct {
	name string
	// Command adds one element; __sequence__ stands for the twelve digits of its number and __scattered__ for those of
	// another number, in no order.
	command string
	// Before is what is there already: it counts for nothing.
	before []fill
}

const scatteredMark = "__scattered__"

// collections is the table. All but those that are called small grow one key.
var collections = []collection{
	{name: "list", command: "RPUSH mylist element:__sequence__"},
	{name: "hash", command: "HSET myhash field:__sequence__ value:__sequence__"},
	{name: "set", command: "SADD myset member:__sequence__"},
	{name: "zset", command: "ZADD myzset __scattered__ member:__sequence__"},
	{name: "stream", command: "XADD mystream * field:1 value:__sequence__ field:2 other:__sequence__"},
	{name: "pending", command: "XREADGROUP GROUP mygroup consumer COUNT 1 STREAMS mystream >",
		before: []fill{{"XADD mystream * field:1 __data__ field:2 __data__", perKey}, {"XGROUP CREATE mystream mygroup 0", 1}}},
	{name: "small_streams", command: "XADD user:__sequence__ * field:1 value:__sequence__ field:2 other:__sequence__"},
	{name: "small_hashes", command: "HSET user:__sequence__ name user__sequence__ mail u__sequence__@example.com " +
		"city Paris visits 17 last 1732300000"},
}

// collectionResult is what one kind costs one server.
type collectionResult struct {
	Elements int           `json:"elements"`
	Bytes    float64       `json:"rss_bytes_per_element"`
	Loaded   processMemory `json:"loaded"`
	Asleep   float64       `json:"rss_bytes_per_element_asleep,omitempty"`
	Load     phase         `json:"load"`
}

const growBatch = 20

// collections is the section about large values: bytes per element, and how long a command takes at worst, the growing
// client's own and another's, while one value grows. Each kind has a fresh process.
func (b *bench) collections(ctx context.Context) error {
	b.report.Collections = map[string]map[string]*collectionResult{}
	for _, kind := range b.opts.kinds {
		results := map[string]*collectionResult{}
		b.report.Collections[kind.name] = results
		for _, spec := range b.opts.servers {
			r, err := b.grow(ctx, spec, kind)
			if err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			results[spec.Name] = r
		}
		if err := b.printCollection(kind.name, results); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) grow(ctx context.Context, spec serverSpec, kind collection) (*collectionResult, error) {
	s, err := b.launcher.start(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	memory := func() (processMemory, error) { return readMemory(s.pid) }
	if len(kind.before) > 0 {
		there := test{name: kind.name, fill: kind.before}
		if err := there.prepare(ctx, s, roundTripSize, b.opts.elements, 0); err != nil {
			return nil, err
		}
		memory = func() (processMemory, error) { return settledMemory(ctx, s) }
	}
	empty, err := memory()
	if err != nil {
		return nil, s.explain(err)
	}
	r := &collectionResult{Elements: b.opts.elements}
	if r.Load, err = runPhase(ctx, s, growing(kind, b.opts.elements)); err != nil {
		return nil, err
	}
	if r.Loaded, err = settledMemory(ctx, s); err != nil {
		return nil, err
	}
	r.Bytes = float64(r.Loaded.RSS-empty.RSS) / float64(r.Elements)
	if b.opts.asleep == 0 {
		return r, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Duration(b.opts.asleep * float64(time.Second))):
	}
	later, err := settledMemory(ctx, s)
	if err != nil {
		return nil, err
	}
	r.Asleep = float64(later.RSS-empty.RSS) / float64(r.Elements)
	return r, nil
}

// growing adds elements in batches small enough that a batch's time tells of its slowest command.
func growing(kind collection, n int) pipelineJob {
	words := strings.Fields(kind.command)
	args := make([]string, len(words))
	return pipelineJob{commands: n, batch: growBatch, window: 1, build: func(buf []byte, i int) []byte {
		sequence := fmt.Sprintf("%012d", i)
		scattered := strconv.Itoa(int(uint64(i) * 0x9e3779b97f4a7c15 >> 34)) // multiples of the golden ratio spread evenly
		for k, w := range words {
			args[k] = strings.ReplaceAll(strings.ReplaceAll(w, sequenceMark, sequence), scatteredMark, scattered)
		}
		return append(buf, appendCommand(nil, args...)...)
	}}
}

func (b *bench) printCollection(name string, results map[string]*collectionResult) error {
	sh := newSheet(b.opts)
	of := func(get func(*collectionResult) float64) func(string) float64 {
		return func(server string) float64 { return get(results[server]) }
	}
	sh.row(name+" bytes/element", "%.1f", of(func(r *collectionResult) float64 { return r.Bytes }))
	if b.opts.asleep > 0 {
		sh.row(fmt.Sprintf("%s bytes/element, %g s later", name, b.opts.asleep), "%.1f", of(func(r *collectionResult) float64 { return r.Asleep }))
	}
	sh.row(name+" RSS loaded, MB", "%.1f", of(func(r *collectionResult) float64 { return megabytes(r.Loaded.RSS) }))
	sh.row(name+" server CPU us/command", "%.3f", of(func(r *collectionResult) float64 { return r.Load.CPU }))
	for _, x := range []struct {
		what string
		of   func(phase) latencies
	}{
		{fmt.Sprintf("batch of %d", growBatch), func(p phase) latencies { return p.Batch }},
		{"another client", func(p phase) latencies { return p.Probe }},
	} {
		sh.row(name+" "+x.what+", p99.9 us", "%.0f", of(func(r *collectionResult) float64 { return x.of(r.Load).P999 }))
		sh.row(name+" "+x.what+", worst us", "%.0f", of(func(r *collectionResult) float64 { return x.of(r.Load).Max }))
	}
	return sh.print(os.Stdout)
}

// selectCollections returns the kinds named in a comma-separated list; "all" is every one.
func selectCollections(list string) ([]collection, error) {
	if list == "all" {
		return collections, nil
	}
	var chosen []collection
	var names []string
	for _, c := range collections {
		names = append(names, c.name)
	}
next:
	for name := range strings.SplitSeq(list, ",") {
		for _, c := range collections {
			if c.name == name {
				chosen = append(chosen, c)
				continue next
			}
		}
		return nil, fmt.Errorf("no collection is named %q; there are %s", name, strings.Join(names, " "))
	}
	return chosen, nil
}
