package config

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host/config/hcl"
)

func TestGenerateHCL(t *testing.T) {
	text := string(GenerateHCL(newSchema(t)))
	if f, errs := hcl.Parse([]byte(text)); len(errs) > 0 || len(f.Attrs) > 0 {
		t.Errorf("the default file sets something: %v %v", f.Attrs, errs)
	}
	for _, want := range []string{
		`
# --- network --------------------------------------------------------------------------------------

# TCP port to listen on; 0 listens on none.
# From 0 to 65535.
# port = 6379
`, `
# Addresses to listen on. A dash before one means that it may be missing.
# bind = ["*", "-::*"]
`, `
# From 0 to 777. Fixed at start-up.
# unixsocketperm = 0
`, `
# One of: everysec, always, no.
# appendfsync = "everysec"
`, `
# Accepted for compatibility, without effect: tables never rehash
# activerehashing = true
`, `
# Also called hash-max-ziplist-entries.
# hash-max-listpack-entries = 512
`, `
# save = ["3600 1", "300 100"]
`, `
# Only in a configuration file or at start-up.
# user = []
`, `
# client-output-buffer-limit = ["normal 0", "pubsub 32"]
`} {
		if !strings.Contains(text, want) {
			t.Errorf("missing:%s", want)
		}
	}
	if strings.Contains(text, "key-load-delay") {
		t.Error("a hidden parameter is shown")
	}
	for _, line := range strings.Split(text, "\n") {
		if len(line) > 120 {
			t.Errorf("long line: %s", line)
		}
	}
}

// Every setting of the generated file, its comment sign taken away, is accepted and changes nothing.
func TestGeneratedSettingsAreTheDefaults(t *testing.T) {
	s := newSchema(t)
	settings := regexp.MustCompile(`(?m)^# ([a-z-]+ = )`).ReplaceAllString(string(GenerateHCL(s)), "$1")
	settings = strings.Replace(settings, "name = value", "# name = value", 1)
	inFiles(t, "ferrous.hcl", settings)
	if _, err := Load(s, []string{"ferrous.hcl"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := changed(s); got != "" {
		t.Error(got)
	}
	for _, v := range s.All() {
		if p := v.Param(); v.Origin().Source == "" && !p.Has(config.Hidden) && len(v.DefaultLines()) > 0 {
			t.Errorf("%s is not in the file", p.Name)
		}
	}
}

func TestRewriteKeepsTheGeneratedFile(t *testing.T) {
	s := newSchema(t)
	text := string(GenerateHCL(s))
	inFiles(t, "ferrous.hcl", text)
	if err := Rewrite("ferrous.hcl", s, false); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile("ferrous.hcl"); string(got) != text {
		t.Errorf("changed:\n%s", got)
	}
}
