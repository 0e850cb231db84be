package koanf

import (
	"errors"
	"maps"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// TestSameSettings: sources meet in koanf as they do in a plain map, errors included.
func TestSameSettings(t *testing.T) {
	with := config.NewSchema()
	core.NewRegistry(with).Add(New())
	for _, s := range []*config.Schema{with, config.NewSchema()} {
		store := s.Store()
		add := func(src, dest map[string]any) error {
			for name, value := range src {
				before, _ := dest[name].(string)
				dest[name] = before + value.(string)
			}
			return nil
		}
		for _, src := range []map[string]any{{"port": "1", "a.b-c": "x"}, {"port": "2"}} {
			if err := store.Load(func() (map[string]any, error) { return src, nil }, add); err != nil {
				t.Fatal(err)
			}
		}
		broken := errors.New("broken")
		if err := store.Load(func() (map[string]any, error) { return nil, broken }, add); !errors.Is(err, broken) {
			t.Errorf("%T: %v", store, err)
		}
		if want := map[string]any{"port": "12", "a.b-c": "x"}; !maps.Equal(store.Raw(), want) {
			t.Errorf("%T: %v", store, store.Raw())
		}
	}
	if _, ok := with.Store().(store); !ok {
		t.Errorf("%T", with.Store())
	}
}
