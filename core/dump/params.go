package dump

import (
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// Params are parameters of others that say how dumps are written. A module that writes
// some calls Use when it registers.
type Params struct {
	compression *config.BoolVar // rdbcompression
	policy      *config.EnumVar // maxmemory-policy
}

// Use finds the parameters, those that there are.
func (p *Params) Use(s *config.Schema) {
	config.UseIf(s, "rdbcompression", &p.compression)
	config.UseIf(s, "maxmemory-policy", &p.policy)
}

// Compress reports whether strings are to be compressed.
func (p *Params) Compress() bool { return p.compression == nil || p.compression.Load() }

// Access returns what the policy of eviction wants to know of a key after a restart.
func (p *Params) Access() Access {
	switch {
	case p.policy == nil:
	case strings.HasSuffix(p.policy.String(), "-lru"):
		return Idle
	case strings.HasSuffix(p.policy.String(), "-lfu"):
		return Freq
	}
	return NoAccess
}
