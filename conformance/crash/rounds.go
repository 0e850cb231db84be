package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// options say what is done to which server.
type options struct {
	server  string
	policy  policy
	rounds  int
	writers int
	ballast int
	age     time.Duration
	longest time.Duration
	gentle  float64 // the share of rounds that end with SIGTERM
	power   bool
	base    string
	verbose bool
	say     func(format string, args ...any)
}

// series is the rounds of one policy: one data directory, one server after the other.
type series struct {
	options
	place
	disk   *device // nil: the directory is an ordinary one
	fleet  *fleet
	digest uint64 // of the ballast
	report report

	child  *child
	conn   *client
	owed   guarantee // of the session that has ended
	off    bool      // its log was off at the end, or there was none
	ended  time.Time
	ending atomic.Bool   // a SAVE or the like may fail now
	takes  time.Duration // how long the last start took
}

// crash does the rounds of a policy.
func crash(ctx context.Context, o options) (*report, error) {
	r := &series{options: o, fleet: newFleet(o.writers), report: newReport(o)}
	began := time.Now()
	err := r.prepare()
	if err == nil {
		err = r.all(ctx)
	}
	r.report.took = time.Since(began)
	if r.child != nil {
		r.child.kill()
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("round %d: %w\nfiles and log: %s (%s)\n%s", r.report.rounds, err, r.home, r.data, r.tail())
		return &r.report, err
	}
	r.cleanUp()
	return &r.report, ctx.Err()
}

func (r *series) prepare() error {
	home, err := os.MkdirTemp(r.base, "ferrous-crash-")
	if err != nil {
		return err
	}
	bin, err := filepath.Abs(r.server)
	if err != nil {
		return err
	}
	r.place = place{bin: bin, home: home, data: filepath.Join(home, "data")}
	if err := os.Mkdir(r.data, 0o755); err != nil {
		return err
	}
	if r.power {
		if r.disk, err = newDevice(r.home, r.data); err != nil {
			return err
		}
	}
	if err := r.start(); err != nil {
		return err
	}
	if err := loadBallast(r.conn, r.ballast); err != nil {
		return err
	}
	if r.digest, err = digestBallast(r.conn, r.ballast); err != nil {
		return err
	}
	return r.restart() // orderly: the ballast is safe from here on
}

func (r *series) cleanUp() {
	if r.disk != nil {
		_ = r.disk.remove()
	}
	_ = os.RemoveAll(r.home)
}

// arguments returns the server's; what changes the form of the files but not their
// meaning is left to chance.
func (r *series) arguments() []string {
	if !r.policy.log() {
		return []string{"--appendonly", "no", "--save", "2 500"}
	}
	maybe := func() string { return []string{"yes", "no"}[rand.IntN(2)] }
	return []string{
		"--appendonly", "yes", "--appendfsync", string(r.policy), "--save", "",
		"--aof-use-rdb-preamble", maybe(), "--aof-timestamp-enabled", maybe(),
		"--auto-aof-rewrite-min-size", "16mb",
	}
}

func (r *series) start() (err error) {
	began := time.Now()
	r.child, r.conn, err = r.place.start(r.arguments()...)
	r.takes = time.Since(began)
	return err
}

// restart ends the server as one should, and starts it again.
func (r *series) restart() error {
	if err := r.child.terminate(); err != nil {
		return err
	}
	return r.start()
}

