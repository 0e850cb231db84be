//go:build unix

package host

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// daemonMark tells a process that it is the daemon already.
const daemonMark = "_FERROUS_IS_DAEMON=1"

// daemonize starts the program once more without a terminal, in a session of
// its own, and reports whether this process is the one to go: a program with
// threads, as every Go program is, cannot fork itself. The new process reads
// its configuration anew.
func daemonize(args, environ []string, stdinUsed bool) (leave bool, err error) {
	for _, v := range environ {
		if v == daemonMark {
			return false, nil
		}
	}
	if stdinUsed {
		return false, errors.New("daemonize: the configuration came from standard input, which a daemon does not have")
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(environ[:len(environ):len(environ)], daemonMark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	return true, cmd.Process.Release()
}
