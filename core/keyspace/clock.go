package keyspace

import (
	"math"
	"math/rand/v2"
)

// ClockMode says what an entry's 24 clock bits mean.
type ClockMode uint8

const (
	// LRU: the second of the last access, modulo 2^24 (194 days).
	LRU ClockMode = iota
	// LFU: 16 bits for the minute of the last decay, 8 bits for a counter that
	// grows logarithmically with the number of accesses.
	LFU
)

// clock holds the settings of the access clock.
type clock struct {
	mode      ClockMode
	logFactor int64 // lfu-log-factor
	decayTime int64 // lfu-decay-time, minutes
}

// SetClock chooses what accesses are recorded as; the caller holds all locks.
// Values recorded in the other mode are reinterpreted, as in Redis.
func (ks *Keyspace) SetClock(mode ClockMode, logFactor, decayTime int64) {
	ks.clock = clock{mode, logFactor, decayTime}
}

// ClockMode returns the mode; the caller holds any lock.
func (ks *Keyspace) ClockMode() ClockMode { return ks.clock.mode }

// lfuInit is the counter of a new key: not zero, so that it has time to
// collect accesses before it looks like the worst candidate.
const lfuInit = 5

// fresh is the clock of a new entry.
func (c *clock) fresh(now int64) uint32 {
	if c.mode == LFU {
		return minutes(now)<<8 | lfuInit
	}
	return seconds(now)
}

// touched is the clock of an entry accessed now.
func (c *clock) touched(old uint32, now int64) uint32 {
	if c.mode == LRU {
		return seconds(now)
	}
	n := c.decayed(old, now)
	// Morris counting: the chance of an increment falls with the counter, so
	// eight bits count about a million accesses at the default factor of 10.
	if n < 255 {
		base := max(float64(n)-lfuInit, 0)
		if rand.Float64() < 1/(base*float64(c.logFactor)+1) {
			n++
		}
	}
	return minutes(now)<<8 | n
}

// decayed is the counter after the idle time since its last change.
func (c *clock) decayed(old uint32, now int64) uint32 {
	n := old & 255
	if c.decayTime == 0 {
		return n
	}
	idle := int64((minutes(now) - old>>8) & math.MaxUint16)
	return uint32(max(int64(n)-idle/c.decayTime, 0))
}

// idle is the time since the last access in milliseconds (LRU mode).
func (c *clock) idle(old uint32, now int64) int64 {
	return int64((seconds(now)-old)&(1<<24-1)) * 1000
}

func seconds(now int64) uint32 { return uint32(now/1000) & (1<<24 - 1) }
func minutes(now int64) uint32 { return uint32(now/60000) & math.MaxUint16 }
