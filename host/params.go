package host

import (
	"math"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host/engine"
	"github.com/ferrousdb/ferrous/host/network"
)

// params are the host's own parameters.
type params struct {
	net           *network.Params
	engine        *engine.Params
	zone          *config.StringVar
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
	off           *config.StringVar
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

// Declare declares the host's parameters, for who has a registry and no server.
func Declare(s *config.Schema) { declareParams(s) }

func declareParams(s *config.Schema) *params {
	p := &params{}
	p.net = network.Declare(s)
	p.engine = engine.Declare(s)
	p.declareMemory(s)
	p.declareGeneral(s)
	declareAccepted(s)
	return p
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
	p.declareDir(s)
	p.zone = s.Text(par("availability-zone", "", "Where the server is, for clients that prefer servers nearby: INFO tells it, if it is set.", 0))
	p.daemonize = s.Bool(par("daemonize", "no", "Run in the background, without a terminal. A service manager does better without it.", config.Immutable))
	p.supervised = declareSupervised(s)
	p.pidFile = s.Text(par("pidfile", "", "File to write the process id to; a daemon writes /var/run/ferrous.pid if nothing else is said.", config.Immutable))
	p.declareLog(s)
	allow := []config.Choice{{Name: "no", Value: allowNo}, {Name: "yes", Value: allowYes}, {Name: "local", Value: allowLocal}}
	p.protectedConf = s.Enum(par("enable-protected-configs", "no", "Whether CONFIG SET may change parameters that reach the file system: no, yes, or local (from this machine).", config.Immutable), allow...)
	p.debugCommand = s.Enum(par("enable-debug-command", "no", "Whether the DEBUG command may be used: no, yes, or local (from this machine).", config.Immutable), allow...)
	p.onSIGINT = declareOnSignal(s, "shutdown-on-sigint", "SIGINT")
	p.onSIGTERM = declareOnSignal(s, "shutdown-on-sigterm", "SIGTERM")
	p.off = s.Text(disableModules())
	p.shutdownWait = s.Int(par("shutdown-timeout", "10", "Seconds that a shutdown waits at most for replicas to get the last writes, and for clients to take their last replies.", 0), 0, math.MaxInt32)
}
