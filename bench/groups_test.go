package main

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

func TestGroupRequest(t *testing.T) {
	l := load{test: test{command: "MULTI ; SET k:__rand_int__ __data__ ; EXEC"}, pipeline: 2, size: 3}
	if !l.test.isGroup() || l.test.commandsPerRequest() != 3 {
		t.Errorf("%d commands in a request", l.test.commandsPerRequest())
	}
	request, places, _ := l.groupRequest()
	one := "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$14\r\nk:__rand_int__\r\n$3\r\nxxx\r\n*1\r\n$4\r\nEXEC\r\n"
	if string(request) != one+one {
		t.Errorf("%q", request)
	}
	if len(places) != 2 {
		t.Fatalf("%d places for digits", len(places))
	}
	for _, at := range places {
		appendDigits(request[:at], 17)
	}
	if want := strings.ReplaceAll(one+one, randomMark, "000000000017"); string(request) != want {
		t.Errorf("%q", request)
	}
}

func TestSkipReply(t *testing.T) {
	for reply, ok := range map[string]bool{
		"+OK\r\n": true, ":-5\r\n": true, "$3\r\nabc\r\n": true, "$-1\r\n": true, "*2\r\n+OK\r\n*1\r\n$0\r\n\r\n": true,
		"*-1\r\n": false, "-ERR x\r\n": false, "*2\r\n+OK\r\n-ERR x\r\n": false, "x\r\n": false, "*x\r\n": false, "+OK\n": false,
	} {
		r := bufio.NewReader(strings.NewReader(reply + "+next\r\n"))
		err := skipReply(r)
		if (err == nil) != ok {
			t.Errorf("%q: %v", reply, err)
		}
		if rest, _ := r.ReadString('\n'); err == nil && ok && rest != "+next\r\n" {
			t.Errorf("%q: what follows is %q", reply, rest)
		}
	}
}

// TestGroupSequence has two connections take the key space away between them.
func TestGroupSequence(t *testing.T) {
	l := load{test: test{command: "DEL __sequence__ __sequence__"}, clients: 2, pipeline: 1, keys: 8}
	seen := map[string]bool{}
	for which := range 2 {
		client, server := net.Pipe()
		done := make(chan error, 1)
		go func() {
			_, err := l.driveGroups(&conn{Conn: client, r: bufio.NewReader(client), stop: func() bool { return true }}, 2, which)
			done <- err
		}()
		r := bufio.NewReader(server)
		for range 2 {
			for i := range 7 {
				line, err := r.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				if i == 4 || i == 6 {
					seen[strings.TrimSpace(line)] = true
				}
			}
			if _, err := server.Write([]byte(":2\r\n")); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		client.Close()
		server.Close()
	}
	if len(seen) != 8 || !seen["000000000000"] || !seen["000000000007"] {
		t.Errorf("of 8 keys these were named: %v", seen)
	}
}
