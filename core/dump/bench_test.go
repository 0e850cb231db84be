package dump_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// benchKeys is how many keys the benchmarks have: 16 bytes each, with a value of
// 64 that cannot be compressed.
const benchKeys = 2_000_000

func benchRig(b *testing.B) *rig {
	r := newRig(b, registry(b))
	db := r.Keyspace.DB(0)
	rnd := rand.NewChaCha8([32]byte{})
	var value [64]byte
	for i := range benchKeys {
		_, _ = rnd.Read(value[:])
		key := binary.LittleEndian.AppendUint64(nil, uint64(i))
		key = binary.LittleEndian.AppendUint64(key, uint64(i)*0x9e3779b97f4a7c15)
		h := r.Keyspace.Hash(key)
		r.Keyspace.Lock(keyspace.Locks(0).Add(h))
		db.PutString(h, key, value[:], 0, now)
		r.Keyspace.Unlock(keyspace.Locks(0).Add(h))
	}
	return r
}

func BenchmarkSave(b *testing.B) {
	r := benchRig(b)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := r.Keyspace.Capture()
			defer s.End()
			for b.Loop() {
				_, err := dump.Save(context.Background(), io.Discard, r.Registry, s, dump.SaveOptions{Workers: workers, Checksum: true})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchKeys, "ns/key")
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	from := benchRig(b)
	data := from.save(dump.SaveOptions{Checksum: true})
	from.Keyspace.Close()
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				r := newRig(b, from.Registry)
				b.StartTimer()
				_, err := dump.Load(context.Background(), bytes.NewReader(data), int64(len(data)), r.Registry, r.Keyspace,
					dump.LoadOptions{Workers: workers, Checksum: true, Now: now})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				r.Keyspace.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchKeys, "ns/key")
		})
	}
}
