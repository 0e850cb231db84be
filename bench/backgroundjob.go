package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// backgroundJob is a command that has the server write all of its data, to a file mostly, while it goes on serving.
type backgroundJob struct {
	command string
	args    []string // with which servers are started
	// Fields of INFO: those that are not 0 while the job is wanted or runs, the one that tells how it ended, and the
	// bytes that the server itself says it copied.
	running []string
	status  string
	copied  string
	result  func(dir string) string // changes when the job has put its file in place; empty if there is none yet
	goal    *goal                   // of the worst latency
	took    *goal                   // of the time it takes
	// What orders the job and returns when it is done, if that is no command that makes a file. Then status, running and
	// copied are empty.
	order func(ctx context.Context, s *server, r *backgroundRun) error
}

var (
	bgsave = backgroundJob{command: "BGSAVE", running: []string{"rdb_bgsave_in_progress"}, status: "rdb_last_bgsave_status",
		copied: "rdb_last_cow_size", result: lastDump, goal: &stallGoal}
	bgrewriteaof = backgroundJob{command: "BGREWRITEAOF",
		// No rewrite begins but the one ordered.
		args:    []string{"--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0"},
		running: []string{"aof_rewrite_in_progress", "aof_rewrite_scheduled"}, status: "aof_last_bgrewrite_status",
		copied: "aof_last_cow_size", result: lastBase}
)

// lastDump tells one RDB file from the next, which replaces it whole.
func lastDump(dir string) string {
	file, err := os.Stat(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		return ""
	}
	return file.ModTime().String()
}

// lastBase is the line of the manifest that names the base, the file that a rewrite makes. (The manifest is replaced
// when a rewrite begins, too, but then for another increment.)
func lastBase(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest"))
	for line := range strings.Lines(string(text)) {
		if strings.HasSuffix(strings.TrimSpace(line), " type b") {
			return line
		}
	}
	return ""
}

// aftermath is how long clients are watched on when the file is in place: Redis looks after the process that has written
// it ten times a second, and has something to do then.
const aftermath = 150 * time.Millisecond

// run orders the job and waits until its file is in place, and the aftermath. It looks for the file and does not ask
// INFO meanwhile, for which a server may have to stop everything.
func (job backgroundJob) run(ctx context.Context, s *server, control *conn, r *backgroundRun) error {
	if job.order != nil {
		return job.order(ctx, s, r)
	}
	old := job.result(s.dir)
	start := time.Now()
	if _, err := control.do(job.command); err != nil {
		return s.explain(err)
	}
	for asked := start; ; {
		// A hundredth of what has passed is exact enough.
		if err := pause(ctx, min(max(time.Since(start)/100, time.Millisecond), 10*time.Millisecond)); err != nil {
			return err
		}
		if now := job.result(s.dir); now != "" && now != old {
			r.Seconds = time.Since(start).Seconds()
			return pause(ctx, aftermath)
		}
		if time.Since(asked) > 20*time.Second { // the file may never come
			asked = time.Now()
			if info, err := job.ended(control); err != nil || info != nil {
				return s.explain(cmp.Or(err, fmt.Errorf("%s has ended without a new file, %s is %q", job.command, job.status, info[job.status])))
			}
		}
	}
}

// ended asks whether the job has ended, and returns what INFO tells if it has.
func (job backgroundJob) ended(control *conn) (map[string]string, error) {
	text, err := control.do("INFO", "persistence")
	if err != nil {
		return nil, err
	}
	info := parseInfo(text)
	for _, field := range job.running {
		if value, ok := info[field]; !ok {
			return nil, fmt.Errorf("INFO has no %s", field)
		} else if value != "0" {
			return nil, nil
		}
	}
	return info, nil
}

// verify waits until the server knows that the job has ended, and completes the figures with its own.
func (job backgroundJob) verify(ctx context.Context, control *conn, r *backgroundRun) error {
	for job.order == nil {
		info, err := job.ended(control)
		if err != nil {
			return err
		}
		if info != nil && info[job.status] != "ok" {
			return fmt.Errorf("%s failed: %s is %q", job.command, job.status, info[job.status])
		}
		if info != nil {
			r.Copied = number(info[job.copied])
			break
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	text, err := control.do("INFO", "stats")
	r.Fork = number(parseInfo(text)["latest_fork_usec"])
	return err
}

// number reads a figure of INFO; nil means that there is none.
func number(text string) *float64 {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return &n
	}
	return nil
}
