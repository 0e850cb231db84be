package dump_test

import (
	"bytes"
	"context"
	"maps"
	"runtime"
	"strconv"
	"testing"

	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/modules/streams"
)

// largestPiece collects a dump and notes the largest piece of it that came at once.
type largestPiece struct {
	bytes.Buffer
	most int
}

func (w *largestPiece) Write(b []byte) (int, error) {
	w.most = max(w.most, len(b))
	return w.Buffer.Write(b)
}

// fillLarge makes large values of all types, some 15 MB in all.
func (r *rig) fillLarge() {
	r.args([]byte("set"), []byte("noise"), noise(5<<19))
	r.args([]byte("set"), []byte("text"), bytes.Repeat([]byte("four"), 1<<20))
	r.args([]byte("set"), []byte("half"), append(bytes.Repeat(noise(3000), 1000), noise(3<<19)...))
	r.args([]byte("hset"), []byte("field"), []byte("f"), noise(3<<19))
	r.args([]byte("rpush"), []byte("element"), []byte("1"), noise(3<<19), []byte("2"))
	r.args([]byte("xadd"), []byte("entry"), []byte("1-1"), []byte("f"), noise(3<<19))
	for i := range 5000 {
		n := []byte(strconv.Itoa(i))
		long := bytes.Repeat(n, 20)
		r.args([]byte("hset"), []byte("hash"), n, long)
		r.args([]byte("sadd"), []byte("set"), long)
		r.args([]byte("zadd"), []byte("zset"), n, long)
		r.args([]byte("rpush"), []byte("list"), long)
		r.args([]byte("xadd"), []byte("stream"), []byte("*"), n, long)
	}
	for i := range 300 {
		r.do("set key:%d %d", i, i)
	}
}

// TestLargeValuesAreSavedInPieces: nothing that is written at once is large, nor is what
// the saving takes of memory, and it comes back as it was.
func TestLargeValuesAreSavedInPieces(t *testing.T) {
	reg := registry(t, streams.New())
	from := newRig(t, reg)
	from.fillLarge()
	want := from.content()
	for workers := 1; workers <= 2; workers++ {
		s := from.Keyspace.Capture()
		var w largestPiece
		w.Grow(60 << 20)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := dump.Save(context.Background(), &w, reg, s, dump.SaveOptions{Workers: workers, Checksum: true, Now: now})
		runtime.ReadMemStats(&after)
		s.End()
		if err != nil {
			t.Fatal(err)
		}
		if w.most > 1<<20 {
			t.Errorf("%d workers: %d bytes written at once", workers, w.most)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 12<<20 {
			t.Errorf("%d workers: saving took %d MB of Go's heap", workers, took>>20)
		}
		to := newRig(t, reg)
		to.mustLoad(w.Bytes(), dump.LoadOptions{Checksum: true})
		if !maps.Equal(to.content(), want) {
			t.Errorf("%d workers: what was loaded is not what was saved", workers)
		}
	}
}

// TestLargeValuesAreLoadedIntoRoomEnough: a value that is larger than all that has been
// read does not move again and again while it comes.
func TestLargeValuesAreLoadedIntoRoomEnough(t *testing.T) {
	const size = 24 << 20
	from := newRig(t, registry(t))
	from.args([]byte("set"), []byte("k"), noise(size))
	from.do("set other v")
	b := from.save(dump.SaveOptions{Checksum: true})
	to := newRig(t, from.Registry)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	to.mustLoad(b, dump.LoadOptions{Checksum: true})
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > size+size/4 {
		t.Errorf("loading %d MB took %d MB of Go's heap", size>>20, took>>20)
	}
	if !maps.Equal(to.content(), from.content()) {
		t.Error("what was loaded is not what was saved")
	}
}
