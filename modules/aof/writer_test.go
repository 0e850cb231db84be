package aof

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// disk is a file whose writes and syncs go as a test wants.
type disk struct {
	mu      sync.Mutex
	data    []byte
	synced  int   // how much of it is safe
	most    int   // how much a write takes, 0 for all
	largest int   // how much it was given at once
	noWrite error // what a write fails with, after it has taken most
	noSync  error // what a sync fails with; what it should have saved is lost
	block   chan struct{}
	syncs   int
	closed  bool
}

func (d *disk) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(b)
	d.largest = max(d.largest, n)
	if d.most > 0 {
		n = min(n, d.most)
	}
	if d.noWrite != nil {
		if d.most == 0 {
			n = 0
		}
		d.data = append(d.data, b[:n]...)
		return n, d.noWrite
	}
	d.data = append(d.data, b[:n]...)
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (d *disk) Sync() error {
	d.mu.Lock()
	block := d.block
	n := len(d.data)
	d.mu.Unlock()
	if block != nil {
		<-block
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncs++
	if d.noSync != nil {
		// As the systems do: the pages count as clean, and their contents are gone.
		for i := d.synced; i < n; i++ {
			d.data[i] = 0
		}
		return d.noSync
	}
	d.synced = max(d.synced, n)
	return nil
}

func (d *disk) Truncate(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.data = d.data[:size]
	d.synced = min(d.synced, int(size))
	return nil
}

func (d *disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return nil
}

func (d *disk) set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

func (d *disk) safe() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.data[:d.synced])
}

func (d *disk) content() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.data)
}

// rig is a writer under test.
type rig struct {
	*writer
	disk   *disk
	mode   atomic.Int32
	paused atomic.Bool
	now    atomic.Int64
	fails  atomic.Int32
	mends  atomic.Int32
	lost   atomic.Bool
}

func newRig(t testing.TB, mode syncing) *rig {
	b := &rig{disk: &disk{}}
	b.mode.Store(int32(mode))
	b.now.Store(1_700_000_000_000)
	b.writer = newWriter(func() policy { return policy{syncing(b.mode.Load()), b.paused.Load()} },
		b.now.Load, core.NewRegistry(config.NewSchema()).Barrier())
	b.failed = func(error) { b.fails.Add(1) }
	b.writer.mended = func(lost bool) { b.mends.Add(1); b.lost.Store(lost) }
	go b.run()
	b.review()
	b.cut(&output{f: b.disk}, nil)
	t.Cleanup(func() {
		select {
		case <-b.done:
		default:
			b.stop()
		}
	})
	return b
}

func (b *rig) feed(text string) {
	b.append(0, func(buf []byte) []byte { return append(buf, text...) })
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !fn(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in a minute: %s", what)
		}
	}
}

func TestAlwaysHoldsUntilSynced(t *testing.T) {
	b := newRig(t, syncAlways)
	block := make(chan struct{})
	b.disk.set(func() { b.disk.block = block })
	b.feed("abc")
	if b.barrier.Held() != 3 {
		t.Fatal("the reply is not held")
	}
	eventually(t, "written", func() bool { return b.disk.content() == "abc" })
	if b.barrier.Held() == 0 {
		t.Fatal("the reply left before the sync")
	}
	b.disk.set(func() { b.disk.block = nil })
	close(block)
	eventually(t, "released", func() bool { return b.barrier.Held() == 0 })
	if b.disk.safe() != "abc" || b.barrier.Breaks() != 0 {
		t.Errorf("safe: %q", b.disk.safe())
	}
}

