package replication

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/wire"
)

// link is the connection of a replica to one master, or the attempt to have one. Its
// goroutine, run, does everything in turn: it connects, introduces the server, takes
// a dump in or goes on where it was, and then plays what comes; when the connection is
// lost it begins again. Beside it there is another one, beat, that gives signs of life
// and notices when none come. Both end with the link, which ends when the server
// changes its master or stops.
type link struct {
	m        *module
	master   address
	failover bool // the master is to take over: this is said once
	before   *link

	ctx    context.Context
	cancel context.CancelFunc
	begun  atomic.Bool
	done   chan struct{} // closed when a link that has begun has ended

	state  atomic.Int32
	heard  atomic.Int64 // when something came last, Unix milliseconds
	total  atomic.Int64 // bytes of the dump, 0 if not known
	read   atomic.Int64 // of them, those that have come
	unread atomic.Int64 // bytes of the stream that have come and are not played
	asked  atomic.Bool  // the master wants an acknowledgement
	kept   kept

	// Of the connection; the goroutine's.
	in   *bufio.Reader
	old  bool // the master knows no PSYNC, and no acknowledgements
	gone bool // it was connected, and is to be again at once

	mu   sync.Mutex // guards the rest: conn is closed by others
	conn net.Conn
	out  sync.Mutex // held while something is sent
}

// phase is how far a link is.
type linkPhase int32

const (
	unconnected linkPhase = iota
	connecting
	shakingHands
	transferring
	connected
)

// String is the name of the phase in ROLE.
func (p linkPhase) String() string {
	return [...]string{"connect", "connecting", "handshake", "sync", "connected"}[p]
}

// newLink makes a link that begins when run is called, after the one before it.
func newLink(m *module, master address, failover bool, before *link) *link {
	l := &link{m: m, master: master, failover: failover, before: before, done: make(chan struct{}), kept: kept{more: make(chan struct{}, 1), offset: -1}}
	l.ctx, l.cancel = context.WithCancel(m.ctx)
	return l
}

// phase tells how far it is; a nil link is nowhere.
func (l *link) phase() linkPhase { return linkPhase(l.state.Load()) }

func (l *link) is(p linkPhase) bool { return l != nil && l.phase() == p }

// enter makes a phase the present one.
func (l *link) enter(p linkPhase) {
	was := linkPhase(l.state.Swap(int32(p)))
	if (was == connected) != (p == connected) {
		u := &l.m.up
		u.mu.Lock()
		if u.link == l {
			u.downSince = 0
			if p != connected {
				u.downSince = l.m.srv.Now()
			}
		}
		u.mu.Unlock()
		l.m.judgeLink()
	}
}

// start begins the link, once.
func (l *link) start() {
	l.begun.Store(true)
	go l.run()
}

// wait returns when a link that was told to end has done so.
func (l *link) wait() {
	if l.begun.Load() {
		<-l.done
	}
}

// end makes the link end soon. It does not block.
func (l *link) end() {
	l.cancel()
	l.close()
}

// close closes the connection, which whoever reads or writes notices.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// errEnded is why a link stops what it is doing that was told to end.
var errEnded = errors.New("the master is followed no more")

// run is the link's goroutine.
func (l *link) run() {
	defer close(l.done)
	if l.before != nil {
		l.before.wait()
		l.before = nil
	}
	for l.ctx.Err() == nil {
		l.gone = false
		err := l.once()
		l.close()
		l.enter(unconnected)
		if l.ctx.Err() != nil {
			return
		}
		l.m.up.log.Warn(err.Error())
		if l.gone {
			l.m.up.log.Info("Reconnecting to MASTER " + l.master.String())
			continue
		}
		select {
		case <-l.ctx.Done():
		case <-time.After(soon):
		}
	}
}

