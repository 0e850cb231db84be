package arena

import "encoding/binary"

// storedHead is what stands before the bytes of a blob that Store has made: how many they are.
const storedHead = 8

// Store allocates a blob that holds a copy of b and knows how long it is: see Stored.
func (a *Arena) Store(b []byte) Ref {
	ref := a.Alloc(storedHead + len(b))
	blob := Bytes(ref, storedHead+len(b))
	binary.LittleEndian.PutUint64(blob, uint64(len(b)))
	Copy(blob[storedHead:], b)
	return ref
}

// Stored returns the bytes that Store has been given. They are in the arena, valid until
// the blob is freed.
func Stored(ref Ref) []byte {
	n := int(binary.LittleEndian.Uint64(Bytes(ref, storedHead)))
	return Bytes(ref, storedHead+n)[storedHead:]
}
