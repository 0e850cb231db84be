// Package geo is the commands of Redis's geo family: places on the earth kept in
// sorted sets, each as one number (see cell.go) that is near those of its
// neighbours.
//
// The host and the sets of modules link it in by New; nobody else calls it. The
// type is that of sorted sets, and their commands work on it too; this module
// uses package zset and knows nothing of the module that has those commands.
package geo

import "github.com/ferrousdb/ferrous/core"

// New returns the module.
func New() core.Module { return module{} }

type module struct{}

func (module) Name() string { return "geo" }

func (module) Register(r *core.Registry) error {
	r.Commands(rows()...)
	return nil
}
