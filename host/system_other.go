//go:build !linux

package host

import (
	"math"
	"runtime"
	"runtime/metrics"
)

const multiplexing = "goroutines"

// residentBytes: what the Go runtime has mapped is the best that is known.
func residentBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

func totalMemory() int64 { return 0 }

func systemName() string { return runtime.GOOS + " " + runtime.GOARCH }

func cpuSeconds() (user, system float64) {
	s := []metrics.Sample{{Name: "/cpu/classes/user:cpu-seconds"}, {Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64(), s[1].Value.Float64()
}

// raiseFileLimit: the Go runtime raises the soft limit to the hard one.
func raiseFileLimit(uint64) (uint64, error) { return math.MaxUint64, nil }

// forgetStart: what else a system keeps of a program is its own affair.
func forgetStart() {}
