package keys

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/wire"
)

// target is a server that keys move to, and as whom.
type target struct {
	host           string
	port           int
	user, password string
	secure         bool // by TLS
}

// socket is a connection to a target. It belongs to one transfer at a time.
type socket struct {
	target
	conn    net.Conn
	r       *resp.Reader
	w       *bufio.Writer
	timeout time.Duration // of each read and each write
	db      int64         // that it has selected, -1 if that is not known
	used    time.Time

	broken bool // it can be used no more
	late   bool // because nothing came or went in time
	sound  bool // it can be used again, although something was refused
}

// sockets keeps connections for the next MIGRATE to the same target.
type sockets struct {
	mu     sync.Mutex
	open   map[*socket]bool // with whether a transfer has it
	closed bool             // for good
}

const (
	mostSockets = 64
	keepSocket  = 10 * time.Second // for which one is kept that nobody uses
)

// take returns a connection to a target, a new one if there is none.
func (ss *sockets) take(ctx context.Context, srv core.Server, to target, timeout time.Duration) (*socket, error) {
	ss.mu.Lock()
	for s, taken := range ss.open {
		if !taken && s.target == to {
			ss.open[s] = true
			ss.mu.Unlock()
			s.timeout = timeout
			return s, nil
		}
	}
	ss.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := srv.Dial(ctx, net.JoinHostPort(to.host, strconv.Itoa(to.port)), to.secure)
	if err != nil {
		return nil, err
	}
	s := &socket{target: to, conn: conn, timeout: timeout, db: -1, sound: true}
	s.r, s.w = resp.NewReader(bufio.NewReader(s)), bufio.NewWriterSize(s, writeAtOnce)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.closed {
		return nil, errors.Join(errStopping, conn.Close())
	}
	if ss.open == nil {
		ss.open = map[*socket]bool{}
	}
	ss.open[s] = true
	return s, nil
}

// give takes a connection back; it is closed if it is of no use any more, or there are too
// many.
func (ss *sockets) give(s *socket, keep bool) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if !keep || s.broken || ss.closed || len(ss.open) > mostSockets {
		delete(ss.open, s)
		_ = s.conn.Close()
		return
	}
	ss.open[s], s.used = false, time.Now()
}

// tidy closes connections that nobody has used for long.
func (ss *sockets) tidy() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for s, taken := range ss.open {
		if !taken && time.Since(s.used) > keepSocket {
			delete(ss.open, s)
			_ = s.conn.Close()
		}
	}
}

// end closes all, those of transfers too.
func (ss *sockets) end() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.closed = true
	for s := range ss.open {
		_ = s.conn.Close()
	}
}

func (ss *sockets) count() int64 {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return int64(len(ss.open))
}

// writeAtOnce is how much has to go within the timeout.
const writeAtOnce = 64 << 10

// Write implements io.Writer, for the buffer.
func (s *socket) Write(b []byte) (done int, err error) {
	for err == nil && done < len(b) {
		var n int
		_ = s.conn.SetWriteDeadline(time.Now().Add(s.timeout))
		n, err = s.conn.Write(b[done:min(len(b), done+writeAtOnce)])
		done += n
	}
	s.note(err)
	return done, err
}

// Read implements io.Reader, for the buffer.
func (s *socket) Read(b []byte) (int, error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(s.timeout))
	n, err := s.conn.Read(b)
	s.note(err)
	return n, err
}

func (s *socket) note(err error) {
	if err != nil {
		s.broken, s.late = true, errors.Is(err, os.ErrDeadlineExceeded)
	}
}

// write writes to the buffer, and tells whether that went well.
func (s *socket) write(b []byte) bool {
	_, err := s.w.Write(b)
	return err == nil
}

// failed marks the connection as broken; err is why.
func (s *socket) failed(err error) error {
	s.broken = true
	return err
}

// prepare makes the target know who comes, and to which database. A password is told each time: it
// may be right no more.
func (s *socket) prepare(db int64) error {
	if s.password != "" {
		words := []string{"AUTH", s.password}
		if s.user != "" {
			words = []string{"AUTH", s.user, s.password}
		}
		if err := s.do(words...); err != nil {
			s.sound = false
			return err
		}
	}
	if s.db == db {
		return nil
	}
	s.db = -1
	if err := s.do("SELECT", strconv.FormatInt(db, 10)); err != nil {
		return err
	}
	s.db = db
	return nil
}

// do sends a command that has to be answered OK.
func (s *socket) do(words ...string) error {
	if !s.write(wire.AppendWords(nil, words...)) || s.w.Flush() != nil {
		return s.failed(errWriting)
	}
	return s.expectOK()
}

// expectOK reads a reply. An error of the target is told as Redis tells it.
func (s *socket) expectOK() error {
	reply, err := s.reply()
	if err == nil && reply.Kind == '-' {
		return core.Err("Target instance replied with error: " + string(reply.Text))
	}
	return err
}

// reply reads a reply, or the beginning of one.
func (s *socket) reply() (resp.Token, error) {
	reply, err := s.r.Next()
	if err != nil {
		return reply, s.failed(errReading)
	}
	return reply, nil
}

// readsVersion asks the target which version of the format it reads.
func (s *socket) readsVersion() (int, error) {
	if err := s.prepare(max(s.db, 0)); err != nil {
		return 0, err
	}
	if !s.write(wire.AppendWords(nil, "INFO", "server")) || s.w.Flush() != nil {
		return 0, s.failed(errWriting)
	}
	reply, err := s.reply()
	if err != nil {
		return 0, err
	}
	if reply.Kind != '$' {
		s.broken = true
		return oldVersion, nil // it does not tell
	}
	for field := range strings.Lines(string(reply.Text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(field), ":")
		var major, minor int
		if v := strings.SplitN(value, ".", 3); len(v) > 1 {
			major, _ = strconv.Atoi(v[0])
			minor, _ = strconv.Atoi(v[1])
		}
		if name == "ferrous_version" || name == "redis_version" && (major > 7 || major == 7 && minor >= 4) {
			return rdb.VersionMemberExpiry, nil
		}
	}
	return oldVersion, nil
}
