package observability

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core"
)

// histogram counts durations, from a nanosecond to a second, to two significant
// digits: the layout of HdrHistogram (Gil Tene), which Redis uses too, so that
// both report the same bounds. From 256 ns on every doubling has 128 buckets of
// equal width; below, every nanosecond has its own. Memory for a doubling comes
// when the first duration falls into it. It belongs to one event loop.
type histogram struct {
	total uint64
	pages [pageCount]*[pageLen]uint64
	_     [56]byte // four lines, so that it shares none with that of another loop
}

const (
	pageLen   = 128
	pageCount = 24
	longest   = 1_000_000_000 // what takes longer counts as this
)

// locate returns the bucket of a duration.
func locate(nanos int64) (page, at int) {
	if nanos < 2*pageLen {
		return int(nanos / pageLen), int(nanos % pageLen)
	}
	shift := bits.Len64(uint64(nanos)) - 8
	return shift + 1, int(nanos>>shift) - pageLen
}

// bounds returns the lowest and the highest duration of a bucket.
func bounds(page, at int) (low, high int64) {
	if page == 0 {
		return int64(at), int64(at)
	}
	shift := page - 1
	low = int64(at+pageLen) << shift
	return low, low + 1<<shift - 1
}

// record counts a duration in nanoseconds.
func (h *histogram) record(nanos int64) {
	page, at := locate(min(max(nanos, 1), longest))
	p := h.pages[page]
	if p == nil {
		p = new([pageLen]uint64)
		h.pages[page] = p
	}
	p[at]++
	h.total++
}

// add counts what o has counted.
func (h *histogram) add(o *histogram) {
	for i, p := range o.pages {
		if p == nil {
			continue
		}
		if h.pages[i] == nil {
			h.pages[i] = new([pageLen]uint64)
		}
		for k, n := range p {
			h.pages[i][k] += n
		}
	}
	h.total += o.total
}

// percentile returns the duration in nanoseconds that p percent of all do not
// exceed, as exactly as it is known.
func (h *histogram) percentile(p float64) int64 {
	want := max(uint64(p/100*float64(h.total)+0.5), 1)
	sum := uint64(0)
	for i, page := range h.pages {
		if page == nil {
			continue
		}
		for k, n := range page {
			if sum += n; sum >= want {
				low, high := bounds(i, k)
				if p == 0 {
					return low
				}
				return high
			}
		}
	}
	return 0
}

// step is a line of a histogram's summary: so many durations were no longer than
// that.
type step struct{ micros, count int64 }

// firstStep is the doubling that begins at 1024 ns, the first bound of the summary.
const firstStep = 4

// steps sums a histogram up at 1024 ns and its doublings; bounds that nothing new
// has come under are left out. A bound is told in microseconds, as the highest
// duration that cannot be distinguished from it.
func (h *histogram) steps() (all []step) {
	sum, told := int64(0), int64(0)
	tell := func(nanos, count int64) {
		if count > told {
			all = append(all, step{nanos / 1000, count})
			told = count
		}
	}
	for i, page := range h.pages {
		if i >= firstStep {
			_, high := bounds(i, 0)
			under := sum
			if page != nil {
				under += int64(page[0])
			}
			tell(high, under)
		}
		if page != nil {
			for _, n := range page {
				sum += int64(n)
			}
		}
	}
	_, last := bounds(pageCount-1, pageLen-1)
	tell(last, sum)
	return all
}

// histograms are those of one event loop, by the number of the command.
type histograms struct {
	all []*histogram
	_   [40]byte // the next loop's are on another cache line
}

// of returns the histogram of a command, which has one from now on.
func (h *histograms) of(cmd *core.Command) *histogram {
	x := h.all[cmd.ID()]
	if x == nil {
		x = &histogram{}
		h.all[cmd.ID()] = x
	}
	return x
}
