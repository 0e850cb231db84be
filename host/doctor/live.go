package doctor

import (
	"fmt"
	"strings"
)

// Rules about a server that runs, by what its INFO says.

func reachable(p *Patient, f *findings) {
	if p.Unreachable != "" {
		f.say(Note, "not-running", "No server that runs with this configuration could be asked: "+p.Unreachable+".", "")
	}
}

// health: what has failed already.
func health(p *Patient, f *findings) {
	if p.Info == nil {
		return
	}
	if p.Info["rdb_last_bgsave_status"] == "err" {
		f.say(Danger, "save-failed", "The last save has failed: a restart would bring older data back.", "The log says why. Then BGSAVE.")
	}
	if p.Info["aof_last_write_status"] == "err" {
		f.say(Danger, "log-failed", "The log of writes cannot be written: writes are refused, or lost.", "The log of the server says why; most often the disk is full.")
	}
	if p.Info["aof_last_bgrewrite_status"] == "err" {
		f.say(Warning, "rewrite-failed", "The last rewrite of the log has failed: it only grows.", "The log of the server says why. Then BGREWRITEAOF.")
	}
	if p.Info["role"] == "slave" && p.Info["master_link_status"] == "down" {
		f.say(Danger, "master-down", "The link to the master is down: the data are of "+p.Info["master_link_down_since_seconds"]+" seconds ago.", "The log says why; check replicaof, masterauth and the network.")
	}
	if p.Info["loading"] == "1" {
		f.say(Note, "loading", "The server is loading its data ("+p.Info["loading_loaded_perc"]+" %).", "")
	}
}

// neverExpires: eviction that finds nothing.
func neverExpires(p *Patient, f *findings) {
	if p.Info == nil || p.number("maxmemory") == 0 || !strings.HasPrefix(p.text("maxmemory-policy"), "volatile-") {
		return
	}
	var keys, expires int64
	for name, value := range p.Info {
		var n, e int64
		if strings.HasPrefix(name, "db") {
			if _, err := fmt.Sscanf(value, "keys=%d,expires=%d", &n, &e); err == nil {
				keys, expires = keys+n, expires+e
			}
		}
	}
	switch {
	case keys > 0 && expires == 0:
		f.say(Warning, "nothing-to-evict", fmt.Sprintf("maxmemory-policy %s evicts keys that expire, and none of the %d does: when memory is full, writes are refused.", p.text("maxmemory-policy"), keys),
			"Give keys an expiry, or choose an allkeys policy.")
	case expires*10 < keys:
		f.say(Note, "little-to-evict", fmt.Sprintf("maxmemory-policy %s evicts keys that expire, and of %d keys only %d do.", p.text("maxmemory-policy"), keys, expires), "")
	}
}

func fullness(p *Patient, f *findings) {
	if limit := p.number("maxmemory"); limit > 0 && p.figure("used_memory") > limit/100*90 && p.text("maxmemory-policy") == "noeviction" {
		f.say(Warning, "nearly-full", fmt.Sprintf("%s of %s are used: soon writes are refused.", bytes(p.figure("used_memory")), bytes(limit)), "Raise maxmemory, or delete.")
	}
}

func refusedClients(p *Patient, f *findings) {
	if n := p.figure("rejected_connections"); n > 0 && p.figure("connected_clients") > p.number("maxclients")/10*9 {
		f.say(Warning, "refused-clients", fmt.Sprintf("%d connections were refused, and %d of maxclients %s are open.", n, p.figure("connected_clients"), p.text("maxclients")), "Raise maxclients, or look for clients that do not close theirs (CLIENT LIST).")
	}
}
