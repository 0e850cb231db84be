// Package cluster answers what clients ask of every server before they know whether
// it is a node of a cluster: CLUSTER, READONLY, READWRITE and ASKING. This one is
// none, and each of its commands says so, as redis-server does with cluster-enabled
// off; INFO has cluster_enabled:0. The slot map and all that makes a node will live here.
//
// It is linked in by New; nothing else of it is exported.
package cluster

import "github.com/ferrousdb/ferrous/core"

// New makes the module.
func New() core.Module { return module{} }

type module struct{}

// Name implements core.Module.
func (module) Name() string { return "cluster" }

// Register implements core.Module.
func (module) Register(r *core.Registry) error {
	r.Commands(rows()...)
	r.Info(core.InfoSection{Name: "cluster", Fill: func(w *core.InfoWriter) { w.Bool("cluster_enabled", false) }})
	r.Info(core.InfoSection{Name: "clients", Fill: func(w *core.InfoWriter) { w.Int("cluster_connections", 0) }})
	r.Info(core.InfoSection{Name: "memory", Fill: func(w *core.InfoWriter) { w.Int("mem_cluster_links", 0) }})
	r.Overhead("cluster.links", func() int64 { return 0 })
	return nil
}

// disabled is the handler of everything that a server is asked as a node.
func disabled(*core.Ctx) error { return core.Err("This instance has cluster support disabled") }
