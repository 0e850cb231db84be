package server

import (
	"math"
	"math/rand/v2"
)

// vector is a place on the canvas, or a direction.
type vector struct{ x, y float64 }

// pole is one end of a magnet. Filings point away from a north pole and
// towards a south pole.
type pole struct {
	at       vector
	strength float64
}

// drawFilings strews iron filings on a sheet under which magnets lie. Every
// filing is a short stroke along the field, so that the eye sees its lines;
// where the field is strong more of them stick.
func drawFilings(columns, rows int, seed uint64) *canvas {
	rng := rand.New(rand.NewPCG(seed, seed))
	cv := newCanvas(columns, rows)
	poles := layMagnets(rng, float64(cv.width), float64(cv.height))
	const pitch = 3 // one filing for so many dots in each direction, shaken a little
	for y := 0; y < cv.height; y += pitch {
		for x := 0; x < cv.width; x += pitch {
			at := vector{float64(x) + pitch*rng.Float64(), float64(y) + pitch*rng.Float64()}
			luck := rng.Float64()
			if sticks(poles, at, luck) {
				stroke(cv, poles, at)
			}
		}
	}
	return cv
}

// layMagnets chooses one to three magnets that have room.
func layMagnets(rng *rand.Rand, width, height float64) (poles []pole) {
	for range 1 + rng.IntN(3) {
		center := vector{width * (0.15 + 0.7*rng.Float64()), height * (0.2 + 0.6*rng.Float64())}
		angle := 2 * math.Pi * rng.Float64()
		half := min(width, height) * (0.12 + 0.18*rng.Float64())
		d := vector{half * math.Cos(angle), half * math.Sin(angle)}
		strength := 0.5 + rng.Float64()
		poles = append(poles,
			pole{vector{center.x + d.x, center.y + d.y}, strength},
			pole{vector{center.x - d.x, center.y - d.y}, -strength})
	}
	return poles
}

// tip is the radius around a pole that stays bare, as a hole to look into.
const tip = 2.2

// field is the sum of the poles' fields at a place. In a plane the field of a
// pole falls with the distance. bare means that a pole is too near.
func field(poles []pole, at vector) (f vector, bare bool) {
	for _, p := range poles {
		dx, dy := at.x-p.at.x, at.y-p.at.y
		r2 := dx*dx + dy*dy
		if r2 < tip*tip {
			return vector{}, true
		}
		f.x += p.strength * dx / r2
		f.y += p.strength * dy / r2
	}
	return f, false
}

// sticks decides whether a filing stays where it fell.
func sticks(poles []pole, at vector, luck float64) bool {
	f, bare := field(poles, at)
	const even = 0.035 // the field at which the chance is half of what strength can give
	m := math.Hypot(f.x, f.y)
	return !bare && luck < 0.12+0.88*m/(m+even)
}

// stroke draws a filing: a few steps along the field both ways.
func stroke(cv *canvas, poles []pole, from vector) {
	const steps, length = 5, 0.6
	for _, sign := range [...]float64{1, -1} {
		at := from
		for range steps {
			f, bare := field(poles, at)
			m := math.Hypot(f.x, f.y)
			if bare || m == 0 {
				break
			}
			cv.set(int(math.Floor(at.x)), int(math.Floor(at.y)))
			at.x += sign * length * f.x / m
			at.y += sign * length * f.y / m
		}
	}
}
