package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// patience bounds every wait: the machine may be busy with something else.
const patience = 30 * time.Second

// client is a connection to a server's Unix socket. Not safe for concurrent use.
type client struct {
	nc net.Conn
	r  *bufio.Reader
}

func dial(addr string) (*client, error) {
	nc, err := net.DialTimeout("unix", addr, patience)
	if err != nil {
		return nil, err
	}
	return &client{nc, bufio.NewReaderSize(nc, 64<<10)}, nil
}

func (c *client) close() { c.nc.Close() }

func (c *client) send(b []byte) error {
	_ = c.nc.SetDeadline(time.Now().Add(patience))
	_, err := c.nc.Write(b)
	return err
}

// do sends a command and reads its reply; an error reply is no error.
func (c *client) do(args ...string) (resp.Value, error) {
	if err := c.send(resp.AppendCommand(nil, args)); err != nil {
		return resp.Value{}, err
	}
	return resp.Read(c.r)
}

// pipeline sends commands together and reads their replies; an error reply is an error.
func (c *client) pipeline(commands [][]string) ([]resp.Value, error) {
	var out []byte
	for _, args := range commands {
		out = resp.AppendCommand(out, args)
	}
	sent := make(chan error, 1)
	go func() { sent <- c.send(out) }() // a server that replies while we send must not fill both sockets
	replies := make([]resp.Value, 0, len(commands))
	for i := range commands {
		v, err := resp.Read(c.r)
		if err == nil && v.IsErr() {
			err = fmt.Errorf("%s: %s", strings.Join(commands[i][:min(2, len(commands[i]))], " "), v.Text)
		}
		if err != nil {
			c.nc.Close()
			return nil, errors.Join(err, <-sent)
		}
		replies = append(replies, v)
	}
	return replies, <-sent
}

// wrong is a reply that should not have come.
type wrong struct{ text string }

func (w wrong) Error() string { return w.text }

// readOperation reads the replies to an operation of n commands and returns the one
// that counts: of a unit that of EXEC, and the first error inside.
func (c *client) readOperation(n int) (resp.Value, error) {
	if n == 1 {
		return resp.Read(c.r)
	}
	var refusal *resp.Value
	for range n + 1 { // +OK, +QUEUED...
		v, err := resp.Read(c.r)
		if err != nil {
			return v, err
		}
		if v.IsErr() && refusal == nil {
			refusal = &v
		}
	}
	v, err := resp.Read(c.r)
	switch {
	case err != nil:
		return v, err
	case refusal != nil && !v.IsErr():
		return v, wrong{"EXEC of a unit with a refused command: " + v.String()}
	case refusal != nil:
		return *refusal, nil
	}
	for _, e := range v.Elems {
		if e.IsErr() {
			return v, wrong{"inside EXEC: " + e.Text}
		}
	}
	return v, nil
}

// info returns the fields of a section of INFO.
func (c *client) info(section string) (map[string]string, error) {
	v, err := c.do("INFO", section)
	if err != nil {
		return nil, err
	}
	if v.IsErr() {
		return nil, errors.New("INFO: " + v.Text)
	}
	fields := map[string]string{}
	for line := range strings.SplitSeq(v.Text, "\r\n") {
		if name, x, ok := strings.Cut(line, ":"); ok {
			fields[name] = x
		}
	}
	return fields, nil
}

// await polls INFO persistence until ok says so. It fails when the connection does.
func (c *client) await(what string, ok func(map[string]string) bool) error {
	var fields map[string]string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var err error
		if fields, err = c.info("persistence"); err != nil {
			return err
		}
		if ok(fields) {
			return nil
		}
	}
	return fmt.Errorf("%s: not within %v; INFO persistence: %v", what, patience, fields)
}
