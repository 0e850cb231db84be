package http

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// certificates give each handshake the certificate that the files hold: they are looked at
// again when a handshake comes and lookEvery has passed, so that renewing one needs neither
// a restart nor a word to the server. What cannot be read leaves the one that was, and the
// log says so.
type certificates struct {
	params *params
	log    core.Logger

	mu     sync.Mutex
	cert   *tls.Certificate
	seen   [2]stamp // of the files that cert was read from
	looked time.Time
}

// stamp is what changes when a file is written or replaced.
type stamp struct {
	name string
	time time.Time
	size int64
}

// lookEvery is how often the files are looked at, at most.
const lookEvery = time.Second

// wrap makes a listener speak TLS; without certificates it stays as it is.
func (c *certificates) wrap(l net.Listener) net.Listener {
	if c == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current() },
	})
}

// current returns the certificate to show now.
func (c *certificates) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.cert, nil
	}
	c.looked = time.Now()
	changed, err := c.read()
	switch {
	case err != nil:
		c.log.Warn("the certificate has changed and cannot be read: the old one is shown on", "error", err)
	case changed:
		c.log.Info("the certificate was read again", "file", c.seen[0].name)
	}
	return c.cert, nil
}

// load reads the certificate for the first time.
func (c *certificates) load() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = time.Now()
	_, err := c.read()
	return c.cert, err
}

// read reads the files if they are not those that were read last; mu is held.
func (c *certificates) read() (changed bool, err error) {
	p := c.params
	cert, key := p.cert.Load(), p.key.Load()
	if cert == "" {
		cert, key = p.hostCert.Load(), p.hostKey.Load()
		if p.hostPass.Load() != "" {
			return false, errors.New("http-tls: the key of tls-key-file is encrypted: set http-tls-cert-file and http-tls-key-file")
		}
	}
	if cert == "" || key == "" {
		return false, errors.New("http-tls needs http-tls-cert-file and http-tls-key-file, or tls-cert-file and tls-key-file")
	}
	var now [2]stamp
	for i, name := range []string{cert, key} {
		info, err := os.Stat(name)
		if err != nil {
			return false, fmt.Errorf("http-tls: %w", err)
		}
		now[i] = stamp{name, info.ModTime(), info.Size()}
	}
	if now == c.seen {
		return false, nil
	}
	loaded, err := tls.LoadX509KeyPair(now[0].name, now[1].name)
	if err != nil {
		return false, fmt.Errorf("http-tls: %w", err)
	}
	c.cert, c.seen = &loaded, now
	return true, nil
}
