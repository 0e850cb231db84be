package host

import (
	"errors"

	"github.com/ferrousdb/ferrous/core/config"
)

// declareForeign declares directives of Redis that cannot be taken lightly: who
// writes one relies on something that this server is not, so it does not start, and
// says what to do instead.
func declareForeign(s *config.Schema) {
	refuse := func(name, why string) {
		config.Custom(s, config.Param{
			Name: name, Section: "accepted for Redis", Flags: config.MultiArg | config.Directive | config.Hidden, Doc: "Refused: " + why + ".",
		}, config.Codec[struct{}]{
			Parse:  func([]string, struct{}) (struct{}, error) { return struct{}{}, errors.New(why) },
			Format: func(struct{}) string { return "" },
			Lines:  func(struct{}) [][]string { return nil },
			Repeat: config.Collect,
		})
	}
	refuse("loadmodule", "shared objects cannot be loaded; a module of ferrous is a Go package that is linked in (docs/writing-a-module.md). Take the line out if you can do without")
	refuse("sentinel", "ferrous is no Sentinel. Run redis-sentinel or valkey-sentinel, and let it watch ferrous as it watches Redis")
}
