package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core/config"
)

// Where the log goes, and what a line of it looks like. What may be in a message is
// lineLogger's business.

// The values of log-format.
const (
	formatText = iota
	formatJSON
	formatLogfmt
)

// The values of log-timestamp-format.
const (
	stampText = iota // as in Redis's log
	stampISO
	stampMillis // since 1970
)

func (p *params) declareLog(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "general", Default: def, Doc: doc, Flags: flags}
	}
	p.logLevel = s.Enum(par("loglevel", "notice", "How much is logged.", 0),
		config.Choice{Name: "debug", Value: 0}, config.Choice{Name: "verbose", Value: 1}, config.Choice{Name: "notice", Value: 2},
		config.Choice{Name: "warning", Value: 3}, config.Choice{Name: "nothing", Value: 4})
	p.logFile = s.Text(par("logfile", "", "File to log to; empty for standard output. It may be renamed away, the next line makes a new one.", config.Immutable))
	p.logFormat = s.Enum(par("log-format", "text", "Form of the log. Valkey calls the text legacy.", config.Immutable),
		config.Choice{Name: "text", Value: formatText}, config.Choice{Name: "json", Value: formatJSON},
		config.Choice{Name: "logfmt", Value: formatLogfmt}, config.Choice{Name: "legacy", Value: formatText})
	p.logStamp = s.Enum(par("log-timestamp-format", "legacy", "How the log writes the time: legacy, as Redis does (but JSON has iso8601 instead); iso8601, with the zone; milliseconds since 1970.", config.Immutable),
		config.Choice{Name: "legacy", Value: stampText}, config.Choice{Name: "iso8601", Value: stampISO}, config.Choice{Name: "milliseconds", Value: stampMillis})
}

const (
	textStamp = "02 Jan 2006 15:04:05.000"
	isoStamp  = "2006-01-02T15:04:05.000Z07:00"
	// millisMark is what hclog writes where the milliseconds are to be, which no
	// layout of package time has.
	millisMark = "@ms@"
)

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
	format, layout := srv.params.logFormat.Load(), textStamp
	switch stamp := srv.params.logStamp.Load(); {
	case stamp == stampMillis:
		layout = millisMark
	case stamp == stampISO, format == formatJSON:
		layout = isoStamp
	}
	switch {
	case format == formatLogfmt:
		out = logfmt{out}
	case layout == millisMark:
		out = inMillis{out}
	}
	srv.log = lineLogger{hclog.New(&hclog.LoggerOptions{
		Output:     out,
		Level:      logLevels[srv.params.logLevel.Load()],
		JSONFormat: format != formatText,
		TimeFormat: layout,
	})}
	return closeLog, nil
}

// logFile is a log that may be renamed away at any time: the next line makes it
// anew, as Redis's does, which opens its file for each line. Its owner writes one
// line at a time (hclog does).
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

// inMillis puts the time in the place of millisMark: at the beginning of a line of
// text, or where JSON has it; nothing else can look like either.
type inMillis struct{ w io.Writer }

func (m inMillis) Write(line []byte) (int, error) {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	mark, stamp := []byte(millisMark), []byte(now)
	if !bytes.HasPrefix(line, mark) {
		mark, stamp = []byte(`"@timestamp":"`+millisMark+`"`), []byte(`"@timestamp":`+now)
	}
	if _, err := m.w.Write(bytes.Replace(line, mark, stamp, 1)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// logfmt writes lines of JSON as pairs name=value: timestamp, level and message, as
// Valkey calls them, then the others in their order.
type logfmt struct{ w io.Writer }

func (l logfmt) Write(line []byte) (int, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	pairs := map[string]string{}
	var names []string
	if _, err := d.Token(); err != nil { // {
		return 0, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return 0, err
		}
		names = append(names, name.(string))
		pairs[name.(string)] = fmt.Sprint(value)
	}
	if pairs["@timestamp"] == millisMark {
		pairs["@timestamp"] = strconv.FormatInt(time.Now().UnixMilli(), 10)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "pid=%d timestamp=%s level=%s message=%s", os.Getpid(),
		logfmtValue(pairs["@timestamp"]), logfmtValue(pairs["@level"]), strconv.Quote(pairs["@message"]))
	for _, name := range names {
		switch name {
		case "@timestamp", "@level", "@message":
		default:
			fmt.Fprintf(&b, " %s=%s", strings.TrimPrefix(name, "@"), logfmtValue(pairs[name]))
		}
	}
	b.WriteByte('\n')
	if _, err := io.WriteString(l.w, b.String()); err != nil {
		return 0, err
	}
	return len(line), nil
}

// logfmtValue quotes what is not plainly one word.
func logfmtValue(s string) string {
	if s == "" || strings.ContainsAny(s, " =\"\\") || oneLine(s) != s {
		return strconv.Quote(s)
	}
	return s
}
