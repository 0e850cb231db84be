package host

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

// ping runs "ferrous ping" and returns the exit status with what it says.
func ping(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	status := run([]core.Module{stack{}}, arguments{list: append([]string{"ping", "--within", "20"}, args...)}, environ, strings.NewReader(""), &out, &out)
	return fmt.Sprintf("%d %s", status, strings.TrimSpace(out.String()))
}

// answering listens and answers every line beginning with a word by a reply, until the test ends.
func answering(t *testing.T, replies map[string]string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 1024)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					break
				}
				for word, reply := range replies {
					if strings.Contains(string(buf[:n]), word) {
						_, _ = conn.Write([]byte(reply))
					}
				}
				if len(replies) == 0 {
					break
				}
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String()
}

// TestPing: a server that serves is told by status 0, whatever way leads to it; one that
// does not is told by 1 and the reason.
func TestPing(t *testing.T) {
	a := newAuthority(t, "authority")
	socket := filepath.Join(t.TempDir(), "s")
	srv, _ := secureServer(t, a, "--unixsocket", socket)
	tcp, secure := srv.Addr("tcp").(*net.TCPAddr), srv.Addr("tls").(*net.TCPAddr)
	port, tlsPort := fmt.Sprint(tcp.Port), fmt.Sprint(secure.Port)
	own := []string{"--port", "0", "--tls-port", tlsPort, "--bind", "127.0.0.1", "--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key")}
	closed := freePort(t)
	for _, c := range []struct {
		args    []string
		environ string
		want    string
	}{
		{[]string{tcp.String()}, "", "0 PONG"},
		{[]string{"redis://" + tcp.String()}, "", "0 PONG"},
		{[]string{"--port", port}, "", "0 PONG"}, // * is this machine
		{nil, "FERROUS_PORT=" + port, "0 PONG"},
		{[]string{"--port", "0", "--unixsocket", socket}, "", "0 PONG"},
		{own, "", "0 PONG"}, // its own certificate is trusted
		{append([]string{"rediss://" + secure.String(), "--tls-ca-cert-file", a.path("ca.crt")}, own[6:]...), "", "0 PONG"},
		{[]string{"rediss://" + secure.String()}, "", "1 ferrous ping: connections to other servers by TLS need"},
		{[]string{"127.0.0.1:" + closed}, "", "1 ferrous ping: dial tcp 127.0.0.1:" + closed},
		{[]string{"--port", "0"}, "", "1 ferrous ping: the configuration has neither"},
		{[]string{"--port", "x"}, "", "1 ferrous ping: "},
		{[]string{"http://x"}, "", "1 ferrous ping: the URL must be"},
		{[]string{filepath.Join(t.TempDir(), "none.conf")}, "", "1 ferrous ping: "},
	} {
		if got := ping(t, []string{c.environ}, c.args...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q %s: %s", c.args, c.environ, got)
		}
	}
}

// TestPingAnswers: what is said of a server that answers something else.
func TestPingAnswers(t *testing.T) {
	for _, c := range []struct {
		replies map[string]string
		url     string
		want    string
	}{
		{map[string]string{"PING": "-NOAUTH Authentication required.\r\n"}, "", "0 NOAUTH"},
		{map[string]string{"PING": "-LOADING Redis is loading the dataset in memory\r\n"}, "", "1 ferrous ping: LOADING"},
		{map[string]string{"PING": "-MASTERDOWN no link\r\n"}, "", "1 ferrous ping: MASTERDOWN"},
		{map[string]string{"AUTH\r\n$6\r\nsecret": "+OK\r\n", "PING": "+PONG\r\n"}, ":secret@", "0 PONG"},
		{map[string]string{"AUTH\r\n$2\r\nme\r\n$6\r\nsecret": "+OK\r\n", "PING": "+PONG\r\n"}, "me:secret@", "0 PONG"},
		{map[string]string{"AUTH": "-WRONGPASS no\r\n"}, ":secret@", "1 ferrous ping: WRONGPASS no"},
		{map[string]string{"AUTH": "-ERR no password is set\r\n", "PING": "+PONG\r\n"}, ":secret@", "0 PONG"},
		{nil, "", "1 ferrous ping: the connection was closed without an answer"},
	} {
		if got := ping(t, nil, "redis://"+c.url+answering(t, c.replies)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %s", c.replies, got)
		}
	}
}
