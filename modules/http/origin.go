package http

import (
	"net"
	nethttp "net/http"
	"net/netip"
	"net/url"
	"strings"
)

// sameOrigin refuses requests that a browser makes for the page of another site.
func sameOrigin(r *nethttp.Request) error {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return status{nethttp.StatusForbidden, "a page of another site may not ask for this"}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || !strings.EqualFold(u.Host, r.Host) {
		return status{nethttp.StatusForbidden, "a page of another site may not ask for this"}
	}
	return nil
}

// calledByAddress refuses requests that bring no credentials and call the server by a name that
// anybody could have given it. Where the default user has no password, a page of a foreign
// site whose name leads to this machine, all of a sudden, would be the server's own to a browser
// (DNS rebinding). Addresses and localhost cannot be given away.
func calledByAddress(r *nethttp.Request) error {
	if _, _, ok := r.BasicAuth(); ok {
		return nil
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return nil
	}
	return status{nethttp.StatusForbidden, "without a user's name the server is to be called by its address, or localhost"}
}