func TestEverySecondHoldsNobody(t *testing.T) {
	b := newRig(t, syncEverySecond)
	block := make(chan struct{})
	b.disk.set(func() { b.disk.block = block })
	b.feed("a")
	eventually(t, "a sync under way", func() bool { return b.stats().syncing })
	b.feed("b")
	eventually(t, "written during the sync", func() bool { return b.disk.content() == "ab" })
	if b.barrier.Held() != 0 {
		t.Error("a reply is held")
	}
	b.look(b.now.Load() + lateAfter)
	if b.barrier.Held() != 0 {
		t.Error("a reply is held too early")
	}
	b.now.Add(lateAfter + 1)
	b.look(b.now.Load())
	if b.barrier.Held() == 0 || b.stats().delayed != 1 {
		t.Error("no reply is held though what is not safe is too old")
	}
	b.feed("c")
	b.look(b.now.Load())
	if b.barrier.Held() != 3 || b.stats().delayed != 1 {
		t.Errorf("held %d, delayed %d", b.barrier.Held(), b.stats().delayed)
	}
	b.disk.set(func() { b.disk.block = nil })
	close(block)
	eventually(t, "released", func() bool { return b.barrier.Held() == 0 })
	eventually(t, "all safe", func() bool { return b.disk.safe() == "abc" })
}

func TestNeverSyncsNothing(t *testing.T) {
	b := newRig(t, syncNever)
	b.feed("a")
	eventually(t, "written", func() bool { return b.disk.content() == "a" })
	b.mode.Store(int32(syncAlways))
	b.review()
	eventually(t, "synced when that is wanted", func() bool { return b.disk.safe() == "a" })
	b.disk.set(func() { b.disk.syncs = 0 })
	b.paused.Store(true)
	b.feed("b")
	eventually(t, "released without a sync", func() bool { return b.barrier.Held() == 0 && b.disk.content() == "ab" })
	if b.disk.set(func() {}); b.disk.safe() != "a" {
		t.Error("synced during a pause")
	}
	b.paused.Store(false)
	b.review()
	eventually(t, "synced after the pause", func() bool { return b.disk.safe() == "ab" })
}

func TestPolicyLetsGoWhoWaits(t *testing.T) {
	b := newRig(t, syncAlways)
	block := make(chan struct{})
	b.disk.set(func() { b.disk.block = block })
	b.feed("a")
	eventually(t, "written", func() bool { return b.disk.content() == "a" })
	b.mode.Store(int32(syncEverySecond))
	b.review()
	b.disk.set(func() { b.disk.block = nil })
	close(block)
	eventually(t, "released", func() bool { return b.barrier.Held() == 0 })
	b.feed("b")
	if b.barrier.Held() != 0 {
		t.Error("a reply is held")
	}
}

// TestFullDisk: writing fails half way, goes on where it stopped, and nothing is
// written twice.
func TestFullDisk(t *testing.T) {
	for _, mode := range []syncing{syncAlways, syncEverySecond, syncNever} {
		b := newRig(t, mode)
		b.disk.set(func() { b.disk.most, b.disk.noWrite = 2, syscall.ENOSPC })
		b.feed("abcdef")
		eventually(t, "a failure", func() bool { return b.fails.Load() > 0 })
		eventually(t, "nobody held", func() bool { return b.barrier.Held() == 0 })
		if broken := b.barrier.Breaks() > 0; broken != (mode == syncAlways) {
			t.Errorf("mode %d: broken %t", mode, broken)
		}
		b.feed("gh")
		b.disk.set(func() { b.disk.most, b.disk.noWrite = 0, nil })
		eventually(t, "mended", func() bool { return b.mends.Load() == 1 })
		if got := b.disk.safe(); got != "abcdefgh" || b.lost.Load() {
			t.Errorf("mode %d: %q, lost %t", mode, got, b.lost.Load())
		}
		eventually(t, "nobody held", func() bool { return b.barrier.Held() == 0 })
	}
}

