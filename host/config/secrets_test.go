package config

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
)

// TestSecretsInURLs: a password in a URL is found, a URL without one is left alone.
func TestSecretsInURLs(t *testing.T) {
	for url, want := range map[string]string{
		"redis://user:secret@host:6379": "secret@host:6379",
		"rediss://:secret@host":         "secret@host",
		"redis://user@host:6379":        "",
		"redis://host:6379":             "",
		"user:secret@host":              "",
	} {
		got := ""
		Secrets(config.NewSchema(), []string{"--dry-run", url}, func(arg, from int) { got = []string{"--dry-run", url}[arg][from:] })
		if got != want {
			t.Errorf("%s: found %q, want %q", url, got, want)
		}
	}
}
