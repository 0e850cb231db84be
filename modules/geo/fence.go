package geo

import "math"

// origin is a point that distances are measured from, with what all of these need of it.
type origin struct {
	lat, lon float64 // radians
	cos      float64 // of the latitude
	degrees  float64 // the latitude
}

func originAt(p point) origin {
	lat := float64(p.lat * degree)
	return origin{lat, float64(p.lon * degree), math.Cos(lat), p.lat}
}

// distance is that to a point, in metres, by the haversine formula. Its last bit is
// not always Redis's, which cannot be seen where four places are printed; see exactDistance.
func (o *origin) distance(p point) float64 {
	v := math.Sin((float64(p.lon*degree) - o.lon) / 2)
	if v == 0 {
		return latDistance(o.degrees, p.lat)
	}
	lat := float64(p.lat * degree)
	u := math.Sin((lat - o.lat) / 2)
	h := float64(u*u) + float64(o.cos*math.Cos(lat)*v*v)
	return 2 * earthRadius * math.Asin(math.Sqrt(h))
}

// fence turns away points that are farther from an origin than a distance, for a fraction of what it costs to
// measure: most of those that a search comes by. It lets some through that are a little farther, and turns none
// away that is not.
type fence struct {
	origin
	most float64 // of the haversine of what is let through
}

// fenceSlack is by how much of itself a haversine of sine and cosine may be wrong, and more.
const fenceSlack = 1e-4

// narrow lets nothing through that is farther than so many metres.
func (f *fence) narrow(metres float64) {
	half := metres / (2 * earthRadius)
	if !(half < math.Pi/2) {
		f.most = math.Inf(1)
		return
	}
	s := math.Sin(max(half, 0))
	f.most = s*s*(1+fenceSlack) + 1e-18 // a few millimetres, for what is lost where degrees are subtracted
}

// outside reports whether a point is certainly outside.
func (f *fence) outside(p point) bool {
	lat := p.lat * degree
	u := sine((lat - f.lat) / 2)
	x := math.Abs(p.lon*degree-f.lon) / 2
	v := sine(min(x, math.Pi-x))
	return u*u+f.cos*cosine(lat)*v*v > f.most
}

// sine and cosine are right to a hundred-thousandth of themselves, up to a quarter of a turn less five degrees.
func sine(x float64) float64 {
	y := x * x
	return x * (1 + y*(-1./6+y*(1./120+y*(-1./5040+y/362880))))
}

func cosine(x float64) float64 {
	y := x * x
	return 1 + y*(-1./2+y*(1./24+y*(-1./720+y*(1./40320-y/3628800))))
}
