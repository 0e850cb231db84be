//go:build unix

package host

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// daemonMark tells a process that it is the daemon already, and has a pipe on
// descriptor 3 to say so when it serves.
const (
	daemonMark    = "_FERROUS_IS_DAEMON=1"
	daemonIsReady = "ready"
)

// daemonize starts the program once more without a terminal, in a session of
// its own: a program with threads, as every Go program is, cannot fork itself.
// The new process reads its configuration anew, input being what came from
// standard input. The error is why it did not get as far as to serve; what it
// has to say until then goes to stderr.
func daemonize(args, environ []string, input *bytes.Buffer, stderr io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	news, told, err := os.Pipe()
	if err != nil {
		return err
	}
	defer news.Close()
	complaints, said, err := os.Pipe()
	if err != nil {
		told.Close()
		return err
	}
	defer complaints.Close()
	cmd := exec.Command(self, args...)
	cmd.Env = append(environ[:len(environ):len(environ)], daemonMark)
	cmd.Stdin, cmd.Stderr, cmd.ExtraFiles = input, said, []*os.File{told}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	told.Close()
	said.Close()
	if err != nil {
		return err
	}
	heard, _ := io.ReadAll(news) // until it is ready, or gone
	if string(heard) == daemonIsReady {
		return cmd.Process.Release()
	}
	_, _ = io.Copy(stderr, complaints)
	return errors.Join(errors.New("the daemon did not start"), cmd.Wait())
}

// daemonReady returns the pipe on which a daemon reports that it serves, and
// whether this process is a daemon.
func daemonReady(environ []string) (*os.File, bool) {
	for _, v := range environ {
		if strings.EqualFold(v, daemonMark) {
			syscall.CloseOnExec(3)
			return os.NewFile(3, "ready"), true
		}
	}
	return nil, false
}

func stopSelf() error { return syscall.Kill(os.Getpid(), syscall.SIGSTOP) }
