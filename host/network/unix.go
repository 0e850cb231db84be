//go:build unix

package network

import (
	"net"
	"os"
	"syscall"
)

// listenUnix opens a unix socket. Its file is made with the permissions perm less the
// umask; 0 leaves them to the umask alone. before runs when the file is there and
// nobody can connect to it yet: net.Listen, which binds and listens in one, leaves no
// room for that, and who connects in between has got in. An error removes the file.
func listenUnix(path string, backlog int, perm os.FileMode, before func() error) (_ net.Listener, err error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), path)
	defer f.Close() // the listener has a descriptor of its own
	if perm != 0 {
		// Where a socket has a mode before it has a name, its file is made with that. Elsewhere
		// that fails, and before sets it in time, too.
		_ = syscall.Fchmod(fd, uint32(perm.Perm()))
	}
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		return nil, os.NewSyscallError("bind "+path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if err := before(); err != nil {
		return nil, err
	}
	if err := syscall.Listen(fd, backlog); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(true)
	return l, nil
}
