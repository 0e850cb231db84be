package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// conn is a client of a server under test, just large enough for preparing data and asking questions. It is not safe
// for concurrent use, except that one goroutine may write to Conn while another reads replies.
type conn struct {
	net.Conn
	r    *bufio.Reader
	stop func() bool
}

// dial connects to a port on loopback. The connection breaks when ctx ends, which is what interrupts a read or write
// that is under way. local, if not nil, is the source address.
func dial(ctx context.Context, port int, local net.Addr) (*conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: local}
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReaderSize(c, 4096), stop: context.AfterFunc(ctx, func() { c.Close() })}, nil
}

func (c *conn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// do sends one command and returns its reply as text: the payload of a string, the digits of an integer, and nothing
// for arrays, whose elements are read and dropped. An error reply is an error.
func (c *conn) do(args ...string) (string, error) {
	if _, err := c.Write(appendCommand(nil, args...)); err != nil {
		return "", err
	}
	reply, err := readReply(c.r)
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(args[:min(2, len(args))], " "), err)
	}
	return reply, nil
}

// appendCommand appends the wire form of one command.
func appendCommand(buf []byte, args ...string) []byte {
	buf = append(buf, '*')
	buf = strconv.AppendInt(buf, int64(len(args)), 10)
	for _, a := range args {
		buf = append(buf, "\r\n$"...)
		buf = strconv.AppendInt(buf, int64(len(a)), 10)
		buf = append(buf, '\r', '\n')
		buf = append(buf, a...)
	}
	return append(buf, '\r', '\n')
}

// replyError is an error that the server answered, without the leading dash.
type replyError string

func (e replyError) Error() string { return string(e) }

var errProtocol = errors.New("not a RESP2 reply")

// readReply reads one RESP2 reply; see do for what it returns.
func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return "", errProtocol
	}
	kind, rest := line[0], string(line[1:len(line)-2])
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", replyError(rest)
	case '$', '*':
		n, err := strconv.Atoi(rest)
		if err != nil || n < -1 {
			return "", errProtocol
		}
		if kind == '$' {
			return readBulk(r, n)
		}
		return "", readElements(r, n)
	}
	return "", errProtocol
}

func readBulk(r *bufio.Reader, n int) (string, error) {
	if n < 0 {
		return "", nil
	}
	b := make([]byte, n+2)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	if b[n] != '\r' || b[n+1] != '\n' {
		return "", errProtocol
	}
	return string(b[:n]), nil
}

func readElements(r *bufio.Reader, n int) error {
	for range n {
		if _, err := readReply(r); err != nil {
			return err
		}
	}
	return nil
}

// parseInfo turns the text of INFO into its fields.
func parseInfo(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && name != "" && name[0] != '#' {
			fields[name] = value
		}
	}
	return fields
}
