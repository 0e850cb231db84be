package main

import (
	"context"
	"runtime"
	"time"
)

// probe is a client that sends one small SET at a time, about every half millisecond, while something else keeps the
// server busy: it feels every stall as any other client would. Latency counts from the actual sending, so a client that
// was itself late to wake is not held against the server; a stall is underestimated by half a millisecond at most.
type probe struct {
	enough chan struct{} // closed by finish
	done   chan struct{} // closed when the goroutine has ended, after which felt and err hold
	felt   timeline
	err    error
}

// startProbe begins to probe; finish must be called, once. The end of ctx breaks even an exchange that hangs.
func startProbe(ctx context.Context, s *server) *probe {
	p := &probe{enough: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = p.run(ctx, s)
	}()
	return p
}

// finish ends the probing and returns what it met.
func (p *probe) finish() (latencies, error) {
	close(p.enough)
	<-p.done
	return latenciesOf(p.felt.durations()), p.err
}

func (p *probe) run(ctx context.Context, s *server) error {
	c, err := dialBlocking(ctx, s.port)
	if err != nil {
		return s.explain(err)
	}
	defer c.close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer hurry()()
	template := appendCommand(nil, "SET", "probe:"+sequenceMark, "probe")
	reply := []byte("+OK\r\n")
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	var request []byte
	for i := 0; ; i++ {
		select {
		case <-p.enough:
			return nil
		case <-tick.C:
		}
		request = appendSequenced(request[:0], template, i%1000)
		took, err := c.exchange(request, reply)
		if err != nil {
			return s.explain(err)
		}
		p.felt.add(time.Now(), took)
	}
}
