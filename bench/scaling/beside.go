package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// beside has a loop execute GET and SET one by one, and tells how long they took while another loop executed a command over and
// over: what of it is due to locks, and not to the network or to cores that are not there.
func beside(command string, idle int, length time.Duration) {
	dir, err := os.MkdirTemp("", "scaling")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	srv := start(2, &tests[1], "--unixsocket", socket, "--maxclients", "20000")
	defer srv.Stop()
	for range idle {
		defer dial(socket).Close()
	}
	var stop atomic.Bool
	asked := make(chan int)
	go func() {
		b, n := request(nil, strings.Fields(command)...), 0
		var reply []byte
		for ; !stop.Load(); n++ {
			reply = srv.Pipe(0).Exchange(reply[:0], b)
		}
		asked <- n
	}()
	took := make([]time.Duration, 0, 1<<22)
	r := rand.New(rand.NewPCG(1, 1))
	var b, reply []byte
	for begin := time.Now(); time.Since(begin) < length && len(took) < cap(took); {
		b = tests[len(took)%2].encode(b[:0], r.IntN(keys))
		at := time.Now()
		reply = srv.Pipe(1).Exchange(reply[:0], b)
		took = append(took, time.Since(at))
	}
	stop.Store(true)
	n := <-asked
	slices.Sort(took)
	at := func(share float64) time.Duration { return took[int(share*float64(len(took)-1))] }
	fmt.Fprintf(os.Stderr, "%-20s %8d times beside %8d GET and SET: median %v, 99 %% %v, 99.9 %% %v, 99.99 %% %v, worst %v\n",
		command, n, len(took), at(.5), at(.99), at(.999), at(.9999), at(1))
}

// dial connects, as soon as the server has accepted some of those before.
func dial(socket string) net.Conn {
	for try := 1; ; try++ {
		c, err := net.Dial("unix", socket)
		if err == nil {
			return c
		}
		if try == 10_000 {
			log.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}
