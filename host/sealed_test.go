package host

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// Secure connections belong to event loops: what comes of a record may be any part of it, and
// what TLS has in hand is known to no poller.

// join holds what is written back until it is told to let go: two messages in one packet.
type join struct {
	net.Conn
	on   bool
	held []byte
}

func (j *join) Write(b []byte) (int, error) {
	if j.held = append(j.held, b...); j.on {
		return len(b), nil
	}
	_, err := j.Conn.Write(j.held)
	j.held = nil
	return len(b), err
}

// dialSecure connects by TLS over what wrap makes of the connection.
func dialSecure(t *testing.T, srv *Server, config *tls.Config, wrap func(net.Conn) net.Conn) *client {
	t.Helper()
	raw, err := net.Dial("tcp", srv.Addr("tls").String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	_ = raw.SetDeadline(time.Now().Add(time.Minute))
	conn := tls.Client(wrap(raw), config)
	return &client{t, conn, bufio.NewReader(conn)}
}

// crumbs writes a byte at a time.
type crumbs struct{ net.Conn }

func (c crumbs) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func TestTLSInCrumbs(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, _ := secureServer(t, a, "--tls-auth-clients", "no")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := a.client("")
		config.MaxVersion = version
		c := dialSecure(t, srv, config, func(raw net.Conn) net.Conn { return crumbs{raw} })
		c.do("+PONG", "ping")
		c.send("push k%d %s", version, strings.Repeat("v", 500))
		c.do2("+OK")
		c.Close()
	}
	eventually(t, "both are gone", func() bool { return srv.eng.Clients() == 1 })
}

// TestTLSRequestWithTheHandshake: it comes in one packet with the client's last message, and
// the socket never becomes readable for it.
func TestTLSRequestWithTheHandshake(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, _ := secureServer(t, a, "--tls-auth-clients", "no")
	config := a.client("")
	var j *join
	config.VerifyConnection = func(tls.ConnectionState) error {
		j.on = true // from here on there is only the client's Finished
		return nil
	}
	c := dialSecure(t, srv, config, func(raw net.Conn) net.Conn { j = &join{Conn: raw}; return j })
	if err := c.Conn.(*tls.Conn).Handshake(); err != nil {
		t.Fatal(err)
	}
	if len(j.held) == 0 {
		t.Fatal("nothing is held back")
	}
	j.on = false
	c.do("+PONG", "ping")
}

// TestTLSLastReply: a connection is ended when the client has its last reply, however slow he
// is, and with TLS's goodbye.
func TestTLSLastReply(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, log := secureServer(t, a, "--tls-auth-clients", "no")
	c := dialTLS(t, srv, a.client(""))
	const n = 20 << 20
	fmt.Fprintf(c.Conn, "big %d\r\n*x\r\n", n)
	log.says(t, "Protocol error") // the reply before it waits
	all, err := io.ReadAll(c.r)
	if err != nil { // without the goodbye: io.ErrUnexpectedEOF
		t.Fatal(err)
	}
	if want := "\r\n-ERR Protocol error: invalid multibulk length\r\n"; len(all) < n || !bytes.HasSuffix(all, []byte(want)) {
		t.Errorf("%d bytes came, with %q at the end", len(all), all[max(0, len(all)-80):])
	}
}

