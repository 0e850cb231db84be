package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/internal/freeport"
)

// fleet are servers that replicate from each other, as a tree: one of them is the master.
type fleet struct {
	options
	w     drawer
	nodes []*node
	above map[*node]*node // whom each replicates from; not there for the master

	master atomic.Pointer[node] // for the writers
	wrote  atomic.Int64         // commands that were answered
	done   []string             // what has happened in this round
	elect  func() error         // finds out who is the master, if the sentinels decide it
}

// assemble starts the servers.
func assemble(o options) (*fleet, error) {
	f := &fleet{options: o, w: drawer{rand.New(rand.NewPCG(o.seed, 0))}, above: map[*node]*node{}}
	err := f.begin()
	if err != nil {
		f.disband()
	}
	return f, err
}

func (f *fleet) begin() error {
	for i, letter := range f.servers {
		n, err := f.enlist(i, letter)
		if err != nil {
			return err
		}
		f.nodes = append(f.nodes, n)
		if err := n.start(nil); err != nil {
			return err
		}
	}
	f.plant(f.nodes[0])
	return f.attach(f.nodes...)
}

// enlist makes a node and draws how it is configured.
func (f *fleet) enlist(i int, letter rune) (*node, error) {
	n := &node{name: fmt.Sprintf("%c%d", letter, i), dir: filepath.Join(f.dir, fmt.Sprintf("%c%d", letter, i))}
	if err := os.Mkdir(n.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if n.port, err = freeport.Find(); err != nil {
		return nil, err
	}
	if n.door, err = newDoor(n.port); err != nil {
		return nil, err
	}
	w := f.w
	n.args = []string{
		"--repl-backlog-size", w.one("16kb", "100kb", "1mb", "20mb"), "--appendonly", w.one("yes", "no"),
		"--appendfsync", w.one("always", "everysec", "no"), "--repl-diskless-load", w.one("disabled", "swapdb", "on-empty-db"),
		"--repl-diskless-sync", w.one("yes", "no"), "--aof-use-rdb-preamble", w.one("yes", "no"),
	}
	if f.logged {
		n.args = append(n.args, "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0", "--aof-timestamp-enabled", "yes")
	}
	switch letter {
	case 'r':
		n.bin = f.redis
	case 'f':
		n.bin = f.ferrous
		n.args = append(n.args, "--io-threads", w.one("1", "2"), "--client-output-buffer-limit", "replica "+w.one("256mb 64mb 60", "200kb 0 0"))
	default:
		return nil, fmt.Errorf("no server is called %c", letter)
	}
	return n, nil
}

// disband ends everything.
func (f *fleet) disband() {
	for _, n := range f.nodes {
		if n.ended != nil {
			n.kill()
		}
		n.door.close()
	}
}

// plant draws a tree with a root.
func (f *fleet) plant(root *node) {
	f.master.Store(root)
	clear(f.above)
	have := []*node{root}
	for _, i := range f.w.Perm(len(f.nodes)) {
		if n := f.nodes[i]; n != root {
			f.above[n] = have[f.w.IntN(len(have))]
			have = append(have, n)
		}
	}
}

// attach tells nodes whom they replicate from.
func (f *fleet) attach(nodes ...*node) error {
	for _, n := range nodes {
		if err := n.follow(f.above[n]); err != nil {
			return err
		}
	}
	return nil
}

// other draws a node that is not the master.
func (f *fleet) other() *node {
	for {
		if n := f.some(); n != f.master.Load() {
			return n
		}
	}
}

// some draws a node.
func (f *fleet) some() *node { return f.nodes[f.w.IntN(len(f.nodes))] }

// note keeps what happens, for the report of a failure.
func (f *fleet) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	f.done = append(f.done, time.Now().Format("05.000 ")+text)
}

// round lets clients write while things happen, and compares all nodes in the end.
func (f *fleet) round(ctx context.Context) error {
	f.done = nil
	f.note("the master is %s", f.master.Load().name)
	writing, stop := context.WithCancel(ctx)
	var writers sync.WaitGroup
	for range f.writers {
		w := drawer{rand.New(rand.NewPCG(f.w.Uint64(), 1))}
		writers.Go(func() { f.write(writing, w) })
	}
	err := f.happen()
	stop()
	writers.Wait()
	for _, n := range f.nodes {
		n.door.heal()
	}
	if err != nil {
		return err
	}
	return f.settle(ctx)
}

