package engine

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// Params are the parameters of the engine.
type Params struct {
	MaxClients   *config.IntVar
	ClientMemory *config.MemoryVar // see Engine.LimitClients

	timeout      *config.IntVar
	protected    *config.BoolVar
	queryLimit   *config.MemoryVar
	maxBulk      *config.MemoryVar
	outputLimits *config.CustomVar[outputLimits]
	statsEnabled *config.BoolVar
	hideUserData *config.BoolVar
}

// Declare declares the parameters.
func Declare(s *config.Schema) *Params {
	p := &Params{}
	p.declareNetwork(s)
	p.declareClients(s)
	p.declareGeneral(s)
	return p
}

func (p *Params) declareNetwork(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "network", Default: def, Doc: doc, Flags: flags}
	}
	p.timeout = s.Int(par("timeout", "0", "Seconds after which an idle client is disconnected; 0 for never.", 0), 0, math.MaxInt32)
	p.protected = s.Bool(par("protected-mode", "yes", "While no password is set, serve only clients of this machine.", 0))
}

func (p *Params) declareClients(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "clients", Default: def, Doc: doc, Flags: flags}
	}
	p.MaxClients = s.Int(par("maxclients", "10000", "How many clients may be connected at once. The limit of open files is raised to fit where that is allowed.", 0), 1, math.MaxUint32)
	p.queryLimit = s.Memory(par("client-query-buffer-limit", "1gb", "How many bytes of incomplete requests a client may have outstanding before it is disconnected.", 0), 1<<20, math.MaxInt64)
	p.maxBulk = s.Memory(par("proto-max-bulk-len", "512mb", "The largest argument of a request, and the longest string value.", 0), 1<<20, math.MaxInt64)
	p.outputLimits = config.Custom(s, par("client-output-buffer-limit",
		"normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
		"For each class of clients (normal, replica, pubsub): bytes of unread replies at which a client is disconnected at once, bytes at which it is disconnected when it stays above them for so many seconds, and those seconds. 0 is no limit.",
		config.MultiArg), outputLimitsCodec())
	p.ClientMemory = s.MemoryOrPercent(par("maxmemory-clients", "0", "How many bytes the buffers of all clients may take, or which part of maxmemory (5%); beyond it those with the largest are disconnected. 0 is no limit.", 0), 0, math.MaxInt64)
}

func (p *Params) declareGeneral(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "general", Default: def, Doc: doc, Flags: flags}
	}
	p.statsEnabled = s.Bool(par("stats-enabled", "yes", "Measure the duration of every command for INFO commandstats.", 0))
	p.hideUserData = s.Bool(par("hide-user-data-from-log", "no", "Leave the arguments of a command that has crashed the server out of the log.", 0))
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
