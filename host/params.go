package host

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host/network"
)

// params are the host's own parameters.
type params struct {
	net           *network.Params
	timeout       *config.IntVar
	zone          *config.StringVar
	hideUserData  *config.BoolVar
	protected     *config.BoolVar
	maxClients    *config.IntVar
	queryLimit    *config.MemoryVar
	maxBulk       *config.MemoryVar
	outputLimits  *config.CustomVar[outputLimits]
	clientMemory  *config.MemoryVar
	ioThreads     *config.IntVar
	databases     *config.IntVar
	hz            *config.IntVar
	expireEffort  *config.IntVar
	maxMemory     *config.MemoryVar
	policy        *config.EnumVar
	samples       *config.IntVar
	tenacity      *config.IntVar
	lfuLogFactor  *config.IntVar
	lfuDecayTime  *config.IntVar
	hugePages     *config.BoolVar
	poison        *config.BoolVar
	crowded       *config.BoolVar
	statsEnabled  *config.BoolVar
	dir           *config.CustomVar[string]
	daemonize     *config.BoolVar
	pidFile       *config.StringVar
	logLevel      *config.EnumVar
	logFile       *config.StringVar
	logFormat     *config.EnumVar
	logStamp      *config.EnumVar
	supervised    *config.EnumVar
	onSIGINT      *config.EnumVar
	onSIGTERM     *config.EnumVar
	protectedConf *config.EnumVar
	debugCommand  *config.EnumVar
	shutdownWait  *config.IntVar
}

// The values of maxmemory-policy: a bit set, so that a test is one operation.
const (
	policyVolatile = 1 << iota // only keys with an expiry
	policyLRU
	policyLFU
	policyRandom
	policyTTL
	policyNone = 0
)

// Who may use a protected facility.
const (
	allowNo = iota
	allowYes
	allowLocal
)

func declareParams(s *config.Schema) *params {
	p := &params{}
	p.net = network.Declare(s)
	p.declareNetwork(s)
	p.declareClients(s)
	p.declareMemory(s)
	p.declareGeneral(s)
	declareAccepted(s)
	return p
}

func (p *params) declareNetwork(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "network", Default: def, Doc: doc, Flags: flags}
	}
	p.timeout = s.Int(par("timeout", "0", "Seconds after which an idle client is disconnected; 0 for never.", 0), 0, math.MaxInt32)
	p.protected = s.Bool(par("protected-mode", "yes", "While no password is set, serve only clients of this machine.", 0))
}

func (p *params) declareClients(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "clients", Default: def, Doc: doc, Flags: flags}
	}
	p.maxClients = s.Int(par("maxclients", "10000", "How many clients may be connected at once. The limit of open files is raised to fit where that is allowed.", 0), 1, math.MaxUint32)
	p.queryLimit = s.Memory(par("client-query-buffer-limit", "1gb", "How many bytes of incomplete requests a client may have outstanding before it is disconnected.", 0), 1<<20, math.MaxInt64)
	p.maxBulk = s.Memory(par("proto-max-bulk-len", "512mb", "The largest argument of a request, and the longest string value.", 0), 1<<20, math.MaxInt64)
	p.outputLimits = config.Custom(s, par("client-output-buffer-limit",
		"normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
		"For each class of clients (normal, replica, pubsub): bytes of unread replies at which a client is disconnected at once, bytes at which it is disconnected when it stays above them for so many seconds, and those seconds. 0 is no limit.",
		config.MultiArg), outputLimitsCodec())
	p.clientMemory = s.MemoryOrPercent(par("maxmemory-clients", "0", "How many bytes the buffers of all clients may take, or which part of maxmemory (5%); beyond it those with the largest are disconnected. 0 is no limit.", 0), 0, math.MaxInt64)
}

func (p *params) declareMemory(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "memory", Default: def, Doc: doc, Flags: flags}
	}
	p.maxMemory = s.Memory(par("maxmemory", "0", "How many bytes the data may take; beyond it keys are evicted, or writes refused, by maxmemory-policy. 0 is no limit.", 0), 0, math.MaxInt64)
	p.policy = s.Enum(par("maxmemory-policy", "noeviction", "Which keys give way when maxmemory is reached.", 0),
		config.Choice{Name: "volatile-lru", Value: policyVolatile | policyLRU}, config.Choice{Name: "volatile-lfu", Value: policyVolatile | policyLFU},
		config.Choice{Name: "volatile-random", Value: policyVolatile | policyRandom}, config.Choice{Name: "volatile-ttl", Value: policyVolatile | policyTTL},
		config.Choice{Name: "allkeys-lru", Value: policyLRU}, config.Choice{Name: "allkeys-lfu", Value: policyLFU},
		config.Choice{Name: "allkeys-random", Value: policyRandom}, config.Choice{Name: "noeviction", Value: policyNone})
	p.samples = s.Int(par("maxmemory-samples", "5", "How many keys are compared to choose one for eviction.", 0), 1, math.MaxInt32)
	p.tenacity = s.Int(par("maxmemory-eviction-tenacity", "10", "How long a command may be held up by eviction, which then goes on in the background: 10 is half a millisecond, 0 as short as can be, 100 until it is done.", 0), 0, 100)
	p.lfuLogFactor = s.Int(par("lfu-log-factor", "10", "How slowly the access counter of the LFU policies grows.", 0), 0, math.MaxInt32)
	p.lfuDecayTime = s.Int(par("lfu-decay-time", "1", "Minutes after which an access counter that is not used falls by one; 0 for never.", 0), 0, math.MaxInt32)
	p.expireEffort = s.Int(par("active-expire-effort", "1", "How eagerly expired keys are looked for, from 1 to 10.", 0), 1, 10)
	p.hugePages = s.Bool(par("arena-huge-pages", "no", "Ask the system for huge pages for the data: random writes get faster, memory is taken in larger steps.", config.Immutable))
	p.poison = s.Bool(config.Param{Name: "arena-poison", Section: "memory", Default: "no", Flags: config.Immutable | config.Hidden,
		Doc: "Fill freed memory with a pattern and check it: for finding bugs, not for use."})
	p.crowded = s.Bool(config.Param{Name: "one-shard", Section: "memory", Default: "no", Flags: config.Immutable | config.Hidden,
		Doc: "Keep all keys in one shard, so that any two are neighbours: for finding bugs, not for use."})
}

