package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// reapedCPU returns the processor time of the processes that a process has forked and that have ended, such as those in
// which Redis saves. The kernel tells it in ticks of 10 ms.
func reapedCPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is a name in parentheses that may hold anything. What follows begins with the third field;
	// cutime and cstime are the 16th and 17th (proc(5)).
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 15 {
		return 0, fmt.Errorf("%q is not a line of /proc/PID/stat", text)
	}
	var ticks int64
	for _, field := range fields[13:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil
}

// forgetPeak has the kernel begin anew with the peak of a process's resident memory.
func forgetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// footprint returns the memory of a process and of the children that it has forked, counted once where they share it:
// the resident memory of the process, and of the children those pages that nobody else maps any more. A page that the
// parent writes to after a fork is copied; the copy is the parent's in place of the original, and the original becomes
// the child's alone. The parent's page tables are not walked (its resident memory is a counter), since that would stop
// the very writes that are being measured. peak is the highest resident memory of the process alone.
func footprint(pid int) (now, peak int64, err error) {
	status, err := kilobyteFields(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	now = status["VmRSS"]
	for _, child := range children(pid) {
		// It may have ended meanwhile, or just now: it has no memory then.
		if fields, err := kilobyteFields(fmt.Sprintf("/proc/%d/smaps_rollup", child)); err == nil {
			now += fields["Private_Clean"] + fields["Private_Dirty"]
		}
	}
	return now, status["VmHWM"], nil
}

// children returns the processes that a process has forked and that it has not waited for.
func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var pids []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread that has ended has none
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// inMemory tells whether a directory lies in memory, where nothing waits for a disk.
func inMemory(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && (fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC)
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
