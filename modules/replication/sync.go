package replication

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A full sync: a dump of a snapshot goes to one or several replicas while it is
// encoded, and then the stream from the position at which the snapshot was taken. No
// file is written, and no more of the dump is in memory than what the slowest of
// them has still to take, up to a window; then the encoder waits.
//
// Replicas that ask for the same within repl-diskless-sync-delay share a dump. One
// that comes later gets one of its own, and does not wait for the end of another's: a
// replica that hangs holds nobody up.

const (
	// window is how much of a dump waits in memory for the slowest of its replicas.
	window = 4 << 20
	// mostTransfers bounds the dumps that are made at a time.
	mostTransfers = 4
)

// transfer is a dump on its way to its replicas.
type transfer struct {
	m     *module
	peers []*peer // module.peersMu
	tape  *stream // what of the dump is on its way
	room  *sync.Cond
	stop  context.CancelFunc
	ctx   context.Context
	want
	mark string // 40 random digits

	snapshot *keyspace.Snapshot
	position core.Position
	texts    [][]byte // of the functions at that moment
	length   int64    // of the dump, if eof is not set
	started  time.Time
	end      int64 // of it in tape, 0 if that is not known yet; peersMu
}

// want is what a replica's dump has to be like; those with the same share one.
type want struct {
	filter  filter
	eof     bool // the end is told by a mark, else the length is told before
	version int  // of the format
}

// wants returns what a replica wants. Redis does not say what it can read: the parameter
// repl-rdb-version says it for it.
func (m *module) wants(p *peer) want {
	return want{p.filter, p.eof, max(p.version, int(m.params.version.Load()))}
}

// next returns what follows for a replica. peersMu is held.
func (t *transfer) next(p *peer) []byte { return t.tape.next(p.part) }

// advance says that a replica has taken n bytes. peersMu is held.
func (t *transfer) advance(p *peer, n int) {
	t.tape.advance(p.part, n)
	t.room.Signal()
	if t.end > 0 && p.part.pos == t.end {
		t.m.received(p)
	}
}

// leave takes a replica out that will get no more. peersMu is held.
func (t *transfer) leave(p *peer) {
	t.tape.leave(p.part)
	for i, x := range t.peers {
		if x == p {
			t.peers = append(t.peers[:i:i], t.peers[i+1:]...)
			break
		}
	}
	if len(t.peers) == 0 {
		t.stop() // nobody wants it any more
	}
	t.room.Signal()
}

// Write takes a part of the dump from the encoder, who waits while the window is full.
func (t *transfer) Write(b []byte) (int, error) {
	for done := 0; done < len(b); {
		piece := b[done:min(len(b), done+blockSize)]
		t.tape.mu.Lock()
		for t.tape.end-t.tape.slowest() > window && t.ctx.Err() == nil {
			t.room.Wait()
		}
		t.tape.mu.Unlock()
		if err := t.ctx.Err(); err != nil {
			return done, err
		}
		t.tape.write(piece)
		done += len(piece)
		t.m.callPeers(t)
	}
	return len(b), nil
}

// callPeers makes the loops of a transfer's replicas send what there is.
func (m *module) callPeers(t *transfer) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for _, p := range t.peers {
		p.s.Conn.Ready(-1)
	}
}

// schedule looks whether a dump is to begin: now is in Unix milliseconds.
func (m *module) schedule(now int64) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for len(m.running) < mostTransfers {
		group := m.due(now)
		if len(group) == 0 {
			return
		}
		t := m.newTransfer(group)
		m.running = append(m.running, t)
		m.jobs.Go(func() { m.run(t) })
	}
}

// due returns replicas whose dump may begin, and can be the same. peersMu is held.
func (m *module) due(now int64) (group []*peer) {
	var first *peer // whose turn it is
	count := 0
	for _, p := range m.peers {
		if p.phase != waiting || p.transfer != nil {
			continue
		}
		count++
		if first == nil || m.beginsAt(p) < m.beginsAt(first) {
			first = p
		}
	}
	most := m.params.maxReplicas.Load()
	enough := most > 0 && int64(count) >= most
	if first == nil || m.beginsAt(first) > now && !enough {
		return nil
	}
	for _, p := range m.peers {
		if p.phase == waiting && p.transfer == nil && m.wants(p) == m.wants(first) {
			group = append(group, p)
		}
	}
	return group
}

// beginsAt is when a replica's dump begins at the latest: one that can be shared waits
// for others.
func (m *module) beginsAt(p *peer) int64 {
	if !p.eof || p.rdbOnly || !m.params.diskless.Load() {
		return p.since
	}
	return p.since + m.params.delay.Load()*1000
}

// newTransfer prepares a dump for replicas. peersMu is held.
func (m *module) newTransfer(group []*peer) *transfer {
	t := &transfer{m: m, peers: group, want: m.wants(group[0]), mark: newID(), started: time.Now()}
	t.tape = newStream(func() int64 { return 0 })
	t.tape.open(0)
	t.room = sync.NewCond(&t.tape.mu)
	t.ctx, t.stop = context.WithCancel(m.ctx)
	context.AfterFunc(t.ctx, func() {
		t.tape.mu.Lock()
		defer t.tape.mu.Unlock()
		t.room.Broadcast()
	})
	for _, p := range group {
		p.transfer, p.part = t, t.tape.read(0, nil)
	}
	return t
}

