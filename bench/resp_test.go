package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadReply(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"+OK\r\n", "OK"},
		{":42\r\n", "42"},
		{"$3\r\na\nb\r\n", "a\nb"},
		{"$0\r\n\r\n", ""},
		{"$-1\r\n", ""},
		{"*-1\r\n", ""},
		{"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", ""},
	} {
		r := bufio.NewReader(strings.NewReader(c.in + "+next\r\n"))
		if got, err := readReply(r); got != c.want || err != nil {
			t.Errorf("%q: %q, %v; want %q", c.in, got, err, c.want)
		}
		if next, err := readReply(r); next != "next" || err != nil {
			t.Errorf("after %q: %q, %v: not all of the reply was read", c.in, next, err)
		}
	}
}

func TestReadReplyErrors(t *testing.T) {
	var refused replyError
	_, err := readReply(bufio.NewReader(strings.NewReader("*2\r\n:1\r\n-ERR no\r\n")))
	if !errors.As(err, &refused) || refused != "ERR no" {
		t.Errorf("an error inside an array: %v", err)
	}
	for _, bad := range []string{"?\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "$1\r\nabc", "\r\n"} {
		if _, err := readReply(bufio.NewReader(strings.NewReader(bad))); !errors.Is(err, errProtocol) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, short := range []string{"", "+OK", "$5\r\nab", "*1\r\n"} {
		_, err := readReply(bufio.NewReader(strings.NewReader(short)))
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", short, err)
		}
	}
}

func TestAppendCommand(t *testing.T) {
	if got := string(appendCommand([]byte("x"), "SET", "k", "")); got != "x*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n" {
		t.Errorf("%q", got)
	}
}

func TestParseInfo(t *testing.T) {
	got := parseInfo("# Server\r\nredis_version:7.0.15\r\nexecutable:/a:b\r\n\r\n# Stats\r\nempty:\r\n:odd\r\n")
	if len(got) != 3 || got["empty"] != "" || got["redis_version"] != "7.0.15" || got["executable"] != "/a:b" {
		t.Errorf("%v", got)
	}
}
