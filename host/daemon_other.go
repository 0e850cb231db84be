//go:build !unix

package host

import "errors"

func daemonize([]string, []string, bool) (bool, error) {
	return false, errors.New("daemonize: not on this system")
}
