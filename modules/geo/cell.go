package geo

import "math"

// A cell is a rectangle of the map. The map is cut in half by longitude and by
// latitude, step times each; the bits that say which half are interleaved, those
// of longitude at the odd places. With step 26 a cell is smaller than a metre, and
// its 52 bits are exact in a double: that is the score of a member. Cells of a
// smaller step are ranges of scores, because their bits come first.
type cell struct {
	bits uint64
	step uint
}

// scoreStep is the step of the cells that scores stand for.
const scoreStep = 26

// What can be kept; Mercator's map has no poles.
const (
	maxLon = 180.0
	maxLat = 85.05112878
)

// point is a place in degrees.
type point struct{ lon, lat float64 }

func (p point) valid() bool { return math.Abs(p.lon) <= maxLon && math.Abs(p.lat) <= maxLat }

// cellOf returns the cell of a point on a map that goes from -latRange to latRange.
func cellOf(p point, step uint, latRange float64) cell {
	size := float64(uint64(1) << step)
	lat := uint32((p.lat + latRange) / (latRange + latRange) * size)
	lon := uint32((p.lon + maxLon) / (maxLon + maxLon) * size)
	return cell{spread(lat) | spread(lon)<<1, step}
}

// area is a rectangle of the map, in degrees.
type area struct{ min, max point }

func (c cell) area() area {
	part := 1 / float64(uint64(1)<<c.step) // of the map, exactly
	lat, lon := gather(c.bits), gather(c.bits>>1)
	// The conversions keep the compiler from fusing operations: every machine
	// shall round alike.
	edge := func(n uint32, limit float64) float64 {
		return -limit + float64(float64(n)*part*(limit+limit))
	}
	return area{
		point{edge(lon, maxLon), edge(lat, maxLat)},
		point{edge(lon+1, maxLon), edge(lat+1, maxLat)},
	}
}

// pointOf returns the place of a member with this score: the middle of its cell.
func pointOf(score float64) point {
	a := cell{uint64(int64(score)), scoreStep}.area()
	clamp := func(x, limit float64) float64 { return max(-limit, min(limit, x)) }
	return point{clamp((a.min.lon+a.max.lon)/2, maxLon), clamp((a.min.lat+a.max.lat)/2, maxLat)}
}

// scores returns the range of the scores inside the cell; to is not included.
func (c cell) scores() (from, to float64) {
	shift := 2 * (scoreStep - c.step)
	return float64(c.bits << shift), float64((c.bits + 1) << shift)
}

// neighbour returns the cell that is so many cells, of -1, 0 and 1, to the east and
// to the north. At its edges the map goes on at the opposite one.
func (c cell) neighbour(east, north int) cell {
	lat, lon := gather(c.bits), gather(c.bits>>1)
	mask := uint32(1)<<c.step - 1
	if east != 0 {
		lon = (lon + uint32(east)) & mask
	}
	if north != 0 {
		lat = (lat + uint32(north)) & mask
	}
	return cell{spread(lat) | spread(lon)<<1, c.step}
}

// The masks of spread and gather: groups of 1, 2, 4, 8 and 16 bits, every other one.
const (
	ones     = 0x5555555555555555
	pairs    = 0x3333333333333333
	nibbles  = 0x0f0f0f0f0f0f0f0f
	bytes8   = 0x00ff00ff00ff00ff
	bytes16  = 0x0000ffff0000ffff
	lowWords = 0x00000000ffffffff
)

// spread puts a zero bit between any two bits: halves of halves are moved apart.
func spread(n uint32) uint64 {
	x := uint64(n)
	x = (x | x<<16) & bytes16
	x = (x | x<<8) & bytes8
	x = (x | x<<4) & nibbles
	x = (x | x<<2) & pairs
	return (x | x<<1) & ones
}

// gather takes every other bit, from the lowest on: what spread has spread.
func gather(x uint64) uint32 {
	x &= ones
	x = (x | x>>1) & pairs
	x = (x | x>>2) & nibbles
	x = (x | x>>4) & bytes8
	x = (x | x>>8) & bytes16
	return uint32((x | x>>16) & lowWords)
}