// TestSecondFailureBreaksLatecomers: who was let run just before the disk
// failed is not told of success; who comes later waits for nothing.
func TestSecondFailureBreaksLatecomers(t *testing.T) {
	b := newRig(t, syncAlways)
	b.disk.set(func() { b.disk.noWrite = syscall.EIO })
	b.feed("a")
	eventually(t, "broken", func() bool { return b.barrier.Breaks() == 1 })
	b.feed("b")
	if b.barrier.Held() == 0 {
		t.Fatal("a late write is not held")
	}
	eventually(t, "broken again", func() bool { return b.barrier.Breaks() == 2 && b.barrier.Held() == 0 })
	b.feed("c")
	if b.barrier.Held() != 0 {
		t.Error("held while nothing can be written")
	}
	b.disk.set(func() { b.disk.noWrite = nil })
	eventually(t, "mended", func() bool { return b.mends.Load() == 1 && b.disk.safe() == "abc" })
	b.feed("d")
	eventually(t, "as before", func() bool { return b.disk.safe() == "abcd" && b.barrier.Held() == 0 })
	if b.barrier.Breaks() != 2 {
		t.Error("broken without a failure")
	}
}

// TestFailedSync: what was not synced is written again where every write is
// promised, and in any case it is told that the file is not to be trusted.
func TestFailedSync(t *testing.T) {
	for _, mode := range []syncing{syncAlways, syncEverySecond} {
		b := newRig(t, mode)
		b.feed("abc")
		eventually(t, "safe", func() bool { return b.disk.safe() == "abc" })
		b.disk.set(func() { b.disk.noSync = syscall.EIO })
		b.feed("def")
		eventually(t, "a failure", func() bool { return b.fails.Load() > 0 })
		b.disk.set(func() { b.disk.noSync = nil })
		eventually(t, "mended", func() bool { return b.mends.Load() == 1 })
		if !b.lost.Load() {
			t.Errorf("mode %d: nobody is told", mode)
		}
		if got := b.disk.safe(); mode == syncAlways && got != "abcdef" {
			t.Errorf("%q", got)
		}
	}
}

// TestHeldPieces: what is held is written from where it is, a megabyte at most at a time,
// again if a sync fails, and is given back once, when it is not needed any more.
func TestHeldPieces(t *testing.T) {
	for _, mode := range []syncing{syncAlways, syncEverySecond, syncNever} {
		b := newRig(t, mode)
		large := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // 3 MB
		var released atomic.Int32
		feed := func() {
			b.append(0, func(buf []byte) []byte { return append(buf, '<') }, piece{data: []byte("[")},
				piece{large, func() { released.Add(1) }}, piece{data: []byte("]")})
		}
		if mode == syncAlways {
			b.disk.set(func() { b.disk.noSync = syscall.EIO })
			feed()
			eventually(t, "a failure", func() bool { return b.fails.Load() > 0 })
			if n := released.Load(); n != 0 {
				t.Errorf("given back %d times before it is safe", n)
			}
			b.disk.set(func() { b.disk.noSync = nil })
		} else {
			feed()
		}
		b.feed(">")
		if err := b.flush(); err != nil {
			t.Fatal(err)
		}
		if got, want := b.disk.safe(), "<["+string(large)+"]>"; got != want {
			t.Errorf("mode %d: %d bytes, not the %d fed", mode, len(got), len(want))
		}
		if b.disk.largest > writeAtOnce {
			t.Errorf("mode %d: %d bytes in one write", mode, b.disk.largest)
		}
		feed()
		b.drop()
		eventually(t, "all given back", func() bool { return released.Load() == 2 })
	}
}

