package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// event is something that happens to the fleet while clients write.
type event struct {
	name   string
	weight int
	do     func(f *fleet) error
}

// eventsOf returns all events. None leaves anything behind but the roles: doors are healed at
// the end of the round.
func events() []event {
	return []event{
		{"cut", 4, (*fleet).cut},
		{"trap", 8, (*fleet).trap},
		{"weather", 6, (*fleet).storm},
		{"kill clients", 4, (*fleet).killClients},
		{"freeze", 2, (*fleet).freeze},
		{"crash", 6, (*fleet).crash},
		{"shutdown", 2, (*fleet).shutdown},
		{"move", 6, (*fleet).move},
		{"switch", 6, (*fleet).exchange},
		{"failover", 4, (*fleet).failOver},
		{"circle", 1, (*fleet).circle},
		{"configure", 3, (*fleet).configure},
		{"save", 3, (*fleet).save},
	}
}

// happen draws some events and lets them happen.
func (f *fleet) happen() error {
	total := 0
	for _, e := range events() {
		total += e.weight
	}
	for range 1 + f.w.IntN(4) {
		f.rest(300)
		at := f.w.IntN(total)
		for _, e := range events() {
			if at -= e.weight; at < 0 {
				if err := e.do(f); err != nil {
					return fmt.Errorf("%s: %w", e.name, err)
				}
				break
			}
		}
	}
	f.rest(500)
	return nil
}

// rest lets the writers write for a while.
func (f *fleet) rest(most int) {
	pause(context.Background(), time.Duration(20+f.w.IntN(most))*time.Millisecond)
}

// cut ends all connections to a node.
func (f *fleet) cut() error {
	n := f.some()
	f.note("the connections to %s are cut", n.name)
	n.door.cut()
	return nil
}

// trap cuts the connections to a node in the midst, the present ones and the next few.
func (f *fleet) trap() error {
	n := f.some()
	traps := make([]trap, 1+f.w.IntN(5))
	for i := range traps {
		traps[i] = trap{f.w.IntN(2), int64(f.w.IntN(1 << (1 + f.w.IntN(20))))}
		if traps[i].direction == in {
			traps[i].after = int64(f.w.IntN(500)) // replicas say little
		}
	}
	f.note("traps at %s: %v", n.name, traps)
	n.door.lay(traps...)
	if f.w.IntN(2) == 0 {
		n.door.cut()
	}
	return nil
}

// storm makes the weather before a node bad for a while.
func (f *fleet) storm() error {
	n, direction := f.some(), f.w.IntN(2)
	bad := []weather{
		{still: true},
		{piece: 700, delay: time.Millisecond},
		{delay: time.Duration(f.w.IntN(30)) * time.Millisecond},
		{piece: 1, delay: 20 * time.Microsecond},
	}[f.w.IntN(4)]
	f.note("weather at %s, direction %d: %+v", n.name, direction, bad)
	n.door.turn(direction, bad)
	f.rest(1000)
	if f.w.IntN(2) == 0 {
		n.door.turn(direction, weather{})
	}
	return nil
}

// killClients ends a kind of connections of a node, on its side.
func (f *fleet) killClients() error {
	n, kind := f.some(), f.w.one("master", "replica", "normal", "pubsub")
	f.note("%s kills its clients of type %s", n.name, kind)
	_, err := n.ask("CLIENT", "KILL", "TYPE", kind)
	return err
}

// freeze stops a process for a while.
func (f *fleet) freeze() error {
	n := f.some()
	f.note("%s stands still", n.name)
	n.signal(syscall.SIGSTOP)
	f.rest(500)
	n.signal(syscall.SIGCONT)
	return nil
}

// crash kills a node and starts it again. If it is the master, another one may become it meanwhile.
func (f *fleet) crash() error {
	n := f.some()
	f.note("%s is killed", n.name)
	n.kill()
	f.rest(300)
	if n == f.master.Load() && f.w.IntN(2) == 0 {
		heir := f.other()
		f.note("%s takes over", heir.name)
		f.plant(heir)
		for _, x := range f.nodes {
			if x != n {
				if err := f.attach(x); err != nil {
					return err
				}
			}
		}
	}
	return f.revive(n)
}

// revive starts a node that has ended.
func (f *fleet) revive(n *node) error {
	above := f.above[n]
	if above != nil && f.w.IntN(2) == 0 {
		return n.start(above)
	}
	if err := n.start(nil); err != nil {
		return err
	}
	return f.attach(n)
}

// shutdown ends a node as one should and starts it again.
func (f *fleet) shutdown() error {
	n, how := f.some(), f.w.one("SAVE", "NOSAVE")
	f.note("%s ends, %s", n.name, how)
	for range looks { // what is under way may forbid it
		_, _ = n.do("SHUTDOWN", how, "NOW")
		select {
		case <-n.ended:
			return f.revive(n)
		case <-time.After(between):
		}
	}
	return fmt.Errorf("%s does not end:\n%s", n.name, n.tail())
}

