package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestGroupRequest(t *testing.T) {
	l := load{test: test{command: "MULTI ; SET k:__rand_int__ __data__ ; EXEC"}, pipeline: 2, size: 3}
	if !l.test.isGroup() || l.test.commandsPerRequest() != 3 {
		t.Errorf("%d commands in a request", l.test.commandsPerRequest())
	}
	request, places := l.groupRequest()
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