// TestPartsStaySmall: what waits for the disk does not grow in one piece.
func TestPartsStaySmall(t *testing.T) {
	b := newRig(t, syncEverySecond)
	busy, goOn := make(chan struct{}), make(chan struct{})
	go b.call(func() { close(busy); <-goOn })
	<-busy
	defer close(goOn)
	for range 64 {
		b.feed(string(bytes.Repeat([]byte("y"), 100<<10)))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.parts {
		if len(p.data) > fullPart+100<<10 {
			t.Errorf("a part of %d bytes", len(p.data))
		}
	}
}

func TestCutGoesToTheNextFile(t *testing.T) {
	for _, mode := range []syncing{syncAlways, syncEverySecond, syncNever} {
		b := newRig(t, mode)
		second := &disk{}
		b.feed("a")
		b.cut(&output{f: second}, func() { b.parts[len(b.parts)-1].data = append(b.parts[len(b.parts)-1].data, 'b'); b.end++ })
		b.feed("c")
		if err := b.flush(); err != nil {
			t.Fatal(err)
		}
		if b.disk.safe() != "ab" || !b.disk.closed || second.safe() != "c" {
			t.Errorf("mode %d: %q, closed %t, then %q", mode, b.disk.safe(), b.disk.closed, second.safe())
		}
		b.drop()
		b.feed("d") // for nobody
		third := &disk{}
		b.cut(&output{f: third}, nil)
		b.feed("e")
		b.stop()
		if second.content() != "c" || !second.closed || third.safe() != "e" || !third.closed {
			t.Errorf("mode %d: %q and %q", mode, second.content(), third.content())
		}
	}
}

func TestDropEndsFailures(t *testing.T) {
	b := newRig(t, syncAlways)
	b.disk.set(func() { b.disk.noWrite = syscall.EIO })
	b.feed("a")
	eventually(t, "a failure", func() bool { return b.fails.Load() > 0 })
	if b.flush() == nil {
		t.Error("flush does not tell of the failure")
	}
	next := &disk{}
	b.cut(&output{f: next}, nil)
	b.feed("b")
	b.drop()
	if b.mends.Load() != 1 || b.barrier.Held() != 0 {
		t.Errorf("mended %d, held %d", b.mends.Load(), b.barrier.Held())
	}
	if !b.disk.closed || !next.closed {
		t.Error("a file is still open")
	}
}

// TestNothingAcknowledgedIsLost drives the writer with a disk that fails now and
// then. With appendfsync always, whatever was let go is safe at that moment;
// and in the end every file holds exactly what was fed to it, in every mode.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := syncing(rapid.IntRange(0, 2).Draw(t, "mode"))
		d := &disk{}
		var now atomic.Int64
		now.Store(1)
		w := newWriter(func() policy { return policy{sync: mode} }, now.Load, core.NewRegistry(config.NewSchema()).Barrier())
		// Not the goroutine: its steps are made here, with time standing still
		// between failures.
		step := func() {
			w.retryAt, w.lastPut = time.Time{}, time.Time{}
			w.step()
			if w.inFlight {
				w.syncEnded(<-w.results)
				w.retryAt = time.Time{}
				w.settleIfWell()
			}
		}
		w.review()
		disks, fed := []*disk{d}, []string{""}
		w.cut(&output{f: d}, nil)
		lostSync := false
		writers := []uint64{7} // who is alone, see lone.go
		if rapid.Bool().Draw(t, "several clients") {
			writers = []uint64{7, 8, 0}
		}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			d := disks[len(disks)-1]
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1, 2:
				text := fmt.Sprintf("<%d>", i)
				client := writers[rapid.IntRange(0, len(writers)-1).Draw(t, "client")]
				w.append(client, func(b []byte) []byte { return append(b, text...) })
				fed[len(fed)-1] += text
				if client != 0 {
					w.turnEnd()
				}
			case 3:
				d.most, d.noWrite, d.noSync = 0, nil, nil
				switch rapid.IntRange(0, 3).Draw(t, "trouble") {
				case 0:
					d.noWrite = syscall.ENOSPC
					d.most = rapid.IntRange(0, 3).Draw(t, "most")
				case 1:
					if mode == syncAlways {
						d.noSync = syscall.EIO
						lostSync = true
					}
				}
			case 4:
				disks, fed = append(disks, &disk{}), append(fed, "")
				w.cut(&output{f: disks[len(disks)-1]}, nil)
			case 5:
				step()
			}
			if mode == syncAlways && w.barrier.Held() == 0 && w.barrier.Breaks() == 0 {
				for k := range disks {
					if disks[k].safe() != fed[k] {
						t.Fatalf("let go: file %d holds %q of %q", k, disks[k].safe(), fed[k])
					}
				}
			}
		}
		for _, d := range disks {
			d.most, d.noWrite, d.noSync = 0, nil, nil
		}
		for range 3 {
			step()
		}
		w.finish()
		for k := range disks {
			if disks[k].content() != fed[k] {
				t.Fatalf("mode %d, failed syncs %t: file %d holds %q, not %q", mode, lostSync, k, disks[k].content(), fed[k])
			}
		}
		if w.barrier.Held() != 0 || w.written != w.end {
			t.Fatalf("held %d, written %d of %d", w.barrier.Held(), w.written, w.end)
		}
	})
}

