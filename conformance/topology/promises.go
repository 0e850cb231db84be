package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"github.com/ferrousdb/ferrous/internal/freeport"
)

// What WAIT has confirmed survives the loss of the master, if the replica that confirmed it is
// the one that takes over. Sentinels, which are Redis's, watch the fleet; the master is killed, or cut off
// from all but its clients. Which replica takes over is up to the sentinels: of those
// that they know enough of, the one that says it has come farthest.

const sentinels = 3

// watched is a fleet with sentinels.
type watched struct {
	*fleet
	guards []*guard
	missed int // rounds in which the sentinels chose a replica that was not the farthest
}

// guard is a sentinel.
type guard struct {
	port int
	dir  string
	cmd  *exec.Cmd
}

// keepPromises runs the rounds.
func (f *fleet) keepPromises(ctx context.Context, s *sum) error {
	w := &watched{fleet: f}
	f.elect = w.follow
	defer w.dismiss()
	w.star(f.nodes[0])
	if err := f.attach(f.nodes...); err != nil {
		return err
	}
	for i := range sentinels {
		if err := w.post(i); err != nil {
			return err
		}
	}
	for ; s.done < f.rounds && ctx.Err() == nil; s.done++ {
		f.done = nil
		if err := w.lose(ctx, s.done); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return fmt.Errorf("round %d: %w\n%s", s.done+1, err, strings.Join(f.done, "\n"))
		}
		f.say("round %d:\n    %s", s.done+1, strings.Join(f.done, "\n    "))
	}
	f.say("in %d rounds the sentinels chose a replica that was not the farthest", w.missed)
	return nil
}

