package main

import (
	"fmt"
	"os"
	"time"
)

// crash kills a server that syncs before it acknowledges, in the middle of a history,
// once or twice, and goes on with it after the restart: what was acknowledged is there,
// what was not is there or not, a transaction as a whole.
func crash(r *round) error {
	dir, err := os.MkdirTemp(r.dir, "crash-")
	if err != nil {
		return err
	}
	args := []string{"--appendonly", "yes", "--appendfsync", "always"}
	outer := r.srv
	defer func() { r.srv = outer }()
	if r.srv, err = outer.sibling(dir, args...); err != nil {
		return err
	}
	defer func() { r.srv.kill() }()
	rng, m, h := r.source(-1), mixes["crash"], newHistory(r)
	for range 1 + rng.IntN(2) {
		r.dead.Store(false)
		worked := make(chan error, 1)
		go func() { worked <- h.run(m) }()
		rewriting := make(chan struct{})
		go func() {
			defer close(rewriting)
			_ = r.disturb(quiet, nil) // that it does not end well is what is wanted
		}()
		time.Sleep(time.Duration(rng.IntN(60_000)) * time.Microsecond)
		r.dead.Store(true)
		r.srv.kill()
		err = <-worked
		<-rewriting
		if err != nil {
			return err
		}
		if err = r.srv.complaint(); err != nil {
			return err
		}
		if r.srv, err = outer.sibling(dir, args...); err != nil {
			return fmt.Errorf("it does not start again: %w", err)
		}
	}
	if err := h.look(m); err != nil {
		return err
	}
	if err := h.judge(); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
