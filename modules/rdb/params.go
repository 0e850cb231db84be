package rdb

import (
	"errors"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// params are the module's parameters. rdbcompression is looked at by package
// dump and by the value types.
type params struct {
	points      *config.CustomVar[[]savePoint]
	fileName    *config.StringVar
	checksum    *config.BoolVar
	stopWrites  *config.BoolVar
	incremental *config.BoolVar
	threads     *config.IntVar
	saveDelay   *config.IntVar
	loadDelay   *config.IntVar
}

func declare(s *config.Schema) params {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "snapshots", Default: def, Doc: doc, Flags: flags}
	}
	p := params{points: config.Custom(s, par("save", "3600 1\n300 100\n60 10000",
		"When to save by itself: pairs of seconds and changes. After so many seconds, if there were so many changes at least, a save begins. With none the data are saved only when asked for.",
		config.MultiArg), savePoints())}
	p.fileName = s.Text(par("dbfilename", "dump.rdb", "Name of the RDB file, in dir.", config.Protected))
	p.fileName.Check(func(name string) error {
		if strings.ContainsAny(name, `/\`) {
			return errors.New("dbfilename can't be a path, just a filename")
		}
		return nil
	})
	s.Bool(par("rdbcompression", "yes", "Compress strings in RDB files and in the payloads of DUMP.", 0))
	p.checksum = s.Bool(par("rdbchecksum", "yes", "Put a checksum at the end of RDB files, and verify it when they are loaded.", config.Immutable))
	p.stopWrites = s.Bool(par("stop-writes-on-bgsave-error", "yes", "Refuse writes while there are save points and the last save in the background has failed, so that somebody notices.", 0))
	p.incremental = s.Bool(par("rdb-save-incremental-fsync", "yes", "Have the disk take a file as it is written, every 4 MB, and not all of it at the end.", 0))
	p.threads = s.Int(par("save-threads", "0", "How many cores save. 0 is as many as there are, for a save in the background as many as the event loops leave.", 0), 0, 1024)
	p.saveDelay = s.Int(par("rdb-key-save-delay", "0", "For tests: microseconds to wait after each key that is saved; if negative, one microsecond after one of so many keys. 0 ends a wait that has begun.", config.Hidden), math.MinInt32, math.MaxInt32)
	p.loadDelay = s.Int(par("key-load-delay", "0", "For tests: the same after each key that is loaded.", config.Hidden), math.MinInt32, math.MaxInt32)
	return p
}

// workers returns how many goroutines a save may have; alone says that commands
// do not run meanwhile, or wait for it.
func (m *module) workers(alone bool) int {
	if n := int(m.threads.Load()); n > 0 {
		return n
	}
	all := runtime.GOMAXPROCS(0)
	if alone {
		return all
	}
	return max(all-m.server.Loops(), 1)
}

// savePoint is when to save: after so many seconds, if there were so many
// changes at least.
type savePoint struct{ seconds, changes int64 }

func savePoints() config.Codec[[]savePoint] {
	return config.Codec[[]savePoint]{
		Repeat: config.Collect,
		Parse:  parseSavePoints,
		Format: func(points []savePoint) string {
			var b []byte
			for i, p := range points {
				if i > 0 {
					b = append(b, ' ')
				}
				b = append(strconv.AppendInt(b, p.seconds, 10), ' ')
				b = strconv.AppendInt(b, p.changes, 10)
			}
			return string(b)
		},
		Lines: func(points []savePoint) (lines [][]string) {
			for _, p := range points {
				lines = append(lines, []string{strconv.FormatInt(p.seconds, 10), strconv.FormatInt(p.changes, 10)})
			}
			if lines == nil {
				lines = [][]string{{""}}
			}
			return lines
		},
	}
}

// parseSavePoints adds the points of one line; a line without any takes back
// those before it.
func parseSavePoints(words []string, base []savePoint) ([]savePoint, error) {
	errInvalid := errors.New("Invalid save parameters")
	if len(words)%2 != 0 {
		return nil, errInvalid
	}
	if len(words) == 0 {
		return nil, nil
	}
	points := base[:len(base):len(base)]
	for ; len(words) > 0; words = words[2:] {
		seconds, err1 := strconv.ParseInt(words[0], 10, 64)
		changes, err2 := strconv.ParseInt(words[1], 10, 64)
		if err1 != nil || err2 != nil || seconds < 1 || changes < 0 {
			return nil, errInvalid
		}
		points = append(points, savePoint{seconds, changes})
	}
	return points, nil
}
