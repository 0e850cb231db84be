package rdb

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// texts are what compression meets: short and long, good and hopeless.
func texts() map[string][]byte {
	random := make([]byte, 4096)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	return map[string][]byte{
		"json 128 B":   []byte(fields()[:128]),
		"fields 4 KiB": bytes.Repeat([]byte(fields()), 6)[:4096],
		"random 4 KiB": random,
	}
}

func BenchmarkAppendString(b *testing.B) {
	for name, text := range texts() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var out []byte
			for b.Loop() {
				out = AppendString(out[:0], text, true)
			}
			b.ReportMetric(float64(len(out))/float64(len(text)), "ratio")
		})
	}
}

func BenchmarkReadString(b *testing.B) {
	for name, text := range texts() {
		in := AppendString(nil, text, true)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if r := NewReader(in); len(r.String()) != len(text) {
					b.Fatal(r.Err())
				}
			}
		})
	}
}

func BenchmarkCRC64(b *testing.B) {
	data := make([]byte, 64<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		CRC64(0, data)
	}
}
