// Package server brings the commands about the server as a whole: COMMAND,
// CONFIG, INFO, TIME, SHUTDOWN, DEBUG and LOLWUT.
//
// It holds no figures and no parameters of its own. COMMAND tells what the
// registry's rows say, CONFIG what the schema of parameters says, INFO what the
// host and the other modules fill in; DEBUG runs the subcommands that modules
// have registered with Registry.Debug, of which a few general ones are here.
//
// It is linked in by New; nothing else of it is exported.
package server

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	dumps dump.Params // how DEBUG OBJECT measures
}

// Name implements core.Module.
func (*module) Name() string { return "server" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.dumps.Use(r.Config)
	r.Commands(rows()...)
	r.Debug(m.debugCommands()...)
	r.Debug(debugSwitches()...)
	return nil
}
