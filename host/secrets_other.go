//go:build !unix

package host

import "os"

// processArgs returns the arguments of the process; here they cannot be hidden.
func processArgs() arguments {
	return arguments{list: os.Args[1:]}
}
