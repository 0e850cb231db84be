package main

import (
	"bufio"
	"errors"
	"net"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// What is waited for is looked for so often, and not for so long: the machine may be busy with
// something else, or this program be stopped.
const (
	looks   = 10_000
	between = 10 * time.Millisecond
)

// patience bounds the wait for a reply.
const patience = time.Minute

// client is a connection to a server. Not safe for concurrent use.
type client struct {
	nc net.Conn
	r  *bufio.Reader
}

func dial(addr string) (*client, error) {
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return &client{nc, bufio.NewReaderSize(nc, 64<<10)}, nil
}

func (c *client) close() { c.nc.Close() }

// do sends a command and reads its reply; an error reply is no error.
func (c *client) do(words ...string) (resp.Value, error) {
	all, err := c.pipeline([][]string{words})
	if err != nil {
		return resp.Value{}, err
	}
	return all[0], nil
}

// pipeline sends commands together and reads their replies.
func (c *client) pipeline(commands [][]string) ([]resp.Value, error) {
	var out []byte
	for _, words := range commands {
		out = resp.AppendCommand(out, words)
	}
	_ = c.nc.SetDeadline(time.Now().Add(patience))
	sent := make(chan error, 1)
	go func() { // a server that replies while we send must not fill both sockets
		_, err := c.nc.Write(out)
		sent <- err
	}()
	replies := make([]resp.Value, 0, len(commands))
	for range commands {
		v, err := resp.Read(c.r)
		if err != nil {
			c.nc.Close()
			return nil, errors.Join(err, <-sent)
		}
		replies = append(replies, v)
	}
	return replies, <-sent
}
