package coretest

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
)

// HostParams is a module that declares the parameters of the host, which others may follow
// (config.Use), for a registry without a server.
func HostParams() core.Module {
	return Module(func(r *core.Registry) { host.Declare(r.Config) })
}
