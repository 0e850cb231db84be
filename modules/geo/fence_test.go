package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFence: nobody is turned away who is inside, and nearly everybody who is not.
func TestFence(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	anywhere := func() point {
		return point{(2*random.Float64() - 1) * maxLon, (2*random.Float64() - 1) * maxLat}
	}
	inside, outside, let := 0, 0, 0
	for range 300_000 {
		center := anywhere()
		p := anywhere()
		if random.IntN(2) == 0 { // near, at any distance
			by := math.Pow(10, -7*random.Float64())
			p = point{center.lon + by*(2*random.Float64()-1), center.lat + by*(2*random.Float64()-1)}
			p.lon, p.lat = max(-maxLon, min(maxLon, p.lon)), max(-maxLat, min(maxLat, p.lat))
		}
		dist := distance(center, p)
		f := fence{origin: originAt(center)}
		if f.narrow(dist); f.outside(p) {
			t.Fatalf("%v is %v m from %v, and turned away at that distance", p, dist, center)
		}
		inside++
		if f.narrow(dist * .999); dist > 1 {
			outside++
			if !f.outside(p) {
				let++
			}
		}
	}
	if inside == 0 || let > outside/100 {
		t.Errorf("%d of %d who are outside are let through", let, outside)
	}
}
