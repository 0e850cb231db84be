package memcache

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/wire"
)

// What memcached allows.
const (
	maxLine  = 8 << 10
	maxKey   = 250
	maxValue = 1 << 20
	// relativeUpTo is the exptime, in seconds, from which on it is a time of Unix.
	relativeUpTo = 60 * 60 * 24 * 30
)

// client speaks memcached's protocol on one side and RESP on the other.
type client struct {
	in      *bufio.Reader
	out     *bufio.Writer
	server  net.Conn
	replies *resp.Reader
	quiet   bool // noreply
}

func newClient(conn, server net.Conn) *client {
	return &client{
		in: bufio.NewReaderSize(conn, maxLine), out: bufio.NewWriter(conn),
		server: server, replies: resp.NewReader(bufio.NewReader(server)),
	}
}

// errQuit ends a connection as its client wants.
var errQuit = errors.New("quit")

// run serves line after line. Replies are sent when nothing more has arrived.
func (c *client) run() {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			break
		}
		words := bytes.Fields(line)
		if len(words) == 0 {
			words = [][]byte{nil}
		}
		for i, w := range words {
			words[i] = bytes.Clone(w) // the line is gone when a value has been read
		}
		if n := len(words) - 1; string(words[n]) == "noreply" {
			c.quiet, words = true, words[:n]
		}
		err = c.command(words)
		c.quiet = false
		if err == nil && c.in.Buffered() == 0 {
			err = c.out.Flush()
		}
		if err != nil {
			break
		}
	}
	_ = c.out.Flush()
}

// command serves one line. An error ends the connection.
func (c *client) command(words [][]byte) error {
	name, args := string(words[0]), words[1:]
	for _, key := range args {
		if len(key) > maxKey {
			return c.say("CLIENT_ERROR bad command line format")
		}
	}
	switch {
	case name == "get" && len(args) > 0:
		return c.get(args)
	case name == "set" && len(args) == 4:
		return c.set(args)
	case name == "delete" && len(args) == 1:
		t, err := c.do("DEL", args[0])
		return c.answer(t, err, map[string]string{"1": "DELETED", "0": "NOT_FOUND"})
	case name == "incr" && len(args) == 2:
		t, err := c.do("MEMCACHE.ADD", args[0], []byte("PLUS"), args[1])
		return c.answer(t, err, nil)
	case name == "decr" && len(args) == 2:
		t, err := c.do("MEMCACHE.ADD", args[0], []byte("MINUS"), args[1])
		return c.answer(t, err, nil)
	case name == "version" && len(args) == 0:
		return c.say("VERSION ferrous")
	case name == "quit":
		return errQuit
	}
	return c.say("ERROR")
}

// get is get key [key ...]: those that are missing, or no strings, are passed over.
func (c *client) get(keys [][]byte) error {
	t, err := c.do("MGET", keys...)
	if err != nil || t.Kind == '-' {
		return c.answer(t, err, nil)
	}
	for _, key := range keys {
		t, err := c.replies.Next()
		if err != nil {
			return err
		}
		if !t.Null() {
			fmt.Fprintf(c.out, "VALUE %s 0 %d\r\n%s\r\n", key, len(t.Text), t.Text)
		}
	}
	return c.say("END")
}

// set is set key flags exptime bytes, and the value behind it.
func (c *client) set(args [][]byte) error {
	n, err := strconv.ParseUint(string(args[3]), 10, 31)
	expire, bad := strconv.ParseInt(string(args[2]), 10, 64)
	switch {
	case err != nil || bad != nil:
		return c.say("CLIENT_ERROR bad command line format")
	case n > maxValue:
		if _, err := io.CopyN(io.Discard, c.in, int64(n)+2); err != nil {
			return err
		}
		return c.say("SERVER_ERROR object too large for cache")
	}
	value := make([]byte, n+2)
	if _, err := io.ReadFull(c.in, value); err != nil {
		return err
	}
	value, ok := bytes.CutSuffix(value, []byte("\r\n"))
	switch {
	case !ok:
		_ = c.say("CLIENT_ERROR bad data chunk")
		return errQuit // nobody knows where the next line begins
	case string(args[1]) != "0":
		return c.say("SERVER_ERROR flags other than 0 are not kept")
	}
	command := [][]byte{args[0], value}
	switch {
	case expire < 0: // it is over at once
		t, err := c.do("DEL", args[0])
		return c.answer(t, err, map[string]string{"1": "STORED", "0": "STORED"})
	case expire > relativeUpTo && expire <= time.Now().Unix():
		t, err := c.do("DEL", args[0])
		return c.answer(t, err, map[string]string{"1": "STORED", "0": "STORED"})
	case expire > relativeUpTo:
		command = append(command, []byte("EXAT"), args[2])
	case expire > 0:
		command = append(command, []byte("EX"), args[2])
	}
	t, err := c.do("SET", command...)
	return c.answer(t, err, map[string]string{"OK": "STORED"})
}

// do runs a command and returns the head of its reply, which is valid until the next.
func (c *client) do(name string, args ...[]byte) (resp.Token, error) {
	if _, err := c.server.Write(wire.AppendCommand(nil, append([][]byte{[]byte(name)}, args...)...)); err != nil {
		return resp.Token{}, err
	}
	return c.replies.Next()
}

// answer says what a reply means; words are what is not said as it is.
func (c *client) answer(t resp.Token, err error, words map[string]string) error {
	switch {
	case err != nil:
		return err
	case t.Null():
		return c.say("NOT_FOUND")
	case t.Kind == '-' && bytes.HasPrefix(t.Text, []byte("ERR ")):
		return c.say("CLIENT_ERROR " + string(t.Text[len("ERR "):]))
	case t.Kind == '-':
		return c.say("SERVER_ERROR " + string(t.Text))
	}
	text := string(t.Text)
	if word, ok := words[text]; ok {
		text = word
	}
	return c.say(text)
}

// say writes a line, unless the client does not want to hear it.
func (c *client) say(line string) error {
	if c.quiet {
		return nil
	}
	_, err := c.out.WriteString(line + "\r\n")
	return err
}
