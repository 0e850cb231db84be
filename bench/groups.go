package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Redis-benchmark sends one command at a time, so it cannot measure a transaction. Tests with several commands in one
// request are driven from here in its manner: as many connections, each of which writes as many requests as the
// pipeline is deep, waits for all of their replies, and does so again. A request counts as one, not its commands.

// isGroup tells whether a test's command is several, separated by semicolons.
func (t test) isGroup() bool { return strings.Contains(t.command, ";") }

// commandsPerRequest is how many commands a server executes for one request.
func (t test) commandsPerRequest() int { return strings.Count(t.command, ";") + 1 }

// randomMark is replaced by twelve digits below the size of the key space, as redis-benchmark does.
const randomMark = "__rand_int__"

// groupRequest builds what one connection writes at a time, and finds the places for random digits in it, and for those of a sequence.
func (l load) groupRequest() (request []byte, random, sequence []int) {
	var one []byte
	for command := range strings.SplitSeq(l.test.command, ";") {
		args := words(command, l.size)
		if i := slices.Index(args, dumpMark); i >= 0 {
			args[i] = l.payload
		}
		one = appendCommand(one, args...)
	}
	request = bytes.Repeat(one, l.pipeline)
	return request, placesOf(request, randomMark), placesOf(request, sequenceMark)
}

// placesOf returns where a mark stands.
func placesOf(request []byte, mark string) (places []int) {
	for at := 0; ; at += len(mark) {
		next := bytes.Index(request[at:], []byte(mark))
		if next < 0 {
			return places
		}
		at += next
		places = append(places, at)
	}
}

// runGroups puts the load on a server.
func (l load) runGroups(ctx context.Context, s *server) (outcome, error) {
	if l.test.dump != "" {
		var err error
		if l.payload, err = s.do(ctx, "DUMP", l.test.dump); err != nil {
			return outcome{}, err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("the load took more than two minutes"))
	defer cancel()
	conns := make([]*conn, l.clients)
	for i := range conns {
		c, err := dial(ctx, s.port, nil)
		if err != nil {
			return outcome{}, s.explain(err)
		}
		defer c.Close()
		c.r = bufio.NewReaderSize(c, 16<<10)
		conns[i] = c
	}
	trips := l.requests / l.pipeline // shared out evenly; what is left over, by the first ones
	took := make([][]time.Duration, l.clients)
	errs := make([]error, l.clients)
	var wg sync.WaitGroup
	start, before := time.Now(), ownCPU()
	for i, c := range conns {
		n := trips / l.clients
		if i < trips%l.clients {
			n++
		}
		wg.Go(func() {
			if took[i], errs[i] = l.driveGroups(c, n, i); errs[i] != nil {
				cancel() // ends the others
			}
		})
	}
	wg.Wait()
	elapsed, cpu := time.Since(start), ownCPU()-before
	if err := errors.Join(errs...); err != nil {
		return outcome{}, s.explain(err)
	}
	var all []time.Duration
	for _, ds := range took {
		all = append(all, ds...)
	}
	lat := latenciesOf(all) // sorts them
	return outcome{rps: float64(trips*l.pipeline) / elapsed.Seconds(), busy: float64(cpu) / float64(elapsed),
		p50: lat.P50, p95: micros(all[(len(all)*95+99)/100-1]), p99: lat.P99, max: lat.Max}, nil
}

// driveGroups is the part of the connection numbered which: n round trips, whose durations it returns. Its random numbers are the same on
// every server and in every round, and its sequence begins where that of the connection before it ends, if all of the key space is used.
func (l load) driveGroups(c *conn, n, which int) ([]time.Duration, error) {
	request, places, sequence := l.groupRequest()
	next := l.keys / l.clients * which
	rng := rand.New(rand.NewPCG(uint64(which), 0)) // which keys are asked for is no secret
	took := make([]time.Duration, 0, n)
	replies := l.pipeline * l.test.commandsPerRequest()
	for range n {
		for _, at := range places {
			appendDigits(request[:at], rng.IntN(l.keys))
		}
		for _, at := range sequence {
			appendDigits(request[:at], next%l.keys)
			next++
		}
		start := time.Now()
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
		for range replies {
			if err := skipReply(c.r); err != nil {
				return nil, err
			}
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// skipReply reads one reply and keeps nothing of it; an error reply, alone or within an array, is an error. So is a
// null array: it is what EXEC answers when it did nothing.
func skipReply(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return errProtocol
	}
	switch line[0] {
	case '+', ':':
		return nil
	case '-':
		return replyError(line[1 : len(line)-2])
	}
	n, sign := 0, 1
	for _, ch := range line[1 : len(line)-2] {
		switch {
		case ch == '-':
			sign = -1
		case ch < '0' || ch > '9':
			return errProtocol
		default:
			n = n*10 + int(ch-'0')
		}
	}
	switch {
	case line[0] == '$' && sign < 0:
		return nil
	case line[0] == '$':
		_, err = r.Discard(n + 2)
		return err
	case line[0] != '*' || sign < 0:
		return errProtocol
	}
	for range n {
		if err := skipReply(r); err != nil {
			return err
		}
	}
	return nil
}

// ownCPU is the processor time that this program has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
