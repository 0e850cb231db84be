package dump

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"io"
	"slices"

	"github.com/ferrousdb/ferrous/core/rdb"
)

// Repeats finds keys that a dump has more than once, which no server loads. It
// takes two scans: the first notes a hash of every key, 64 bits for each, and the
// second where those stand whose hash has come twice.
type Repeats struct {
	seed   maphash.Seed
	seen   map[uint64]bool // by hash: whether it has come twice
	twice  int
	places map[keyName][]KeyAt
}

type keyName struct {
	db   int
	name string
}

// NewRepeats makes a finder that has seen nothing.
func NewRepeats() *Repeats {
	return &Repeats{seed: maphash.MakeSeed(), seen: map[uint64]bool{}, places: map[keyName][]KeyAt{}}
}

func (r *Repeats) hash(k KeyAt) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	var db [8]byte
	binary.LittleEndian.PutUint64(db[:], uint64(k.DB))
	_, _ = h.Write(db[:])
	_, _ = h.Write(k.Name)
	return h.Sum64()
}

// Note is ScanOptions.Each of the first scan.
func (r *Repeats) Note(k KeyAt) {
	h := r.hash(k)
	if _, ok := r.seen[h]; ok {
		r.seen[h] = true
		r.twice++
	} else {
		r.seen[h] = false
	}
}

// Suspected reports whether a second scan is needed.
func (r *Repeats) Suspected() bool { return r.twice > 0 }

// Locate is ScanOptions.Each of the second scan.
func (r *Repeats) Locate(k KeyAt) {
	if r.seen[r.hash(k)] {
		at := keyName{k.DB, string(k.Name)}
		k.Name = []byte(at.name)
		r.places[at] = append(r.places[at], k)
	}
}

// Superfluous returns what has to go for every key to be there once, in the order
// of the dump. Of several that have one name the last stays whose time has not
// come, or the last of all.
func (r *Repeats) Superfluous() []KeyAt {
	var all []KeyAt
	for _, places := range r.places {
		stays := len(places) - 1
		for i := stays; i >= 0; i-- {
			if !places[i].Expired {
				stays = i
				break
			}
		}
		all = append(all, slices.Delete(places, stays, stays+1)...)
	}
	slices.SortFunc(all, func(a, b KeyAt) int { return cmp.Compare(a.From, b.From) })
	return all
}

// CopyWithout copies a sound dump of so many bytes without some of its keys, which
// are in its order, and gives it the checksum that it has to have then. How many
// keys a database says that it has is only a hint to who loads it, and stays.
func CopyWithout(dst io.Writer, src io.ReaderAt, size int64, keys []KeyAt) error {
	var version [9]byte
	if _, err := src.ReadAt(version[:], 0); err != nil {
		return err
	}
	end, summed := size, string(version[5:]) >= "0005"
	var sum [8]byte
	if summed {
		end -= int64(len(sum))
		if _, err := src.ReadAt(sum[:], end); err != nil {
			return err
		}
	}
	w := &summing{w: dst}
	at := int64(0)
	for _, k := range append(slices.Clone(keys), KeyAt{From: end, To: end}) {
		if _, err := io.Copy(w, io.NewSectionReader(src, at, k.From-at)); err != nil {
			return err
		}
		at = k.To
	}
	if !summed {
		return nil
	}
	if sum != [8]byte{} { // else whoever wrote it did without
		binary.LittleEndian.PutUint64(sum[:], w.crc)
	}
	_, err := dst.Write(sum[:])
	return err
}

// summing computes the checksum of what is written through it.
type summing struct {
	w   io.Writer
	crc uint64
}

func (s *summing) Write(b []byte) (int, error) {
	s.crc = rdb.CRC64(s.crc, b)
	return s.w.Write(b)
}
