package http

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// params are the parameters of the module, and those of the host that it follows.
type params struct {
	port      *config.IntVar
	bind      *config.StringsVar
	tls       *config.BoolVar
	cert, key *config.StringVar

	// The certificate of the server's own TLS port, which serves if there is no other.
	hostCert, hostKey, hostPass *config.StringVar
}

func (p *params) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "http", Default: def, Doc: doc, Flags: config.Immutable | flags}
	}
	p.port = s.Int(par("http-port", "0", "TCP port to serve HTTP on: figures for Prometheus, probes, profiles, a console. 0 for none.", config.Needed), 0, 65535)
	p.bind = s.Strings(par("http-bind", "127.0.0.1 -::1", "The addresses that http-port is opened at, written as those of bind.", config.MultiArg))
	p.tls = s.Bool(par("http-tls", "no", "Serve HTTPS instead of HTTP. The certificate is that of http-tls-cert-file, or that of tls-cert-file if there is none.", config.Needed))
	p.cert = s.Text(par("http-tls-cert-file", "", "PEM file with the certificate chain for http-tls. Changed files are read again.", 0))
	p.key = s.Text(par("http-tls-key-file", "", "PEM file with the private key of http-tls-cert-file.", 0))
	config.Use(s, "tls-cert-file", &p.hostCert)
	config.Use(s, "tls-key-file", &p.hostKey)
	config.Use(s, "tls-key-file-pass", &p.hostPass)
}

func (p *params) certificates(s core.Server) *certificates {
	return &certificates{params: p, log: s.Log().Named("http")}
}
