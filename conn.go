package ferrous

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Conn is a connection. It is for one goroutine.
type Conn struct {
	conn net.Conn
	r    *bufio.Reader
	b    []byte
}

// Error is an error reply, code and text.
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

func newConn(c net.Conn) *Conn { return &Conn{conn: c, r: bufio.NewReader(c)} }

// Close ends the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// Do executes a command. Its arguments are strings, bytes, numbers, bools (1 and 0) or
// durations (in seconds). The reply is a string, an int64, nil, or a []any of these, in which an
// Error may be, too; an error reply is an Error.
func (c *Conn) Do(args ...any) (any, error) {
	if err := c.Send(args...); err != nil {
		return nil, err
	}
	return c.Receive()
}

// Send sends a command; its reply is to be had from Receive.
func (c *Conn) Send(args ...any) error {
	b := fmt.Appendf(c.b[:0], "*%d\r\n", len(args))
	for _, a := range args {
		var word []byte
		switch v := a.(type) {
		case string:
			word = []byte(v)
		case []byte:
			word = v
		case int:
			word = strconv.AppendInt(nil, int64(v), 10)
		case int64:
			word = strconv.AppendInt(nil, v, 10)
		case float64:
			word = strconv.AppendFloat(nil, v, 'g', -1, 64)
		case bool:
			word = []byte{'0'}
			if v {
				word[0] = '1'
			}
		case time.Duration:
			word = strconv.AppendFloat(nil, v.Seconds(), 'f', -1, 64)
		default:
			return fmt.Errorf("ferrous: an argument is a %T", a)
		}
		b = fmt.Appendf(b, "$%d\r\n", len(word))
		b = append(append(b, word...), "\r\n"...)
	}
	c.b = b
	_, err := c.conn.Write(b)
	return err
}

// Receive waits for a reply, or a message.
func (c *Conn) Receive() (any, error) {
	v, err := c.read()
	if e, ok := v.(Error); ok && err == nil {
		return nil, e
	}
	return v, err
}

// read reads a reply of RESP2, which is all that this connection ever asks for.
func (c *Conn) read() (any, error) {
	line, err := c.r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 {
		return nil, errors.New("ferrous: a reply that is none")
	}
	text := string(line[1 : len(line)-2])
	switch line[0] {
	case '+':
		return text, nil
	case '-':
		return Error(text), nil
	case ':':
		return strconv.ParseInt(text, 10, 64)
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return nil, err
	case n < 0:
		return nil, nil
	case line[0] == '$':
		b := make([]byte, n+2)
		_, err := io.ReadFull(c.r, b)
		return string(b[:n]), err
	}
	all := make([]any, n)
	for i := range all {
		if all[i], err = c.read(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