// move gives all replicas other places, or one of them.
func (f *fleet) move() error {
	if f.w.IntN(2) == 0 {
		f.plant(f.master.Load())
		f.note("a new tree: %s", f.tree())
		return f.attach(f.nodes...)
	}
	n := f.other()
	above := f.some()
	for x := above; x != nil; x = f.above[x] {
		if x == n {
			return nil // it would be its own
		}
	}
	f.above[n] = above
	f.note("%s goes to %s", n.name, above.name)
	return f.attach(n)
}

func (f *fleet) tree() string {
	var all []string
	for _, n := range f.nodes {
		if above := f.above[n]; above != nil {
			all = append(all, n.name+" of "+above.name)
		}
	}
	return strings.Join(all, ", ")
}

// exchange makes another node the master, as people do it: without asking, and what the old one
// is writing is lost.
func (f *fleet) exchange() error {
	old, heir := f.master.Load(), f.other()
	f.plant(heir)
	f.note("%s becomes the master; %s", heir.name, f.tree())
	order := []*node{heir, old}
	if f.w.IntN(3) == 0 {
		order = []*node{old, heir}
	}
	if err := f.attach(order...); err != nil {
		return err
	}
	return f.attach(f.nodes...)
}

// failOver asks the master to hand over to one of its replicas, which may come to nothing.
func (f *fleet) failOver() error {
	old := f.master.Load()
	words := []string{"FAILOVER"}
	var heir *node
	for _, n := range f.nodes {
		if f.above[n] == old {
			heir = n
		}
	}
	if heir != nil && f.w.IntN(3) > 0 {
		words = append(words, "TO", "127.0.0.1", strconv.Itoa(heir.door.port))
		if f.w.IntN(3) == 0 {
			words = append(words, "FORCE")
		}
	}
	words = append(words, "TIMEOUT", strconv.Itoa(10+f.w.IntN(1500)))
	v, err := old.ask(words...)
	f.note("%s: %s: %s", old.name, strings.Join(words, " "), v)
	if err != nil || v.IsErr() {
		return err
	}
	if f.w.IntN(6) == 0 {
		if _, err := old.ask("FAILOVER", "ABORT"); err != nil {
			return err
		}
	}
	for _, n := range f.nodes { // or it may have no end
		n.door.heal()
	}
	return f.learn(old)
}

// learn finds out how a failover has ended.
func (f *fleet) learn(old *node) error {
	for range looks {
		info, err := old.info()
		switch {
		case err != nil:
			return err
		case info["master_failover_state"] != "no-failover":
			time.Sleep(between)
			continue
		case info["role"] == "master": // the other one may be, too, if its reply was lost
			return f.attach(f.nodes...)
		}
		for _, n := range f.nodes {
			if strconv.Itoa(n.door.port) == info["master_port"] {
				delete(f.above, n)
				f.above[old] = n
				f.master.Store(n)
				f.note("%s has taken over", n.name)
				return nil
			}
		}
		return errors.New("nobody is at port " + info["master_port"])
	}
	return errors.New("the failover has no end:\n" + old.tail())
}

// circle makes the master a replica of a replica, until one of them is made the master.
func (f *fleet) circle() error {
	old, n := f.master.Load(), f.other()
	f.note("%s follows %s: there is no master", old.name, n.name)
	if err := old.follow(n); err != nil {
		return err
	}
	f.rest(300)
	f.plant(f.some())
	f.note("%s becomes the master; %s", f.master.Load().name, f.tree())
	if err := f.attach(f.master.Load()); err != nil {
		return err
	}
	return f.attach(f.nodes...)
}

// configure changes how a node replicates.
func (f *fleet) configure() error {
	n := f.some()
	options := [][]string{
		{"repl-backlog-size", f.w.one("16kb", "64kb", "1mb", "20mb")},
		{"repl-diskless-load", f.w.one("disabled", "swapdb")},
		{"repl-diskless-sync", f.w.one("yes", "no")},
		{"replica-serve-stale-data", f.w.one("yes", "no")},
		{"appendonly", f.w.one("yes", "no")},
	}
	if f.logged {
		options = options[:len(options)-1]
	}
	words := options[f.w.IntN(len(options))]
	f.note("%s: %s", n.name, strings.Join(words, " "))
	_, err := n.ask(append([]string{"CONFIG", "SET"}, words...)...)
	return err
}

// save writes a node's files.
func (f *fleet) save() error {
	n, command := f.some(), f.w.one("BGSAVE", "SAVE", "BGREWRITEAOF")
	if f.logged && command == "BGREWRITEAOF" {
		return nil
	}
	f.note("%s: %s", n.name, command)
	_, err := n.ask(command)
	return err
}
