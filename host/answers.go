package host

import "github.com/ferrousdb/ferrous/host/engine"

// The server's half of the wall to the engine: it answers five questions.
// Whether there is room in memory is answered in evict.go, whether data are being
// brought in in load.go.
var _ engine.Host = (*Server)(nil)

// Fail implements engine.Host.
func (srv *Server) Fail(why *engine.Crash) { srv.stop(why) }