// post starts a sentinel.
func (w *watched) post(i int) (err error) {
	g := &guard{dir: filepath.Join(w.dir, fmt.Sprint("s", i))}
	if err := os.Mkdir(g.dir, 0o700); err != nil {
		return err
	}
	if g.port, err = freeport.Find(); err != nil {
		return err
	}
	conf := filepath.Join(g.dir, "conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nlogfile log\nsentinel monitor fleet 127.0.0.1 %d 2\nsentinel down-after-milliseconds fleet 1000\n"+
		"sentinel failover-timeout fleet 2000\nsentinel parallel-syncs fleet 10\n", g.port, g.dir, w.master.Load().door.port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	g.cmd = exec.Command(w.redis, conf, "--sentinel")
	if err := g.cmd.Start(); err != nil {
		return err
	}
	w.guards = append(w.guards, g)
	return nil
}

func (w *watched) dismiss() {
	for _, g := range w.guards {
		_ = g.cmd.Process.Signal(syscall.SIGKILL)
		_ = g.cmd.Wait()
	}
}

// follow takes note of who is the master, if there is one: on a busy machine the sentinels may change
// their minds at any time.
func (w *watched) follow() error {
	var masters []*node
	for _, n := range w.nodes {
		info, err := n.info()
		if err != nil {
			return err
		}
		if info["role"] == "master" {
			masters = append(masters, n)
		}
	}
	if len(masters) == 1 && masters[0] != w.master.Load() {
		w.note("the master is %s", masters[0].name)
		w.star(masters[0])
	}
	return nil
}

// star takes note that all others replicate from one node.
func (w *watched) star(master *node) {
	w.master.Store(master)
	clear(w.above)
	for _, n := range w.nodes {
		if n != master {
			w.above[n] = master
		}
	}
}

// until waits for a condition.
func (w *watched) until(ctx context.Context, what string, ok func() (bool, error)) error {
	for range looks {
		if done, err := ok(); done || err != nil {
			return err
		}
		if pause(ctx, between); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.New("waited in vain: " + what)
}

// lose is a round: clients write to the master and have it confirmed, it is lost, and another one takes
// its place, which has what was confirmed.
func (w *watched) lose(ctx context.Context, round int) error {
	err := w.until(ctx, "the sentinels know the replicas, and each other", func() (bool, error) {
		if err := w.follow(); err != nil {
			return false, err
		}
		return w.known(w.master.Load())
	})
	if err != nil {
		return err
	}
	old := w.master.Load()
	for _, n := range w.nodes { // replicas that are behind, differently
		if n != old && w.w.IntN(2) == 0 {
			n.door.turn(out, weather{delay: time.Duration(w.w.IntN(5)) * time.Millisecond})
		}
	}
	writing, stop := context.WithCancel(ctx)
	defer stop()
	var clients sync.WaitGroup
	all := make([]promised, w.writers)
	for i := range all {
		all[i].key = fmt.Sprintf("round %d of %d", round, i)
		clients.Go(func() { all[i].collect(writing, old, 1+i%2) })
	}
	w.rest(400)
	cutOff := w.w.IntN(2) == 0
	if cutOff {
		w.note("%s is cut off", old.name)
		old.door.turn(in, weather{still: true})
		old.door.turn(out, weather{still: true})
	} else {
		w.note("%s is killed", old.name)
		old.kill()
	}
	heir, farthest, err := w.heir(ctx, old)
	stop()
	clients.Wait()
	if err != nil {
		return err
	}
	if farthest {
		if err := w.audit(all, heir); err != nil {
			return err
		}
	}
	return w.recover(ctx, old, heir, cutOff)
}

// known reports whether all sentinels are ready.
func (w *watched) known(master *node) (bool, error) {
	for _, g := range w.guards {
		c, err := dial("127.0.0.1:" + strconv.Itoa(g.port))
		if err != nil {
			return false, nil
		}
		v, err := c.do("SENTINEL", "MASTER", "fleet")
		c.close()
		if err != nil || field(v, "port").Text != strconv.Itoa(master.door.port) || field(v, "flags").Text != "master" ||
			field(v, "num-other-sentinels").Text != strconv.Itoa(sentinels-1) || field(v, "num-slaves").Text != strconv.Itoa(len(w.nodes)-1) {
			return false, nil
		}
	}
	for _, n := range w.nodes {
		info, err := n.info()
		if err != nil || n != master && info["master_link_status"] != "up" {
			return false, err
		}
	}
	return true, nil
}

// heir waits until another node has become the master, and reports whether none was farther.
func (w *watched) heir(ctx context.Context, old *node) (heir *node, farthest bool, err error) {
	at := map[*node]int64{}
	err = w.until(ctx, "a replica becomes the master", func() (bool, error) {
		for _, n := range w.nodes {
			if n == old {
				continue
			}
			info, err := n.info()
			if err != nil {
				return false, err
			}
			if info["role"] == "master" {
				heir = n
				// Where it was when it was promoted.
				at[n], _ = strconv.ParseInt(info["second_repl_offset"], 10, 64)
				at[n]--
			} else if heir == nil {
				at[n], _ = strconv.ParseInt(info["slave_repl_offset"], 10, 64)
			}
		}
		return heir != nil, nil
	})
	if err != nil {
		return nil, false, err
	}
	w.note("%s has become the master at %d; they were at %v", heir.name, at[heir], places(at))
	for n := range at {
		if at[n] > at[heir] {
			w.missed++
			return heir, false, nil
		}
	}
	return heir, true, nil
}

func places(at map[*node]int64) map[string]int64 {
	all := map[string]int64{}
	for n, x := range at {
		all[n.name] = x
	}
	return all
}

// audit looks whether what was confirmed is there.
func (w *watched) audit(all []promised, heir *node) error {
	confirmed := 0
	for i := range all {
		confirmed += len(all[i].confirmed)
		if err := all[i].check(heir); err != nil {
			return err
		}
	}
	w.note("%d writes were confirmed, and are there", confirmed)
	w.wrote.Add(int64(confirmed))
	return nil
}

// recover brings the old master back and compares all nodes.
func (w *watched) recover(ctx context.Context, old, heir *node, cutOff bool) error {
	for _, n := range w.nodes {
		n.door.heal()
	}
	w.star(heir)
	if !cutOff {
		above := heir
		if w.w.IntN(3) == 0 { // the sentinels tell it, in some seconds
			above = nil
		}
		if err := old.start(above); err != nil {
			return err
		}
	}
	return w.settle(ctx)
}

// promised is what a client has been told about its writes.
type promised struct {
	key       string
	confirmed []int // what was pushed to the list
}

// collect pushes numbers to the list, and keeps those that so many replicas have confirmed.
func (p *promised) collect(ctx context.Context, n *node, replicas int) {
	c, err := n.dial()
	if err != nil {
		return
	}
	defer c.close()
	context.AfterFunc(ctx, c.close)
	for i := 0; ctx.Err() == nil; i++ {
		v, err := c.pipeline([][]string{{"RPUSH", p.key, strconv.Itoa(i)}, {"WAIT", strconv.Itoa(replicas), "50"}})
		if err != nil || v[0].IsErr() {
			return
		}
		if v[1].Kind == resp.Int && v[1].Text >= strconv.Itoa(replicas) {
			p.confirmed = append(p.confirmed, i)
		}
		pause(ctx, time.Duration(rand.IntN(1000))*time.Microsecond)
	}
}

// check looks for all of it.
func (p *promised) check(n *node) error {
	v, err := n.ask("LRANGE", p.key, "0", "-1")
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, e := range v.Elems {
		there[e.Text] = true
	}
	for _, i := range p.confirmed {
		if !there[strconv.Itoa(i)] {
			return fmt.Errorf("%s: %d was confirmed, and %s does not have it: it has %d of %d", p.key, i, n.name, len(there), len(p.confirmed))
		}
	}
	return nil
}
