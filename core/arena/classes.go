package arena

import "math/bits"

// Size classes: 16 bytes and up in steps of 8 until 128, then eight steps in each
// power of two. The worst internal waste is so below one ninth above 72 bytes, and
// below 8 bytes under that.
const (
	minBlob   = 16
	fineLimit = 128      // up to here classes are 8 bytes apart
	maxSmall  = 32 << 10 // above: a run of chunks of its own
	fineCount = (fineLimit-minBlob)/8 + 1
	octaves   = 8 // 128..32768
	numClass  = fineCount + octaves*8

	// Classes of small sizes come from a table, one byte for each 8 bytes of size.
	tableLimit = 1024
)

// class describes one size class.
type class struct {
	size   uint32 // bytes of each blob
	chunks uint32 // chunks in each slab
	count  uint32 // blobs in each slab
}

var (
	classes    = buildClasses()
	classTable = buildClassTable()
)

func buildClasses() (cs [numClass]class) {
	for i := range cs {
		size := minBlob + 8*i
		if i >= fineCount {
			octave, eighth := (i-fineCount)/8, (i-fineCount)%8
			size = (fineLimit + fineLimit/8*(eighth+1)) << octave
		}
		chunks := slabChunks(size)
		cs[i] = class{size: uint32(size), chunks: uint32(chunks), count: uint32(chunks * chunkSize / size)}
	}
	return cs
}

// slabChunks is the smallest number of chunks whose unusable end is below 3%.
func slabChunks(size int) int {
	for k := 1; ; k++ {
		if total := k * chunkSize; total%size*100 < total*3 {
			return k
		}
	}
}

func buildClassTable() (t [tableLimit/8 + 1]uint8) {
	c := 0
	for i := range t {
		for int(classes[c].size) < i*8 {
			c++
		}
		t[i] = uint8(c)
	}
	return t
}

// classOf returns the smallest class that holds n bytes, 0 <= n <= maxSmall.
func classOf(n int) int {
	if n <= tableLimit {
		return int(classTable[uint(n+7)>>3])
	}
	// The highest bit of n-1 names the octave, the three bits after it the eighth.
	top := bits.Len32(uint32(n-1)) - 1
	eighth := (n - 1) >> (top - 3) & 7
	return fineCount + (top-7)*8 + eighth
}
