package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// disturbance is what happens beside the writing: snapshots, rewrites, the log switched
// off and on. It knows what is guaranteed meanwhile.
type disturbance struct {
	r     *series
	conn  *client
	calm  bool
	files *watcher // nil where they cannot be watched
	done  sync.WaitGroup
	ended atomic.Bool
	now   atomic.Value // string: what the server was doing when it was last asked

	// What is guaranteed, for when everything has ended.
	saved position // everything up to here is safe whatever the policy says; nil for nothing
	limit position // the log may lack everything from here on; nil where it is on
	err   error
}

// disturb begins it. In half of the long rounds nothing happens: every snapshot and
// rewrite syncs files, which would hide that nobody else does.
func disturb(r *series, long bool) (*disturbance, error) {
	conn, err := dial(r.addr())
	if err != nil {
		return nil, err
	}
	d := &disturbance{r: r, conn: conn, calm: long && rand.IntN(2) == 0}
	if d.calm && r.policy.log() { // not even by itself
		if _, err := d.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", "0"); err != nil {
			conn.close()
			return nil, err
		}
	}
	d.now.Store("")
	if d.files, err = watch(r.data); err != nil {
		conn.close()
		return nil, err
	}
	d.done.Go(func() {
		defer conn.close()
		d.loop()
	})
	return d, nil
}

// stop waits for the end, which the server's has brought about, and returns what has
// gone wrong before.
func (d *disturbance) stop() error {
	d.ended.Store(true)
	d.done.Wait()
	if d.files != nil {
		d.files.close()
	}
	return d.err
}

func (d *disturbance) doing() string { return d.now.Load().(string) }

// guarantee returns what the server owes after it has ended.
func (d *disturbance) guarantee(gentle bool) guarantee {
	g := guarantee{floor: d.saved, cap: d.limit}
	switch {
	case gentle || d.r.policy == always: // where there is no log there are save points
		g.before, g.seen = time.Now(), true // some replies are read when the server is dead already
		if d.r.power && !gentle {           // a sync during which the file system is shut down succeeds in vain
			g.before, g.seen = d.r.ended, false
		}
	case d.r.policy == everysec:
		g.before = d.r.ended.Add(-d.r.age)
	}
	return g
}

// unlogged reports whether there was no log in the end, not all the time at least.
func (d *disturbance) unlogged() bool { return !d.r.policy.log() || d.limit != nil }

func (d *disturbance) loop() {
	for !d.ended.Load() {
		var err error
		switch n := rand.IntN(10); {
		case n < 2 || d.calm:
			err = d.idle()
		case n < 5 || !d.r.policy.log():
			err = d.save()
		case n < 8:
			err = d.rewrite()
		default:
			err = d.toggle()
		}
		if errors.As(err, new(wrong)) && !d.r.ending.Load() {
			d.err = err
		}
		if err != nil {
			return // the server has been killed
		}
	}
}

// idle only looks for a while.
func (d *disturbance) idle() error {
	for range rand.IntN(100) {
		if err := d.settle("", func(map[string]string) bool { return true }); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// settle polls until nothing is done in the background, and ok.
func (d *disturbance) settle(what string, ok func(map[string]string) bool) error {
	return d.conn.await(what, func(f map[string]string) bool {
		save, rewrite := f["rdb_bgsave_in_progress"] == "1", f["aof_rewrite_in_progress"] == "1"
		switch {
		case save:
			d.now.Store("BGSAVE")
		case rewrite:
			d.now.Store("rewrite")
		default:
			d.now.Store("")
		}
		return what == "" || !save && !rewrite && f["aof_rewrite_scheduled"] != "1" && ok(f)
	})
}

// ask sends a command; busy says that the server has something else to do.
func (d *disturbance) ask(args ...string) (busy bool, err error) {
	v, err := d.conn.do(args...)
	switch {
	case errors.Is(err, resp.ErrProtocol):
		return false, wrong{err.Error()}
	case err != nil || !v.IsErr():
		return strings.Contains(v.Text, "scheduled"), err
	case strings.Contains(v.Text, "in progress") || strings.Contains(v.Text, "child process"):
		return true, nil
	}
	return false, wrong{fmt.Sprintf("%s: %s", strings.Join(args, " "), v.Text)}
}

func statusOK(field string) func(map[string]string) bool {
	return func(f map[string]string) bool { return f[field] == "ok" }
}

// save makes a snapshot. Without a log it is all that there is.
func (d *disturbance) save() error {
	before := d.r.fleet.answered()
	command := "BGSAVE"
	if rand.IntN(8) == 0 {
		command = "SAVE"
	}
	busy, err := d.ask(command)
	if err != nil || busy {
		return err
	}
	if command == "BGSAVE" {
		d.now.Store(command)
		if err := d.settle(command, statusOK("rdb_last_bgsave_status")); err != nil {
			return err
		}
	}
	if !d.r.policy.log() {
		d.promise(before)
	}
	return nil
}

// promise takes note that everything up to p has been made safe, for a reply said so;
// unless there was no disk any more.
func (d *disturbance) promise(p position) {
	if d.r.disk == nil || !d.r.ending.Load() {
		d.saved = p
	}
}

// rewrite has the log rewritten; sometimes something else comes meanwhile.
func (d *disturbance) rewrite() error {
	busy, err := d.ask("BGREWRITEAOF")
	if err != nil || busy {
		return err
	}
	d.now.Store("rewrite")
	if rand.IntN(4) == 0 {
		return nil
	}
	return d.settle("BGREWRITEAOF", statusOK("aof_last_bgrewrite_status"))
}

// toggle switches the log off and on. In between, and until it is complete again, the
// files are those of the moment when it was switched off.
func (d *disturbance) toggle() error {
	before := d.r.fleet.answered()
	d.limit = before
	if _, err := d.ask("CONFIG", "SET", "appendonly", "no"); err != nil {
		return err
	}
	d.promise(before) // it was synced
	if err := d.idle(); err != nil {
		return err
	}
	if _, err := d.ask("CONFIG", "SET", "appendonly", "yes"); err != nil {
		return err
	}
	if err := d.settle("CONFIG SET appendonly yes", statusOK("aof_last_bgrewrite_status")); err != nil {
		return err
	}
	d.limit = nil
	return nil
}
