package host

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ferrousdb/ferrous/core"
)

// TestAcceptedSockets: what a connection gets from its listener is as the parameters are when
// it comes, and it knows its addresses, whether the listener has one or all of them.
func TestAcceptedSockets(t *testing.T) {
	for _, bind := range []string{"127.0.0.1", "*", "::1"} {
		if bind == "::1" {
			l, err := net.Listen("tcp6", "[::1]:0")
			if err != nil {
				t.Skip("no IPv6:", err)
			}
			l.Close()
		}
		srv := testServer(t, "--bind", bind, "--tcp-keepalive", "60")
		type options struct{ nodelay, keepalive, idle, interval, count int }
		dialled := func() (o options) {
			t.Helper()
			_, port, _ := net.SplitHostPort(srv.Addr("tcp").String())
			host := strings.ReplaceAll(bind, "*", "127.0.0.1")
			conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			found := false
			eventually(t, "it is served", func() bool {
				srv.conns(func(s *core.Session, info core.ConnInfo) {
					if s.Addr != conn.LocalAddr().String() || s.LocalAddr != conn.RemoteAddr().String() {
						return
					}
					found = true
					get := func(level, name int) int {
						v, err := unix.GetsockoptInt(info.FD, level, name)
						if err != nil {
							t.Error(err)
						}
						return v
					}
					o = options{get(unix.IPPROTO_TCP, unix.TCP_NODELAY), get(unix.SOL_SOCKET, unix.SO_KEEPALIVE),
						get(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), get(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL), get(unix.IPPROTO_TCP, unix.TCP_KEEPCNT)}
				})
				return found
			})
			return o
		}
		if o := dialled(); o != (options{1, 1, 60, 20, 3}) {
			t.Errorf("%s: %+v", bind, o)
		}
		srv.mustSet(t, "tcp-keepalive", "90", "tcp-keepalive-probes", "5")
		if o := dialled(); o != (options{1, 1, 90, 30, 5}) {
			t.Errorf("%s, changed: %+v", bind, o)
		}
		srv.mustSet(t, "tcp-keepalive", "0")
		if o := dialled(); o.keepalive != 0 {
			t.Errorf("%s, switched off: %+v", bind, o)
		}
	}
}
