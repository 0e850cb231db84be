package doctor

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Look finds out what there is to know of this machine. dir is the directory of the data.
func Look(dir string) Machine {
	m := Machine{
		Now: time.Now(), Cores: runtime.GOMAXPROCS(0), Root: os.Geteuid() == 0, Disk: lookAtDisk(dir),
		Overcommit: word("/proc/sys/vm/overcommit_memory"), Limit: cgroupLimit(),
		HugePages: chosen(word("/sys/kernel/mm/transparent_hugepage/enabled")),
	}
	m.Somaxconn, _ = strconv.ParseInt(word("/proc/sys/net/core/somaxconn"), 10, 64)
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) == nil {
		m.Memory, m.Swap = int64(si.Totalram)*int64(si.Unit), int64(si.Totalswap)*int64(si.Unit)
	}
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil {
		m.Files = lim.Max
		if m.Root { // who may raise it
			m.Files = 0
		}
	}
	var tx unix.Timex
	if state, err := unix.Adjtimex(&tx); err == nil {
		m.Unsynced = state == unix.TIME_ERROR && tx.Status&unix.STA_UNSYNC != 0
	}
	return m
}

// word is a file's text without the end of the line, "" if it cannot be read.
func word(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// chosen is the word in brackets: "always [madvise] never".
func chosen(text string) string {
	_, text, _ = strings.Cut(text, "[")
	text, _, _ = strings.Cut(text, "]")
	return text
}

// cgroupLimit is the smallest limit of memory on the way from the process's control group
// to the root; 0 if there is none.
func cgroupLimit() (limit int64) {
	take := func(text string) {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 && n < 1<<60 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	const root = "/sys/fs/cgroup"
	for line := range strings.Lines(word("/proc/self/cgroup")) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		for ok && path != "" {
			take(word(root + strings.TrimSuffix(path, "/") + "/memory.max"))
			i := strings.LastIndexByte(path, '/')
			path = path[:max(i, 0)]
		}
	}
	take(word(root + "/memory.max"))
	take(word(root + "/memory/memory.limit_in_bytes")) // of version 1
	return limit
}

// The numbers of file systems that matter (man statfs).
var fileSystems = map[int64]string{
	unix.TMPFS_MAGIC: "tmpfs", unix.RAMFS_MAGIC: "ramfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay",
	unix.NFS_SUPER_MAGIC: "nfs", 0xff534d42: "cifs", 0xfe534d42: "cifs", unix.FUSE_SUPER_MAGIC: "fuse",
}

func lookAtDisk(dir string) Disk {
	d := Disk{Path: dir}
	var st unix.Statfs_t
	if d.Err = unix.Statfs(dir, &st); d.Err != nil {
		return d
	}
	d.Free, d.Total = int64(st.Bavail*uint64(st.Bsize)), int64(st.Blocks*uint64(st.Bsize))
	d.FileSystem = fileSystems[int64(uint32(st.Type))]
	d.ReadOnly = unix.Access(dir, unix.W_OK) != nil
	return d
}
