package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// pin divides the processors: this program and the load generators it starts go to the second half, and the result is
// the first half, in the form in which taskset(1) wants it, for the servers. Without it the scheduler decides anew in
// every run whether a client and a server share a core, which is what real life is like and what makes the latency of a
// single client jump.
func pin() (servers string, err error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return "", err
	}
	var cpus []string
	rest := allowed
	for cpu := 0; len(cpus) < allowed.Count()/2; cpu++ {
		if allowed.IsSet(cpu) {
			cpus = append(cpus, strconv.Itoa(cpu))
			rest.Clear(cpu)
		}
	}
	if len(cpus) == 0 {
		return "", fmt.Errorf("-pin needs two processors, there is %d", allowed.Count())
	}
	// The threads that exist; those that come inherit from them.
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return "", err
	}
	for _, t := range threads {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			return "", err
		}
		if err := unix.SchedSetaffinity(tid, &rest); err != nil && err != unix.ESRCH {
			return "", err
		}
	}
	return strings.Join(cpus, ","), nil
}

// hurry asks for the calling thread, which must be locked, to get a processor as soon as it wakes. A client that has
// its reply and waits for a processor, as it may for a whole tick of the scheduler while other clients and the server
// use them all, would take that time for the server's. The kernel lets threads with shorter slices go first, which
// costs others nothing but those slices (sched(7), from Linux 6.12 on; older ones take no notice). The function it
// returns undoes it, for the thread will serve other goroutines.
func hurry() (undo func()) {
	const self, short = 0, 100_000 // ns, the shortest there is
	attr, err := unix.SchedGetAttr(self, 0)
	if err != nil {
		return func() {} // the probe is as it would have been
	}
	attr.Runtime = short
	if unix.SchedSetAttr(self, attr, 0) != nil {
		return func() {}
	}
	return func() {
		attr.Runtime = 0 // the system's own
		_ = unix.SchedSetAttr(self, attr, 0)
	}
}