// write is a client of whoever is the master. It works in bursts, and begins again when its
// connection ends.
func (f *fleet) write(ctx context.Context, w drawer) {
	for ctx.Err() == nil {
		n := f.master.Load()
		c, err := n.dial()
		if err != nil {
			pause(ctx, 10*time.Millisecond)
			continue
		}
		for ctx.Err() == nil && n == f.master.Load() {
			var burst [][]string
			for range 1 + w.IntN(40) {
				burst = append(burst, w.unit()...)
			}
			if _, err := c.pipeline(burst); err != nil {
				break
			}
			f.wrote.Add(int64(len(burst)))
			pause(ctx, time.Duration(w.IntN(4000))*time.Microsecond)
		}
		c.close()
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// settle waits until all nodes are where the master is, and compares their data.
func (f *fleet) settle(ctx context.Context) error {
	if _, err := f.master.Load().ask("DEBUG", "SET-ACTIVE-EXPIRE", "0"); err != nil {
		return err
	}
	var where string
	for look := 0; ; look++ {
		var level bool
		var err error
		if f.elect != nil {
			err = f.elect()
		}
		if err == nil {
			level, where, err = f.level()
		}
		if err != nil {
			return err
		}
		if level {
			break
		}
		if look == looks {
			return errors.New("they do not come in step:\n" + where)
		}
		if pause(ctx, between); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	root := f.master.Load()
	for try := 1; ; try++ { // what has expired is deleted by the master, some time
		offset, err := f.offset(root)
		if err != nil {
			return err
		}
		wrong, err := f.compare(root)
		if err != nil || wrong == nil {
			return errors.Join(err, f.restore(root))
		}
		if now, err := f.offset(root); err != nil || now == offset && try > 3 {
			return errors.Join(err, wrong, errors.New(where))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// restore undoes what settle has done to the master, and looks whether a replica has complained.
func (f *fleet) restore(root *node) error {
	for _, n := range f.nodes {
		info, err := n.info()
		if err != nil {
			return err
		}
		if e := info["unexpected_error_replies"]; e != "0" {
			return fmt.Errorf("%s has answered %s commands of its master with errors:\n%s", n.name, e, n.tail())
		}
	}
	_, err := root.ask("DEBUG", "SET-ACTIVE-EXPIRE", "1")
	return err
}

func (f *fleet) offset(n *node) (string, error) {
	info, err := n.info()
	return info["master_repl_offset"], err
}

// level reports whether all replicas are connected and where the master is.
func (f *fleet) level() (ok bool, where string, err error) {
	ok = true
	var at string
	for i := -1; i < len(f.nodes); i++ {
		n := f.master.Load() // first, and last
		if i >= 0 {
			n = f.nodes[i]
		}
		info, err := n.info()
		if err != nil {
			return false, "", err
		}
		if i < 0 {
			at = info["master_repl_offset"]
			continue
		}
		if above := f.above[n]; above == nil {
			ok = ok && info["role"] == "master"
		} else {
			ok = ok && info["role"] == "slave" && info["master_link_status"] == "up" && info["master_port"] == strconv.Itoa(above.door.port)
		}
		ok = ok && info["master_repl_offset"] == at && info["async_loading"] != "1" // it has swapped
		where += fmt.Sprintf("%s %s of %s (door %d, link %s) at %s in %s, before %s; full syncs %s, partial %s, refused %s\n", n.name, info["role"],
			info["master_port"], n.door.port, info["master_link_status"], info["master_repl_offset"], info["master_replid"], info["master_replid2"],
			info["sync_full"], info["sync_partial_ok"], info["sync_partial_err"])
	}
	return ok, where, nil
}

// compare returns what is wrong with the replicas' data, nil for nothing.
func (f *fleet) compare(root *node) (wrong, err error) {
	digest, err := root.ask("DEBUG", "DIGEST")
	if err != nil {
		return nil, err
	}
	counts := !strings.Contains(f.servers, "r")
	want, err := read(root, counts)
	if err != nil {
		return nil, err
	}
	for _, n := range f.nodes {
		if n == root {
			continue
		}
		d, err := n.ask("DEBUG", "DIGEST")
		if err != nil {
			return nil, err
		}
		have, err := read(n, counts)
		if err != nil {
			return nil, err
		}
		lines := differences(want, have)
		if d.Text != digest.Text {
			lines = append(lines, "the digests are "+digest.Text+" and "+d.Text)
		}
		for _, line := range lines {
			wrong = errors.Join(wrong, fmt.Errorf("%s and %s: %s", root.name, n.name, line))
		}
	}
	return wrong, nil
}
