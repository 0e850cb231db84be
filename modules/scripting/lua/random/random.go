// Package random is the generator behind math.random in Redis: the 48-bit linear
// congruence of POSIX's lrand48, so that the same seed gives the same numbers on
// every system.
package random

// Source is a generator. The zero value is not one: New makes it.
type Source struct{ x uint64 }

// New returns a generator as a new server has it.
func New() Source { return Source{x: 0x1234ABCD330E} }

// Seed starts the sequence of that seed.
func (s *Source) Seed(seed int32) { s.x = uint64(uint32(seed))<<16 | 0x330E }

// Float returns the next number in [0, 1).
func (s *Source) Float() float64 {
	const most = 1<<31 - 1
	s.x = (s.x*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return float64(s.x>>17%most) / most
}
