package network

import (
	"sync"
	"time"
)

// renewal is how certificates that have changed on the disk come into use.
type renewal struct {
	mu   sync.Mutex // held while listeners are given a configuration
	seen string     // what the files looked like when they were read last; mu

	busy    sync.Mutex // held by the one who looks
	last    time.Time  // when; busy
	running sync.WaitGroup
}

// Renew reads the files of TLS again if they have changed and it is time to look
// (tls-auto-reload-interval). It is called every second or so, and does not block: a disk
// that hangs holds up nobody else. What cannot be read, such as a certificate whose key has
// not come yet, leaves what is in use; the next change is another chance.
func (n *Net) Renew() {
	if n.securePort() == 0 {
		return
	}
	every := time.Duration(n.secure.Reload()) * time.Second
	if every == 0 || !n.renewal.busy.TryLock() {
		return
	}
	if time.Since(n.renewal.last) < every {
		n.renewal.busy.Unlock()
		return
	}
	n.renewal.last = time.Now()
	n.renewal.running.Go(func() {
		defer n.renewal.busy.Unlock()
		n.renew()
	})
}

func (n *Net) renew() {
	r := &n.renewal
	r.mu.Lock()
	defer r.mu.Unlock()
	now := n.secure.Look()
	if now == r.seen {
		return
	}
	r.seen = now
	secure, err := n.secure.Server(n.log)
	if err != nil {
		n.log.Warn("the files of TLS have changed and cannot be used: those of before stay in force", "error", err)
		return
	}
	for _, l := range n.listeners.all() {
		if l.kind == "tls" {
			l.wrap.Store(&secure)
		}
	}
	n.log.Info("the files of TLS have changed and are in force")
}
