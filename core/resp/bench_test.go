package resp

import "testing"

// BenchmarkBulks is what replies of many small strings cost for each of them.
func BenchmarkBulks(b *testing.B) {
	w, text := Writer{Buf: make([]byte, 0, 64<<10), Proto: 2}, make([]byte, 64)
	for i := range b.N {
		if i%100 == 0 {
			w.Buf = w.Buf[:0]
		}
		w.Bulk(text)
	}
}
