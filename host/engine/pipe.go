package engine

// Pipe is a connection without a network: requests go in and replies come out
// on the caller's own goroutine. It is what the scaling benchmark and fuzzers
// drive the server through. It cannot block on keys. Not safe for concurrent
// use; several pipes are.
type Pipe struct {
	w    *worker
	s    *session
	sent []byte
}

// Pipe returns pipe i, below those that Complete was asked for.
func (eng *Engine) Pipe(i int) *Pipe { return eng.pipes[i] }

func (eng *Engine) startPipes(n int) {
	for range n {
		w := eng.newWorker()
		w.wake = func() {}
		s, _ := eng.accept("unix", "pipe:0", "pipe:0")
		if s == nil {
			return
		}
		p := &Pipe{w: w, s: s}
		s.worker, s.link = w, p
		w.enter()
		w.begin(s)
		w.leave()
		eng.pipes = append(eng.pipes, p)
	}
}

// Exchange executes the requests and appends their replies to dst.
func (p *Pipe) Exchange(dst, requests []byte) []byte {
	p.w.enter()
	defer p.w.leave()
	p.sent = dst
	p.execute(requests)
	dst, p.sent = p.sent, nil
	return dst
}

func (p *Pipe) execute(requests []byte) {
	defer p.w.rescue()
	p.w.tick()
	p.w.arrived(p.s, requests)
	p.w.finish(p.s)
	p.w.settle()
	for len(p.w.making) > 0 {
		p.w.settle()
	}
	p.w.flushAll(p.s)
}

// Closed reports whether the server has ended the connection.
func (p *Pipe) Closed() bool {
	p.w.enter()
	defer p.w.leave()
	return p.s.closing == closed
}

func (p *Pipe) stop() {
	p.w.enter()
	defer p.w.leave()
	defer p.w.rescue()
	p.w.endAll()
}

// Write implements network.Link.
func (p *Pipe) Write(b []byte) (int, error) {
	p.sent = append(p.sent, b...)
	return len(b), nil
}

// WantWrite implements network.Link.
func (p *Pipe) WantWrite(bool) {}

// WantRead implements network.Link.
func (p *Pipe) WantRead(bool) {}

// Close implements network.Link.
func (p *Pipe) Close() {}
