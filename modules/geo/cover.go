package geo

import (
	"math"

	"github.com/ferrousdb/ferrous/core/libm"
)

// shape is the area that is searched: a circle or a box around a centre.
type shape struct {
	center        point
	box           bool
	radius        float64 // of a circle
	width, height float64 // of a box
	unit          float64 // metres that the numbers above are in
}

const (
	earthRadius = 6372797.560856 // metres, the quadratic mean
	mercatorMax = 20037726.37    // metres from the middle of the map to its edge
	degree      = math.Pi / 180  // radians
)

// distance is that between two points, see origin.distance.
func distance(a, b point) float64 {
	o := originAt(a)
	return o.distance(b)
}

// exactDistance is distance to the last bit that Redis gives it, at several times the price. A
// distance that is stored as a score is seen with all its digits.
func exactDistance(a, b point) float64 {
	v := libm.Sin((float64(b.lon*degree) - float64(a.lon*degree)) / 2)
	if v == 0 {
		return latDistance(a.lat, b.lat)
	}
	lat1, lat2 := float64(a.lat*degree), float64(b.lat*degree)
	u := libm.Sin((lat2 - lat1) / 2)
	h := float64(u*u) + float64(libm.Cos(lat1)*libm.Cos(lat2)*v*v)
	return 2 * earthRadius * libm.Asin(math.Sqrt(h))
}

// latDistance is the distance between two points of the same longitude.
func latDistance(a, b float64) float64 {
	return earthRadius * math.Abs(float64(b*degree)-float64(a*degree))
}

// contains reports whether a point is inside, and how far it is from the centre, which is the origin.
func (s *shape) contains(center *origin, p point) (dist float64, ok bool) {
	if !s.box {
		dist = center.distance(p)
		return dist, dist <= s.radius*s.unit
	}
	if latDistance(p.lat, s.center.lat) > s.height*s.unit/2 ||
		distance(p, point{s.center.lon, p.lat}) > s.width*s.unit/2 {
		return 0, false
	}
	return center.distance(p), true
}

// bounds is the rectangle of the map that the shape fits in. Degrees of longitude
// are shorter towards the poles, so the edge that is nearer to one decides.
func (s *shape) bounds() area {
	width, height := s.radius, s.radius
	if s.box {
		width, height = s.width/2, s.height/2
	}
	lat := height * s.unit / earthRadius / degree
	far := s.center.lat + lat
	if s.center.lat < 0 {
		far = s.center.lat - lat
	}
	lon := width * s.unit / earthRadius / math.Cos(far*degree) / degree
	return area{
		point{s.center.lon - lon, s.center.lat - lat},
		point{s.center.lon + lon, s.center.lat + lat},
	}
}

// stepFor chooses the step of cells so large that nine of them cover a circle.
func stepFor(radius, lat float64) uint {
	if radius == 0 {
		return scoreStep
	}
	step := 1
	for ; radius < mercatorMax; radius *= 2 {
		step++
	}
	step -= 2 // for most cases; see cover
	if math.Abs(lat) > 66 {
		step-- // a cell is narrow on the ground near a pole
	}
	if math.Abs(lat) > 80 {
		step--
	}
	return uint(max(1, min(scoreStep, step)))
}

// cover returns the cells that the shape may reach into: that of its centre, then
// its neighbours in Redis's order, which is that of results that are not sorted.
func (s *shape) cover() []cell {
	radius := s.radius
	if s.box {
		radius = math.Sqrt(float64(s.width/2*(s.width/2)) + float64(s.height/2*(s.height/2)))
	}
	step := stepFor(radius*s.unit, s.center.lat)
	bounds := s.bounds()
	mid := cellOf(s.center, step, maxLat)
	if step > 1 && !mid.reaches(bounds) {
		step-- // the shape is near the edge of its cell and goes beyond the next one
		mid = cellOf(s.center, step, maxLat)
	}
	here := mid.area()
	cells := []cell{mid}
	for _, d := range [...]struct{ east, north int }{
		{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
	} {
		// The shape ends before the neighbour begins. With two cells a side every
		// cell is a neighbour twice over, and none is left out.
		if step >= 2 && (d.north < 0 && here.min.lat < bounds.min.lat || d.north > 0 && here.max.lat > bounds.max.lat ||
			d.east < 0 && here.min.lon < bounds.min.lon || d.east > 0 && here.max.lon > bounds.max.lon) {
			continue
		}
		// On the other side of a small map may be the same cell again.
		if next := mid.neighbour(d.east, d.north); len(cells) == 1 || next != cells[len(cells)-1] {
			cells = append(cells, next)
		}
	}
	return cells
}

// reaches reports whether the cell and its neighbours cover an area.
func (c cell) reaches(a area) bool {
	north, south := c.neighbour(0, 1).area(), c.neighbour(0, -1).area()
	east, west := c.neighbour(1, 0).area(), c.neighbour(-1, 0).area()
	return !(north.max.lat < a.max.lat || south.min.lat > a.min.lat || // and not its opposite, for the sake of NaN
		east.max.lon < a.max.lon || west.min.lon > a.min.lon)
}
