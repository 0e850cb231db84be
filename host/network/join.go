package network

import "net"

// Join returns a connection to the server that no socket is needed for: what is written to it
// is read by a session of its own, as of a client on a unix socket. It is closed by who asked,
// or by the end of the server, like any other.
func (n *Net) Join() (net.Conn, error) {
	client, server := net.Pipe()
	s, refusal := n.host.Accepted("unix", "pipe", "pipe")
	if s == nil {
		client.Close()
		server.Close()
		return nil, refused(refusal)
	}
	g := n.goWorkers[0]
	g.running.Add(1)
	go g.serve(nil, s, server)
	return client, nil
}

// refused is what a client is told that is not served.
type refused string

func (r refused) Error() string { return string(r) }
