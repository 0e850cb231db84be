package engine

import (
	"errors"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A pipeline is executed in batches: requests that each have one key, and
// nothing unusual about them, are gathered as far as they have arrived, and
// what their lookups are going to touch is asked for from memory all at once.
// Then they run one after the other as ever. In a large keyspace that hides
// most of the waiting for memory, which is most of what a GET costs.
//
// Where there is only one event loop the shards of a batch are locked together,
// once. With more of them that would make each wait for the others: batches of
// sixteen keys nearly always have a shard in common. There it is the locks that
// travel from core to core, so they are asked for ahead.

// batchMost bounds a batch: beyond it there is nothing left to overlap.
const batchMost = 32

// request is one parsed request.
type request struct {
	args [][]byte
	cmd  *core.Command
	err  error  // why it cannot run: unknown command, wrong arity
	hash uint64 // of its only key, when it is part of a batch
	end  int    // where the next request begins
}

// gather parses requests from the beginning of data into w.batch: any number
// that may share a batch, or those and one other, which ends it. An error is
// that of the first request that is not there: incomplete, or no request.
func (w *worker) gather(s *session, data []byte) error {
	w.batch, w.hashes, w.members = w.batch[:0], w.hashes[:0], w.members[:0]
	if cap(w.args) > keepArgs {
		w.args = nil
	}
	args, at := w.args[:0], 0
	lim := s.limits()
	share := w.mayShare(s)
	for len(w.batch) < batchMost {
		first := len(args)
		next, n, err := s.parser.next(data[at:], args, lim)
		if err != nil {
			return err
		}
		args, at = next, at+n
		w.args = args
		w.batch = append(w.batch, request{})
		r := &w.batch[len(w.batch)-1]
		r.args, r.end = args[first:len(args):len(args)], at
		if len(r.args) > 0 {
			r.cmd, r.err = w.eng.lookup(r.args)
		}
		joins := share && r.err == nil && r.cmd != nil && r.cmd.OnlyKey() != 0 && r.cmd.Flags&(core.AllSessions|core.Blocking) == 0 &&
			r.cmd.Flags&(core.Fast|core.Write) != 0
		if joins {
			r.hash = w.eng.ks.Hash(r.args[r.cmd.OnlyKey()])
			w.hashes = append(w.hashes, r.hash)
			if m := r.cmd.Member; m != 0 && m < len(r.args) {
				w.members = append(w.members, keyspace.Member{Key: r.args[r.cmd.OnlyKey()], Hash: r.hash, Name: r.args[m]})
			}
		}
		if !joins || len(s.parser.apart) > 0 { // it is the first one that has those
			return nil
		}
	}
	return nil
}

// limits are what a session may send at most now.
func (s *session) limits() limits {
	return limits{bulk: s.eng.params.maxBulk.Load(), anonymous: !s.Authenticated}
}

// keepArgs is how many arguments a worker keeps room for.
const keepArgs = 1 << 16

// forgetArgs makes a worker let go of the arguments of commands that are over, since
// what they are in is given up. From one batch to the next its slices are cut and not
// cleared: what is beyond would be held until commands of as many arguments have come.
func (w *worker) forgetArgs() {
	const few = 1 << 10 // are cleared sooner than made anew
	if cap(w.args) > few {
		w.args = nil
	}
	clear(w.args[:cap(w.args)])
	clear(w.batch[:cap(w.batch)])
	clear(w.members[:cap(w.members)])
	w.ctx.Reset(w.ctx.Cmd, nil)
}

// mayShare reports whether the session's commands may share batches: not if an
// interceptor sees each, which may want to do so with no lock held, and not while
// memory is so short that each command counts.
func (w *worker) mayShare(s *session) bool {
	return s.Authenticated && s.Intercept == nil && (w.eng.guard.Load()&guardMemory == 0 || !w.eng.host.NearLimit())
}

// perform executes the gathered requests and returns how many bytes of data
// they took: less than all of them if one is held back, blocks the session or
// ends it.
func (w *worker) perform(s *session) (used int) {
	shared := len(w.hashes)
	if w.eng.guard.Load() != 0 {
		if w.makeReady(); s.closing != open {
			return 0
		}
	}
	if shared > 1 {
		w.warmBatch(s)
	}
	for i := range w.batch {
		if i == shared {
			w.unlockBatch()
		}
		r := &w.batch[i]
		if len(r.args) > 0 && !w.execute(s, r) {
			break
		}
		used = r.end
		if s.closing != open || s.wait != nil || s.paused || s.job != nil || w.reply.out.Promised() > 0 || w.w.Mark() > flushAt {
			break
		}
	}
	w.unlockBatch()
	return used
}

// warmBatch asks for the memory of a batch, and locks its shards if there is
// nobody else to want them.
func (w *worker) warmBatch(s *session) {
	if !w.eng.alone {
		if w.eng.ks.UsedMemory() > warmFrom {
			w.lane.WarmShared(s.db, w.hashes)
		} else {
			w.eng.ks.WarmLocks(w.hashes)
		}
		return
	}
	var set keyspace.Locks
	for _, h := range w.hashes {
		set = set.Add(h)
	}
	if !w.lock(set, false) {
		return // each of them is told so
	}
	s.db.Warm(w.hashes)
	if len(w.members) > 0 {
		s.db.WarmMembers(w.members)
		clear(w.members)
	}
}

// warmFrom is how large the data must be for the asking ahead to pay where it
// takes locks that other loops want: several times a second-level cache. With
// 2 M keys it makes two loops faster by two thirds, with 100 k by nothing.
const warmFrom = 64 << 20

func (w *worker) unlockBatch() {
	if w.locked != 0 {
		set := w.locked
		w.locked = 0
		w.lane.Unlock(set)
	}
}

// consume executes the requests in data until one is incomplete or the session
// blocks, and returns how many bytes were used.
func (w *worker) consume(s *session, data []byte) (used int) {
	w.reply.s = s
	for used < len(data) && s.closing == open && s.wait == nil && !s.paused && s.heldAt == nil && !s.busy() {
		err := w.gather(s, data[used:])
		end := 0
		if n := len(w.batch); n > 0 {
			end = w.batch[n-1].end
		}
		done := w.perform(s)
		used += done
		if len(s.parser.apart) > 0 {
			w.ctx.Arrivals = nil
			if done > 0 {
				s.parser.release()
			}
		}
		if done < end {
			// What follows is parsed again, from the request that is next.
			s.parser.reset()
		}
		if w.w.Mark() > flushAt || w.reply.out.Promised() > 0 {
			w.finish(s)
			if done < end {
				continue // the rest of the batch is gathered again
			}
		}
		if done < end {
			break
		}
		if errors.Is(err, errIncomplete) {
			break
		}
		if err != nil && s.closing == open {
			w.refuseProtocol(s, err)
		}
	}
	if s.closing != open {
		return len(data)
	}
	return used
}
