package host

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime/debug"
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// facts are what INFO tells and never changes while the process lives: to ask the
// system and the runtime for it each time was a third of INFO.
type facts struct {
	revision   string // of the sources, from the version control
	dirty      bool   // they had been changed
	system     string
	executable string
	memory     int64 // of the machine, bytes
	pid        int64
	buildID    func() string             // made when it is first asked for
	sections   func() []core.InfoSection // the same, in the order of INFO
}

func (srv *Server) learnFacts() {
	f := &srv.facts
	info, ok := debug.ReadBuildInfo()
	f.memory, f.pid = totalMemory(), int64(os.Getpid())
	f.revision, f.system, f.executable = "00000000", systemName(), os.Args[0]
	if ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				f.revision = s.Value
			case "vcs.modified":
				f.dirty = s.Value == "true"
			}
		}
	}
	if path, err := os.Executable(); err == nil {
		f.executable = path
	}
	f.buildID = sync.OnceValue(func() string { return buildID(info) })
	f.sections = sync.OnceValue(srv.infoSections)
}

// buildID is a number of the binary: of what it was built of, and how.
func buildID(info *debug.BuildInfo) string {
	h := fnv.New64a()
	if info != nil {
		_, _ = h.Write([]byte(info.String()))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
