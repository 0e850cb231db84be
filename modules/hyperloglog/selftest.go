package hyperloglog

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core"
)

// pfselftest is PFSELFTEST: random registers are kept as they were set, and
// both forms estimate the same number, which is near the true one.
func (m *module) pfselftest(c *core.Ctx) error {
	rnd := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	if err := testRegisters(rnd); err != nil {
		return err
	}
	if err := testEstimates(rnd.Uint64(), m.sparseMax.Load()); err != nil {
		return err
	}
	c.OK()
	return nil
}

func testRegisters(rnd *rand.Rand) error {
	dense := make(sketch, denseSize)
	var want ranks
	for range 1000 {
		for i := range want {
			want[i] = uint8(rnd.Uint32() & 63)
			dense.setRegister(i, want[i])
		}
		for i, rank := range want {
			if got := dense.register(i); got != rank {
				return testFailed("Register %d should be %d but is %d", i, rank, got)
			}
		}
	}
	return nil
}

// testEstimates adds ten million elements and looks at every power of ten.
func testEstimates(seed uint64, limit int64) (err error) {
	dense, s := make(sketch, denseSize), appendEmpty(nil)
	var element [8]byte
	next := uint64(1)
	for n := uint64(1); n <= 10_000_000; n++ {
		binary.LittleEndian.PutUint64(element[:], n^seed)
		index, rank := rankOf(element[:])
		if rank > dense.register(index) {
			dense.setRegister(index, rank)
		}
		if s, _, err = s.raise(index, rank, limit); err != nil {
			return err
		}
		if n < next {
			continue
		}
		next *= 10
		if err := compare(n, dense, s, limit); err != nil {
			return err
		}
	}
	return nil
}

// compare judges what two sketches say of n elements.
func compare(n uint64, dense, s sketch, limit int64) error {
	if s.dense() && int64(n) < limit/2 {
		return testFailed("sparse encoding not used")
	}
	a, err := dense.cardinality()
	if err != nil {
		return err
	}
	b, err := s.cardinality()
	if err != nil {
		return err
	}
	if a != b {
		return testFailed("dense/sparse disagree")
	}
	const standardError = 1.04 / 128 // the root of 16384 registers
	bound := math.Ceil(standardError * 6 * float64(n))
	if n == 10 {
		bound = 1 // collisions of so few may well make one
	}
	if off := math.Abs(float64(n) - float64(a)); off > bound {
		return testFailed("Too big error. card:%d abserr:%.0f", n, off)
	}
	return nil
}

func testFailed(format string, args ...any) error {
	return core.Err("TESTFAILED " + fmt.Sprintf(format, args...))
}
