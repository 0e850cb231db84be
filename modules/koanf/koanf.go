// Package koanf is a module without commands: the sources of configuration meet in koanf. A
// server without it puts them into a plain map.
package koanf

import (
	"errors"

	"github.com/knadh/koanf/v2"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return module{} }

type module struct{}

// Name implements core.Module.
func (module) Name() string { return "koanf" }

// Register implements core.Module.
func (module) Register(r *core.Registry) error {
	// No name of a parameter holds a NUL, so koanf never splits one.
	r.Config.StoreIn(func() config.Store { return store{koanf.New("\x00")} })
	return nil
}

// store implements config.Store.
type store struct{ k *koanf.Koanf }

func (s store) Load(read func() (map[string]any, error), merge func(src, dest map[string]any) error) error {
	return s.k.Load(provider(read), nil, koanf.WithMergeFunc(merge))
}

func (s store) Raw() map[string]any { return s.k.Raw() }

// provider is a source as koanf wants it.
type provider func() (map[string]any, error)

func (p provider) Read() (map[string]any, error) { return p() }

func (provider) ReadBytes() ([]byte, error) { return nil, errors.New("this source has no such form") }
