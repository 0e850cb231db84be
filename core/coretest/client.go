package coretest

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/resp"
)

// Client is a connection to a server: one that can block, and need not be of this
// process. Its replies are text: simple ones and bulk strings as they are, errors with
// their dash, the elements of arrays, sets and maps joined by blanks, "(nil)" for
// nothing. It is for one goroutine.
type Client struct {
	// Pushed gets what is pushed (RESP3) before a reply; without it that is an error.
	Pushed func(words []string)

	// T is told of what is not as it should be: another than the test's, while a property is
	// checked.
	T T

	// Conn is the connection itself.
	Conn net.Conn

	// In is what the server sends.
	In *resp.Reader
}

// patience is how long a test waits for anything.
const patience = 30 * time.Second

// NewClient makes a client of a connection, which is closed at the end of the test.
func NewClient(t testing.TB, conn net.Conn) *Client {
	t.Cleanup(func() { conn.Close() })
	return &Client{T: t, Conn: conn, In: resp.NewReader(bufio.NewReader(conn))}
}

// Close ends the connection.
func (c *Client) Close() { c.Conn.Close() }

// Encode appends a command to b, as it is sent.
func Encode(b []byte, words ...string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}

// Words splits a command at blanks. "" is an empty word.
func Words(command string) []string {
	words := strings.Fields(command)
	for i, w := range words {
		if w == `""` {
			words[i] = ""
		}
	}
	return words
}

// Do sends a command, given as words separated by blanks, and returns the reply;
// "(closed)" if there is none.
func (c *Client) Do(format string, args ...any) string {
	c.T.Helper()
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	return c.Args(Words(format)...)
}

// Args is Do for arguments that are no words.
func (c *Client) Args(args ...string) string {
	c.T.Helper()
	if c.SendArgs(args...) != nil {
		return "(closed)"
	}
	return c.Reply()
}

// Send sends a command whose reply is read later, see Reply.
func (c *Client) Send(format string, args ...any) {
	c.T.Helper()
	if err := c.SendArgs(Words(fmt.Sprintf(format, args...))...); err != nil {
		c.T.Errorf("%v", err)
	}
}

// SendAll sends commands in one go.
func (c *Client) SendAll(commands ...string) {
	c.T.Helper()
	var b []byte
	for _, command := range commands {
		b = Encode(b, Words(command)...)
	}
	if err := c.write(b); err != nil {
		c.T.Errorf("%v", err)
	}
}

// SendArgs is Send for arguments that are no words.
func (c *Client) SendArgs(args ...string) error { return c.write(Encode(nil, args...)) }

func (c *Client) write(b []byte) error {
	_ = c.Conn.SetDeadline(time.Now().Add(patience))
	_, err := c.Conn.Write(b)
	return err
}

// Reply reads the next reply: "(closed)" if the connection ends, or nothing comes.
func (c *Client) Reply() string {
	c.T.Helper()
	for {
		words, push, err := read(c.In)
		switch {
		case err != nil:
			return "(closed)"
		case !push:
			return strings.Join(words, " ")
		case c.Pushed == nil:
			c.T.Errorf("pushed %q", words)
		default:
			c.Pushed(words)
		}
	}
}

// Next reads what comes next, a reply or what is pushed.
func (c *Client) Next() (words []string, push bool) {
	c.T.Helper()
	words, push, err := read(c.In)
	if err != nil {
		c.T.Errorf("%v", err)
	}
	return words, push
}

// read reads a reply or what is pushed.
func read(r *resp.Reader) (words []string, push bool, err error) {
	t, err := r.Next()
	switch {
	case err != nil:
		return nil, false, err
	case t.Null():
		return []string{"(nil)"}, false, nil
	case t.Kind == '-':
		return []string{"-" + string(t.Text)}, false, nil
	case !strings.ContainsRune("*>~%", rune(t.Kind)):
		return []string{string(t.Text)}, false, nil
	}
	for range t.Elements() {
		more, _, err := read(r)
		if err != nil {
			return nil, false, err
		}
		words = append(words, more...)
	}
	return words, t.Kind == '>', nil
}

// Want sends a command and compares the reply.
func (c *Client) Want(command, reply string) {
	c.T.Helper()
	if got := c.Do("%s", command); got != reply {
		c.T.Errorf("%s\n got %q\nwant %q", command, got, reply)
	}
}

// WantReply compares the reply to a command that was sent.
func (c *Client) WantReply(reply string) {
	c.T.Helper()
	if got := c.Reply(); got != reply {
		c.T.Errorf("got %q, want %q", got, reply)
	}
}

// Must sends a command that has to succeed, and returns the reply.
func (c *Client) Must(format string, args ...any) string {
	c.T.Helper()
	got := c.Do(format, args...)
	if got == "(closed)" || strings.HasPrefix(got, "-") {
		c.T.Fatalf("%s: %s", fmt.Sprintf(format, args...), got)
	}
	return got
}

// Info returns a field of INFO, "" if there is no such field.
func (c *Client) Info(field string) string {
	c.T.Helper()
	for line := range strings.Lines(c.Do("INFO everything")) {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// InfoInt is Info for a number.
func (c *Client) InfoInt(field string) int64 {
	c.T.Helper()
	n, err := strconv.ParseInt(c.Info(field), 10, 64)
	if err != nil {
		c.T.Fatalf("%v", err)
	}
	return n
}

// WantInfo compares fields of INFO, given as names and values.
func (c *Client) WantInfo(pairs ...string) {
	c.T.Helper()
	for ; len(pairs) > 1; pairs = pairs[2:] {
		if got := c.Info(pairs[0]); got != pairs[1] {
			c.T.Errorf("INFO %s: %s, want %s", pairs[0], got, pairs[1])
		}
	}
}

// AwaitInfo waits until a field has a value: "blocked_clients", "1".
func (c *Client) AwaitInfo(field, value string) {
	c.T.Helper()
	Eventually(c.T, field+":"+value, func() bool { return c.Info(field) == value })
}

// Eventually waits until a condition holds.
func Eventually(t T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}
