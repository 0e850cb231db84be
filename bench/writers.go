package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// writers are clients that overwrite random keys, each of them one key at a time and without a pause, until finish.
// One thread drives them all by poll(2), as redis-benchmark does: it takes as little as it can of the processors that
// it shares with the server.
type writers struct {
	enough atomic.Bool
	done   chan struct{} // closed when the goroutine has ended, after which felt and err hold
	felt   timeline
	err    error
}

// startWriters connects n clients and sets them to work on the data set of strings. finish must be called, once; the
// end of ctx breaks the connections.
func startWriters(ctx context.Context, s *server, n, keys int) (*writers, error) {
	conns := make([]*blockingConn, 0, n)
	for range n {
		c, err := dialBlocking(ctx, s.port)
		if err != nil {
			for _, c := range conns {
				c.close()
			}
			return nil, s.explain(err)
		}
		conns = append(conns, c)
	}
	w := &writers{done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for _, c := range conns {
			defer c.close()
		}
		w.err = s.explain(w.run(conns, keys))
	}()
	return w, nil
}

// finish ends the writing, after which felt holds everything met.
func (w *writers) finish() error {
	w.enough.Store(true)
	<-w.done
	return w.err
}

func (w *writers) run(conns []*blockingConn, keys int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	set := newTemplate(datasets[0].command...)
	rng := rand.New(rand.NewPCG(3, 4))
	sent := make([]time.Time, len(conns))
	polled := make([]unix.PollFd, len(conns))
	var request []byte
	send := func(i int) error {
		request = set.append(request[:0], rng.IntN(keys), rng.Uint64())
		sent[i] = time.Now()
		return conns[i].send(request)
	}
	for i, c := range conns {
		polled[i] = unix.PollFd{Fd: int32(c.fd), Events: unix.POLLIN}
		if err := send(i); err != nil {
			return err
		}
	}
	for !w.enough.Load() {
		if _, err := ignoringEINTR(func() (int, error) { return unix.Poll(polled, 100) }); err != nil {
			return err
		}
		for i := range polled {
			if polled[i].Revents == 0 {
				continue
			}
			if err := conns[i].expect([]byte("+OK\r\n")); err != nil {
				return err
			}
			now := time.Now()
			w.felt.add(now, now.Sub(sent[i]))
			if err := send(i); err != nil {
				return fmt.Errorf("writing client %d: %w", i, err)
			}
		}
	}
	return nil
}
