package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// blockingConn is a connection whose reads block in the kernel instead of in the Go scheduler, whose poller would add
// its own wake-up to every latency. Whoever uses one should lock its goroutine to a thread.
type blockingConn struct {
	file *os.File
	fd   int
	in   []byte
	stop func() bool
}

// dialBlocking connects to a port on loopback; the end of ctx breaks the connection.
func dialBlocking(ctx context.Context, port int) (*blockingConn, error) {
	c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil, err
	}
	defer c.Close() // the file is a duplicate
	f, err := c.File()
	if err != nil {
		return nil, err
	}
	b := &blockingConn{file: f, fd: int(f.Fd()), in: make([]byte, 64<<10)}
	if err := syscall.SetNonblock(b.fd, false); err != nil {
		f.Close()
		return nil, err
	}
	b.stop = context.AfterFunc(ctx, func() { _ = syscall.Shutdown(b.fd, syscall.SHUT_RDWR) })
	return b, nil
}

func (b *blockingConn) close() {
	b.stop()
	b.file.Close()
}

// exchange sends a request and returns how long its reply took. Every reply is checked against the one expected.
func (b *blockingConn) exchange(request, reply []byte) (time.Duration, error) {
	start := time.Now()
	if err := b.send(request); err != nil {
		return 0, err
	}
	if err := b.expect(reply); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// send writes a request.
func (b *blockingConn) send(request []byte) error {
	n, err := ignoringEINTR(func() (int, error) { return syscall.Write(b.fd, request) })
	if err == nil && n < len(request) {
		err = io.ErrShortWrite
	}
	return err
}

// expect waits for a reply; any other one is an error.
func (b *blockingConn) expect(reply []byte) error {
	got := 0
	for got < len(reply) {
		n, err := ignoringEINTR(func() (int, error) { return syscall.Read(b.fd, b.in[got:]) })
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		got += n
		if b.in[0] != reply[0] {
			break // an error, most likely, and shorter than what was expected
		}
	}
	if !bytes.Equal(b.in[:got], reply) {
		return fmt.Errorf("expected reply %.40q, got %.80q", reply, b.in[:got])
	}
	return nil
}

// ignoringEINTR repeats a system call that a signal interrupted, as those of the Go scheduler do.
func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != syscall.EINTR {
			return n, err
		}
	}
}
