package dict

import (
	"encoding/binary"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// An entry is one blob: header, key, value.
//
//	byte 0    flags: which fields follow and how wide they are
//	byte 1    kind, free for the owner
//	klen      1 or 4 bytes
//	vlen      0, 1, 2, 4 or 8 bytes
//	clock     3 bytes or none: for LRU or LFU
//	expire    8 bytes or none: Unix time in milliseconds
//	key, value
//
// A large value may stand outside, in a blob of its own: then what is here in its
// place says where and how long it is (see Outside). Keys may share such a blob; who
// owns the table keeps count of that, and frees it.
//
// All numbers are little-endian and unaligned. Both lengths lie within the first 16
// bytes, which is the smallest blob; so they can be read with one wide load each and
// cut to their width by a mask. Such a load waits for narrower stores to what it reads, so
// what stays as it is is not written again.

// Layout says which optional fields an entry has.
type Layout uint8

const (
	WithExpire Layout = 1 << iota // room for a time of expiry
	WithClock                     // room for an access clock
)

// Flag bits of byte 0. The uppermost bit is unused.
const (
	flagExpire  = uint8(WithExpire)
	flagClock   = uint8(WithClock)
	flagWideKey = 1 << 2
	valueShift  = 3  // code of the width of vlen, 3 bits: widths[code]
	flagMask    = 63 // of what decides the shape
	flagOutside = 1 << 6
)

// NoExpire in the field of expiry means that the entry does not expire.
const NoExpire = -1

var widths = [5]uint8{0, 1, 2, 4, 8}

// shape is where the fields are, for one value of the flags.
type shape struct {
	kmask  uint64 // of the key's length
	vmask  uint64 // of the value's length
	vlen   uint8  // offsets
	clock  uint8
	expire uint8
	key    uint8
}

var shapes = buildShapes()

func buildShapes() (all [flagMask + 1]shape) {
	for i := range all {
		flags, s := uint8(i), &all[i]
		kwidth, vwidth := uint8(1), uint8(0)
		if flags&flagWideKey != 0 {
			kwidth = 4
		}
		if code := flags >> valueShift; int(code) < len(widths) {
			vwidth = widths[code]
		}
		s.kmask = 1<<(8*kwidth) - 1
		s.vmask = 1<<(8*vwidth) - 1 // all ones for 8 bytes
		s.vlen = 2 + kwidth
		s.clock = s.vlen + vwidth
		s.expire = s.clock
		if flags&flagClock != 0 {
			s.expire += 3
		}
		s.key = s.expire
		if flags&flagExpire != 0 {
			s.key += 8
		}
	}
	return all
}

func flagsFor(klen, vlen int, layout Layout) uint8 {
	flags := uint8(layout)
	if klen > 0xff {
		flags |= flagWideKey
	}
	switch {
	case vlen == 0:
	case vlen <= 0xff:
		flags |= 1 << valueShift
	case vlen <= 0xffff:
		flags |= 2 << valueShift
	case uint64(vlen) <= 0xffffffff:
		flags |= 3 << valueShift
	default:
		flags |= 4 << valueShift
	}
	return flags
}

// Size is the size of an entry. klen must be below 4 GiB.
func Size(klen, vlen int, layout Layout) int {
	return int(shapes[flagsFor(klen, vlen, layout)].key) + klen + vlen
}

// Init writes the header of an entry into a blob of at least Size bytes. Key and Value
// then give the places to fill; clock is 0 and expiry NoExpire if present. To keep room
// for a value that will grow, Init with the larger vlen and then SetValueLen.
func Init(ref arena.Ref, kind uint8, klen, vlen int, layout Layout) {
	p := ref.Pointer()
	flags := flagsFor(klen, vlen, layout)
	s := &shapes[flags]
	*(*uint8)(p) = flags
	*(*uint8)(unsafe.Add(p, 1)) = kind
	if flags&flagWideKey != 0 {
		store32(unsafe.Add(p, 2), uint32(klen))
	} else {
		*(*uint8)(unsafe.Add(p, 2)) = uint8(klen)
	}
	storeLen(unsafe.Add(p, s.vlen), flags>>valueShift, vlen)
	if flags&flagClock != 0 {
		SetClock(ref, 0)
	}
	if flags&flagExpire != 0 {
		SetExpire(ref, NoExpire)
	}
}

// Write writes a whole entry into a blob of at least Size bytes, copying key and value.
func Write(ref arena.Ref, kind uint8, key, value []byte, layout Layout) {
	Init(ref, kind, len(key), len(value), layout)
	k, v := KeyValue(ref)
	copy(k, key)
	copy(v, value)
}

// Key is the entry's key, in place: valid until the entry is freed.
func Key(ref arena.Ref) []byte {
	p := ref.Pointer()
	w := load64(p)
	s := &shapes[w&flagMask]
	return unsafe.Slice((*byte)(unsafe.Add(p, s.key)), w>>16&s.kmask)
}

// Value is the entry's value, in place: valid until the entry (or where it is outside,
// the blob) is freed. Writing to it
// is allowed if the entry is private (see Table.Private).
func Value(ref arena.Ref) []byte {
	p := ref.Pointer()
	w := load64(p)
	s := &shapes[w&flagMask]
	start := uint64(s.key) + w>>16&s.kmask
	if w&flagOutside != 0 {
		return outside(unsafe.Add(p, start))
	}
	return unsafe.Slice((*byte)(unsafe.Add(p, start)), load64(unsafe.Add(p, s.vlen))&s.vmask)
}

// KeyValue is Key and Value at once.
func KeyValue(ref arena.Ref) (key, value []byte) {
	p := ref.Pointer()
	w := load64(p)
	s := &shapes[w&flagMask]
	klen := w >> 16 & s.kmask
	k := unsafe.Add(p, s.key)
	key = unsafe.Slice((*byte)(k), klen)
	if w&flagOutside != 0 {
		return key, outside(unsafe.Add(k, klen))
	}
	value = unsafe.Slice((*byte)(unsafe.Add(k, klen)), load64(unsafe.Add(p, s.vlen))&s.vmask)
	return key, value
}

// OutsideSize is the size of an entry whose value is outside.
func OutsideSize(klen int, layout Layout) int { return Size(klen, outsideLen, layout) }

// outsideLen is what stands in the place of such a value: address and length.
const outsideLen = 16

// InitOutside is Init for an entry whose value is the first n bytes of a blob.
func InitOutside(ref arena.Ref, kind uint8, klen int, layout Layout, blob arena.Ref, n int) {
	Init(ref, kind, klen, outsideLen, layout)
	*(*uint8)(ref.Pointer()) |= flagOutside
	SetOutside(ref, blob, n)
}

// Outside returns the blob that the entry's value is in, 0 if it is not outside.
func Outside(ref arena.Ref) arena.Ref {
	p := ref.Pointer()
	w := load64(p)
	if w&flagOutside == 0 {
		return 0
	}
	s := &shapes[w&flagMask]
	return arena.Ref(load64(unsafe.Add(p, uint64(s.key)+w>>16&s.kmask)))
}

// SetOutside makes the first n bytes of a blob the value of an entry that has it outside.
func SetOutside(ref, blob arena.Ref, n int) {
	p := ref.Pointer()
	w := load64(p)
	s := &shapes[w&flagMask]
	at := unsafe.Add(p, uint64(s.key)+w>>16&s.kmask)
	store64(at, uint64(blob))
	store64(unsafe.Add(at, 8), uint64(n))
}

func outside(p unsafe.Pointer) []byte {
	return unsafe.Slice((*byte)(arena.Ref(load64(p)).Pointer()), load64(unsafe.Add(p, 8)))
}

// SetValueLen changes the length of the value in place. It returns false and changes
// nothing if n does not fit the blob, whose capacity is given, or the field of length.
// Bytes added have undefined contents.
func SetValueLen(ref arena.Ref, n, capacity int) bool {
	p := ref.Pointer()
	w := load64(p)
	s := &shapes[w&flagMask]
	if uint64(n) > s.vmask || int(s.key)+int(w>>16&s.kmask)+n > capacity {
		return false
	}
	if load64(unsafe.Add(p, s.vlen))&s.vmask != uint64(n) {
		storeLen(unsafe.Add(p, s.vlen), uint8(w&flagMask)>>valueShift, n)
	}
	return true
}

// LayoutOf tells which optional fields the entry has.
func LayoutOf(ref arena.Ref) Layout {
	return Layout(*(*uint8)(ref.Pointer())) & (WithExpire | WithClock)
}

// Kind is the owner's byte.
func Kind(ref arena.Ref) uint8 { return *(*uint8)(unsafe.Add(ref.Pointer(), 1)) }

// SetKind changes the owner's byte.
func SetKind(ref arena.Ref, kind uint8) {
	if Kind(ref) != kind {
		*(*uint8)(unsafe.Add(ref.Pointer(), 1)) = kind
	}
}

// HasExpire reports whether the entry has the field of expiry.
func HasExpire(ref arena.Ref) bool { return *(*uint8)(ref.Pointer())&flagExpire != 0 }

// Expire is the entry's time of expiry in Unix milliseconds, negative if it has none.
func Expire(ref arena.Ref) int64 {
	p := ref.Pointer()
	flags := *(*uint8)(p)
	if flags&flagExpire == 0 {
		return NoExpire
	}
	return int64(load64(unsafe.Add(p, shapes[flags&flagMask].expire)))
}

// SetExpire sets the time of expiry of an entry that is in no table and has the field.
// For one in a table use Table.SetExpire, which keeps the table's books.
func SetExpire(ref arena.Ref, ms int64) {
	p := ref.Pointer()
	store64(unsafe.Add(p, shapes[*(*uint8)(p)&flagMask].expire), uint64(ms))
}

// Clock is the entry's access clock, 24 bits, 0 if it has none.
func Clock(ref arena.Ref) uint32 {
	p := ref.Pointer()
	flags := *(*uint8)(p)
	if flags&flagClock == 0 {
		return 0
	}
	c := (*[3]byte)(unsafe.Add(p, shapes[flags&flagMask].clock))
	return uint32(c[0]) | uint32(c[1])<<8 | uint32(c[2])<<16
}

// SetClock sets the access clock of an entry that has one, and does nothing otherwise.
// The clock is advice: it may be set even on an entry that a snapshot sees.
func SetClock(ref arena.Ref, clock uint32) {
	p := ref.Pointer()
	flags := *(*uint8)(p)
	if flags&flagClock == 0 {
		return
	}
	c := (*[3]byte)(unsafe.Add(p, shapes[flags&flagMask].clock))
	if now := [3]byte{byte(clock), byte(clock >> 8), byte(clock >> 16)}; *c != now {
		*c = now
	}
}

func load64(p unsafe.Pointer) uint64 { return binary.LittleEndian.Uint64((*[8]byte)(p)[:]) }

func store64(p unsafe.Pointer, v uint64) { binary.LittleEndian.PutUint64((*[8]byte)(p)[:], v) }

func store32(p unsafe.Pointer, v uint32) { binary.LittleEndian.PutUint32((*[4]byte)(p)[:], v) }

func storeLen(p unsafe.Pointer, code uint8, n int) {
	switch code {
	case 1:
		*(*uint8)(p) = uint8(n)
	case 2:
		binary.LittleEndian.PutUint16((*[2]byte)(p)[:], uint16(n))
	case 3:
		store32(p, uint32(n))
	case 4:
		store64(p, uint64(n))
	}
}

// sameBytes compares n bytes that are at the same distance from two addresses, multiples of 8. It reads
// whole words, from the one in which the first of them is to the one with the last.
func sameBytes(p, q unsafe.Pointer, from, n uint64) bool {
	at := from &^ 7
	differ := (load64(unsafe.Add(p, at)) ^ load64(unsafe.Add(q, at))) >> (from & 7 * 8)
	first := 8 - from&7
	if n <= first {
		return n == 0 || differ<<(64-8*n) == 0
	}
	if differ != 0 {
		return false
	}
	end := from + n
	for at += 8; at+8 <= end; at += 8 {
		if load64(unsafe.Add(p, at)) != load64(unsafe.Add(q, at)) {
			return false
		}
	}
	rest := end - at
	return rest == 0 || (load64(unsafe.Add(p, at))^load64(unsafe.Add(q, at)))<<(64-8*rest) == 0
}
