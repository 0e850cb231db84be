//go:build !unix

package host

import (
	"bytes"
	"errors"
	"io"
	"os"
)

const daemonIsReady = ""

var errNotHere = errors.New("not on this system")

func daemonize([]string, []string, *bytes.Buffer, io.Writer) error {
	return errors.Join(errors.New("daemonize"), errNotHere)
}

func daemonReady([]string) (*os.File, bool) { return nil, false }

func stopSelf() error { return errNotHere }
