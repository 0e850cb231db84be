package config

import (
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// EnvPrefix starts the names of environment variables that are parameters.
const EnvPrefix = "FERROUS_"

// environment reads parameters from environment variables: NAME=value, as from os.Environ.
func (l *loader) environment(environ []string) []line {
	names := map[string]string{} // NAME to parameter
	for _, v := range l.schema.All() {
		for _, name := range append([]string{v.Param().Name}, v.Param().Aliases...) {
			names[strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = name
		}
	}
	var lines []line
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		variable, value, _ := strings.Cut(entry, "=")
		suffix, ours := strings.CutPrefix(variable, EnvPrefix)
		if !ours || isServiceLink(suffix, value) {
			continue
		}
		name := names[suffix]
		if name == "" {
			name = strings.ToLower(strings.ReplaceAll(suffix, "_", "-"))
		}
		if l.schema.Find(name) == nil && l.schema.Nearest(name) == "" {
			// Images and scripts have variables of their own: FERROUS_VERSION, FERROUS_HOME.
			l.warnings = append(l.warnings, "the environment variable "+variable+" names no parameter, and none resembles it: it has no effect")
			continue
		}
		origin := config.Origin{Source: "environment variable " + variable}
		for _, text := range l.values(name, value) {
			lines = append(lines, l.newLine(name, []string{text}, origin))
		}
	}
	return lines
}

// values splits a value into lines if the parameter has several.
func (l *loader) values(name, value string) []string {
	if v := l.schema.Find(name); v != nil && v.Repeats() != config.LastWins {
		return strings.Split(strings.TrimRight(value, "\n"), "\n")
	}
	return []string{value}
}

// isServiceLink tells what Kubernetes and Docker links put into the environment about a service of the name "ferrous"
// from settings: FERROUS_SERVICE_HOST, FERROUS_SERVICE_PORT_METRICS, FERROUS_PORT_6379_TCP_ADDR...
// FERROUS_PORT is both: then the value is a URL.
func isServiceLink(suffix, value string) bool {
	if rest, ok := strings.CutPrefix(suffix, "SERVICE_"); ok {
		return rest == "HOST" || rest == "PORT" || strings.HasPrefix(rest, "PORT_")
	}
	rest, ok := strings.CutPrefix(suffix, "PORT")
	if !ok || rest == "" {
		return ok && strings.Contains(value, "://")
	}
	// PORT_number_protocol, and what follows
	words := strings.SplitN(rest, "_", 4)
	return len(words) >= 3 && words[0] == "" && isDigits(words[1]) && slices.Contains([]string{"TCP", "UDP", "SCTP"}, words[2])
}

// isDigits reports whether s is a number without a sign.
func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
