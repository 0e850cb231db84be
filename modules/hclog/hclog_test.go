package hclog

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/logging"
)

// TestSameLines: a server with the module logs what one without it does.
func TestSameLines(t *testing.T) {
	with, without := core.NewRegistry(config.NewSchema()), core.NewRegistry(config.NewSchema())
	with.Add(New())
	at := regexp.MustCompile(`^(\d+ \w+ \d+ [0-9:.]+|[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+)|\d{13}) `)
	for _, format := range []logging.Format{logging.Text, logging.JSON, logging.Logfmt} {
		for _, stamp := range []logging.Stamp{logging.Redis, logging.ISO, logging.Millis} {
			for i, say := range []func(core.Logger){
				func(l core.Logger) { l.Info("plain") },
				func(l core.Logger) { l.Named("a").Warn("m", "n", 1, "s", "x y", "e", "", "q", `a"b\c`) },
				func(l core.Logger) {
					l.Named("a").Named("b").Error("m", "err", errors.New("no\tway"), "f", 1.5, "u", uint64(1<<63))
				},
				func(l core.Logger) { l.Debug(`é "q" \ <&>`, "lines", "one\ntwo \"2\"\n", "after", true) },
				func(l core.Logger) { l.Trace("", "esc", "\x1b[2J\x00\u202e", "odd") },
				func(l core.Logger) { l.Named("only").Info("") },
			} {
				var lines [2]bytes.Buffer
				for j, r := range []*core.Registry{with, without} {
					say(r.Table().Logger(logging.Target{Output: &lines[j], Format: format, Stamp: stamp}))
				}
				a, b := lines[0].Bytes(), lines[1].Bytes()
				switch format {
				case logging.Text:
					if !at.Match(a) || !at.Match(b) {
						t.Errorf("no time in %q or %q", a, b)
					}
					if a, b = at.ReplaceAll(a, nil), at.ReplaceAll(b, nil); !bytes.Equal(a, b) {
						t.Errorf("%d: with the module %q, without %q", i, a, b)
					}
				case logging.JSON:
					var x, y map[string]any
					if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
						t.Fatalf("%v\n%s%s", err, a, b)
					}
					if _, number := y["@timestamp"].(float64); number != (stamp == logging.Millis) {
						t.Errorf("%s", b)
					}
					delete(x, "@timestamp")
					delete(y, "@timestamp")
					if !maps.Equal(x, y) {
						t.Errorf("%d: with the module %s, without %s", i, a, b)
					}
				}
			}
		}
	}
}
