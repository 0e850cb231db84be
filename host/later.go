package host

import (
	"errors"
	"math"
	"strings"

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

	never   laterKind = 1 << 5 // refused, if it asks for anything
	fixed   laterKind = 1 << 6 // CONFIG SET cannot change it
	retired laterKind = 1 << 7 // only files know it any more, CONFIG GET and SET do not
)

// acceptedRow is a parameter that is accepted without effect.
type acceptedRow struct {
	name, alias, def string // aliases are separated by spaces
	kind             laterKind
	why              string
}

const noCluster = "there is no cluster mode yet"

var laterParams = [...]acceptedRow{
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
	{"cluster-enabled", "", "no", yesno | fixed | never, noCluster},
	{"cluster-link-sendbuf-limit", "", "0", size, noCluster},
	{"cluster-migration-barrier", "", "1", number, noCluster},
	{"cluster-node-timeout", "", "15000", number, noCluster},
	{"cluster-port", "", "0", number | fixed, noCluster},
	{"cluster-preferred-endpoint-type", "", "ip", text, noCluster},
	{"cluster-replica-no-failover", "cluster-slave-no-failover", "no", yesno, noCluster},
	{"cluster-replica-validity-factor", "cluster-slave-validity-factor", "10", number, noCluster},
	{"cluster-require-full-coverage", "", "yes", yesno, noCluster},
}

func declareRows(s *config.Schema, rows []acceptedRow) {
	for _, row := range rows {
		p := config.Param{Name: row.name, Aliases: strings.Fields(row.alias), Section: "accepted for Redis", Default: row.def, NoEffect: row.why,
			Doc: "Accepted, without effect: " + row.why + "."}
		if row.kind&fixed != 0 {
			p.Flags |= config.Immutable
		}
		if row.kind&retired != 0 {
			p.Flags |= config.Directive | config.Hidden
		}
		switch row.kind &^ (never | fixed | retired) {
		case yesno:
			v := s.Bool(p)
			if row.kind&never != 0 {
				refused(v, row.why)
			}
		case number:
			s.Int(p, math.MinInt32, math.MaxInt64)
		case size:
			s.Memory(p, 0, math.MaxInt64)
		case text:
			v := s.Text(p)
			if row.kind&never != 0 {
				v.Check(func(value string) error {
					if value != "" {
						return errors.New(row.why)
					}
					return nil
				})
			}
		case words:
			p.Flags |= config.MultiArg
			s.Text(p)
		}
	}
}