func TestTLSGoodbye(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, log := secureServer(t, a, "--tls-auth-clients", "no")
	c := dialTLS(t, srv, a.client(""))
	fmt.Fprint(c.Conn, "ping\r\n")
	if err := c.Conn.(*tls.Conn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(c.r); err != nil || string(all) != "+PONG\r\n" {
		t.Errorf("%q, %v", all, err)
	}
	eventually(t, "it is gone", func() bool { return srv.eng.Clients() == 1 })
	log.says(t, "client closed", "closed by the client")

	// In the midst of a record there is no goodbye.
	var raw net.Conn
	c = dialSecure(t, srv, a.client(""), func(conn net.Conn) net.Conn { raw = conn; return conn })
	c.do("+PONG", "ping")
	_, _ = raw.Write([]byte{23, 3, 3, 0, 100, 1, 2, 3})
	raw.Close()
	log.says(t, "client closed", "unexpected EOF")
	// And what is no record is refused.
	c = dialSecure(t, srv, a.client(""), func(conn net.Conn) net.Conn { raw = conn; return conn })
	c.do("+PONG", "ping")
	_, _ = raw.Write([]byte("PING\r\nPING\r\n"))
	if _, err := c.r.ReadByte(); err == nil || !strings.Contains(err.Error(), "remote error: tls: protocol version") {
		t.Error(err)
	}
	log.says(t, "client closed", "received record with version")
}

// TestTLSGoesOnAfterABarrier: what a record holds behind a command whose reply is held back
// is executed later, though the socket has nothing more.
func TestTLSGoesOnAfterABarrier(t *testing.T) {
	a := newAuthority(t, "ours")
	a.issue("server")
	p, srv := promising(t, "--tls-port", freePort(t), "--tls-auth-clients", "no",
		"--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key"))
	c := dialTLS(t, srv, a.client(""))
	fmt.Fprint(c.Conn, "*3\r\n$4\r\npush\r\n$1\r\nk") // the rest is read to a buffer of its own, which is small
	srv.conns(func(*core.Session, core.ConnInfo) {})
	const pings = 10000
	fmt.Fprint(c.Conn, "\r\n$1\r\nv\r\n", strings.Repeat("ping\r\n", pings))
	eventually(t, "fed", func() bool { return p.fed.Load() == 1 })
	p.barrier.Reach(1)
	if got := c.line(); got != "+OK" {
		t.Fatal(got)
	}
	for i := range pings {
		if got := c.line(); got != "+PONG" {
			t.Fatalf("reply %d: %q", i, got)
		}
	}
}

// records makes what a client of TLS 1.3 sends, with keys that crypto/tls has used before.
type records struct {
	secret []byte
	seq    uint64
}

func (r *records) label(name string, n int) []byte {
	info := append([]byte{byte(n >> 8), byte(n), byte(len("tls13 " + name))}, "tls13 "+name...)
	key, err := hkdf.Expand(sha256.New, r.secret, string(append(info, 0)), n)
	if err != nil {
		panic(err)
	}
	return key
}

// seal returns a record of a type.
func (r *records) seal(kind byte, data []byte) []byte {
	block, _ := aes.NewCipher(r.label("key", 16))
	gcm, _ := cipher.NewGCM(block)
	nonce := r.label("iv", 12)
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^r.seq)
	r.seq++
	n := len(data) + 1 + gcm.Overhead()
	head := []byte{23, 3, 3, byte(n >> 8), byte(n)}
	return gcm.Seal(head, nonce, append(bytes.Clone(data), kind), head)
}

// renewKeys returns the message that says that the keys are new from here on, and asks for
// new ones of the server's.
func (r *records) renewKeys(split bool) []byte {
	message := []byte{24, 0, 0, 1, 1}
	var b []byte
	if split {
		b = append(b, r.seal(22, message[:2])...)
		message = message[2:]
	}
	b = append(b, r.seal(22, message)...)
	r.secret, r.seq = r.label("traffic upd", sha256.Size), 0
	return b
}

// TestTLSNewKeys: a client renews its keys and asks for new ones, while it is idle, in one
// record and in several.
func TestTLSNewKeys(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, _ := secureServer(t, a, "--tls-auth-clients", "no")
	config, keys := a.client(""), &bytes.Buffer{}
	config.KeyLogWriter = keys
	var raw net.Conn
	c := dialSecure(t, srv, config, func(conn net.Conn) net.Conn { raw = conn; return conn })
	c.do("+PONG", "ping")
	if id := c.Conn.(*tls.Conn).ConnectionState().CipherSuite; id != tls.TLS_AES_128_GCM_SHA256 {
		t.Skipf("%s is what crypto/tls prefers on a machine without AES; the test can make records of TLS_AES_128_GCM_SHA256 only", tls.CipherSuiteName(id))
	}
	_, rest, _ := strings.Cut(keys.String(), "CLIENT_TRAFFIC_SECRET_0 ")
	secret, err := hex.DecodeString(strings.Fields(rest)[1])
	if err != nil {
		t.Fatal(err)
	}
	r := &records{secret: secret, seq: 1} // the PING was the first
	for i := range 4 {
		for _, b := range r.renewKeys(i%2 == 1) { // it does not come as a whole
			if _, err := raw.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = raw.Write(r.seal(23, []byte("ping\r\n")))
		if got := c.line(); got != "+PONG" {
			t.Fatal(got)
		}
	}
}
