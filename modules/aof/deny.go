package aof

import (
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/files"
)

// While the log cannot be written, nothing may change: see writer.fail.

// logEvery is how often a failure that goes on is logged.
const logEvery = 30 * time.Second

// failed is called by the writer at every failure.
func (m *module) failed(err error) {
	text := "Errors writing to the AOF file: " + files.Strerror(err)
	m.reason.Store(&text)
	m.deny.Set(true)
	m.mu.Lock()
	m.figures.writeError = true
	say := time.Since(m.saidAt) > logEvery
	if say {
		m.saidAt = time.Now()
	}
	m.mu.Unlock()
	if say {
		m.log.Warn("Error writing to the AOF file: " + files.Strerror(err))
	}
}

// mended is called by the writer when everything is written. After a failed sync
// the file is not to be trusted, even if a later one succeeds: the system may
// have dropped what it could not write. A rewrite makes a new one.
func (m *module) mended(lost bool) {
	m.deny.Set(false)
	m.mu.Lock()
	m.figures.writeError = false
	m.saidAt = time.Time{}
	lost = lost && m.state == on
	m.scheduled = m.scheduled || lost
	m.mu.Unlock()
	m.log.Info("AOF write error looks solved. The server can write again.")
	if lost {
		m.log.Warn("The disk has failed to keep a part of the AOF. It will be rewritten.")
	}
}

// denied is why writes are refused.
func (m *module) denied(*core.Ctx) error {
	return core.Error{Code: "MISCONF", Text: *m.reason.Load()}
}
