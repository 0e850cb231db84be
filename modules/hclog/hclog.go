// Package hclog is a module without commands: it logs through go-hclog. A server without it
// writes lines of the same form itself, which is enough for text; what hclog adds is JSON of
// values that are more than numbers and words.
package hclog

import (
	"bytes"
	"io"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/logging"
)

// New makes the module.
func New() core.Module { return module{} }

type module struct{}

// Name implements core.Module.
func (module) Name() string { return "hclog" }

// Register implements core.Module.
func (module) Register(r *core.Registry) error {
	r.Logging(func(t logging.Target) core.Logger {
		if t.Format == logging.Logfmt { // which hclog does not write
			return logging.New(t)
		}
		layout := t.Stamp.Layout(t.Format)
		if layout == "" {
			layout, t.Output = millisMark, inMillis{t.Output}
		}
		return logger{hclog.New(&hclog.LoggerOptions{
			Output: t.Output, Level: hclog.Trace, JSONFormat: t.Format == logging.JSON, TimeFormat: layout,
		})}
	})
	return nil
}

// logger is an hclog.Logger but for the type that its Named returns.
type logger struct{ hclog.Logger }

func (l logger) Named(name string) core.Logger { return logger{l.Logger.Named(name)} }

// millisMark is what hclog writes where the milliseconds are to be, which no layout of
// package time has.
const millisMark = "@ms@"

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
