package replication

import (
	"errors"
	"fmt"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/wire"
)

// The stream of the master: it is played unit by unit, and its bytes become those of
// the own stream under the locks of each. So the offset is that of what has been
// played, whenever the connection breaks; what has come of a unit that is not whole
// is forgotten then, and comes again.

const (
	readAtOnce = 64 << 10
	keepInput  = 1 << 20 // a buffer that has grown beyond is given up when it is empty
	turnUnits  = 256     // are played before others have a turn
	unitsAhead = 16      // are looked at before the first of them is played
)

// player is a link that plays.
type player struct {
	*link
	f     core.Follower
	buf   []byte // what has come; what is not played yet is buf[at:]
	at    int
	units [unitsAhead]ahead // the first of them has begun with what is at buf[at:]
	keys  [][]byte

	saidDisk int64 // when it was last logged that the disk fails
}

// ahead is a unit that is about to be played.
type ahead struct {
	parser   wire.Parser
	commands [][][]byte
	size     int
}

// goOn makes ready to play what follows from where the server is.
func (l *link) goOn(id string) {
	l.m.srv.Standstill(func() {
		if l.ctx.Err() == nil {
			if h := l.m.history(); id != h.id {
				l.m.up.log.Info("Master replication ID changed to " + id)
				l.m.continued(id)
			}
		}
	})
}

// play plays what comes until the connection ends, whose error it returns.
func (l *link) play(f core.Follower) error {
	p := &player{link: l, f: f, buf: make([]byte, 0, readAtOnce)}
	for i := range p.units {
		p.units[i].parser.MaxBulk = int(l.m.up.maxBulk.Load())
	}
	l.unread.Store(0)
	defer l.unread.Store(0)
	if err := l.acknowledge(); err != nil {
		return err
	}
	for {
		n, err := l.in.Read(p.buf[len(p.buf):cap(p.buf)])
		p.buf = p.buf[:len(p.buf)+n]
		if n > 0 {
			l.hear()
			l.m.up.count(n)
			if err := p.whole(); err != nil {
				return err
			}
		}
		switch {
		case err != nil && f.Killed():
			return errors.New("Connection with master lost: the connection was killed")
		case err != nil:
			return errors.New("Connection with master lost: " + err.Error())
		}
	}
}

// whole plays the units that have come whole, and makes room for the next.
func (p *player) whole() error {
	missing := 0
	for missing == 0 {
		if err := p.waitOutPause(); err != nil {
			return err
		}
		err := errEnded // if the executor is broken, and does nothing any more
		p.f.Turn(func() { missing, err = p.turn() })
		p.unread.Store(int64(len(p.buf) - p.at))
		if err != nil {
			return err
		}
		if p.asked.Swap(false) {
			p.kept.want(p.m.stream.offset())
			if err := p.acknowledge(); err != nil {
				return err
			}
		}
	}
	rest := p.buf[p.at:]
	switch {
	case len(rest) == 0 && cap(p.buf) > keepInput:
		p.buf = make([]byte, 0, readAtOnce)
		p.forget()
	case len(rest)+missing > cap(p.buf):
		p.forget()
		p.buf = append(make([]byte, 0, max(len(rest)+missing, 2*len(rest), readAtOnce)), rest...)
	case cap(p.buf)-len(p.buf) < max(missing, readAtOnce/4):
		p.buf = p.buf[:copy(p.buf[:cap(p.buf)], rest)]
	case len(rest) == 0:
		p.buf = p.buf[:0]
	default:
		return nil
	}
	p.at = 0
	return nil
}

// forget lets go of what units that were played still have of the buffer.
func (p *player) forget() {
	for i := range p.units {
		p.units[i].commands = nil
		p.units[i].parser.Forget()
	}
	clear(p.keys[:cap(p.keys)])
}

// waitOutPause waits while CLIENT PAUSE is in force, which holds for what the master sends, too.
func (p *player) waitOutPause() error {
	for p.f.Paused() {
		p.unread.Store(int64(len(p.buf) - p.at)) // for INFO: it has been read, and no more
		select {
		case <-p.ctx.Done():
			return errEnded
		case <-time.After(pauseLook):
			p.hear() // it is not the master that is silent
		}
	}
	return nil
}

