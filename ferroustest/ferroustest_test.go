package ferroustest_test

import (
	"bufio"
	"fmt"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous"
	"github.com/ferrousdb/ferrous/ferroustest"
)

func TestServer(t *testing.T) {
	s := ferroustest.Start(t)
	s.Seed("SET visits 41 EX 60", "RPUSH list a 'b c'", "SADD set y x", "HSET hash f v", "ZADD zset 1.5 m")
	s.Want("INCR visits", int64(42))
	s.Want("INCR list", ferrous.Error("WRONGTYPE Operation against a key holding the wrong kind of value"))
	if got := s.Keys(); !reflect.DeepEqual(got, []string{"hash", "list", "set", "visits", "zset"}) {
		t.Error(got)
	}
	want := "hash hash [f v]\nlist list [a b c]\nset set [x y]\nvisits string 42\nzset zset [m 1.5]\n"
	if got := s.Dump(); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	s.FastForward(59 * time.Second)
	s.Want("EXISTS visits", int64(1))
	s.FastForward(2 * time.Second)
	s.Want("EXISTS visits", int64(0))
	s.Want("GET visits", nil)
}

// TestClients: clients come by a socket, and without one; they can be refused, and cut off.
func TestClients(t *testing.T) {
	s := ferroustest.Start(t)
	socket, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := s.Dial(t.Context(), "tcp", "anywhere")
	if err != nil {
		t.Fatal(err)
	}
	if s.Addr() != socket.RemoteAddr().String() {
		t.Error("the address has changed")
	}
	for _, c := range []net.Conn{socket, pipe} {
		r := bufio.NewReader(c)
		ask := func(command string) string {
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			if _, err := fmt.Fprint(c, command, "\r\n"); err != nil {
				return err.Error()
			}
			line, err := r.ReadString('\n')
			if err != nil {
				return "gone"
			}
			return line
		}
		if got := ask("PING"); got != "+PONG\r\n" {
			t.Error(got)
		}
		s.Fail("LOADING not yet")
		for _, command := range []string{"PING", "GET k", "SET k v"} {
			if got := ask(command); got != "-LOADING not yet\r\n" {
				t.Errorf("%s: %q", command, got)
			}
		}
		s.Want("EXISTS k", int64(0))
		s.Fail("")
		if got := ask("SET k v"); got != "+OK\r\n" {
			t.Error(got)
		}
		s.Seed("DEL k")
	}
	s.Disconnect()
	for _, c := range []net.Conn{socket, pipe} {
		if _, err := bufio.NewReader(c).ReadByte(); err == nil {
			t.Error("a client is still connected")
		}
	}
	s.Want("PING", "PONG")
}

// TestConfigured: a server takes the parameters of a command line, and several live side by side.
func TestConfigured(t *testing.T) {
	a, b := ferroustest.Start(t, "--databases", "3"), ferroustest.Start(t)
	a.Want("CONFIG GET databases", []any{"databases", "3"})
	a.Seed("SET k a")
	b.Want("EXISTS k", int64(0))
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		db, err := ferrous.Open("")
		if err != nil {
			b.Fatal(err)
		}
		_ = db.Close()
	}
}
