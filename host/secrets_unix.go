//go:build unix

package host

import (
	"os"
	"strings"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/config"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// processArgs returns the arguments of the process. Everybody on the machine sees
// them for as long as it lives, so those that are secrets can be overwritten.
//
// The strings of os.Args lie where the system has put the arguments and shows them
// from. So that no string changes its bytes under somebody's hands, what is
// returned, and stands in os.Args from now on, are copies.
func processArgs() arguments {
	shown := os.Args
	os.Args = make([]string, len(shown))
	for i, arg := range shown {
		os.Args[i] = strings.Clone(arg)
	}
	args := os.Args[min(1, len(os.Args)):]
	return arguments{args, func(s *config.Schema, offset int) {
		hostconfig.Secrets(s, args[offset:], func(arg, from int) {
			if shown := shown[1+offset+arg]; from < len(shown) {
				secret := unsafe.Slice(unsafe.StringData(shown), len(shown))[from:]
				clear(secret) // its length, too
				secret[0] = '*'
			}
		})
	}}
}
