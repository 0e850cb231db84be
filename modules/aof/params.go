package aof

import (
	"errors"
	"math"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/dump"
)

// params are the parameters of the log.
type params struct {
	on          *config.BoolVar
	file, dir   *config.StringVar
	fsync       *config.EnumVar
	pause       *config.BoolVar
	percentage  *config.IntVar
	minSize     *config.MemoryVar
	truncated   *config.BoolVar
	dump        *config.BoolVar
	timestamps  *config.BoolVar
	incremental *config.BoolVar
	keepHistory *config.BoolVar

	// What other modules and the host declare; nil if nobody does.
	saveDelay   *config.IntVar    // rdb-key-save-delay
	loadDelay   *config.IntVar    // key-load-delay
	saveThreads *config.IntVar    // save-threads
	rdbChecksum *config.BoolVar   // rdbchecksum
	dumpFile    *config.StringVar // dbfilename
	dumps       dump.Params
}

func (p *params) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "append-only file", Default: def, Doc: doc, Flags: flags}
	}
	p.on = s.Bool(par("appendonly", "no", "Keep a log of all writes, from which the data are restored at the next start. It has precedence over a dump.", config.DenyLoading|config.Needed))
	p.file = s.Text(par("appendfilename", "appendonly.aof", "What the names of the log's files begin with.", config.Immutable))
	p.dir = s.Text(par("appenddirname", "appendonlydir", "Directory of the log's files, inside that of the server's files.", config.Immutable))
	p.fsync = s.Enum(par("appendfsync", "everysec", "When what was written to the log is made to reach the disk: always (no reply is sent before), everysec (at most about two seconds are lost if the machine fails), or no (when the system likes).", 0),
		config.Choice{Name: "everysec", Value: int(syncEverySecond)}, config.Choice{Name: "always", Value: int(syncAlways)},
		config.Choice{Name: "no", Value: int(syncNever)})
	p.pause = s.Bool(par("no-appendfsync-on-rewrite", "no", "Leave appendfsync out while a background job writes a dump or rewrites the log.", 0))
	p.percentage = s.Int(par("auto-aof-rewrite-percentage", "100", "The log is rewritten when it has grown by so many percent since the last time; 0 for never.", 0), 0, math.MaxInt32)
	p.minSize = s.Memory(par("auto-aof-rewrite-min-size", "64mb", "But not before it has this size.", 0), 0, math.MaxInt64)
	p.truncated = s.Bool(par("aof-load-truncated", "yes", "Start even if the log ends in the middle of a command, as after a failure of the machine: the rest is cut off.", 0))
	p.dump = s.Bool(par("aof-use-rdb-preamble", "yes", "Write the base of the log as a dump, which is smaller and faster to load than commands.", 0))
	p.timestamps = s.Bool(par("aof-timestamp-enabled", "no", "Note the time in the log, so that it can be cut off at a point in time.", 0))
	p.incremental = s.Bool(par("aof-rewrite-incremental-fsync", "yes", "Sync a base that is being written every few megabytes and not all at once at its end.", 0))
	p.keepHistory = s.Bool(par("aof-disable-auto-gc", "no", "Keep the files of the log that a rewrite has replaced.", config.Hidden))
	p.file.Check(baseName("appendfilename", "filename"))
	p.dir.Check(baseName("appenddirname", "dirname"))
}

// baseName makes a check that a parameter is a name and no path.
func baseName(param, what string) func(string) error {
	return func(name string) error {
		switch {
		case name == "":
			return errors.New(param + " can't be empty")
		case !isBaseName(name):
			return errors.New(param + " can't be a path, just a " + what)
		}
		return nil
	}
}

// use names what other modules declare; a server may do without them.
func (p *params) use(s *config.Schema) {
	config.UseIf(s, "rdb-key-save-delay", &p.saveDelay)
	config.UseIf(s, "key-load-delay", &p.loadDelay)
	config.UseIf(s, "save-threads", &p.saveThreads)
	config.UseIf(s, "rdbchecksum", &p.rdbChecksum)
	config.UseIf(s, "dbfilename", &p.dumpFile)
	p.dumps.Use(s)
}

// is reports whether a parameter is on; one that nobody declares is so by
// default.
func is(b *config.BoolVar) bool { return b == nil || b.Load() }
