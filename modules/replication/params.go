package replication

import (
	"math"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// params are the parameters of the master's side.
type params struct {
	dumps       dump.Params
	backlog     *config.MemoryVar // bytes of the stream that are kept for who comes back
	ttl         *config.IntVar    // seconds for which they are kept without replicas
	timeout     *config.IntVar    // seconds, of both sides
	ping        *config.IntVar    // seconds
	diskless    *config.BoolVar
	delay       *config.IntVar // seconds
	maxReplicas *config.IntVar
	version     *config.IntVar
	spillDir    *config.StringVar
	spillSize   *config.MemoryVar // bytes
	thrifty     *config.BoolVar
	saveDelay   *config.IntVar // rdb-key-save-delay; nil where nobody knows it
	least       *config.IntVar // replicas without which nothing is written
	lag         *config.IntVar // seconds
}

func (p *params) declare(s *config.Schema) {
	p.dumps.Use(s)
	par := func(name, def, doc string, aliases ...string) config.Param {
		return config.Param{Name: name, Aliases: aliases, Section: "replication", Default: def, Doc: doc}
	}
	p.backlog = s.Memory(par("repl-backlog-size", "1mb",
		"How much of what replicas are sent is kept in memory at least, for a replica that was cut off and comes back: it gets what it has missed instead of everything."),
		1, math.MaxInt64)
	p.ttl = s.Int(par("repl-backlog-ttl", "3600",
		"After how many seconds without a replica what is kept for those who come back is forgotten; 0 for never."), 0, math.MaxInt64)
	p.timeout = s.Int(par("repl-timeout", "60",
		"After how many seconds without a sign of life a replica, or a master, is taken for lost. More than repl-ping-replica-period."), 1, math.MaxInt32)
	p.ping = s.Int(par("repl-ping-replica-period", "10",
		"How often a master sends its replicas a PING, in seconds.", "repl-ping-slave-period"), 1, math.MaxInt32)
	p.diskless = s.Bool(par("repl-diskless-sync", "yes",
		"Whether a full sync waits for repl-diskless-sync-delay, so that several replicas share it. No file is ever written for one."))
	p.delay = s.Int(par("repl-diskless-sync-delay", "5",
		"How many seconds a full sync waits for more replicas to come."), 0, math.MaxInt32)
	p.maxReplicas = s.Int(par("repl-diskless-sync-max-replicas", "0",
		"A full sync waits for no more when so many replicas have come; 0 for no number."), 0, math.MaxInt32)
	p.version = s.Int(par("repl-rdb-version", "10",
		"The version of the RDB format that replicas are sent which do not say what they read, as Redis does not: 10 for Redis 7.0, 11 for 7.2, 12 for 7.4."),
		10, rdb.VersionMemberExpiry)
	p.spillDir = s.Text(par("repl-spill-dir", ".",
		"Where the stream goes that a replica is behind by more than client-output-buffer-limit lets it have in memory. Relative names begin at dir."))
	p.spillSize = s.Memory(par("repl-spill-size", "1gb",
		"How much of the stream may be on the disk for replicas that are behind, before they are disconnected; 0 to disconnect them at client-output-buffer-limit, as Redis does."),
		0, math.MaxInt64)
	config.UseIf(s, "rdb-key-save-delay", &p.saveDelay)
	p.thrifty = s.Bool(par("repl-disable-tcp-nodelay", "no",
		"Whether what replicas are sent may wait for more, up to 40 ms, so that packets are full: less traffic for more lag."))
	p.least = s.Int(par("min-replicas-to-write", "0",
		"With fewer replicas that have said something within min-replicas-max-lag seconds, commands that write are refused; 0 for never.", "min-slaves-to-write"),
		0, math.MaxInt32)
	p.lag = s.Int(par("min-replicas-max-lag", "10",
		"After how many seconds of silence a replica does not count for min-replicas-to-write; 0 switches that off.", "min-slaves-max-lag"), 0, math.MaxInt32)
}
