package host

import (
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// heapWatch gives memory back that clients have left behind. The data are not
// in Go's heap, so its collector seldom has a reason to run: on a server that
// has little to do the buffers of a client that is gone could stay for minutes.
type heapWatch struct {
	cycles uint64 // collections, as of the last look
	idle   int    // looks since there was one
	wait   int    // looks to let pass before another is worth it
	before uint64 // bytes when the last one of ours began, 0 if its result is known
	done   chan struct{}
	floor  []byte // see raiseFloor
}

const (
	heapWaste   = 3 << 20 // bytes that are worth a collection of a small heap
	heapIdle    = 3       // seconds for the collector to come by itself
	heapBackOff = 120     // seconds to wait at most after one that was in vain
)

// heapFloor is how much more than a twofold growth the heap may take before it is
// collected. With the data outside, what lives in it is a few megabytes, and a few
// more of garbage would start one collection after the other.
const heapFloor = 32 << 20

// raiseFloor does so for a process that is the server's alone: by an allocation
// that is never touched, so that it takes no memory, and in which there is nothing
// to look for. A memory limit (GOMEMLIMIT) counts it all the same: there it takes a
// small part at most. The collector takes it for a reason to run at once, which is
// why it waits until the server is there.
func (h *heapWatch) raiseFloor(size *atomic.Int64) {
	h.floor = make([]byte, min(heapFloor, debug.SetMemoryLimit(-1)/16))
	size.Store(int64(len(h.floor)))
}

// heapFigures are what the Go runtime tells of its heap.
type heapFigures struct {
	size   uint64 // bytes of objects, dead ones too, and of what is free and not given back
	live   uint64 // bytes that the last collection has found alive
	cycles uint64 // collections
}

func readHeap() heapFigures {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	n := func(i int) uint64 { return samples[i].Value.Uint64() }
	return heapFigures{size: n(0) + n(1), live: n(2), cycles: n(3)}
}

// look is called by cron once a second.
func (h *heapWatch) look() {
	f := readHeap()
	if h.running() || !h.due(f) {
		return
	}
	h.before, h.done = f.size, make(chan struct{})
	go func() {
		defer close(h.done)
		debug.FreeOSMemory() // it runs beside the server, but for moments
	}()
}

// due reports whether a collection is worth its while: the heap holds much that the last one has not
// seen, compared with what the next one has to look at, and the collector rests. If that
// frees little, the next one comes later and later: the collector itself comes every two minutes.
func (h *heapWatch) due(f heapFigures) bool {
	if h.idle++; f.cycles != h.cycles {
		h.cycles, h.idle = f.cycles, 0
	}
	live := f.live - min(f.live, uint64(len(h.floor))) // the floor costs nothing to look at
	waste := f.size - min(f.size, f.live)
	if h.before != 0 {
		if f.size > h.before-min(h.before, max(heapWaste, live/4)/2) {
			h.wait = min(2*h.wait+2*heapIdle, heapBackOff)
		} else {
			h.wait = 0
		}
		h.before = 0
	}
	return waste >= max(heapWaste, live/4) && h.idle >= heapIdle+h.wait
}

func (h *heapWatch) running() bool {
	select {
	case <-h.done:
		h.done = nil
	default: // there is none, or it goes on
	}
	return h.done != nil
}

// end returns when a collection under way has ended.
func (h *heapWatch) end() {
	if h.done != nil {
		<-h.done
	}
}
