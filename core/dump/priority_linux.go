package dump

import (
	"runtime"
	"syscall"
)

// yieldTo is the nice value of a thread that works in the background.
const yieldTo = 5

// stepBack makes the goroutine one that others go before: the system's scheduler
// knows only threads, so it gets one of its own, which ends with it.
func stepBack() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), yieldTo)
}