func (p *params) declareGeneral(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "general", Default: def, Doc: doc, Flags: flags}
	}
	p.databases = s.Int(par("databases", "16", "Number of databases.", config.Immutable), 1, 65536)
	p.ioThreads = s.Int(par("io-threads", "0", "Number of event loops, each of which executes commands too; 0 chooses by the number of cores.", config.Immutable), 0, 256)
	p.hz = s.Int(par("hz", "10", "How often a second background work is looked after, from 1 to 500; what is beyond is taken for the nearest of them.", 0), 0, math.MaxInt32)
	p.hz.Clamp(1, 500)
	p.statsEnabled = s.Bool(par("stats-enabled", "yes", "Measure the duration of every command for INFO commandstats.", 0))
	p.declareDir(s)
	p.zone = s.Text(par("availability-zone", "", "Where the server is, for clients that prefer servers nearby: INFO tells it, if it is set.", 0))
	p.hideUserData = s.Bool(par("hide-user-data-from-log", "no", "Leave the arguments of a command that has crashed the server out of the log.", 0))
	p.daemonize = s.Bool(par("daemonize", "no", "Run in the background, without a terminal. A service manager does better without it.", config.Immutable))
	p.supervised = declareSupervised(s)
	p.pidFile = s.Text(par("pidfile", "", "File to write the process id to; a daemon writes /var/run/ferrous.pid if nothing else is said.", config.Immutable))
	p.declareLog(s)
	allow := []config.Choice{{Name: "no", Value: allowNo}, {Name: "yes", Value: allowYes}, {Name: "local", Value: allowLocal}}
	p.protectedConf = s.Enum(par("enable-protected-configs", "no", "Whether CONFIG SET may change parameters that reach the file system: no, yes, or local (from this machine).", config.Immutable), allow...)
	p.debugCommand = s.Enum(par("enable-debug-command", "no", "Whether the DEBUG command may be used: no, yes, or local (from this machine).", config.Immutable), allow...)
	p.onSIGINT = declareOnSignal(s, "shutdown-on-sigint", "SIGINT")
	p.onSIGTERM = declareOnSignal(s, "shutdown-on-sigterm", "SIGTERM")
	p.shutdownWait = s.Int(par("shutdown-timeout", "10", "Seconds that a shutdown waits at most for clients to take their last replies.", 0), 0, math.MaxInt32)
}

// outputLimits are the limits of client-output-buffer-limit by client class.
type outputLimits [3]outputLimit

type outputLimit struct {
	hard, soft int64 // bytes, 0 for no limit
	seconds    int64
}

func outputLimitsCodec() config.Codec[outputLimits] {
	return config.Codec[outputLimits]{
		Repeat: config.Merge,
		Parse:  parseOutputLimits,
		Format: func(l outputLimits) string {
			var parts []string
			for i, name := range []string{"normal", "slave", "pubsub"} {
				parts = append(parts, fmt.Sprintf("%s %d %d %d", name, l[i].hard, l[i].soft, l[i].seconds))
			}
			return strings.Join(parts, " ")
		},
		Lines: func(l outputLimits) (lines [][]string) {
			for i, name := range []string{"normal", "slave", "pubsub"} {
				lines = append(lines, []string{name, config.FormatMemory(l[i].hard), config.FormatMemory(l[i].soft), strconv.FormatInt(l[i].seconds, 10)})
			}
			return lines
		},
	}
}

func parseOutputLimits(words []string, base outputLimits) (outputLimits, error) {
	if len(words) == 0 || len(words)%4 != 0 {
		return base, errors.New("Wrong number of arguments in buffer limit configuration.")
	}
	for ; len(words) > 0; words = words[4:] {
		var class int
		switch strings.ToLower(words[0]) {
		case "normal":
			class = 0
		case "slave", "replica":
			class = 1
		case "pubsub":
			class = 2
		default:
			return base, errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, ok1 := config.ParseMemory(words[1])
		soft, ok2 := config.ParseMemory(words[2])
		seconds, err := strconv.ParseInt(words[3], 10, 64)
		if !ok1 || !ok2 || err != nil || hard < 0 || soft < 0 || seconds < 0 {
			return base, errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		base[class] = outputLimit{hard, soft, seconds}
	}
	return base, nil
}
