package doctor

import (
	"fmt"
	"strings"
)

// Rules about what becomes of the data: memory, disk, other servers.

// memoryLimit: what happens when the data grow.
func memoryLimit(p *Patient, f *findings) {
	limit, room := p.number("maxmemory"), p.Machine.room()
	if room == 0 {
		return
	}
	whose := "the machine has"
	if p.Machine.Limit > 0 && p.Machine.Limit == room {
		whose = "the control group allows"
	}
	good := bytes(room / 4 * 3)
	switch {
	case limit == 0:
		f.say(Warning, "no-maxmemory", "The data may grow without a limit. When memory is out ("+whose+" "+bytes(room)+"), the kernel ends the server.",
			fmt.Sprintf("Set maxmemory, for example %d (%s), and with maxmemory-policy what gives way then.", room/4*3, good))
	case limit > room/100*95:
		f.say(Danger, "maxmemory-too-large", fmt.Sprintf("maxmemory is %s, and %s %s: the kernel will end the server before it is reached.", bytes(limit), whose, bytes(room)),
			"Set it to about three quarters, "+good+": buffers of clients, and what a snapshot has to keep, come on top.")
	case limit > room/100*85:
		f.say(Warning, "maxmemory-tight", fmt.Sprintf("maxmemory is %s, and %s %s: buffers of clients, and what a snapshot has to keep, come on top.", bytes(limit), whose, bytes(room)),
			"Set it to about three quarters, "+good+".")
	}
}

func eviction(p *Patient, f *findings) {
	policy := p.text("maxmemory-policy")
	points, log := p.saves()
	switch {
	case p.number("maxmemory") == 0:
		if policy != "noeviction" {
			f.say(Note, "policy-without-limit", "maxmemory-policy "+policy+" has no effect: there is no maxmemory.", "Set maxmemory.")
		}
	case policy == "noeviction":
		f.say(Note, "noeviction", "When "+bytes(p.number("maxmemory"))+" are full, commands that take memory are refused (maxmemory-policy noeviction): right for data, wrong for a cache.",
			"For a cache: maxmemory-policy allkeys-lru.")
	case strings.HasPrefix(policy, "allkeys-") && log:
		f.say(Note, "evicts-what-is-kept", "Any key may be evicted (maxmemory-policy "+policy+"), and appendonly keeps all on the disk, too.",
			"For a cache, appendonly no costs less; for data, maxmemory-policy noeviction or volatile-lru.")
	case strings.HasPrefix(policy, "allkeys-") && points:
		f.say(Note, "evicts-what-is-kept", "Any key may be evicted (maxmemory-policy "+policy+"), and the rest is saved at times (save).", "For a cache that may begin empty: save \"\".")
	}
}

func persistence(p *Patient, f *findings) {
	points, log := p.saves()
	switch {
	case !p.has("save") && !p.has("appendonly"):
		return // it is made without
	case !points && !log:
		f.say(Warning, "nothing-kept", "After a restart the server is empty: there are no save points, and no log.", "For more than a cache: appendonly yes, or save 3600 1.")
		return
	case !log:
		f.say(Note, "save-points", "A crash loses what has come since the last save point ("+p.text("save")+").", "appendonly yes loses a second at most.")
	}
	if log {
		switch p.text("appendfsync") {
		case "no":
			f.say(Warning, "appendfsync-no", "The system decides when the log reaches the disk (appendfsync no): a power failure loses half a minute, or more.", "Set appendfsync everysec.")
		case "always":
			f.say(Note, "appendfsync-always", "Each reply waits until its write is on the disk (appendfsync always). With slow disks that is slow, with few clients too.", "appendfsync everysec, if a second may be lost.")
		}
		if p.yes("no-appendfsync-on-rewrite") && p.text("appendfsync") != "no" {
			f.say(Note, "no-fsync-meanwhile", "While the log is rewritten it is not forced to the disk (no-appendfsync-on-rewrite yes): a power failure then loses more.", "ferrous does not fork: no does well here.")
		}
	}
	if points && p.has("stop-writes-on-bgsave-error") && !p.yes("stop-writes-on-bgsave-error") {
		f.say(Warning, "fails-in-silence", "If saving fails, for a full disk for example, nobody is told (stop-writes-on-bgsave-error no).", "Set it to yes, or watch rdb_last_bgsave_status of INFO.")
	}
	if p.text("rdbchecksum") == "no" {
		f.say(Note, "no-checksum", "Files are written without a checksum (rdbchecksum no): damage is found late, or not at all.", "rdbchecksum yes costs next to nothing.")
	}
}

// disk: whether there is room for the files, and whether they will be there tomorrow.
func disk(p *Patient, f *findings) {
	d := p.Machine.Disk
	if points, log := p.saves(); !points && !log || d.Path == "" {
		return
	}
	if d.Err != nil {
		f.say(Danger, "dir", fmt.Sprintf("The directory of the data, %s, cannot be used: %v.", d.Path, d.Err), "Make it, give it to the server's user, or set dir.")
		return
	}
	if d.ReadOnly {
		f.say(Danger, "dir-read-only", "Nothing can be written in the directory of the data, "+d.Path+".", "Give it to the server's user, mount it for writing, or set dir.")
	}
	switch d.FileSystem {
	case "tmpfs", "ramfs", "overlay":
		f.say(Warning, "dir-vanishes", "The directory of the data, "+d.Path+", is on "+d.FileSystem+": it does not outlive the machine, or the container.", "Set dir to a disk; in a container mount a volume.")
	case "nfs", "cifs", "fuse":
		f.say(Warning, "dir-remote", "The directory of the data, "+d.Path+", is on a network file system ("+d.FileSystem+"): writes wait for the network, and what fsync promises may not hold.", "Set dir to a disk of this machine.")
	}
	// A rewrite needs room for the data once more beside the files that are there.
	want := max(p.number("maxmemory"), p.figure("used_memory"))
	switch {
	case d.Total > 0 && d.Free < d.Total/20:
		f.say(Danger, "disk-full", fmt.Sprintf("%s of %s are free in %s.", bytes(d.Free), bytes(d.Total), d.Path), "Make room: when the disk is full, writes are refused.")
	case want > 0 && d.Free < want:
		f.say(Warning, "disk-small", fmt.Sprintf("%s are free in %s, and the data may take %s: a save writes a new file beside the old one.", bytes(d.Free), d.Path, bytes(want)), "Make room, or lower maxmemory.")
	}
}

func replication(p *Patient, f *findings) {
	if p.text("replicaof") == "" {
		return
	}
	if p.text("requirepass") != "" && p.text("masterauth") == "" {
		f.say(Warning, "no-masterauth", "This replica has a password and gives its master none (masterauth is empty): if the master has the same, it refuses the replica.", "Set masterauth, and masteruser if it has users.")
	}
	if p.has("replica-read-only") && !p.yes("replica-read-only") {
		f.say(Warning, "writable-replica", "Clients may write to this replica (replica-read-only no). What they write stays here, and is gone at the next full sync.", "Set replica-read-only yes.")
	}
}
