package host

import (
	"errors"
	"math"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// declareAccepted declares parameters of Redis that cannot mean anything in
// ferrous, so that configuration files written for Redis go on working. Each
// says why; setting one is logged at start-up.
func declareAccepted(s *config.Schema) {
	yesno := func(name, def, why string, flags config.Flag) {
		s.Bool(config.Param{Name: name, Section: "accepted for Redis", Default: def, NoEffect: why, Flags: flags,
			Doc: "Accepted, without effect: " + why + "."})
	}
	number := func(name, def, why string, flags config.Flag, min, max int64) {
		s.Int(config.Param{Name: name, Section: "accepted for Redis", Default: def, NoEffect: why, Flags: flags,
			Doc: "Accepted, without effect: " + why + "."}, min, max)
	}
	text := func(names, def, why string, flags config.Flag) {
		name, alias, _ := strings.Cut(names, " ")
		s.Text(config.Param{Name: name, Aliases: strings.Fields(alias), Section: "accepted for Redis", Default: def, NoEffect: why, Flags: flags,
			Doc: "Accepted, without effect: " + why + "."})
	}
	const noRehash = "tables grow a segment at a time, there is no rehashing"
	const noJemalloc = "memory does not come from jemalloc"
	const loopsRead = "every event loop reads, executes and writes"
	yesno("always-show-logo", "no", "there is no logo", config.Immutable)
	yesno("activerehashing", "yes", noRehash, 0)
	yesno("jemalloc-bg-thread", "yes", noJemalloc, 0)
	yesno("dynamic-hz", "yes", "background work is paced by what there is to do", 0)
	yesno("io-threads-do-reads", "no", loopsRead, config.Immutable)
	yesno("disable-thp", "yes", "ferrous never forks, so huge pages do it no harm; see arena-huge-pages", config.Immutable)
	text("server_cpulist server-cpulist", "", "use taskset or the service manager", config.Immutable)
	text("bio_cpulist bio-cpulist", "", "there are no background threads to place", config.Immutable)
	text("aof_rewrite_cpulist aof-rewrite-cpulist", "", "there is no child process to place", config.Immutable)
	text("bgsave_cpulist bgsave-cpulist", "", "there is no child process to place", config.Immutable)
	text("proc-title-template", "{title} {listen-addr} {server-mode}", "the process keeps its name", 0)
	yesno("set-proc-title", "yes", "the process keeps its name", config.Immutable)
	yesno("crash-log-enabled", "yes", "a crash always prints the Go stack traces", 0)
	yesno("crash-memcheck-enabled", "yes", "there is no memory test after a crash", 0)
	yesno("use-exit-on-panic", "no", "a panic always ends the process with its stack traces", 0)
	text("locale-collate", "", "strings are compared byte by byte", 0)
	yesno("syslog-enabled", "no", "log to standard output and let the service manager collect it", config.Immutable)
	text("syslog-ident", "redis", "see syslog-enabled", config.Immutable)
	number("max-new-connections-per-cycle", "10", "connections are accepted as they come", 0, 1, 1000)
	declareAcceptedTLS(yesno, number, text)
	const byManager = "the service manager sets it"
	text("oom-score-adj", "no", byManager, 0)
	text("oom-score-adj-values", "0 200 800", byManager, config.MultiArg)
	text("ignore-warnings", "", "ferrous does not refuse to start for warnings", config.MultiArg)
	text("syslog-facility", "local0", "see syslog-enabled", config.Immutable)
	number("socket-mark-id", "0", "connections are not marked", config.Immutable, 0, math.MaxUint32)
	number("active-defrag-max-scan-fields", "1000", "defragmentation goes by segments of a table", 0, 1, math.MaxInt64)
	declareLater(s)
}

func declareAcceptedTLS(yesno func(name, def, why string, flags config.Flag), number func(name, def, why string, flags config.Flag, min, max int64), text func(name, def, why string, flags config.Flag)) {
	text("tls-ciphersuites", "", "the cipher suites of TLS 1.3 are all safe and cannot be chosen in Go", 0)
	yesno("tls-prefer-server-ciphers", "no", "the best suite that both sides have is chosen, with the speed of the hardware in mind", 0)
	text("tls-dh-params-file", "", "there are no suites with Diffie-Hellman over integers", 0)
	number("tls-session-cache-size", "20480", "sessions are kept by the clients, as tickets", 0, 0, math.MaxInt32)
}

// refused makes yes an error.
func refused(b *config.BoolVar, why string) {
	b.Check(func(on bool) error {
		if on {
			return errors.New(why)
		}
		return nil
	})
}

// declareLater declares parameters of families that are not built yet, with
// Redis's defaults, so that its configuration files load. Asking for something
// that would be missing in earnest, such as appendonly, is refused.
func declareLater(s *config.Schema) {
	par := func(name, def, why string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "accepted for Redis", Default: def, NoEffect: why, Flags: flags,
			Doc: "Accepted, without effect: " + why + "."}
	}
	s.Enum(par("sanitize-dump-payload", "no", "RESTORE always checks its payload", 0),
		config.Choice{Name: "no"}, config.Choice{Name: "yes", Value: 1}, config.Choice{Name: "clients", Value: 2})
	s.Int(par("loading-process-events-interval-bytes", "524288", "clients are answered beside a load at all times", config.Hidden), 1024, math.MaxInt32)
	s.Text(par("enable-module-command", "no", "modules are linked in, not loaded", config.Immutable))
	declareRows(s, laterParams[:])
	declareRows(s, newerParams[:])
	declareForeign(s)
}
