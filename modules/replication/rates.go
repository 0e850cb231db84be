package replication

// rates are the bytes of the last sixteen seconds, as INFO has its averages of everything.
// module.peersMu guards them.
type rates struct {
	received, sent  [16]int64 // in each of the last seconds
	lastIn, lastOut int64
	next            int
}

// sample is called once a second.
func (r *rates) sample(received, sent int64) {
	r.received[r.next] = max(received-r.lastIn, 0)
	r.sent[r.next] = max(sent-r.lastOut, 0)
	r.lastIn, r.lastOut = received, sent
	r.next = (r.next + 1) % len(r.received)
}

// kbps returns the averages in kilobytes a second.
func (r *rates) kbps() (in, out float64) {
	for i := range r.received {
		in += float64(r.received[i])
		out += float64(r.sent[i])
	}
	n := float64(len(r.received) << 10)
	return in / n, out / n
}
