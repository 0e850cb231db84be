package host

import (
	"errors"
	"math"

	"github.com/ferrousdb/ferrous/core/config"
)

// Parameters of families that are not built yet, with Redis's names and
// defaults, so that its configuration files load. Each row goes when the module
// comes that means it; until then the parameter is listed in
// docs/differences.md, and setting it is logged.

type laterKind uint8

const (
	yesno laterKind = iota
	number
	size
	text  // one word, whatever is in it
	words // several

	fixed laterKind = 1 << 7 // CONFIG SET cannot change it
)

const (
	noReplication = "there is no replication yet"
	noCluster     = "there is no cluster mode yet"
)

var laterParams = [...]struct {
	name, alias, def string
	kind             laterKind
	why              string
}{
	// There is no replication yet.
	{"masterauth", "", "", text, noReplication},
	{"masteruser", "", "", text, noReplication},
	{"min-replicas-max-lag", "min-slaves-max-lag", "10", number, noReplication},
	{"min-replicas-to-write", "min-slaves-to-write", "0", number, noReplication},
	{"repl-backlog-ttl", "", "3600", number, noReplication},
	{"repl-disable-tcp-nodelay", "", "no", yesno, noReplication},
	{"repl-diskless-load", "", "disabled", text, noReplication},
	{"repl-diskless-sync", "", "yes", yesno, noReplication},
	{"repl-diskless-sync-max-replicas", "", "0", number, noReplication},
	{"repl-ping-replica-period", "repl-ping-slave-period", "10", number, noReplication},
	{"repl-timeout", "", "60", number, noReplication},
	{"rdb-del-sync-files", "", "no", yesno, noReplication},
	{"replica-announce-ip", "slave-announce-ip", "", text, noReplication},
	{"replica-announce-port", "slave-announce-port", "0", number, noReplication},
	{"replica-announced", "", "yes", yesno, noReplication},
	{"replica-ignore-disk-write-errors", "", "no", yesno, noReplication},
	{"replica-ignore-maxmemory", "slave-ignore-maxmemory", "yes", yesno, noReplication},
	{"replica-lazy-flush", "slave-lazy-flush", "no", yesno, noReplication},
	{"replica-priority", "slave-priority", "100", number, noReplication},
	{"replica-read-only", "slave-read-only", "yes", yesno, noReplication},
	{"replicaof", "slaveof", "", words | fixed, noReplication},
	// There is no cluster mode yet.
	{"cluster-allow-pubsubshard-when-down", "", "yes", yesno, noCluster},
	{"cluster-allow-reads-when-down", "", "no", yesno, noCluster},
	{"cluster-allow-replica-migration", "", "yes", yesno, noCluster},
	{"cluster-announce-bus-port", "", "0", number, noCluster},
	{"cluster-announce-hostname", "", "", text, noCluster},
	{"cluster-announce-ip", "", "", text, noCluster},
	{"cluster-announce-port", "", "0", number, noCluster},
	{"cluster-announce-tls-port", "", "0", number, noCluster},
	{"cluster-config-file", "", "nodes.conf", text | fixed, noCluster},
	{"cluster-enabled", "", "no", yesno | fixed, noCluster},
	{"cluster-link-sendbuf-limit", "", "0", size, noCluster},
	{"cluster-migration-barrier", "", "1", number, noCluster},
	{"cluster-node-timeout", "", "15000", number, noCluster},
	{"cluster-port", "", "0", number | fixed, noCluster},
	{"cluster-preferred-endpoint-type", "", "ip", text, noCluster},
	{"cluster-replica-no-failover", "cluster-slave-no-failover", "no", yesno, noCluster},
	{"cluster-replica-validity-factor", "cluster-slave-validity-factor", "10", number, noCluster},
	{"cluster-require-full-coverage", "", "yes", yesno, noCluster},
}

func declareLaterTable(s *config.Schema) {
	for _, row := range laterParams {
		p := config.Param{Name: row.name, Section: "accepted for Redis", Default: row.def, NoEffect: row.why,
			Doc: "Accepted, without effect: " + row.why + "."}
		if row.alias != "" {
			p.Aliases = []string{row.alias}
		}
		if row.kind&fixed != 0 {
			p.Flags |= config.Immutable
		}
		switch row.kind &^ fixed {
		case yesno:
			if row.name == "cluster-enabled" {
				p.Flags |= config.Immutable
				refused(s.Bool(p), row.why)
				break
			}
			s.Bool(p)
		case number:
			s.Int(p, math.MinInt32, math.MaxInt64)
		case size:
			s.Memory(p, 0, math.MaxInt64)
		case text:
			if row.name == "masterauth" || row.name == "masteruser" {
				p.Flags |= config.Sensitive
			}
			s.Text(p)
		case words:
			p.Flags |= config.MultiArg
			v := s.Text(p)
			if row.name == "replicaof" {
				v.Check(func(value string) error {
					if value != "" {
						return errors.New(row.why)
					}
					return nil
				})
			}
		}
	}
}
