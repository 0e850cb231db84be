package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
)

// listener accepts the connections of one address.
type listener struct {
	of   *Net
	net  net.Listener
	kind string               // "tcp", "tls", "unix"
	addr string               // as it was asked for
	wrap atomic.Pointer[wrap] // what makes connections secure, nil for nothing
	quit chan struct{}        // closed by close
	done chan struct{}        // closed when the accepting has ended, or a loop has it

	socket // where loops accept

	// For the one who accepts only.
	complained time.Time // when a failure was logged last
	failures   int       // since then
}

// listeners are all that the server accepts from.
type listeners struct {
	mu   sync.Mutex
	list []*listener
}

func (ls *listeners) all() []*listener {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.list
}

func (ls *listeners) set(list []*listener) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.list = list
}

// Addr returns the address of the first listener of a kind, nil if there is none.
// With the port 0 in an address nothing listens.
func (n *Net) Addr(kind string) net.Addr {
	for _, l := range n.listeners.all() {
		if l.kind == kind {
			return l.net.Addr()
		}
	}
	return nil
}

// Listening calls fn with the kind and the address of each listener.
func (n *Net) Listening(fn func(kind string, addr net.Addr)) {
	for _, l := range n.listeners.all() {
		fn(l.kind, l.net.Addr())
	}
}

// endpoint is what a TCP listener is opened for.
type endpoint struct {
	kind string
	port int64
	config.Address
}

// endpoints returns what the parameters ask for.
func (n *Net) endpoints() (all []endpoint) {
	p := n.params
	for _, kind := range []struct {
		name string
		port int64
	}{{"tcp", p.Port.Load()}, {"tls", n.securePort()}} {
		if kind.port == 0 {
			continue
		}
		for _, host := range p.Bind.Load() {
			all = append(all, endpoint{kind.name, kind.port, config.ParseAddress(host, kind.port)})
		}
	}
	return all
}

// is reports whether a listener is that of the endpoint.
func (e endpoint) is(l *listener) bool { return l.kind == e.kind && l.addr == e.Addr }

// Listen opens what the parameters ask for, and the unix socket at a path unless
// that is empty.
func (n *Net) Listen(path string) error {
	if err := n.relisten(); err != nil {
		return err
	}
	if path != "" {
		l, err := n.openUnix(path)
		if err != nil {
			return err
		}
		n.listeners.set(append(n.listeners.all(), l))
	}
	if len(n.listeners.all()) == 0 {
		n.log.Warn("nothing to listen on: port, tls-port and unixsocket are all off")
	}
	return nil
}

// relisten makes what is open match the parameters, at the start and after a
// CONFIG SET. Whatever stays the same is not touched, and if anything cannot be
// opened all stays as it was.
func (n *Net) relisten() error {
	n.renewal.mu.Lock()
	defer n.renewal.mu.Unlock()
	var secure *wrap
	if n.securePort() != 0 {
		n.renewal.seen = n.secure.Look()
		fn, err := n.secure.Server(n.log)
		if err != nil {
			return secureError{err}
		}
		secure = &fn
	}
	keep, gone, missing := n.compare(n.endpoints())
	// An address cannot be opened beside another that covers it, such as * and
	// 127.0.0.1 with the same port.
	first := slices.ContainsFunc(gone, func(l *listener) bool {
		return slices.ContainsFunc(missing, func(e endpoint) bool { return e.port == l.port() })
	})
	if first {
		closeAll(gone)
	}
	opened, err := n.openTCP(missing, secure)
	if err != nil {
		if first {
			keep = append(keep, n.reopen(gone)...)
			n.listeners.set(keep)
		}
		return err
	}
	for _, l := range keep {
		if l.kind == "tls" {
			l.wrap.Store(secure)
		}
	}
	n.listeners.set(append(keep, opened...))
	if !first {
		closeAll(gone)
	}
	return nil
}

// secureError is that connections cannot be made secure as the parameters say.
type secureError struct{ error }

// change is relisten for a CONFIG SET. What is wrong goes to the log, the client
// gets Redis's text.
func (n *Net) change(text string) error {
	err := n.relisten()
	if err == nil {
		return nil
	}
	n.log.Warn("cannot listen as CONFIG SET asks", "error", err)
	if errors.As(err, &secureError{}) {
		return errors.New("Unable to update TLS configuration. Check server logs.")
	}
	return errors.New(text)
}

// compare says which listeners stay, which are not wanted any more, and what
// is missing.
func (n *Net) compare(wanted []endpoint) (keep, gone []*listener, missing []endpoint) {
	open := n.listeners.all()
	for _, l := range open {
		if l.kind == "unix" || slices.ContainsFunc(wanted, func(e endpoint) bool { return e.is(l) }) {
			keep = append(keep, l)
		} else {
			gone = append(gone, l)
		}
	}
	for _, e := range wanted {
		if !slices.ContainsFunc(open, e.is) {
			missing = append(missing, e)
		}
	}
	return keep, gone, missing
}

