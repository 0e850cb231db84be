package network

import "net"

// Thrifty is a Link that can have the system wait for more before it sends a packet that is not full
// (no TCP_NODELAY): fewer packets for more delay.
type Thrifty interface{ SaveOnPackets() }

// SaveOnPackets implements Thrifty.
func (c *goConn) SaveOnPackets() {
	if t, ok := c.raw.(*net.TCPConn); ok {
		_ = t.SetNoDelay(false)
	}
}
