package main

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// processCPU returns the processor time that a process has used so far, user and system together, all of its threads
// including those that have ended.
//
// Of the ways to ask Linux this is the exact one. The fields of /proc/PID/stat count ticks of 10 ms, and
// /proc/PID/task/*/schedstat counts nanoseconds but forgets the threads that have exited. The scheduler's own clock of
// a process counts nanoseconds up to the present instant; clock_getcpuclockid(3) merely builds its number: the
// complement of the pid above three bits, of which 2 selects the scheduler's clock of the whole process.
func processCPU(pid int) (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// readMemory reads a process's memory. RSS is summed from the page tables (smaps_rollup): the cheap counter in
// /proc/PID/status is allowed to lag behind by some pages per core, too coarse for bytes per connection.
func readMemory(pid int) (processMemory, error) {
	rollup, err := kilobyteFields(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return processMemory{}, err
	}
	status, err := kilobyteFields(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return processMemory{}, err
	}
	m := processMemory{RSS: rollup["Rss"], Peak: status["VmHWM"], Huge: rollup["AnonHugePages"]}
	if m.RSS == 0 {
		return m, fmt.Errorf("process %d has no memory: has it ended?", pid)
	}
	return m, nil
}

// childAttributes puts a server into its own process group, so that Ctrl-C reaches only this program, which then stops
// it in order; and has the kernel kill it should this program die without having done so.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// raiseFileLimit lets this process, and the servers it starts from now on, open n files.
func raiseFileLimit(n uint64) error {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return err
	}
	lim.Cur = max(lim.Cur, n)
	lim.Max = max(lim.Max, n) // above the present maximum only root may go
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("raising the limit of open files to %d: %w (try ulimit -n, or fewer -conns)", n, err)
	}
	return nil
}
