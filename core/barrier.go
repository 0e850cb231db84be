package core

import "sync/atomic"

// Barrier holds replies back until what the replies tell of is safe: that is
// how a log that is synced for every write (appendfsync always) keeps its
// promise without a sync per command. Its owner, which listens to the feed,
// says with Want up to which position everything fed is to be safe before
// another reply leaves, and with Reach how far that has come. Positions are the
// owner's own numbers and only grow.
//
// Replies of all sessions are held, not only of those that wrote: what one reads
// must not be lost afterwards either. No event loop need wait: it goes on with what
// others have sent, and one sync is for all who have come meanwhile.
type Barrier struct {
	want, reached atomic.Uint64
	broken        atomic.Uint64 // counts calls of Break
	wake          func()
}

// Barrier makes a barrier. There may be several; a reply passes all.
func (r *Registry) Barrier() *Barrier {
	b := &Barrier{wake: func() {}}
	r.barriers = append(r.barriers, b)
	return b
}

// Barriers returns all barriers; it is the host's.
func (r *Table) Barriers() []*Barrier { return r.barriers }

// OnMove sets what is called when the barrier has moved; it is the host's.
func (b *Barrier) OnMove(wake func()) { b.wake = wake }

// Want demands that pos be reached before replies to what runs now, or later,
// are sent. It is called from a listener to the feed.
func (b *Barrier) Want(pos uint64) { b.want.Store(pos) }

// Reach says that everything up to pos is safe and lets go those who wait for
// no more.
func (b *Barrier) Reach(pos uint64) {
	b.reached.Store(pos)
	b.wake()
}

// Break ends the connections of those who have written and wait, or are just about
// to: what they are to be told of cannot be made safe. Others are let go. Nothing
// is held any more until the next Want.
func (b *Barrier) Break() {
	b.broken.Add(1)
	b.reached.Store(b.want.Load())
	b.wake()
}

// Held returns the position that a reply has to wait for, 0 for none. It is the
// host's, and costs two loads.
func (b *Barrier) Held() uint64 {
	if w := b.want.Load(); w > b.reached.Load() {
		return w
	}
	return 0
}

// Used reports whether Want was ever called.
func (b *Barrier) Used() bool { return b.want.Load() != 0 }

// Passed reports whether pos has been reached, and Breaks how often the barrier
// has been broken: a session that waited across a break ends.
func (b *Barrier) Passed(pos uint64) bool { return b.reached.Load() >= pos }

// Breaks: see Passed.
func (b *Barrier) Breaks() uint64 { return b.broken.Load() }
