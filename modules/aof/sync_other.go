//go:build !linux

package aof

import "os"

// logFile is a file of the log.
type logFile struct{ *os.File }