// openTCP opens listeners and starts to accept: all of them, or none if one
// fails. Those whose address this machine lacks, and may lack, are left out.
func (n *Net) openTCP(wanted []endpoint, secure *wrap) (opened []*listener, err error) {
	for _, e := range wanted {
		nl, err := (&net.ListenConfig{KeepAlive: -1}).Listen(context.Background(), e.Network, e.Addr)
		if e.Forgives(err) {
			continue
		}
		var l *listener
		if err == nil {
			setBacklog(nl, int(n.params.backlog.Load()))
			l, err = n.startListener(nl, e.kind, e.Addr, secure)
		}
		if err != nil {
			closeAll(opened)
			// The official test suite waits for these words to try another port.
			return nil, fmt.Errorf("Failed listening on port %d (%s), aborting: %w", e.port, e.kind, err)
		}
		opened = append(opened, l)
	}
	return opened, nil
}

// startListener makes a listener that accepts; it ends when it is closed.
func (n *Net) startListener(nl net.Listener, kind, addr string, secure *wrap) (*listener, error) {
	l := &listener{of: n, net: nl, kind: kind, addr: addr, quit: make(chan struct{}), done: make(chan struct{})}
	if kind == "tls" {
		l.wrap.Store(secure)
	}
	if err := l.prepare(); err != nil {
		nl.Close()
		return nil, err
	}
	go func() {
		defer close(l.done)
		select {
		case <-n.ready:
			l.accept()
		case <-l.quit:
		}
	}()
	return l, nil
}

func (n *Net) openUnix(path string) (*listener, error) {
	p := n.params
	group := -1
	if name := p.unixGroup.Load(); name != "" {
		g, err := user.LookupGroup(name)
		if err == nil {
			group, err = strconv.Atoi(g.Gid)
		}
		if err != nil {
			return nil, fmt.Errorf("unixsocketgroup: %w", err)
		}
	}
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("unixsocket: %s is a directory: name a file in it, which is to be the socket", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("unixsocket: %w", err)
	}
	perm := os.FileMode(p.unixPerm.Load())
	nl, err := listenUnix(path, int(p.backlog.Load()), perm, func() error {
		// Nobody can connect yet. The group comes first: who gets in by his group must
		// not do so by one that the socket loses.
		if group >= 0 {
			if err := os.Chown(path, -1, group); err != nil {
				return err
			}
		}
		if perm != 0 {
			return os.Chmod(path, perm)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("Failed opening Unix socket: %w", err)
	}
	return n.startListener(nl, "unix", path, nil)
}

// reopen opens again what had to be closed for an attempt that failed.
func (n *Net) reopen(closed []*listener) (opened []*listener) {
	for _, l := range closed {
		network := "tcp4"
		if strings.HasPrefix(l.addr, "[") {
			network = "tcp6"
		}
		again, err := n.openTCP([]endpoint{{l.kind, l.port(), config.Address{Network: network, Addr: l.addr}}}, l.wrap.Load())
		if err != nil {
			n.log.Warn("cannot listen again", "addr", l.addr, "error", err)
		}
		opened = append(opened, again...)
	}
	return opened
}

// CloseListeners stops accepting.
func (n *Net) CloseListeners() {
	n.adopted.close()
	closeAll(n.listeners.all())
	n.listeners.set(nil)
}

func closeAll(list []*listener) {
	for _, l := range list {
		l.close()
	}
}

func (l *listener) close() {
	close(l.quit)
	l.net.Close()
	<-l.done
	l.closeSocket()
}

// port returns the port of a TCP listener.
func (l *listener) port() int64 {
	if a, ok := l.net.Addr().(*net.TCPAddr); ok {
		return int64(a.Port)
	}
	return 0
}

const (
	acceptPause     = 100 * time.Millisecond // after a failure that may last
	complaintPeriod = time.Second            // at most one line of the log in each
)

// failed deals with an error of accept and reports whether it lasts. To be out
// of descriptors or memory is survived by waiting for some to come free: the
// clients wait in the queue of the socket meanwhile.
func (l *listener) failed(err error) (lasts bool) {
	l.of.Failed.Add(1)
	if errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.EINTR) {
		l.of.log.Debug("Error accepting a client connection", "error", err)
		return false // only this one
	}
	l.failures++
	if now := time.Now(); now.Sub(l.complained) >= complaintPeriod {
		l.of.log.Warn("Accepting client connection failed", "error", err, "times", l.failures, "clients", l.of.host.Clients())
		l.complained, l.failures = now, 0
	}
	return true
}

// goOn deals with an error of accept by a goroutine, waits if it lasts, and reports whether
// the listener is still open.
func (l *listener) goOn(err error) bool {
	select {
	case <-l.quit:
		return false
	default:
	}
	if l.failed(err) {
		select {
		case <-l.quit:
			return false
		case <-time.After(acceptPause):
		}
	}
	return true
}
