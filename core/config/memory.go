package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
)

// MemoryVar is a number of bytes; if declared so, it may instead be a percentage of maxmemory.
type MemoryVar struct {
	common
	v        atomic.Int64 // bytes; a percentage is kept negative
	min, max int64
	percent  bool
	checks   []func(int64) error
}

// Load returns the current value in bytes; a percentage is returned as a negative number of percents (see Bytes).
func (m *MemoryVar) Load() int64 { return m.v.Load() }

// Bytes returns the current value, a percentage being taken of whole.
func (m *MemoryVar) Bytes(whole int64) int64 {
	v := m.v.Load()
	if v >= 0 {
		return v
	}
	return int64(float64(whole) * float64(-v) / 100)
}

// Store replaces the value from inside the server: no check, no hook.
func (m *MemoryVar) Store(v int64) { m.v.Store(v) }

// Check adds a validation that runs before anything changes.
func (m *MemoryVar) Check(f func(int64) error) { m.checks = append(m.checks, f) }

func (m *MemoryVar) String() string           { return m.format(m.load()) }
func (m *MemoryVar) DefaultString() string    { return m.format(m.initial) }
func (m *MemoryVar) Lines() [][]string        { return m.lines(m.load()) }
func (m *MemoryVar) DefaultLines() [][]string { return m.lines(m.initial) }
func (m *MemoryVar) load() any                { return m.v.Load() }
func (m *MemoryVar) store(v any)              { m.v.Store(v.(int64)) }

func (m *MemoryVar) format(v any) string {
	n := v.(int64)
	if m.percent && n < 0 {
		return strconv.FormatInt(-n, 10) + "%"
	}
	return strconv.FormatInt(n, 10)
}

// lines writes a round number with its unit, as a person would.
func (m *MemoryVar) lines(v any) [][]string {
	n := v.(int64)
	if n > 0 {
		return one(FormatMemory(n))
	}
	return one(m.format(v))
}

func (m *MemoryVar) parse(words []string, _ any) (any, error) {
	text := words[0]
	if number, isPercent := strings.CutSuffix(text, "%"); m.percent && isPercent {
		return m.parsePercent(number)
	}
	n, ok := ParseMemory(text)
	if !ok {
		if m.percent {
			return nil, errMemoryOrPercent
		}
		return nil, errMemory
	}
	if n < m.min || n > m.max {
		return nil, outOfBounds(m.min, m.max, 10)
	}
	return n, runChecks(m.checks, n)
}

func (m *MemoryVar) parsePercent(number string) (any, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	switch {
	case err != nil, n < 0, strconv.FormatInt(n, 10) != number:
		return nil, errMemoryOrPercent
	case n > 100:
		return nil, errors.New("percentage argument must be less or equal to 100")
	}
	return -n, runChecks(m.checks, -n)
}

// units in the order FormatMemory tries them. k, m and g are thousands; kb, mb and gb are binary, as everywhere in Redis.
var units = []struct {
	name string
	mult int64
}{{"gb", 1 << 30}, {"mb", 1 << 20}, {"kb", 1 << 10}, {"g", 1e9}, {"m", 1e6}, {"k", 1e3}, {"b", 1}, {"", 1}}

// ParseMemory reads a number of bytes with an optional unit, in any case: b, k, kb, m, mb, g, gb. As in Redis, no digits
// at all are zero. It reports false for anything else, and for what does not fit in an int64 (where Redis wraps around).
func ParseMemory(text string) (int64, bool) {
	digits := 0
	for digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
		digits++
	}
	unit := strings.ToLower(text[digits:])
	for _, u := range units {
		if u.name != unit {
			continue
		}
		if digits == 0 {
			return 0, true
		}
		n, err := strconv.ParseInt(text[:digits], 10, 64)
		if err != nil || n > math.MaxInt64/u.mult {
			return 0, false
		}
		return n * u.mult, true
	}
	return 0, false
}

// FormatMemory writes n bytes with the largest binary unit that divides it evenly; ParseMemory reads it back.
func FormatMemory(n int64) string {
	for _, u := range units[:3] {
		if n != 0 && n%u.mult == 0 {
			return strconv.FormatInt(n/u.mult, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}
