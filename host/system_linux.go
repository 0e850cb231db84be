package host

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const multiplexing = "epoll"

// residentBytes is the resident set of the process.
func residentBytes() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(data)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

func totalMemory() int64 {
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) != nil {
		return 0
	}
	return int64(si.Totalram) * int64(si.Unit)
}

func systemName() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "Linux"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
}

// cpuSeconds is the CPU time that the process has used.
func cpuSeconds() (user, system float64) {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0, 0
	}
	return float64(ru.Utime.Nano()) / 1e9, float64(ru.Stime.Nano()) / 1e9
}

// raiseFileLimit makes room for want open files and returns how many there is
// room for.
func raiseFileLimit(want uint64) (uint64, error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return 0, fmt.Errorf("limit of open files: %w", err)
	}
	if lim.Cur >= want {
		return lim.Cur, nil
	}
	next := unix.Rlimit{Cur: want, Max: max(lim.Max, want)}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &next) == nil {
		return want, nil
	}
	next = unix.Rlimit{Cur: min(want, lim.Max), Max: lim.Max}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &next) == nil {
		return next.Cur, nil
	}
	return lim.Cur, nil
}

// forgetStart lets go of the pages of the program that only its start has needed: the
// system maps them in clusters, and keeps what it has read of the file for who asks again.
func forgetStart() {
	self, err := os.Readlink("/proc/self/exe")
	maps, other := os.ReadFile("/proc/self/maps")
	if err != nil || other != nil {
		return
	}
	for line := range bytes.Lines(maps) {
		ends, mode, _ := strings.Cut(string(bytes.TrimSpace(line)), " ")
		if !strings.HasSuffix(mode, " "+self) || mode[1] == 'w' { // what has been written to is in no file
			continue
		}
		first, behind, _ := strings.Cut(ends, "-")
		from, err1 := strconv.ParseUint(first, 16, 64)
		to, err2 := strconv.ParseUint(behind, 16, 64)
		if err1 == nil && err2 == nil {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(from), uintptr(to-from), unix.MADV_DONTNEED)
		}
	}
}