// transferring tells since when dumps are made for replicas, if any are.
func (m *module) transferring() (began time.Time, ok bool) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for _, t := range m.running {
		if !ok || t.started.Before(began) {
			began, ok = t.started, true
		}
	}
	return began, ok
}

// run makes a dump and sends it.
func (m *module) run(t *transfer) {
	err := m.transmit(t)
	t.stop()
	if t.snapshot != nil {
		t.snapshot.End()
	}
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	m.running = slices.DeleteFunc(m.running, func(x *transfer) bool { return x == t })
	if err == nil || err == errUnreadable {
		return
	}
	if !errors.Is(err, context.Canceled) {
		m.srv.Log().Warn("SYNC failed: " + err.Error())
	}
	for _, p := range append([]*peer(nil), t.peers...) {
		p.dismiss("the full sync has failed")
	}
}

// transmit is run's work.
func (m *module) transmit(t *transfer) error {
	if err := m.freeze(t); err != nil {
		return err
	}
	if !t.eof {
		res, err := m.save(t, io.Discard)
		if err != nil {
			return err
		}
		t.length = res.Bytes
		t.endsAt(t.length)
	}
	m.header(t)
	res, err := m.save(t, t)
	if err != nil {
		return err
	}
	if t.eof {
		t.endsAt(res.Bytes + int64(len(t.mark)))
		_, err = t.Write([]byte(t.mark))
	} else if res.Bytes != t.length {
		err = fmt.Errorf("a dump of %d bytes was announced as one of %d", res.Bytes, t.length)
	}
	m.srv.Log().Info("Full sync encoded", "keys", res.Keys, "bytes", res.Bytes, "seconds", fmt.Sprintf("%.3f", time.Since(t.started).Seconds()))
	return err
}

// endsAt says where the dump ends, before its last byte is there: a replica may have that
// and say so at once.
func (t *transfer) endsAt(end int64) {
	t.m.peersMu.Lock()
	defer t.m.peersMu.Unlock()
	t.end = end
}

// freeze takes the snapshot, and with it the position of the stream at which it was
// taken, where all replicas of the transfer begin.
func (m *module) freeze(t *transfer) error {
	ks := m.srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if t.filter.keys() && !m.readsFields(t.peers[0]) && m.anyFields() {
		m.refuse(t)
		return errUnreadable
	}
	t.snapshot = ks.Freeze()
	if t.filter.functions() {
		t.texts = m.srv.Registry().Functions.All()
	}
	t.position = m.at()
	if !m.isReplica() {
		m.stream.forgetDB() // who begins here has selected none
	}
	for _, p := range t.peers {
		if !p.rdbOnly {
			p.cursor = m.stream.read(t.position.Offset, p.ready)
		}
		p.alive = m.srv.Now()
	}
	return nil
}

// header sends what comes before the dump.
func (m *module) header(t *transfer) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for _, p := range t.peers {
		if !p.old {
			p.head = append(p.head, "+FULLRESYNC "+t.position.ID+" "+strconv.FormatInt(t.position.Offset, 10)+"\r\n"...)
		}
		if t.eof {
			p.head = append(p.head, "$EOF:"+t.mark+"\r\n"...)
		} else {
			p.head = append(p.head, "$"+strconv.FormatInt(t.length, 10)+"\r\n"...)
		}
		p.phase = sending
		p.s.Conn.Ready(-1)
		m.srv.Log().Info("Streaming a dump to replica "+p.name(), "offset", t.position.Offset)
	}
}

// save encodes the snapshot. A dump whose length is told before is encoded twice, and has
// to be the same both times: that is what one worker makes.
func (m *module) save(t *transfer, to io.Writer) (dump.Result, error) {
	o := dump.SaveOptions{
		Checksum: m.up.checks(), Background: true, Workers: 1, Now: t.started.UnixMilli(),
		RedisVersion: m.srv.Version().Redis, Access: m.params.dumps.Access(), Plain: !m.params.dumps.Compress(),
		Aux: dump.PositionAux(t.position), NoKeys: !t.filter.keys(), Libraries: &t.texts, Version: t.version,
	}
	if v := m.params.saveDelay; v != nil && v.Load() != 0 {
		o.Delay = func() time.Duration { return dump.Delay(v.Load()) }
		o.Hurry = func() bool { return v.Load() == 0 }
	}
	if t.eof {
		o.Workers = max(runtime.GOMAXPROCS(0)-m.srv.Loops(), 1)
	}
	return dump.Save(t.ctx, to, m.srv.Registry(), t.snapshot, o)
}

// received takes note that a replica has taken its whole dump. peersMu is held.
func (m *module) received(p *peer) {
	t := p.transfer
	t.leave(p)
	p.transfer, p.part = nil, nil
	p.alive = m.srv.Now()
	switch {
	case p.rdbOnly:
		m.srv.Log().Info("RDB transfer completed, rdb only replica (" + p.name() + ") is disconnected")
		p.dismiss("it wanted a dump only, and has it")
	case p.cursor == nil:
		p.dismiss("the stream could not be kept for it")
	case t.eof:
		p.phase, p.mute = online, true // until it says that it has loaded it
	default:
		p.phase, p.mute = online, true
		m.begun(p)
	}
}

// begun lets a replica that has its dump have the stream. peersMu is held.
func (m *module) begun(p *peer) {
	p.mute = false
	p.s.Conn.Ready(-1)
	m.srv.Log().Info("Synchronization with replica " + p.name() + " succeeded")
	m.judge()
}
