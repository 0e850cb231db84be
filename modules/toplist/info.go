package toplist

import (
	"fmt"
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
)

// shown is how many keys of each list INFO tells.
const shown = 5

// look makes the look of INFO toplist; nil while nothing is kept.
func (m *module) look() *core.Look {
	if !m.enabled.Load() {
		return nil
	}
	return m.lookForBig(byBytes)
}

// info fills INFO toplist. Names of keys are quoted as Go does: they may hold anything.
func (m *module) info(w *core.InfoWriter) {
	big, _ := w.Found.(*bigKeys)
	w.Bool("toplist_enabled", big != nil)
	if big == nil {
		return
	}
	h := m.hottest(shown)
	m.walk.mu.Lock()
	told := m.walk.told
	m.walk.mu.Unlock()
	w.Int("toplist_sample", m.sample.Load())
	w.Float("toplist_seconds", h.seconds)
	w.Int("toplist_accesses", int64(math.Round(h.uses)))
	w.Int("toplist_accesses_error", int64(math.Ceil(h.error)))
	w.Int("toplist_walks", told.walks)
	w.Int("toplist_last_walk_keys", told.keys)
	w.Int("toplist_last_walk_milliseconds", told.took)
	for i, k := range h.keys {
		w.Printf(fmt.Sprintf("hotkey%d", i), "db=%d,key=%s,accesses=%.0f,error=%.0f,per_second=%.2f",
			k.db, strconv.QuoteToASCII(string(k.key)), k.uses, math.Ceil(k.error), k.uses/max(h.seconds, 0.001))
	}
	for i, b := range big.first(shown) {
		w.Printf(fmt.Sprintf("bigkey%d", i), "db=%d,key=%s,type=%s,bytes=%d,elements=%d", b.db, strconv.QuoteToASCII(b.key), b.kind, b.bytes, b.elements)
	}
}