// once is the life of one connection. The error says why it has ended.
func (l *link) once() error {
	log := l.m.up.log
	l.awake()
	log.Info("Connecting to MASTER " + l.master.String())
	l.enter(connecting)
	if err := l.dial(); err != nil {
		return errors.New("Error condition on socket for SYNC: " + err.Error())
	}
	log.Info("MASTER <-> REPLICA sync started")
	l.enter(shakingHands)
	var beat sync.WaitGroup
	stop := make(chan struct{})
	defer func() {
		close(stop)
		beat.Wait()
	}()
	beat.Go(func() { l.beat(stop) })
	defer l.close() // ends the beat
	how, err := l.shakeHands()
	if err != nil {
		return err
	}
	if how.full {
		l.enter(transferring)
		if err := l.takeIn(how); err != nil {
			return err
		}
	} else {
		l.goOn(how.id)
	}
	f := l.m.srv.Follow(l.described())
	defer f.Close()
	f.Select(max(l.m.stream.selected(), 0))
	l.enter(connected)
	l.gone = true
	return l.play(f)
}

// timeout is the parameter repl-timeout.
func (l *link) timeout() time.Duration {
	return time.Duration(l.m.params.timeout.Load()) * time.Second
}

// dial connects to the master.
func (l *link) dial() error {
	ctx, cancel := context.WithTimeout(l.ctx, l.timeout())
	defer cancel()
	conn, err := l.m.srv.Dial(ctx, l.master.String(), l.m.up.secure.Load())
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn, l.in = conn, bufio.NewReaderSize(conn, 16<<10)
	if l.ctx.Err() != nil {
		return errors.Join(errEnded, conn.Close())
	}
	l.heard.Store(time.Now().UnixMilli())
	l.read.Store(0)
	l.total.Store(0)
	return nil
}

// described is how clients see the connection.
func (l *link) described() core.Link {
	return core.Link{
		Addr: l.conn.RemoteAddr().String(), LocalAddr: l.conn.LocalAddr().String(),
		Conn: l.conn, Close: l.close,
	}
}

// send sends something to the master, which is never much.
func (l *link) send(b []byte) error {
	l.out.Lock()
	defer l.out.Unlock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(l.timeout()))
	_, err := l.conn.Write(b)
	return err
}

// acknowledge tells the master how far the server is. Nothing of the stream is played meanwhile:
// it is called by who plays, or with all shards locked where that is said to be enough.
func (l *link) acknowledge() error {
	return l.report(l.standing())
}

// standing is how far the server is, and its log, as words for the master.
func (l *link) standing() (words []string) {
	offset := l.m.stream.offset()
	words = []string{"REPLCONF", "ACK", strconv.FormatInt(offset, 10)}
	if safe, ok := l.kept.upTo(l.m.srv.Registry().Log(), offset); ok {
		words = append(words, "FACK", strconv.FormatInt(safe, 10))
	}
	return words
}

// report tells the master where the server stands, and has beat say so again when more is safe.
func (l *link) report(words []string) error {
	if l.old {
		return nil
	}
	if err := l.send(wire.AppendWords(nil, words...)); err != nil {
		return err
	}
	l.kept.await(l.m.srv.Registry().Log())
	return nil
}

// beat gives a sign of life each second, and closes the connection when none comes.
func (l *link) beat(stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		case <-l.kept.more:
		}
		silent := time.Since(time.UnixMilli(l.heard.Load()))
		if loading := l.m.srv.Loading() || l.is(transferring) && l.received(); loading {
			// A dump that is being loaded comes from a file: nothing is heard.
			l.heard.Store(time.Now().UnixMilli())
			_ = l.send([]byte("\n"))
			continue
		}
		if silent > l.timeout() {
			switch l.phase() {
			case connected:
				l.m.up.log.Warn("MASTER timeout: no data nor PING received...")
			case transferring:
				l.m.up.log.Warn("Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.")
			default:
				l.m.up.log.Warn("Timeout connecting to the MASTER...")
			}
			l.close()
			return
		}
		if !l.is(connected) {
			continue
		}
		if l.report(l.awake()) != nil {
			l.close()
			return
		}
	}
}

// awake returns where the server stands when commands are being executed, which they may not be for
// seconds: a server that has hung gives no sign of life and looks for no master, so that those who
// watch it from there see that.
func (l *link) awake() (standing []string) {
	ks := l.m.srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	return l.standing()
}

// received reports whether the dump has come whole.
func (l *link) received() bool {
	n := l.total.Load()
	return n > 0 && l.read.Load() >= n
}

// hear notes that something has come.
func (l *link) hear() { l.heard.Store(l.m.srv.Now()) }
