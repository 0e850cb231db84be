package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// persistenceResult is what keeping data costs. Rounds are by server.
type persistenceResult struct {
	Keys    int `json:"keys"`
	Writers int `json:"writing_clients"`
	// Background is by job: BGSAVE, BGREWRITEAOF, full sync.
	Background map[string]map[string][]*backgroundRun `json:"background,omitempty"`
	// Saves and Loads are by kind of data.
	Saves map[string]map[string][]*fileRun `json:"saves,omitempty"`
	Loads map[string]map[string][]*fileRun `json:"loads,omitempty"`
	AOF   []*comparison                    `json:"aof,omitempty"`
}

// What the ratios to Redis are meant to be.
var (
	stallGoal  = goal{limit: 0.25}
	fileGoal   = goal{limit: 0.5}
	appendGoal = goal{limit: 1, atLeast: true}
)

// partNames in the order in which they run.
var partNames = []string{"bgsave", "bgrewriteaof", "fullsync", "files", "aof"}

func selectParts(list string) ([]string, error) {
	asked := strings.Split(list, ",")
	for _, part := range asked {
		if !slices.Contains(partNames, part) {
			return nil, fmt.Errorf("the persistence section has no part %q; there are %s", part, strings.Join(partNames, " "))
		}
	}
	return slices.DeleteFunc(slices.Clone(partNames), func(p string) bool { return !slices.Contains(asked, p) }), nil
}

func (b *bench) persistenceTitle() string {
	title := fmt.Sprintf("persistence: %d elements, %d writing clients, median of %d rounds", b.opts.keys, b.opts.writers, b.opts.rounds)
	if inMemory(b.launcher.tmp) {
		title += "\nwarning   " + b.launcher.tmp + " lies in memory, where nothing waits for a disk: name another place with -dir"
	}
	return title
}

// persistence is the section about snapshots, files and the log of writes.
func (b *bench) persistence(ctx context.Context) error {
	b.report.Persistence = &persistenceResult{Keys: b.opts.keys, Writers: b.opts.writers,
		Background: map[string]map[string][]*backgroundRun{},
		Saves:      map[string]map[string][]*fileRun{}, Loads: map[string]map[string][]*fileRun{}}
	for _, part := range b.opts.parts {
		if err := b.persistencePart(ctx, part); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	return nil
}

// persistencePart runs one part in a directory that is removed with its end: files of this size should not pile up.
func (b *bench) persistencePart(ctx context.Context, part string) error {
	dir, err := os.MkdirTemp(b.launcher.tmp, part+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	everything := b.launcher.tmp
	b.launcher.tmp = dir
	defer func() { b.launcher.tmp = everything }()
	switch part {
	case "bgsave":
		return b.background(ctx, bgsave)
	case "bgrewriteaof":
		return b.background(ctx, bgrewriteaof)
	case "fullsync":
		return b.background(ctx, fullSync)
	case "files":
		return b.files(ctx)
	}
	return b.appendOnly(ctx)
}

// seconds scales the length that runs are to have.
func (o *options) runLength(factor float64) time.Duration {
	return time.Duration(factor * o.seconds * float64(time.Second))
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, howLong time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(howLong):
		return nil
	}
}

// totalCPU is the processor time of a server and of the processes it has forked that have ended.
func totalCPU(s *server) (time.Duration, error) {
	own, err := processCPU(s.pid)
	if err != nil {
		return 0, s.explain(err)
	}
	reaped, err := reapedCPU(s.pid)
	return own + reaped, s.explain(err)
}
