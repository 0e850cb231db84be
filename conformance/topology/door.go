package main

import (
	"net"
	"strconv"
	"sync"
	"time"
)

// door stands before a node: all who replicate from it come by it. It can be cut, which
// ends connections at once or at a byte, and have weather: then what goes through takes time, or
// nothing does, in one direction or both.
type door struct {
	port int
	to   string
	l    net.Listener
	all  sync.WaitGroup // of its goroutines

	mu      sync.Mutex
	change  *sync.Cond
	closed  bool
	weather [2]weather // by direction
	passing map[*passage]struct{}
	traps   []trap // for the connections to come, the next one first
}

// The directions, as seen from the node.
const (
	in  = iota // what replicas send
	out        // what they are sent
)

// weather is what slows a direction down; the zero value is fine weather.
type weather struct {
	still bool          // nothing goes through
	piece int           // so many bytes go at a time, 0 for any number,
	delay time.Duration // and each piece takes so long
}

// trap cuts a connection when so many bytes have gone in a direction.
type trap struct {
	direction int
	after     int64
}

// passage is a connection through a door.
type passage struct {
	ends [2]net.Conn // the replica's and the node's
	left [2]int64    // bytes until it is cut, -1 for never; the door's mu guards it
}

// newDoor opens a door to a node's port.
func newDoor(to int) (*door, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{port: l.Addr().(*net.TCPAddr).Port, to: "127.0.0.1:" + strconv.Itoa(to), l: l, passing: map[*passage]struct{}{}}
	d.change = sync.NewCond(&d.mu)
	d.all.Go(d.listen)
	return d, nil
}

func (d *door) listen() {
	for {
		replica, err := d.l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", d.to)
		if err != nil { // the node is not there
			replica.Close()
			continue
		}
		d.admit(&passage{ends: [2]net.Conn{replica, server}, left: [2]int64{-1, -1}})
	}
}

// admit lets a connection through.
func (d *door) admit(p *passage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		p.close()
		return
	}
	if len(d.traps) > 0 {
		p.left[d.traps[0].direction] = d.traps[0].after
		d.traps = d.traps[1:]
	}
	d.passing[p] = struct{}{}
	for direction := range p.ends {
		d.all.Go(func() { d.carry(p, direction) })
	}
}

func (p *passage) close() {
	for _, end := range p.ends {
		end.Close()
	}
}

// carry copies what goes in a direction, until the connection ends.
func (d *door) carry(p *passage, direction int) {
	defer func() {
		p.close()
		d.mu.Lock()
		delete(d.passing, p)
		d.mu.Unlock()
	}()
	buf := make([]byte, 16<<10)
	for {
		n, err := p.ends[direction].Read(buf)
		for at := 0; at < n; {
			k, end := d.toll(p, direction, n-at)
			if _, err := p.ends[1-direction].Write(buf[at : at+k]); err != nil || end {
				return
			}
			at += k
		}
		if err != nil {
			return
		}
	}
}

// toll waits as the weather demands, and returns how many of n bytes may go then, and whether
// the connection is to be cut behind them.
func (d *door) toll(p *passage, direction, n int) (k int, end bool) {
	d.mu.Lock()
	for d.weather[direction].still && !d.closed {
		d.change.Wait()
	}
	w := d.weather[direction]
	if w.piece > 0 {
		n = min(n, w.piece)
	}
	if left := &p.left[direction]; *left >= 0 {
		if end = int64(n) >= *left; end {
			n = int(*left)
		}
		*left -= int64(n)
	}
	d.mu.Unlock()
	time.Sleep(w.delay)
	return n, end
}

// cut ends all connections.
func (d *door) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p := range d.passing {
		p.close()
	}
}

// lay lays a trap for each of the next connections; the first one is for those that there are,
// too.
func (d *door) lay(traps ...trap) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p := range d.passing {
		p.left[traps[0].direction] = traps[0].after
	}
	d.traps = append(d.traps, traps...)
}

// turn sets the weather.
func (d *door) turn(direction int, w weather) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.weather[direction] = w
	d.change.Broadcast()
}

// heal takes the traps away and makes the weather fine.
func (d *door) heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.weather, d.traps = [2]weather{}, nil
	for p := range d.passing {
		p.left = [2]int64{-1, -1}
	}
	d.change.Broadcast()
}

// close ends everything that belongs to the door.
func (d *door) close() {
	d.l.Close()
	d.mu.Lock()
	d.closed = true
	for p := range d.passing {
		p.close()
	}
	d.change.Broadcast()
	d.mu.Unlock()
	d.all.Wait()
}
