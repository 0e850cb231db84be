package host

import (
	"fmt"
	"io"
	"os"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/logging"
)

// Where the log goes, and what a line of it looks like. What may be in a message is
// lineLogger's business.

func (p *params) declareLog(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "general", Default: def, Doc: doc, Flags: flags}
	}
	p.logLevel = s.Enum(par("loglevel", "notice", "How much is logged.", 0),
		config.Choice{Name: "debug", Value: 0}, config.Choice{Name: "verbose", Value: 1}, config.Choice{Name: "notice", Value: 2},
		config.Choice{Name: "warning", Value: 3}, config.Choice{Name: "nothing", Value: 4})
	p.logFile = s.Text(par("logfile", "", "File to log to; empty for standard output. It may be renamed away, the next line makes a new one.", config.Immutable))
	p.logFormat = s.Enum(par("log-format", "text", "Form of the log. Valkey calls the text legacy.", config.Immutable),
		config.Choice{Name: "text", Value: int(logging.Text)}, config.Choice{Name: "json", Value: int(logging.JSON)},
		config.Choice{Name: "logfmt", Value: int(logging.Logfmt)}, config.Choice{Name: "legacy", Value: int(logging.Text)})
	p.logStamp = s.Enum(par("log-timestamp-format", "legacy", "How the log writes the time: legacy, as Redis does (but JSON has iso8601 instead); iso8601, with the zone; milliseconds since 1970.", config.Immutable),
		config.Choice{Name: "legacy", Value: int(logging.Redis)}, config.Choice{Name: "iso8601", Value: int(logging.ISO)}, config.Choice{Name: "milliseconds", Value: int(logging.Millis)})
}

// openLog makes the logger that the parameters describe.
func (srv *Server) openLog(stdout io.Writer) (closeLog func(), err error) {
	out, closeLog := stdout, func() {}
	if path := srv.params.path(srv.params.logFile.Load()); path != "" {
		f, err := openLogFile(path)
		if err != nil {
			return nil, fmt.Errorf("logfile: %w", err)
		}
		out, closeLog = f, f.close
	}
	p := srv.params
	srv.log = newLineLogger(srv.registry.Logger(logging.Target{
		Output: out, Format: logging.Format(p.logFormat.Load()), Stamp: logging.Stamp(p.logStamp.Load()),
	}), logLevels[p.logLevel.Load()])
	return closeLog, nil
}

// logFile is a log that may be renamed away at any time: the next line makes it
// anew, as Redis's does, which opens its file for each line. Its owner writes one
// line at a time (logging.Target).
type logFile struct {
	path string
	f    *os.File
}

func openLogFile(path string) (*logFile, error) {
	l := &logFile{path: path}
	return l, l.open()
}

func (l *logFile) open() error {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		if l.f != nil {
			l.f.Close()
		}
		l.f = f
	}
	return err
}

// Write implements io.Writer. As long as there cannot be a new file the old one is
// written to.
func (l *logFile) Write(line []byte) (int, error) {
	there, err := os.Stat(l.path)
	mine, _ := l.f.Stat()
	if err != nil || !os.SameFile(there, mine) {
		_ = l.open()
	}
	return l.f.Write(line)
}

func (l *logFile) close() { l.f.Close() }