const pauseLook = 5 * time.Millisecond

// judgeDisk stops the server if it cannot write to its disk, so that the master's data would
// not be kept, unless replica-ignore-disk-write-errors says that it does not matter.
func (p *player) judgeDisk() {
	c := core.Ctx{Hooks: p.m.srv.Registry().Hooks}
	err, fails := c.Refusal(core.TellsHealth, core.TopLevel).(core.Error)
	if !fails || err.Code != "MISCONF" {
		return
	}
	if !p.m.up.ignoreDisk.Load() {
		panic("Replica was unable to write command to disk.")
	}
	if now := p.m.srv.Now(); now-p.saidDisk > 10_000 {
		p.saidDisk = now
		p.m.up.log.Warn("Replica is applying a command it is unable to write to disk.")
	}
}

// turn plays some units. missing is how many bytes the next one lacks at least, 0 if
// there are more that are whole.
func (p *player) turn() (missing int, err error) {
	p.judgeDisk()
	for range turnUnits / unitsAhead {
		whole, missing, broken := p.lookAhead()
		for i := range whole {
			u := &p.units[i]
			if p.ctx.Err() != nil {
				return 0, errEnded
			}
			if err := p.f.PlayUnit(u.commands, p.buf[p.at:p.at+u.size]); err != nil {
				if err == core.ErrKilled {
					return 0, errEnded
				}
				p.replied(u.commands, err)
			}
			p.at += u.size
		}
		switch {
		case broken == wire.ErrMore:
			p.units[0], p.units[whole] = p.units[whole], p.units[0]
			return missing, nil
		case broken != nil:
			p.m.up.log.Warn("Protocol error from master: " + broken.Error())
			p.m.up.forget()
			return 0, errors.New("Connection with master lost: it has sent what is no command")
		}
	}
	return 0, nil
}

// lookAhead finds the next units, as far as they have come whole, and has memory fetched for what
// they are going to look up. broken is why there are no more of them: with wire.ErrMore, the next
// one has begun in units[whole], and lacks so many bytes at least.
func (p *player) lookAhead() (whole, missing int, broken error) {
	at := p.at
	p.keys = p.keys[:0]
	for whole < unitsAhead && broken == nil {
		u := &p.units[whole]
		u.commands, u.size, broken = u.parser.Next(p.buf[at:])
		if broken != nil {
			missing = u.size
			break
		}
		if len(u.commands) == 1 && len(u.commands[0]) > 1 {
			p.keys = append(p.keys, u.commands[0][1])
		}
		at += u.size
		whole++
	}
	p.f.Warm(p.keys)
	return whole, missing, broken
}

// replied takes note of an error that a command of the master was answered with: it
// was none there, so the data differ.
func (p *player) replied(unit [][][]byte, err error) {
	u := &p.m.up
	u.mu.Lock()
	u.figures.errors++
	n := u.figures.errors
	u.mu.Unlock()
	if n > sayErrors {
		return
	}
	name := ""
	if len(unit) > 0 {
		name = core.Clip(unit[0][0], 128)
	}
	if u.onError.Load() != errorsIgnored && u.replicaParams.readOnly.Load() { // else clients may have caused it
		defer panic("This replica panicked sending an error to its master after processing the command '" + name + "'")
	}
	u.log.Warn(fmt.Sprintf("== CRITICAL == This replica is sending an error to its master: '%v' after processing the command '%s'", err, name))
}

// sayErrors is how many such errors are logged.
const sayErrors = 100

// count counts bytes of the master.
func (u *upstream) count(n int) {
	u.mu.Lock()
	u.figures.received += int64(n)
	u.mu.Unlock()
}

// counts returns the bytes that have come from masters, and how many of their commands
// were answered with an error.
func (u *upstream) counts() (received, errors int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.figures.received, u.figures.errors
}

// forget gives the history up: the master is not asked to go on from here.
func (u *upstream) forget() {
	u.mu.Lock()
	u.known = false
	u.mu.Unlock()
}
