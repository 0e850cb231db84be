package backup

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"time"
)

// pack makes a backup of a dump.
func pack(t testing.TB, dump []byte, compression int, key []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := newWriter(&b, head{Created: time.Now(), Server: "test", Keys: 1}, compression, key)
	if err != nil {
		t.Fatal(err)
	}
	for part := range bytes.Lines(dump) { // in pieces of all sizes
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.finish(1); err != nil {
		t.Fatal(err)
	}
	if w.sent != int64(b.Len()) {
		t.Errorf("%d bytes counted, %d written", w.sent, b.Len())
	}
	return b.Bytes()
}

func unpack(packed, key []byte) ([]byte, error) {
	r, err := newReader(bytes.NewReader(packed), key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// some returns bytes of which half can be compressed.
func some(n int) []byte {
	random := mathrand.New(mathrand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b[:n/2] {
		b[i] = byte(random.Uint32())
	}
	return b
}

func newKey(t testing.TB) []byte {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	return key
}

// forms are all kinds of backups.
func forms(t *testing.T, try func(t *testing.T, compression int, key []byte)) {
	for compression, name := range compressions {
		for _, key := range [][]byte{nil, newKey(t)} {
			t.Run(fmt.Sprint(name, " sealed ", key != nil), func(t *testing.T) { try(t, compression, key) })
		}
	}
}

func TestRoundTrip(t *testing.T) {
	forms(t, func(t *testing.T, compression int, key []byte) {
		for _, n := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize, 1 << 20} {
			dump := some(n)
			packed := pack(t, dump, compression, key)
			got, err := unpack(packed, key)
			if err != nil || !bytes.Equal(got, dump) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if key != nil && n > 1000 && compression == compressNone && bytes.Contains(packed, dump[:1000]) {
				t.Error("the dump is there to be read")
			}
			if compression != compressNone && n >= 1<<20 && len(packed) > 6*n/10 {
				t.Errorf("%d bytes have become %d", n, len(packed))
			}
		}
	})
}

// TestDamage: whatever byte is changed, wherever it is cut off, it is no backup any more.
func TestDamage(t *testing.T) {
	forms(t, func(t *testing.T, compression int, key []byte) {
		dump := some(3000)
		packed := pack(t, dump, compression, key)
		for i := range packed {
			bad := bytes.Clone(packed)
			bad[i] ^= 1
			if got, err := unpack(bad, key); err == nil && !(i > len(magic) && bytes.Equal(got, dump)) {
				t.Fatalf("byte %d of %d may be anything", i, len(packed))
			} else if err == nil && key != nil {
				t.Fatalf("byte %d of %d is not sealed", i, len(packed))
			}
			if _, err := unpack(packed[:i], key); err == nil {
				t.Fatalf("%d of %d bytes are enough", i, len(packed))
			}
		}
	})
}

// TestSeal: what a key is for.
func TestSeal(t *testing.T) {
	key := newKey(t)
	dump := some(5 * chunkSize)
	packed := pack(t, dump, compressNone, key)
	for _, c := range []struct {
		name string
		b    []byte
		key  []byte
		want error
	}{
		{"another key", packed, newKey(t), errDamaged},
		{"no key", packed, nil, errNeedsKey},
		{"chunks in another order", swapped(packed), key, errDamaged},
		{"a chunk of another backup", mixed(packed, pack(t, dump, compressNone, key)), key, errDamaged},
		{"without its end", packed[:len(packed)-200], key, errCutOff},
		{"the end of another length", append(bytes.Clone(packed[:chunksAt(packed)]), packed[len(packed)-lastSize(packed):]...), key, errDamaged},
	} {
		if _, err := unpack(c.b, c.key); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := unpack(pack(t, dump, compressNone, nil), key); err == nil || !strings.Contains(err.Error(), "is not encrypted") {
		t.Error("a backup that anybody may have made is taken for a sealed one: ", err)
	}
	if bytes.Equal(packed, pack(t, dump, compressNone, key)) {
		t.Error("two backups are sealed alike")
	}
}

// chunksAt is where the first chunk begins.
func chunksAt(b []byte) int { return len(magic) + 4 + int(binary.BigEndian.Uint32(b[len(magic):])) }

const sealed = 4 + chunkSize + 16

// lastSize is how long the last chunk is, its mark included.
func lastSize(b []byte) int { return (len(b) - chunksAt(b)) % sealed }

// swapped has the first two chunks exchanged.
func swapped(b []byte) []byte {
	b = bytes.Clone(b)
	at := chunksAt(b)
	one, two := bytes.Clone(b[at:at+sealed]), bytes.Clone(b[at+sealed:at+2*sealed])
	copy(b[at:], two)
	copy(b[at+sealed:], one)
	return b
}

// mixed has its first chunk from another.
func mixed(b, other []byte) []byte {
	b = bytes.Clone(b)
	copy(b[chunksAt(b):], other[chunksAt(other):chunksAt(other)+sealed])
	return b
}

// FuzzReader: whatever it is, it is read or refused.
func FuzzReader(f *testing.F) {
	key := make([]byte, keySize)
	for compression := range compressions {
		f.Add(pack(f, some(1000), compression, nil), false)
		f.Add(pack(f, some(1000), compression, key), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, withKey bool) {
		k := key
		if !withKey {
			k = nil
		}
		r, err := newReader(bytes.NewReader(b), k)
		if err != nil {
			return
		}
		defer r.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 64<<20))
	})
}

// BenchmarkWriter is what a backup costs beside the dump.
func BenchmarkWriter(b *testing.B) {
	dump := some(8 << 20)
	for compression, name := range compressions {
		for _, key := range [][]byte{nil, newKey(b)} {
			b.Run(fmt.Sprint(name, "/sealed=", key != nil), func(b *testing.B) {
				b.SetBytes(int64(len(dump)))
				for b.Loop() {
					w, err := newWriter(io.Discard, head{}, compression, key)
					if err == nil {
						_, err = w.Write(dump)
					}
					if err == nil {
						err = w.finish(0)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
