package host

import (
	"runtime/metrics"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host/engine"
)

// Executors implements core.Figures.
func (srv *Server) Executors() int { return srv.eng.Executors() }

// Memory implements core.Figures.
func (srv *Server) Memory(c *core.Ctx) core.MemoryUse {
	sv := srv.eng.SurveyFor(c)
	m := srv.memoryUse(sv.Keys.Memory, &sv.Clients)
	for i := range sv.Keys.Databases {
		m.Keys += int64(sv.Keys.Databases[i].Keys)
	}
	total := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(total)
	m.GoHeap = int64(total[0].Value.Uint64()-total[1].Value.Uint64()) - srv.process.floor.Load()
	return m
}

// memoryUse tells it, but for the Go runtime's, of data of so many bytes, and of clients.
func (srv *Server) memoryUse(data int64, f *engine.ClientFigures) core.MemoryUse {
	m := core.MemoryUse{Used: srv.startup + data, Startup: srv.startup, Data: data, Resident: srv.usage.resident()}
	m.Peak = srv.usage.peak(m.Used)
	m.Clients, m.Sessions = f.Memory, f.Sessions
	return m
}

// peak returns the most memory that was used at any time, now included.
func (u *usageSampler) peak(now int64) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.peakMemory = max(u.peakMemory, now)
	return u.peakMemory
}
