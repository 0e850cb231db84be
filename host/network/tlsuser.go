package network

import (
	"crypto/tls"
)

// The values of tls-auth-clients-user.
const (
	userOff = iota
	userCN
	userURI
	userDNS
	userMail
)

// users returns the names of users in the certificate that a client has shown, the first
// to be preferred; none if the parameters do not ask for them, or if no authority vouches
// for the certificate.
func (p *tlsParams) users(state tls.ConnectionState) (names []string) {
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
