package aof

import "time"

// group decides when a sync of appendfsync always begins. Clients come in a
// circle: each writes, waits for the sync, gets its reply and writes again. A
// sync that began with the first write after the last sync would find few of
// them, the rest would come while it goes on, and so each sync would serve a part
// of the clients only. So a sync waits a little for those whose replies have just
// been sent, for as long as it takes itself: it never more than doubles a
// client's wait. Where waiting was in vain, because clients do not come again at
// once, it is done less and less, and tried again now and then.
//
// writer.mu guards it.
type group struct {
	fed    int // writes since the last sync began
	wakeAt int // the writer is to be woken when there are so many, 0 for never

	expected int           // writes that make it complete
	until    time.Time     // it is not waited for longer
	last     int           // writes of the last sync
	took     time.Duration // the last sync
	client   uint64        // who wrote last, 0 for no client
	row      int           // how many writes in a row were this client's
	vain     int           // waits in a row that were in vain
	skip     int           // how many syncs are still not to wait
}

const (
	// mostWait bounds the wait, for disks that are slow.
	mostWait = 2 * time.Millisecond
	// mostSkip bounds for how many syncs waiting is given up.
	mostSkip = 64
)

// from takes note of who writes.
func (g *group) from(client uint64) {
	if g.client != client {
		g.client, g.row = client, 0
	}
	g.row++
}

// alone reports whether the one who writes has been alone for a while: there is
// nobody whom a sync could serve as well.
func (g *group) alone() bool { return g.client != 0 && g.row > max(g.fed, aloneAfter) }

// aloneAfter is how many writes in a row make a client one who writes alone.
const aloneAfter = 8

// ended takes note of a sync that took so long.
func (g *group) ended(now time.Time, took time.Duration) {
	g.took = took
	if g.last+g.fed <= 1 || g.last == 0 {
		g.until = time.Time{} // nobody else, or nobody to wait for
		return
	}
	if g.skip > 0 {
		g.skip--
		g.until = time.Time{}
		return
	}
	g.expected = g.last + g.fed
	g.until = now.Add(min(took, mostWait))
}

// wait returns for how long the next sync should wait still, 0 to begin.
func (g *group) wait(now time.Time) time.Duration {
	if g.until.IsZero() || g.fed == 0 {
		return 0
	}
	rest := g.until.Sub(now)
	switch {
	case g.fed >= g.expected-g.expected/8: // one who is late is not waited for
		g.vain = 0
	case rest > 0:
		g.wakeAt = g.expected - g.expected/8
		return rest
	case g.wakeAt != 0 && g.fed < g.expected*3/4: // it did wait
		g.vain++
		g.skip = min(1<<min(g.vain, 30), mostSkip)
	}
	g.until = time.Time{}
	return 0
}

// begin takes note that what was fed goes to the disk.
func (g *group) begin() {
	if g.fed > 0 {
		g.last, g.fed, g.wakeAt = g.fed, 0, 0
	}
}
