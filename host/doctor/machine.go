package doctor

import (
	"fmt"
	"time"
)

// Machine is what is known of the machine. Zero values are what is not known.
type Machine struct {
	Now        time.Time
	Cores      int    // that the process may use
	Memory     int64  // bytes, all of it
	Limit      int64  // bytes that the control group allows, 0 for no limit
	Swap       int64  // bytes
	Overcommit string // vm.overcommit_memory
	HugePages  string // of transparent_hugepage/enabled the chosen word
	Somaxconn  int64  // net.core.somaxconn
	Files      uint64 // the hard limit of open files
	Root       bool   // the process is root's
	Unsynced   bool   // the clock is not kept by anybody
	Disk       Disk   // of the parameter dir
}

// Disk is what is known of a directory.
type Disk struct {
	Path        string
	Free, Total int64 // bytes
	FileSystem  string
	ReadOnly    bool // for this process
	Err         error
}

// room is how much memory there is for the server, in bytes.
func (m *Machine) room() int64 {
	if m.Limit > 0 && (m.Memory == 0 || m.Limit < m.Memory) {
		return m.Limit
	}
	return m.Memory
}

// spare is how many files beside clients' connections the server wants.
const spare = 64

func openFiles(p *Patient, f *findings) {
	want := uint64(p.number("maxclients")) + spare
	if p.Machine.Files == 0 || p.Machine.Files >= want {
		return
	}
	f.say(Warning, "open-files", fmt.Sprintf("The process may open %d files, which is not enough for maxclients %s: the server will serve only %d.",
		p.Machine.Files, p.text("maxclients"), max(int64(p.Machine.Files)-spare, 0)),
		fmt.Sprintf("LimitNOFILE=%d in the unit, --ulimit nofile=%d for a container, ulimit -n in a shell; or lower maxclients.", want, want))
}

func backlog(p *Patient, f *findings) {
	if want := p.number("tcp-backlog"); p.Machine.Somaxconn > 0 && p.Machine.Somaxconn < want {
		f.say(Warning, "backlog", fmt.Sprintf("tcp-backlog is %d, but the kernel lets %d connections wait: when many come at once, some are turned away.", want, p.Machine.Somaxconn),
			fmt.Sprintf("sysctl -w net.core.somaxconn=%d, and the same line in /etc/sysctl.d.", max(want, 4096)))
	}
}

func overcommit(p *Patient, f *findings) {
	if p.Machine.Overcommit == "2" {
		f.say(Warning, "overcommit", "The kernel promises no more memory than there is (vm.overcommit_memory 2), and counts what a program reserves and does not use: the server may be refused memory that is free.",
			"sysctl -w vm.overcommit_memory=0; 1 is not needed, as ferrous does not fork.")
	}
}

func hugePages(p *Patient, f *findings) {
	if p.yes("arena-huge-pages") && p.Machine.HugePages == "never" {
		f.say(Warning, "huge-pages", "arena-huge-pages is on, and the kernel has none to give (transparent_hugepage is never).",
			"echo madvise >/sys/kernel/mm/transparent_hugepage/enabled")
	}
}

func swap(p *Patient, f *findings) {
	if p.Machine.Swap > 0 && p.Machine.Limit == 0 {
		f.say(Note, "swap", "There are "+bytes(p.Machine.Swap)+" of swap. Data that have been swapped out make commands wait for the disk, all those behind them too.",
			"vm.swappiness 1; MemorySwapMax=0 in the unit; and a maxmemory that leaves room.")
	}
}

func loops(p *Patient, f *findings) {
	if n := p.number("io-threads"); n > int64(p.Machine.Cores) && p.Machine.Cores > 0 {
		f.say(Warning, "loops", fmt.Sprintf("io-threads is %d, and there are %d cores: the loops only keep each other waiting.", n, p.Machine.Cores), "Set io-threads 0, which chooses by the cores.")
	}
}

func clock(p *Patient, f *findings) {
	if p.Machine.Unsynced {
		f.say(Warning, "clock", "Nobody keeps the clock of this machine. Keys expire by it, and a replica's have to agree with its master's.", "Run chrony or systemd-timesyncd.")
	}
}
