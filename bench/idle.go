package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// idleResult is what connections that do nothing cost one server, in bytes of resident memory. The kernel's own memory
// for the sockets is the same for every server and not in here.
type idleResult struct {
	Connections   int     `json:"connections"`
	Empty         int64   `json:"rss_empty"`
	Connected     int64   `json:"rss_connected"`
	PerConnection float64 `json:"bytes_per_connection"`
	// AtFirst is the peak before the connections had rested: what servers take for every newcomer and give back later.
	AtFirst float64 `json:"bytes_per_connection_at_first"`
	// AfterTraffic is measured when every connection has once sent and received idleValueSize bytes and rests again: do
	// buffers that traffic grew go back?
	AfterTraffic float64 `json:"bytes_per_connection_after_traffic"`
}

const idleValueSize = 16 << 10

// idle is the section about the memory of idle connections. The servers are measured one after the other, each in a
// fresh process.
func (b *bench) idle(ctx context.Context) error {
	if err := raiseFileLimit(uint64(b.opts.conns) + 200); err != nil {
		return err
	}
	b.report.Idle = map[string]*idleResult{}
	for _, spec := range b.opts.servers {
		r, err := b.idleOn(ctx, spec)
		if err != nil {
			return err
		}
		b.report.Idle[spec.Name] = r
	}
	sh := newSheet(b.opts)
	idle := func(get func(*idleResult) float64) func(string) float64 {
		return func(name string) float64 { return get(b.report.Idle[name]) }
	}
	sh.row("RSS empty, MB", "%.1f", idle(func(r *idleResult) float64 { return megabytes(r.Empty) }))
	sh.row("RSS connected, MB", "%.1f", idle(func(r *idleResult) float64 { return megabytes(r.Connected) }))
	sh.row("bytes/connection", "%.0f", idle(func(r *idleResult) float64 { return r.PerConnection }))
	sh.row("  at first", "%.0f", idle(func(r *idleResult) float64 { return r.AtFirst }))
	sh.row(fmt.Sprintf("  after %d kB each way", idleValueSize>>10), "%.0f",
		idle(func(r *idleResult) float64 { return r.AfterTraffic }))
	return sh.print(os.Stdout)
}

func (b *bench) idleOn(ctx context.Context, spec serverSpec) (*idleResult, error) {
	s, err := b.launcher.start(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	// Redis admits 10 000 clients unless told otherwise. A server that has no such limit may refuse the question; one
	// that has it and refuses will refuse the connections too, and that is reported.
	_, configErr := s.do(ctx, "CONFIG", "SET", "maxclients", strconv.Itoa(b.opts.conns+100))
	if b.opts.conns > connsPerAddress { // Redis takes only 127.0.0.1 for itself; all of 127/8 is this machine
		_, _ = s.do(ctx, "CONFIG", "SET", "protected-mode", "no")
	}
	empty, err := readMemory(s.pid)
	if err != nil {
		return nil, s.explain(err)
	}

	conns := make([]*conn, 0, b.opts.conns)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for i := range b.opts.conns {
		c, err := dial(ctx, s.port, sourceAddress(i))
		if err != nil {
			return nil, s.explain(fmt.Errorf("connection %d: %w", i+1, err))
		}
		conns = append(conns, c)
		if _, err := c.do("PING"); err != nil { // proves that it was accepted
			return nil, s.explain(fmt.Errorf("connection %d: %w (CONFIG SET maxclients: %v)", i+1, err, configErr))
		}
	}
	connected, err := settledMemory(ctx, s)
	if err != nil {
		return nil, err
	}
	value := strings.Repeat("x", idleValueSize)
	for _, c := range conns {
		if echo, err := c.do("ECHO", value); err != nil || echo != value {
			return nil, s.explain(fmt.Errorf("ECHO: %d bytes, error %v", len(echo), err))
		}
	}
	after, err := settledMemory(ctx, s)
	if err != nil {
		return nil, err
	}
	n := float64(len(conns))
	return &idleResult{Connections: len(conns), Empty: empty.RSS, Connected: connected.RSS,
		PerConnection: float64(connected.RSS-empty.RSS) / n, AtFirst: float64(connected.Peak-empty.RSS) / n,
		AfterTraffic: float64(after.RSS-empty.RSS) / n}, nil
}

// connsPerAddress is how many connections come from one address, which has only some 28 000 ports to call a certain
// server from.
const connsPerAddress = 20_000

// sourceAddress spreads connections over the addresses of loopback: 127.0.0.1, 127.0.0.2...
func sourceAddress(i int) net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i/connsPerAddress))}
}
