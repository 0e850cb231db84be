package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
)

// fakeServer answers the i-th command that it receives, counted from 0, with what reply returns. Commands must be of
// one element.
func fakeServer(t *testing.T, reply func(i int, command string) string) *server {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		for i := 0; ; i++ {
			var n int
			if _, err := fmt.Fscanf(r, "*1\r\n$%d\r\n", &n); err != nil {
				return
			}
			b := make([]byte, n+2)
			if _, err := io.ReadFull(r, b); err != nil {
				return
			}
			if _, err := io.WriteString(c, reply(i, string(b[:n]))); err != nil {
				return
			}
		}
	}()
	return &server{serverSpec: serverSpec{Name: "fake"}, port: ln.Addr().(*net.TCPAddr).Port, exited: make(chan struct{})}
}

func numbered(buf []byte, i int) []byte { return appendCommand(buf, fmt.Sprintf("C%d", i)) }

func TestPipelineJobSendsEachCommandOnceInOrder(t *testing.T) {
	for _, window := range []int{1, 3} {
		seen := 0
		s := fakeServer(t, func(i int, command string) string {
			if command != fmt.Sprintf("C%d", i) {
				return "-ERR out of order\r\n"
			}
			seen++
			return "+OK\r\n"
		})
		took, err := pipelineJob{commands: 25, batch: 10, window: window, build: numbered}.run(t.Context(), s)
		if err != nil || len(took) != 3 || seen != 25 {
			t.Errorf("window %d: %d batches, %d commands, error %v", window, len(took), seen, err)
		}
	}
}

func TestPipelineJobEndsAtAnErrorReply(t *testing.T) {
	for _, window := range []int{1, 3} {
		s := fakeServer(t, func(i int, _ string) string {
			if i == 17 {
				return "-OOM full\r\n"
			}
			return "+OK\r\n"
		})
		_, err := pipelineJob{commands: 1000, batch: 10, window: window, build: numbered}.run(t.Context(), s)
		if refused, ok := errors.AsType[replyError](err); !ok || refused != "OOM full" {
			t.Errorf("window %d: %v", window, err)
		}
	}
}

func TestPipelineJobEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := fakeServer(t, func(i int, _ string) string {
		if i == 17 {
			cancel()
		}
		if i >= 17 {
			return "" // and no reply will ever come
		}
		return "+OK\r\n"
	})
	if _, err := (pipelineJob{commands: 1000, batch: 10, window: 2, build: numbered}).run(ctx, s); err == nil {
		t.Error("no error")
	}
}

func TestAppendSequenced(t *testing.T) {
	if len(sequenceMark) != len(appendDigits(nil, 0)) {
		t.Fatal("the mark must be as long as what replaces it")
	}
	command := appendCommand(nil, "ZADD", "k", sequenceMark, "m:"+sequenceMark)
	want := appendCommand(nil, "ZADD", "k", "000000012340", "m:000000012340")
	if got := appendSequenced(nil, command, 12340); string(got) != string(want) {
		t.Errorf("%q", got)
	}
}
