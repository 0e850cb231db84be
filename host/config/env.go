package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// EnvPrefix starts the names of environment variables that are parameters.
const EnvPrefix = "FERROUS_"

// environment is a koanf provider of parameters from environment variables.
type environment struct {
	l       *loader
	environ []string // NAME=value, as from os.Environ
}

func (e *environment) ReadBytes() ([]byte, error) { return nil, errWrongHalf }

func (e *environment) Read() (map[string]any, error) {
	names := map[string]string{} // NAME to parameter
	for _, v := range e.l.schema.All() {
		for _, name := range append([]string{v.Param().Name}, v.Param().Aliases...) {
			names[strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = name
		}
	}
	var lines []line
	for _, entry := range slices.Sorted(slices.Values(e.environ)) {
		variable, value, _ := strings.Cut(entry, "=")
		suffix, ours := strings.CutPrefix(variable, EnvPrefix)
		if !ours || isServiceLink(suffix, value) {
			continue
		}
		name := names[suffix]
		if name == "" {
			name = strings.ToLower(strings.ReplaceAll(suffix, "_", "-"))
		}
		if e.l.schema.Find(name) == nil && e.l.schema.Nearest(name) == "" {
			// Images and scripts have variables of their own: FERROUS_VERSION, FERROUS_HOME.
			e.l.warnings = append(e.l.warnings, "the environment variable "+variable+" names no parameter, and none resembles it: it has no effect")
			continue
		}
		origin := config.Origin{Source: "environment variable " + variable}
		for _, text := range e.values(name, value) {
			lines = append(lines, e.l.newLine(name, []string{text}, origin))
		}
	}
	return e.l.byParameter(lines), nil
}

// values splits a value into lines if the parameter has several.
func (e *environment) values(name, value string) []string {
	if v := e.l.schema.Find(name); v != nil && v.Repeats() != config.LastWins {
		return strings.Split(strings.TrimRight(value, "\n"), "\n")
	}
	return []string{value}
}

// serviceLink matches what Kubernetes and Docker links put into the environment about a service of the name "ferrous":
// FERROUS_SERVICE_HOST, FERROUS_SERVICE_PORT_METRICS, FERROUS_PORT_6379_TCP_ADDR...
var serviceLink = regexp.MustCompile(`^(SERVICE_(HOST|PORT(_.*)?)|PORT_\d+_(TCP|UDP|SCTP)(_.*)?)$`)

// isServiceLink tells such variables from settings. FERROUS_PORT is both: then the value is a URL.
func isServiceLink(suffix, value string) bool {
	return serviceLink.MatchString(suffix) || suffix == "PORT" && strings.Contains(value, "://")
}
