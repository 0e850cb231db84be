package aof

import (
	"syscall"
	"testing"
)

// alone makes client 7 one who writes alone, in turns of a loop.
func (b *rig) alone(t *testing.T) {
	t.Helper()
	eventually(t, "a client that is alone", func() bool {
		b.feedTurn(7, ".")
		eventually(t, "safe", func() bool { return b.barrier.Held() == 0 })
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.group.row > aloneAfter+1
	})
	b.call(func() {}) // the goroutine is done, too
}

// feedTurn is a turn of a loop in which a client writes.
func (b *rig) feedTurn(client uint64, text string) {
	b.append(client, func(buf []byte) []byte { return append(buf, text...) })
	b.turnEnd()
}

// TestLoneClientIsSyncedByItsLoop: what a client writes alone is safe when the turn ends,
// once for all of the turn, and whoever else writes is the goroutine's.
func TestLoneClientIsSyncedByItsLoop(t *testing.T) {
	b := newRig(t, syncAlways)
	b.alone(t)
	for range 100 {
		before := b.disk.count()
		b.append(7, func(buf []byte) []byte { return append(buf, 'a') })
		b.append(7, func(buf []byte) []byte { return append(buf, 'b') })
		if b.barrier.Held() == 0 {
			t.Fatal("the reply is not held until the end of the turn")
		}
		b.turnEnd()
		if b.barrier.Held() != 0 || b.disk.safe() != b.disk.content() || b.disk.count() != before+1 {
			t.Fatalf("held %d, %d syncs", b.barrier.Held(), b.disk.count()-before)
		}
	}
	for _, stranger := range []uint64{8, 0} {
		b.alone(t)
		b.append(7, func(buf []byte) []byte { return append(buf, 'c') })
		b.append(stranger, func(buf []byte) []byte { return append(buf, 'd') })
		eventually(t, "synced without a turn's end", func() bool { return b.barrier.Held() == 0 })
		if b.lone.Load() {
			t.Error("left to a loop")
		}
	}
}

// TestLoneClientMeetsTheGoroutine: what the goroutine is at work on is not waited for by a
// loop, and not forgotten.
func TestLoneClientMeetsTheGoroutine(t *testing.T) {
	b := newRig(t, syncAlways)
	b.alone(t)
	b.work.Lock()
	b.feedTurn(7, "x")
	if b.barrier.Held() == 0 {
		t.Error("let go")
	}
	b.work.Unlock()
	eventually(t, "synced by the goroutine", func() bool { return b.barrier.Held() == 0 })
}

// TestLoneClientAndABrokenDisk: a failure that a loop meets ends who was to be told of
// success at once, and is mended by the goroutine.
func TestLoneClientAndABrokenDisk(t *testing.T) {
	b := newRig(t, syncAlways)
	b.alone(t)
	b.disk.set(func() { b.disk.noSync = syscall.EIO })
	b.feedTurn(7, "x")
	if b.barrier.Breaks() != 1 || b.fails.Load() != 1 {
		t.Fatalf("broken %d, failed %d", b.barrier.Breaks(), b.fails.Load())
	}
	b.disk.set(func() { b.disk.noSync = nil })
	eventually(t, "mended", func() bool { return b.mends.Load() == 1 && b.lost.Load() })
	if b.disk.safe() != b.disk.content() {
		t.Errorf("%q", b.disk.safe())
	}
}

func (d *disk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.syncs
}