// settleIfWell is what the goroutine does next after a sync.
func (w *writer) settleIfWell() {
	if w.fails == 0 {
		w.settle(nil)
	}
}

// TestManyFeed: several feed at once, and the file is cut meanwhile; nothing is
// lost or torn.
func TestManyFeed(t *testing.T) {
	b := newRig(t, syncEverySecond)
	var wg sync.WaitGroup
	const each = 2000
	for k := range 4 {
		wg.Go(func() {
			for i := range each {
				b.feed(fmt.Sprintf("%d:%d\n", k, i))
			}
		})
	}
	disks := []*disk{b.disk}
	for range 5 {
		d := &disk{}
		disks = append(disks, d)
		b.cut(&output{f: d}, nil)
		if err := b.flush(); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	b.stop()
	var all bytes.Buffer
	for _, d := range disks {
		all.WriteString(d.content())
	}
	next := [4]int{}
	for line := range bytes.Lines(all.Bytes()) {
		var k, i int
		if _, err := fmt.Sscanf(string(line), "%d:%d\n", &k, &i); err != nil || next[k] != i {
			t.Fatalf("%q: %v, expected number %d", line, err, next[k])
		}
		next[k]++
	}
	if next != [4]int{each, each, each, each} {
		t.Errorf("%v", next)
	}
}

func TestErrorsAreWordedAsTheSystemDoes(t *testing.T) {
	err := said("x", fmt.Errorf("write: %w", syscall.ENOSPC))
	if err.Error() != "x: No space left on device" || !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}

// TestWriterComesByItself: while something is fed all the time nobody wakes the writer, which
// comes after a while, for as long as there is something; much does not wait for that.
func TestWriterComesByItself(t *testing.T) {
	b := newRig(t, syncNever)
	b.feed("a")
	eventually(t, "a write", func() bool { return b.disk.content() == "a" })
	woken := func() bool { return len(b.wake) > 0 }
	b.call(func() { // the goroutine is here, and takes nothing
		b.take()
		b.mu.Lock()
		b.resting = true
		b.mu.Unlock()
		if b.feed("b"); woken() {
			t.Error("it is woken though it comes by itself")
		}
		b.lastPut = time.Now().Add(time.Hour) // it does not come for an hour
		if b.feed(strings.Repeat("b", fullPart)); !woken() {
			t.Error("much does not wake it")
		}
		if b.feed(strings.Repeat("b", fullPart)); len(b.wake) != 1 {
			t.Error("it is woken again")
		}
	})
	eventually(t, "much is written at once", func() bool { return len(b.disk.content()) == 2+2*fullPart })
	b.call(func() { b.lastPut = time.Time{} })
	for _, text := range []string{"c", "d", "e"} { // after a pause, and just after a write
		b.feed(text)
		eventually(t, text, func() bool { return strings.HasSuffix(b.disk.content(), text) })
	}
	eventually(t, "it rests no more", func() bool { return !b.comesBack() })
	b.feed("f")
	eventually(t, "f", func() bool { return strings.HasSuffix(b.disk.content(), "f") })
}