func (r *series) all(ctx context.Context) error {
	for r.report.rounds = 1; r.report.rounds <= r.rounds && ctx.Err() == nil; r.report.rounds++ {
		if err := r.round(); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	r.report.rounds--
	if ctx.Err() != nil {
		return nil
	}
	return r.finish()
}

// finish ends the server once more as one should: nothing changes by that, and what all
// the crashes have left lying about should be gone.
func (r *series) finish() error {
	r.conn.close()
	if err := r.restart(); err != nil {
		return err
	}
	r.fleet.forget()
	r.owed = guarantee{}
	if err := r.check(); err != nil {
		return fmt.Errorf("after the last restart: %w", err)
	}
	r.conn.close()
	var err error
	r.report.litter, err = r.litter()
	return err
}

// litter names the files that nobody will read again.
func (r *series) litter() (names []string, err error) {
	wanted := map[string]bool{"dump.rdb": true, "appendonly.aof.manifest": true}
	manifest, err := os.ReadFile(filepath.Join(r.data, "appendonlydir", "appendonly.aof.manifest"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(manifest)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "file" {
			wanted[words[1]] = true
		}
	}
	return names, filepath.WalkDir(r.data, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !wanted[d.Name()] {
			names = append(names, d.Name())
		}
		return err
	})
}

// round lets the fleet write and ends the server in the midst of it; after it a server
// runs again.
func (r *series) round() error {
	r.ending.Store(false)
	if err := r.fleet.start(r.addr()); err != nil {
		return err
	}
	long := r.longest > usual && rand.IntN(10) == 0
	d, err := disturb(r, long)
	if err != nil {
		return err
	}
	how := r.awaitMoment(d, long)
	gentle := rand.Float64() < r.gentle
	r.ended = time.Now()
	r.ending.Store(true)
	if gentle {
		how = "SIGTERM"
		err = r.child.terminate()
		if err == nil && r.disk != nil {
			err = errors.Join(r.disk.cut(), r.disk.revive()) // all must have been synced by then
		}
	} else {
		err = r.strike()
	}
	stopped, disturbed := r.fleet.stop(), d.stop()
	for _, e := range []error{err, stopped, disturbed} {
		if e != nil {
			return e
		}
	}
	r.conn.close()
	r.owed, r.off = d.guarantee(gentle), d.unlogged()
	r.report.kill(how, d.doing(), gentle)
	if err := r.killLoading(); err != nil {
		return err
	}
	return r.start()
}

// strike kills the server, or lets the power fail. From the moment when nothing reaches
// the disk to that when the server is dead it may say what it will.
func (r *series) strike() error {
	if r.disk == nil {
		r.child.kill()
		return nil
	}
	r.fleet.excused.Store(true)
	err := r.disk.cut()
	r.child.kill()
	if err == nil {
		err = r.disk.revive()
	}
	return err
}

// killLoading kills the server a few times while it loads: in one round of four.
func (r *series) killLoading() error {
	if rand.IntN(4) != 0 {
		return nil
	}
	for range 1 + rand.IntN(3) {
		c, err := r.launch(r.arguments()...)
		if err != nil {
			return err
		}
		r.child = c
		moment := time.Duration(rand.Float64() * 1.1 * float64(r.takes))
		conn, err := c.awaitReady(time.After(moment))
		if conn != nil {
			conn.close()
		}
		if err == nil && r.disk != nil {
			err = r.disk.cut()
		}
		c.kill()
		if err == nil && r.disk != nil {
			err = r.disk.revive()
		}
		if err != nil {
			return err
		}
		switch {
		case conn != nil:
			r.report.started++
		case c.loading:
			r.report.loading++
		default:
			r.report.starting++
		}
	}
	return nil
}

func (r *series) check() error {
	found, err := r.fleet.check(r.conn, r.owed, r.ended)
	r.report.add(found, r.off)
	if err != nil {
		return err
	}
	digest, err := digestBallast(r.conn, r.ballast)
	if err == nil && digest != r.digest {
		err = fmt.Errorf("the ballast's digest is %x, it was %x", digest, r.digest)
	}
	if r.verbose {
		r.say("%s round %d: %s, %d operations, lost %d (%v)", r.policy, r.report.rounds, r.report.last, found.ops, found.lost, found.age.Round(time.Millisecond))
	}
	return err
}

// usual is how long most rounds are at most.
const usual = 800 * time.Millisecond

// awaitMoment returns when it is time to end the server: after a random while, short
// ones as likely as long ones; or, half of the time, right at or after something has
// happened to a file, for that is where the dangerous moments are. One round in ten is
// a long one: what is lost of a log that is synced once a second does not show before.
func (r *series) awaitMoment(d *disturbance, long bool) string {
	const shortest = 5 * time.Millisecond
	while := time.Duration(float64(shortest) * math.Pow(float64(usual)/float64(shortest), rand.Float64()))
	if long {
		while = usual + rand.N(r.longest-usual)
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	if d.files == nil || long || rand.IntN(2) == 0 {
		<-timer.C
		return "at random"
	}
	for skip := rand.IntN(6); ; skip-- {
		select {
		case name := <-d.files.events:
			if skip > 0 {
				continue
			}
			if rand.IntN(2) == 0 {
				time.Sleep(time.Duration(rand.Float64() * float64(3*time.Millisecond)))
			}
			return "at " + name
		case <-timer.C:
			return "at random"
		}
	}
}
