package replication

import (
	"math"
	"net"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// replicaParams are the parameters of the replica's side.
type replicaParams struct {
	replicaOf     *config.CustomVar[address]
	user, auth    *config.StringVar
	secure        *config.BoolVar
	stale         *config.BoolVar
	readOnly      *config.BoolVar
	diskless      *config.EnumVar
	announceIP    *config.StringVar
	announcePort  *config.IntVar
	announced     *config.BoolVar
	priority      *config.IntVar
	ignoreMemory  *config.BoolVar
	deleteFiles   *config.BoolVar
	ignoreDisk    *config.BoolVar
	onError       *config.EnumVar
	dumpFile      *config.StringVar
	port, tlsPort *config.IntVar
	maxBulk       *config.MemoryVar
	checksum      *config.BoolVar
	save          config.Var // of any kind: whether it is set is asked
	appendOnly    config.Var // nil if nobody keeps a log
	databases     *config.IntVar
}

// The values of repl-diskless-load.
const (
	loadFromDisk = iota
	loadOnEmpty
	loadSwap
	loadFlushed
)

func (p *replicaParams) declare(s *config.Schema) {
	par := func(name, def, doc string, aliases ...string) config.Param {
		return config.Param{Name: name, Aliases: aliases, Section: "replication", Default: def, Doc: doc}
	}
	secret := func(name, doc string, alias string) config.Param {
		return config.Param{Name: name, Aliases: []string{alias}, Section: "replication", Doc: doc, Flags: config.Sensitive}
	}
	p.declareReplicaOf(s)
	p.auth = s.Text(secret("masterauth", "The password that the master asks for.", "primaryauth"))
	p.user = s.Text(secret("masteruser", "The user that the password is of, if it is not the default one.", "primaryuser"))
	p.secure = s.Bool(par("tls-replication", "no", "Whether the connection to the master is by TLS."))
	p.stale = s.Bool(par("replica-serve-stale-data", "yes",
		"Whether a replica that has no connection to its master answers from the data that it has; else it refuses most commands with -MASTERDOWN.", "slave-serve-stale-data"))
	p.readOnly = s.Bool(par("replica-read-only", "yes",
		"Whether clients cannot write to a replica. What they write is not sent to anybody, and lost with the next full sync.", "slave-read-only"))
	p.diskless = s.Enum(par("repl-diskless-load", "disabled",
		"How a replica takes in all data of its master: disabled, from a file, which is received first; on-empty-db, directly if it has no data; "+
			"swapdb, directly and beside the old data, which are served meanwhile; flush-before-load, directly when the old data have been dropped."),
		config.Choice{Name: "disabled", Value: loadFromDisk}, config.Choice{Name: "on-empty-db", Value: loadOnEmpty}, config.Choice{Name: "swapdb", Value: loadSwap},
		config.Choice{Name: "flush-before-load", Value: loadFlushed})
	p.announceIP = s.Text(par("replica-announce-ip", "", "The address by which a replica says that it can be reached; empty for the one that its connection comes from.", "slave-announce-ip"))
	p.announcePort = s.Int(par("replica-announce-port", "0", "The port by which a replica says that it can be reached; 0 for the one that it listens on.", "slave-announce-port"), 0, 65535)
	p.announced = s.Bool(par("replica-announced", "yes", "Whether Sentinel shows the replica to clients."))
	p.priority = s.Int(par("replica-priority", "100", "Which replica Sentinel makes the master: the one with the lowest number, never one with 0.", "slave-priority"), 0, math.MaxInt32)
	p.ignoreMemory = s.Bool(par("replica-ignore-maxmemory", "yes",
		"Whether a replica evicts nothing, whatever maxmemory says, and leaves that to its master.", "slave-ignore-maxmemory"))
	lazy := par("replica-lazy-flush", "no", "Accepted, without effect: data are always dropped in the background.", "slave-lazy-flush")
	lazy.NoEffect = "data are always dropped in the background"
	s.Bool(lazy)
	p.ignoreDisk = s.Bool(par("replica-ignore-disk-write-errors", "no",
		"Whether a replica goes on with what its master sends while it cannot write to its disk; else it stops the server."))
	p.onError = s.Enum(par("propagation-error-behavior", "ignore",
		"What follows when a command of the master is answered with an error, so that the data may differ: ignore, which counts and logs it, or panic, which stops the server. "+
			"panic-on-replicas does that, too."),
		config.Choice{Name: "ignore", Value: errorsIgnored}, config.Choice{Name: "panic", Value: errorsStop}, config.Choice{Name: "panic-on-replicas", Value: errorsStopReplicas})
	p.deleteFiles = s.Bool(par("rdb-del-sync-files", "no", "Whether a replica that keeps neither dumps nor a log deletes the file in which it has received its master's data."))
}

// The values of propagation-error-behavior.
const (
	errorsIgnored = iota
	errorsStop
	errorsStopReplicas
)

// use names the parameters of others.
func (p *replicaParams) use(s *config.Schema) {
	config.UseIf(s, "dbfilename", &p.dumpFile)
	config.UseIf(s, "rdbchecksum", &p.checksum)
	config.UseIf(s, "save", &p.save)
	config.UseIf(s, "appendonly", &p.appendOnly)
	config.Use(s, "databases", &p.databases)
	config.Use(s, "port", &p.port)
	config.UseIf(s, "tls-port", &p.tlsPort)
	config.Use(s, "proto-max-bulk-len", &p.maxBulk)
}

// address is where a server is; the zero value is nowhere.
type address struct {
	host string
	port int
}

func (a address) String() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

// errMasterPort is the error for a port of a master that is none.
var errMasterPort = core.Err("Invalid master port")

func (p *replicaParams) declareReplicaOf(s *config.Schema) {
	p.replicaOf = config.Custom(s, config.Param{
		Name: "replicaof", Aliases: []string{"slaveof"}, Section: "replication", Flags: config.MultiArg | config.Immutable,
		Doc: "The master whose replica the server is, host and port; empty for none. REPLICAOF changes it.",
	}, config.Codec[address]{
		Parse: func(words []string, _ address) (address, error) {
			if len(words) == 0 || strings.EqualFold(strings.Join(words, " "), "no one") {
				return address{}, nil
			}
			if len(words) != 2 {
				return address{}, core.Err("wrong number of arguments")
			}
			port, err := strconv.Atoi(words[1])
			if err != nil || port < 0 || port > 65535 {
				return address{}, errMasterPort
			}
			return address{words[0], port}, nil
		},
		Format: func(a address) string {
			if a.host == "" {
				return ""
			}
			return a.host + " " + strconv.Itoa(a.port)
		},
		Lines: func(a address) [][]string { // none for none: a file says so by saying nothing
			if a.host == "" {
				return nil
			}
			return [][]string{{a.host, strconv.Itoa(a.port)}}
		},
	})
}

// checks reports whether dumps have checksums.
func (p *replicaParams) checks() bool { return p.checksum == nil || p.checksum.Load() }
