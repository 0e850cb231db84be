package dump

import (
	"runtime"
	"syscall"
)

// yieldBy is how much nicer a thread is that works in the background.
const yieldBy = 5

// stepBack makes the goroutine one that others go before: the system's scheduler
// knows only threads, so it gets one of its own, which ends with it.
func stepBack() {
	runtime.LockOSThread()
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // the kernel says 20 less the nice value
	if err == nil {
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 20-raw+yieldBy)
	}
}
