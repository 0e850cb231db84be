package dump_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/rdb"
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

// TestLargeStringsAreLoadedToTheirPlace: a large string takes nothing of Go's heap while it
// comes, whoever checks the sum; and it is what it was, expiry included.
func TestLargeStringsAreLoadedToTheirPlace(t *testing.T) {
	const size = 8 << 20
	from := newRig(t, registry(t))
	from.do("set before v")
	from.args([]byte("set"), []byte("k"), noise(size))
	from.args([]byte("set"), []byte("dies"), noise(size/8))
	from.do("pexpireat dies %d", now+100_000)
	from.do("set other v")
	b := from.save(dump.SaveOptions{Checksum: true})
	for workers := 1; workers <= 2; workers++ {
		to := newRig(t, from.Registry)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		to.mustLoad(b, dump.LoadOptions{Checksum: true, Workers: workers})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%d workers: loading %d MB took %d MB of Go's heap", workers, size>>20, took>>20)
		}
		if !maps.Equal(to.content(), from.content()) {
			t.Errorf("%d workers: what was loaded is not what was saved", workers)
		}
		if _, err := to.load(b, dump.LoadOptions{Workers: workers}); err == nil || !strings.Contains(err.Error(), "duplicated key") {
			t.Errorf("%d workers: loaded again: %v", workers, err)
		}
		to.mustLoad(b, dump.LoadOptions{Workers: workers, Replace: true})
		if !maps.Equal(to.content(), from.content()) {
			t.Errorf("%d workers: what was loaded over it is not what was saved", workers)
		}

		for _, cut := range []int{len(b) / 2, len(b) - 20} {
			if _, err := newRig(t, from.Registry).load(b[:cut], dump.LoadOptions{Workers: workers}); !errors.Is(err, rdb.ErrShort) {
				t.Errorf("%d workers: cut at %d: %v", workers, cut, err)
			}
		}
		wrong := bytes.Clone(b)
		wrong[len(b)/2] ^= 1
		if _, err := newRig(t, from.Registry).load(wrong, dump.LoadOptions{Checksum: true, Workers: workers}); err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("%d workers: a bit has changed: %v", workers, err)
		}
		late := newRig(t, from.Registry)
		if res := late.mustLoad(b, dump.LoadOptions{Workers: workers, Now: now + 200_000}); res.Expired != 1 || res.Keys != 3 {
			t.Errorf("%d workers: after its time: %d keys, %d expired", workers, res.Keys, res.Expired)
		}
	}
}

// TestCompressedStringsAreLoadedToTheirPlace: so do large strings that are compressed.
func TestCompressedStringsAreLoadedToTheirPlace(t *testing.T) {
	const size = 8 << 20
	value := noise(size)
	for i := 0; i < size; i += 64 {
		clear(value[i+8 : i+64])
	}
	from := newRig(t, registry(t))
	from.args([]byte("set"), []byte("k"), value)
	from.args([]byte("set"), []byte("other"), value[:size/3])
	from.do("set small v")
	b := from.save(dump.SaveOptions{Checksum: true})
	if len(b) > size/2 {
		t.Fatalf("%d bytes: the strings are not compressed", len(b))
	}
	for workers := 1; workers <= 2; workers++ {
		to := newRig(t, from.Registry)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		to.mustLoad(b, dump.LoadOptions{Checksum: true, Workers: workers})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 5<<20 { // the parts of what is compressed, twice
			t.Errorf("%d workers: loading %d MB took %d MB of Go's heap", workers, size>>20, took>>20)
		}
		if !maps.Equal(to.content(), from.content()) {
			t.Errorf("%d workers: what was loaded is not what was saved", workers)
		}
		if _, err := newRig(t, from.Registry).load(b[:len(b)-len(b)/8], dump.LoadOptions{Workers: workers}); !errors.Is(err, rdb.ErrShort) {
			t.Errorf("%d workers: cut: %v", workers, err)
		}
		for at := len(b) / 3; at < len(b)-100; at += len(b) / 7 {
			wrong := bytes.Clone(b)
			wrong[at] ^= 0x20
			if _, err := newRig(t, from.Registry).load(wrong, dump.LoadOptions{Checksum: true, Workers: workers}); err == nil {
				t.Errorf("%d workers: a bit has changed at %d", workers, at)
			}
		}
	}
}
