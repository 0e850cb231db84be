package hyperloglog

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestRankOf: what Redis's own hash makes of these elements, seen in the
// registers that it sets (PFDEBUG DECODE after PFADD).
func TestRankOf(t *testing.T) {
	for _, c := range []struct {
		element string
		index   int
		rank    uint8
	}{
		{"", 5938, 2}, {"a", 12711, 2}, {"hello", 9216, 1}, {"12345678", 10579, 3}, {"0123456789abcdef!", 13940, 1},
		{"42", 9616, 1},
	} {
		if index, rank := rankOf([]byte(c.element)); index != c.index || rank != c.rank {
			t.Errorf("%q: register %d, rank %d; want %d, %d", c.element, index, rank, c.index, c.rank)
		}
	}
}

// TestDenseRegisters: registers do not touch each other, and reading them one
// by one, eight at a time and packed is the same.
func TestDenseRegisters(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var want, got ranks
		s := make(sketch, denseSize)
		for range rapid.IntRange(1, 200).Draw(rt, "n") {
			i, rank := rapid.IntRange(0, registers-1).Draw(rt, "index"), rapid.Uint8Range(0, 63).Draw(rt, "rank")
			want[i] = rank
			s.setRegister(i, rank)
		}
		for i, rank := range want {
			if s.register(i) != rank {
				rt.Fatalf("register %d is %d, want %d", i, s.register(i), rank)
			}
		}
		s.mergeDense(&got)
		packed := make(sketch, denseSize)
		packed.pack(&want)
		var h, counted, all histogram
		for _, rank := range want {
			h[rank]++
		}
		s.countDense(&counted)
		got.count(&all)
		if got != want || !bytes.Equal(packed, s) || h != counted || h != all {
			rt.Fatal("merged, packed or counted registers are others than those set")
		}
	})
}

// TestSparse raises random registers of a sparse sketch beside an array.
func TestSparse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := appendEmpty(nil)
		var want, got ranks
		limit := int64(rapid.SampledFrom([]int{0, 30, 200, 3000}).Draw(rt, "limit"))
		top := rapid.SampledFrom([]uint8{3, maxSparseRank, maxRank}).Draw(rt, "highest rank")
		spread := rapid.SampledFrom([]int{12, 300, registers}).Draw(rt, "registers")
		for range rapid.IntRange(0, 300).Draw(rt, "n") {
			i, rank := rapid.IntRange(0, spread-1).Draw(rt, "index"), rapid.Uint8Range(1, top).Draw(rt, "rank")
			dense := s.dense()
			var raised bool
			var err error
			s, raised, err = s.raise(i, rank, limit)
			if err != nil || raised != (rank > want[i]) {
				rt.Fatalf("register %d from %d to %d: raised %v, %v", i, want[i], rank, raised, err)
			}
			want[i] = max(want[i], rank)
			if !s.valid() || !s.dense() && int64(len(s)) > max(limit, 18) || dense && !s.dense() {
				rt.Fatalf("%d bytes, dense %v; limit %d", len(s), s.dense(), limit)
			}
			if !s.dense() {
				if p, err := s.locate(i); err != nil || p.rank != want[i] {
					rt.Fatalf("register %d is in %+v, want rank %d", i, p, want[i])
				}
			}
		}
		if err := s.mergeInto(&got); err != nil || got != want {
			rt.Fatalf("other registers than were raised: %v", err)
		}
		dense, err := s.toDense()
		if err != nil {
			rt.Fatal(err)
		}
		a, _ := s.cardinality()
		if b, _ := dense.cardinality(); a != b {
			rt.Fatalf("sparse counts %d, dense %d", a, b)
		}
	})
}

// TestEstimate: within five standard errors, for small and for large numbers.
func TestEstimate(t *testing.T) {
	s := appendEmpty(nil)
	next := 1
	for n := 1; n <= 1_000_000; n++ {
		index, rank := rankOf(fmt.Append(nil, "element ", n))
		s, _, _ = s.raise(index, rank, 3000)
		if n < next {
			continue
		}
		next *= 3
		got, err := s.cardinality()
		if off := math.Abs(float64(n) - float64(got)); err != nil || off > math.Ceil(5*0.0081*float64(n)) {
			t.Errorf("%d elements are estimated to be %d (%v)", n, got, err)
		}
	}
}

// TestEstimateOfNonsense: registers that no element gives still have an estimate.
func TestEstimateOfNonsense(t *testing.T) {
	for _, c := range []struct {
		rank int
		want uint64
	}{{0, 0}, {40, 12994641697113596}, {50, 1 << 63}, {51, 1 << 63}, {63, 1 << 63}} {
		var h histogram
		h[c.rank] = registers
		if got := h.estimate(); got != c.want {
			t.Errorf("all of rank %d: %d, want %d", c.rank, got, c.want)
		}
	}
}

// TestEightAtATime compares what is done to whole words with one register after the other.
func TestEightAtATime(t *testing.T) {
	dense := make(sketch, denseSize)
	var r, want ranks
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		for i := range registers {
			dense.setRegister(i, uint8(random.IntN(64)))
			r[i] = uint8(random.IntN(64))
			want[i] = max(r[i], dense.register(i))
		}
		dense.mergeDense(&r)
		if r != want {
			t.Fatal("merged otherwise")
		}
		dense.pack(&r)
		for i, rank := range r {
			if dense.register(i) != rank {
				t.Fatal("packed otherwise")
			}
		}
		var h, each histogram
		r.count(&h)
		for _, rank := range r {
			each[rank]++
		}
		if h != each {
			t.Fatalf("counted %v, not %v", h, each)
		}
	}
}
