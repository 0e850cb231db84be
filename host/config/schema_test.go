package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
)

// newSchema declares a small server's parameters, of every kind.
func newSchema(t testing.TB) *config.Schema {
	t.Helper()
	s := config.NewSchema()
	net := func(name, def, doc string) config.Param {
		return config.Param{Name: name, Default: def, Doc: doc, Section: "network"}
	}
	s.Int(net("port", "6379", "TCP port to listen on; 0 listens on none."), 0, 65535)
	s.Int(net("tls-port", "0", "TCP port for TLS; 0 listens on none."), 0, 65535)
	s.Strings(net("bind", "* -::*", "Addresses to listen on. A dash before one means that it may be missing."))
	s.Octal(config.Param{Name: "unixsocketperm", Section: "network", Default: "0", Flags: config.Immutable}, 0, 0o777)
	s.Memory(config.Param{Name: "maxmemory", Section: "memory", Default: "0"}, 0, 1<<63-1)
	s.MemoryOrPercent(config.Param{Name: "maxmemory-clients", Section: "memory", Default: "0"}, 0, 1<<63-1)
	s.Enum(config.Param{Name: "appendfsync", Section: "persistence", Default: "everysec"},
		config.Choice{Name: "everysec", Value: 2}, config.Choice{Name: "always", Value: 1}, config.Choice{Name: "no", Value: 0})
	s.EnumSet(config.Param{Name: "shutdown-on-sigint", Section: "general", Default: "default"},
		config.Choice{Name: "default", Value: 0}, config.Choice{Name: "save", Value: 1}, config.Choice{Name: "nosave", Value: 2},
		config.Choice{Name: "now", Value: 4}, config.Choice{Name: "force", Value: 8})
	s.Bool(config.Param{Name: "appendonly", Section: "persistence", Default: "no"})
	s.Bool(config.Param{Name: "activerehashing", Section: "general", Default: "yes", NoEffect: "tables never rehash"})
	s.Text(config.Param{Name: "proc-title-template", Section: "general", Default: "{title} {listen-addr}"})
	s.Text(config.Param{Name: "requirepass", Section: "security", Flags: config.Sensitive})
	s.Int(config.Param{Name: "hash-max-listpack-entries", Aliases: []string{"hash-max-ziplist-entries"}, Section: "memory", Default: "512"}, 0, 1<<63-1)
	s.Int(config.Param{Name: "key-load-delay", Default: "0", Flags: config.Hidden}, -1<<31, 1<<31-1)
	declareLines(s, config.Param{Name: "save", Section: "persistence", Default: "3600 1 300 100", Flags: config.MultiArg}, true)
	declareLines(s, config.Param{Name: "user", Section: "security", Flags: config.MultiArg | config.Directive}, false)
	config.Custom(s, config.Param{Name: "client-output-buffer-limit", Section: "network", Flags: config.MultiArg,
		Default: "normal 0\npubsub 32"}, config.Codec[map[string]string]{
		Repeat: config.Merge,
		Parse: func(words []string, base map[string]string) (map[string]string, error) {
			if len(words)%2 != 0 {
				return nil, errors.New("Wrong number of arguments in buffer limit configuration.")
			}
			v := map[string]string{}
			for k := range base {
				v[k] = base[k]
			}
			for i := 0; i < len(words); i += 2 {
				if words[i] != "normal" && words[i] != "pubsub" {
					return nil, errors.New("Invalid client class specified in buffer limit configuration.")
				}
				v[words[i]] = words[i+1]
			}
			return v, nil
		},
		Format: func(v map[string]string) string { return "normal " + v["normal"] + " pubsub " + v["pubsub"] },
		Lines: func(v map[string]string) [][]string {
			return [][]string{{"normal", v["normal"]}, {"pubsub", v["pubsub"]}}
		},
	})
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	return s
}

// declareLines declares a parameter that collects lines, of pairs if so asked.
func declareLines(s *config.Schema, p config.Param, pairs bool) {
	config.Custom(s, p, config.Codec[[][]string]{
		Repeat: config.Collect,
		Parse: func(words []string, base [][]string) ([][]string, error) {
			if pairs && len(words)%2 != 0 {
				return nil, errors.New("Invalid save parameters")
			}
			if len(words) == 0 && !pairs {
				return nil, errors.New("nobody is named") // there is no way to forget the users before
			}
			if len(words) == 0 {
				return nil, nil
			}
			v := slices.Clone(base)
			for pairs && len(words) > 2 {
				v, words = append(v, words[:2]), words[2:]
			}
			return append(v, slices.Clone(words)), nil
		},
		Format: func(v [][]string) string {
			var out []string
			for _, l := range v {
				out = append(out, strings.Join(l, " "))
			}
			return strings.Join(out, " ")
		},
		Lines: func(v [][]string) [][]string {
			if len(v) == 0 && pairs {
				return [][]string{{""}}
			}
			return v
		},
	})
}

// values are all parameters by name, as text; Directives and Hidden ones too.
func values(s *config.Schema) map[string]string {
	out := map[string]string{}
	for _, v := range s.All() {
		out[v.Param().Name] = v.String()
	}
	return out
}

// changed are the values that are not defaults, in one line each.
func changed(s *config.Schema) string {
	var out []string
	for _, v := range s.All() {
		if v.String() != v.DefaultString() {
			out = append(out, fmt.Sprintf("%s=%s", v.Param().Name, v.String()))
		}
	}
	return strings.Join(out, ", ")
}

// inFiles writes files into a fresh directory that becomes the working directory. Names and texts alternate.
func inFiles(t testing.TB, namesAndTexts ...string) {
	t.Helper()
	t.(interface{ Chdir(string) }).Chdir(t.TempDir())
	for i := 0; i < len(namesAndTexts); i += 2 {
		path := namesAndTexts[i]
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(namesAndTexts[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
