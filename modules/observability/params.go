package observability

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// params are the parameters of the module.
type params struct {
	slowLog     *config.BoolVar
	slowerThan  *config.IntVar // microseconds, negative for never
	slowMax     *config.IntVar
	slowArgs    *config.IntVar // of a command
	slowString  *config.IntVar // bytes of an argument
	monitor     *config.BoolVar
	threshold   *config.IntVar // milliseconds, 0 for never
	tracking    *config.BoolVar
	percentiles *config.CustomVar[[]float64]

	// stats is the host's stats-enabled: durations are no figures of their own.
	stats *config.BoolVar
}

func (p *params) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "observability", Default: def, Doc: doc, Flags: flags}
	}
	known := func(valkey string, p config.Param) config.Param { p.Aliases = []string{valkey}; return p }
	p.slowLog = s.Bool(par("slowlog-enabled", "yes", "Keep a log of slow commands. With no, slowlog-log-slower-than says nothing.", 0))
	p.slowerThan = s.Int(known("commandlog-execution-slower-than", par("slowlog-log-slower-than", "10000", "From how many microseconds on a command goes into the slow log: 0 for every command, -1 for none.", 0)), -1, math.MaxInt64)
	p.slowMax = s.Int(known("commandlog-slow-execution-max-len", par("slowlog-max-len", "128", "How many commands the slow log holds.", 0)), 0, math.MaxInt64)
	p.slowArgs = s.Int(par("slowlog-entry-max-argc", "32", "How many arguments of a command the slow log keeps.", 0), 2, math.MaxInt32)
	p.slowString = s.Int(par("slowlog-entry-max-string-len", "128", "How many bytes of an argument the slow log keeps.", 0), 1, math.MaxInt32)
	p.monitor = s.Bool(par("monitor-enabled", "yes", "Allow MONITOR. Setting no disconnects the clients that use it.", 0))
	p.threshold = s.Int(par("latency-monitor-threshold", "0", "From how many milliseconds on a command, or background work that held commands up, is an event for LATENCY; 0 for none.", 0), 0, math.MaxInt64)
	p.tracking = s.Bool(par("latency-tracking", "yes", "Count how long each command takes, for LATENCY HISTOGRAM and INFO latencystats. It needs stats-enabled.", 0))
	p.percentiles = config.Custom(s, par("latency-tracking-info-percentiles", "50 99 99.9",
		"Which percentiles INFO latencystats tells.", config.MultiArg), percentilesCodec())
	config.Use(s, "stats-enabled", &p.stats)
}

// watched are the parameters whose changes apply has to know of.
func (p *params) watched(*config.Schema) []config.Var {
	return []config.Var{p.slowLog, p.slowerThan, p.slowMax, p.slowArgs, p.slowString, p.monitor, p.threshold, p.tracking, p.stats}
}

// tracks reports whether histograms are to be kept.
func (p *params) tracks() bool { return p.tracking.Load() && p.stats.Load() }

func percentilesCodec() config.Codec[[]float64] {
	return config.Codec[[]float64]{
		Parse: parsePercentiles,
		Format: func(all []float64) string {
			words := make([]string, len(all))
			for i, p := range all {
				words[i] = percentile(p)
			}
			return strings.Join(words, " ")
		},
	}
}

func parsePercentiles(words []string, _ []float64) ([]float64, error) {
	all := make([]float64, 0, len(words))
	for _, w := range words {
		p, err := strconv.ParseFloat(w, 64)
		switch {
		case err != nil || math.IsNaN(p):
			return nil, errors.New("Invalid latency-tracking-info-percentiles parameters")
		case p < 0 || p > 100:
			return nil, errors.New("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
		}
		all = append(all, p)
	}
	return all, nil
}

// percentile writes a percentile with six decimals at most and none in vain.
func percentile(p float64) string {
	text := strconv.FormatFloat(p, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
