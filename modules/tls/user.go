package tls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"time"
)

// The values of tls-auth-clients-user.
const (
	userOff = iota
	userCN
	userURI
	userDNS
	userMail
)

// Users implements core.Secure: there are none if the parameters do not ask for them.
func (p *params) Users(conn net.Conn) (names []string) {
	state := conn.(*tls.Conn).ConnectionState()
	kind := p.user.Load()
	if kind == userOff || len(state.VerifiedChains) == 0 {
		return nil
	}
	cert := state.PeerCertificates[0]
	switch kind {
	case userCN:
		names = []string{cert.Subject.CommonName}
	case userURI:
		for _, u := range cert.URIs {
			names = append(names, u.String())
		}
	case userDNS:
		names = cert.DNSNames
	case userMail:
		names = cert.EmailAddresses
	}
	return names
}

// Certificate implements core.Secure.
func (p *params) Certificate() (file string, expires time.Time, err error) {
	if file = p.cert.Load(); file == "" {
		return "", expires, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return file, expires, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return file, expires, errors.New("there is no PEM in it")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return file, expires, err
	}
	return file, cert.NotAfter, nil
}
