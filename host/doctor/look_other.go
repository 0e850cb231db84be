//go:build !linux

package doctor

import (
	"os"
	"runtime"
	"time"
)

// Look finds out what there is to know of this machine, which is little where it is not
// Linux. dir is the directory of the data.
func Look(dir string) Machine {
	m := Machine{Now: time.Now(), Cores: runtime.GOMAXPROCS(0), Root: os.Geteuid() == 0, Disk: Disk{Path: dir}}
	_, m.Disk.Err = os.Stat(dir)
	return m
}
